//! What `/metrics` shows: every name and label of it is promised to dashboards and alerts.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use super::series::{Labels, Sheet};
use super::tally::{Action, BUCKETS, Decision, RECOMMENDED, Tally, word};
use crate::{ClusterStatus, StatusReport};

mod nodes;
mod vms;

pub(super) const KIND: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const MIB: f64 = 1024.0 * 1024.0;
/// All that is shown.
#[derive(Debug)]
pub(super) struct Facts {
    /// Without its VMs.
    pub(super) report: StatusReport,
    /// With them.
    pub(super) clusters: Vec<ClusterStatus>,
    pub(super) tally: Tally,
    /// Seconds since 1970.
    pub(super) since: u64,
    pub(super) dry_run: bool,
    pub(super) is_journal_well: bool,
}

impl Facts {
    pub(super) fn page(self) -> Result<String, fmt::Error> {
        let mut registry = Registry::with_prefix("vm_autoscale");
        registry.register_collector(Box::new(self));
        let mut page = String::new();
        text::encode(&mut page, &registry)?;
        Ok(page)
    }

    fn whole(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let ills = self.report.ills().len();
        let flag = |is_so: bool| u32::from(is_so);
        let labels: Labels<'_, 1> = [("version", &self.report.version)];
        sheet
            .0
            .encode_descriptor("build", "The daemon.", None, MetricType::Info)?
            .encode_info(&labels)?;
        sheet.gauge(("start_time_seconds", "When it was started, since 1970."), &self.since)?;
        sheet.gauge(("healthy", "1 where /healthz says 200."), &flag(ills == 0))?;
        sheet.gauge(("ills", "How much is wrong: vm-autoscale status says what."), &ills)?;
        sheet.gauge(("dry_run", "1 while nothing may be changed at all."), &flag(self.dry_run))?;
        sheet.gauge(
            ("journal_ok", "0 while the journal takes nothing, and nothing is changed."),
            &flag(self.is_journal_well),
        )?;
        let reload = self.report.reload.as_ref().is_none_or(|reload| reload.ok);
        sheet.gauge(("reload_ok", "0 after a reload whose files had a mistake."), &flag(reload))
    }

    fn work(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let Tally { cycles, actions, decisions } = &self.tally;
        let ups = self.report.clusters.iter().map(|cluster| {
            ([("cluster", cluster.name.as_str())], u32::from(cluster.problem.is_none()))
        });
        sheet.gauges(("cluster_up", "1 while the cluster is seen and takes changes."), ups)?;
        let ages = cycles.iter().filter_map(|(cluster, cycles)| {
            Some(([("cluster", cluster.as_str())], cycles.ended?.elapsed().as_secs_f64()))
        });
        sheet.gauges(("cycle_age_seconds", "Since the last cycle was complete."), ages)?;
        let unread = self.report.clusters.iter();
        let unread = unread.map(|cluster| ([("cluster", cluster.name.as_str())], cluster.unread));
        sheet.gauges(
            ("unread_lines", "Lines of /etc/pve/.rrd that the last look could not read."),
            unread,
        )?;
        let cycles = cycles.iter().map(|(cluster, cycles)| {
            let ends = BUCKETS.into_iter().chain([f64::INFINITY]);
            ([("cluster", cluster.as_str())], cycles.seconds, ends.zip(cycles.counts).collect())
        });
        sheet
            .histograms(("cycle_duration_seconds", "Looking, deciding, and noting it."), cycles)?;
        let decided = decisions.iter().map(|(of, count)| {
            let Decision { cluster, resource, outcome, reason } = of;
            let labels: Labels<'_, 4> = [
                ("cluster", cluster.as_str()),
                ("resource", word(*resource)),
                ("outcome", outcome),
                ("reason", reason),
            ];
            (labels, *count)
        });
        sheet.counters(("decisions", "Decisions that were other ones than before."), decided)?;
        let acted = actions.iter().map(|(of, count)| {
            let Action { cluster, resource, outcome } = of;
            let dry = if *outcome == RECOMMENDED { "true" } else { "false" };
            let labels: Labels<'_, 4> = [
                ("cluster", cluster.as_str()),
                ("resource", word(*resource)),
                ("outcome", outcome),
                ("dry_run", dry),
            ];
            (labels, *count)
        });
        sheet.counters(
            ("actions", "Changes by what became of them; with dry_run, what was only recommended."),
            acted,
        )
    }
}

impl Facts {
    fn messages(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let results = self.report.channels.iter().flat_map(|channel| {
            let results =
                [("sent", channel.sent), ("failed", channel.failed), ("dropped", channel.dropped)];
            results.map(|(result, count)| {
                ([("channel", channel.name.as_str()), ("result", result)], count)
            })
        });
        sheet
            .counters(("notifications", "Messages by channel and what became of them."), results)?;
        let queued = self.report.channels.iter();
        let queued = queued.map(|channel| ([("channel", channel.name.as_str())], channel.queued));
        sheet.gauges(("notification_queue_depth", "Messages that wait to be sent."), queued)
    }
}

fn share(percent: f64) -> f64 {
    percent / 100.0
}

impl Collector for Facts {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut sheet = Sheet(encoder);
        self.whole(&mut sheet)?;
        self.work(&mut sheet)?;
        self.nodes(&mut sheet)?;
        self.ways(&mut sheet)?;
        self.messages(&mut sheet)?;
        self.vms(&mut sheet)
    }
}
