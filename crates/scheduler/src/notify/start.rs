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
use super::{Inner, Notifier, lock, target, trust};

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

    /// The one for another configuration: itself where that says the same of messages. What was told
    /// is remembered. The old channels deliver what they have when nobody has them any more, with
    /// one attempt each, and nobody waits for that.
    pub(crate) fn succeeded_by(&self, old: &SchedulerConfig, new: &SchedulerConfig) -> Self {
        let same = old.alerts == new.alerts
            && old.gotify == new.gotify
            && old.uptime_kuma_url == new.uptime_kuma_url
            && old.notification_dedup_seconds == new.notification_dedup_seconds;
        if same {
            return self.clone();
        }
        let mut next = Self::start(new);
        if let (Some(old), Some(next)) = (&self.0, next.0.as_mut().and_then(Arc::get_mut)) {
            next.gate = old.gate.clone();
            lock(&next.gate).remember_for(dedup(new));
        }
        next
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
        let gate = Arc::new(Mutex::new(Gate::new(dedup(config), MonotonicClock)));
        Self(Some(Arc::new(Inner { gate, channels, pulse })))
    }
}

/// For so long the same is not told again.
fn dedup(config: &SchedulerConfig) -> Duration {
    Duration::from_secs(config.notification_dedup_seconds.into())
}

fn started<D: Deliver>(deliver: D) -> Option<Channel<D::Item>> {
    let name = deliver.name();
    Channel::start(deliver)
        .inspect_err(|error| {
            tracing::error!("{name}: nothing is sent, no thread can be started ({error}): systemctl restart vm-autoscale");
        })
        .ok()
}
