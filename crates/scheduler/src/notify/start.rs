//! Which channels there are.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use governor::clock::MonotonicClock;
use vm_autoscale_config::SchedulerConfig;

use super::channel::{Channel, Deliver};
use super::gate::Gate;
use super::gotify::Gotify;
use super::mail::Mail;
use super::pulse::Push;
use super::{Inner, Notifier, target, trust};

impl Notifier {
    /// Starts the channels that the configuration has. One that cannot be set up is logged and left
    /// out: nothing about a message keeps a VM from being scaled.
    pub(crate) fn start(config: &SchedulerConfig) -> Self {
        let any = config.alerts.email_enabled
            || config.gotify.enabled
            || config.uptime_kuma_url.is_some();
        if !any {
            return Self::default();
        }
        target::warn_of_a_closed_network();
        Self::trusting(config, &trust::of_this_machine())
    }

    pub(super) fn trusting(config: &SchedulerConfig, roots: &trust::Roots) -> Self {
        let mail = Mail::of(&config.alerts, roots).unwrap_or_else(|why| {
            tracing::error!("no mail is sent: {why}");
            None
        });
        let gotify = Gotify::of(&config.gotify, roots);
        let push = config.uptime_kuma_url.clone().map(|url| Push::new(url, roots));
        let channels = [mail.and_then(started), gotify.and_then(started)];
        let channels = channels.into_iter().flatten().collect();
        let pulse = push.and_then(started).map(|channel| (Mutex::default(), channel));
        let dedup = Duration::from_secs(config.notification_dedup_seconds.into());
        let gate = Mutex::new(Gate::new(dedup, MonotonicClock));
        Self(Some(Arc::new(Inner { gate, channels, pulse })))
    }
}

fn started<D: Deliver>(deliver: D) -> Option<Channel<D::Item>> {
    let name = deliver.name();
    Channel::start(deliver)
        .inspect_err(|error| {
            tracing::error!("{name}: nothing is sent, no thread can be started ({error}): systemctl restart vm-autoscale");
        })
        .ok()
}
