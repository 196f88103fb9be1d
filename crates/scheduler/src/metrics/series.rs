//! Families of figures, each under its name with what it says.

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue, EncodeLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;

/// Labels of one figure: names and values.
pub(super) type Labels<'l, const N: usize> = [(&'static str, &'l str); N];

/// No figure here has an example beside it.
const NONE: Option<&Exemplar<Vec<(String, String)>, f64>> = None;

pub(super) struct Sheet<'e>(pub(super) DescriptorEncoder<'e>);

impl Sheet<'_> {
    pub(super) fn gauges<L: EncodeLabelSet, V: EncodeGaugeValue>(
        &mut self,
        (name, help): (&str, &str),
        series: impl IntoIterator<Item = (L, V)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (labels, value) in series {
            metric.encode_family(&labels)?.encode_gauge(&value)?;
        }
        Ok(())
    }

    pub(super) fn gauge<V: EncodeGaugeValue>(
        &mut self,
        about: (&str, &str),
        value: &V,
    ) -> fmt::Result {
        let (name, help) = about;
        self.0.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(value)
    }

    /// The name gets `_total` behind it.
    pub(super) fn counters<L: EncodeLabelSet>(
        &mut self,
        (name, help): (&str, &str),
        series: impl IntoIterator<Item = (L, u64)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, value) in series {
            metric.encode_family(&labels)?.encode_counter(&value, NONE)?;
        }
        Ok(())
    }

    /// Buckets that do not include each other: the format adds them up.
    pub(super) fn histograms<L: EncodeLabelSet>(
        &mut self,
        (name, help): (&str, &str),
        series: impl IntoIterator<Item = (L, f64, Vec<(f64, u64)>)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Histogram)?;
        for (labels, sum, buckets) in series {
            let count = buckets.iter().map(|(_, count)| count).sum();
            let mut family = metric.encode_family(&labels)?;
            family.encode_histogram::<Vec<(String, String)>>(sum, count, &buckets, None)?;
        }
        Ok(())
    }
}
