//! Which channels there are.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use governor::clock::MonotonicClock;
use vm_autoscale_config::SchedulerConfig;

use super::channel::{Channel, Deliver, Report};
use super::digest::{Summary, When};
use super::gate::Gate;
use super::gotify::Gotify;
use super::mail::Mail;
use super::message::{Message, Subject};
use super::ntfy::Ntfy;
use super::pulse::Push;
use super::teller::{Shared, Teller};
use super::trust::Roots;
use super::webhook::Webhook;
use super::{Blocked, Inner, Notifier, lock, target, trust};
use crate::wall;

impl Notifier {
    /// Starts the channels that the configuration has. One that cannot be set up is logged and left
    /// out: nothing about a message keeps a VM from being scaled. A digest has what is blocked.
    pub(crate) fn start(config: &SchedulerConfig, blocked: Blocked) -> Self {
        Self::over(config, &Arc::new(Shared::new(dedup(config), blocked)))
    }

    fn over(config: &SchedulerConfig, shared: &Arc<Shared>) -> Self {
        let any = config.alerts.email_enabled
            || config.gotify.enabled
            || config.ntfy.enabled
            || config.webhook_url.is_some()
            || config.uptime_kuma_url.is_some()
            || config.healthchecks_url.is_some();
        if !any {
            return Self(None, shared.clone());
        }
        target::warn_of_a_closed_network();
        Self::trusting(config, &trust::of_this_machine(), shared)
    }

    /// The one for another configuration: itself where that says the same of messages. What was told
    /// is remembered, and what waits is told by the new one. The old channels deliver what they have
    /// when nobody has them any more, with one attempt each, and nobody waits for that.
    pub(crate) fn succeeded_by(&self, old: &SchedulerConfig, new: &SchedulerConfig) -> Self {
        if says_the_same(old, new) {
            return self.clone();
        }
        if let Some(inner) = &self.0 {
            inner.teller.retire();
        }
        let Self(_, shared) = self;
        lock(&shared.gate).remember_for(dedup(new));
        Self::over(new, shared)
    }

    pub(super) fn trusting(config: &SchedulerConfig, roots: &Roots, shared: &Arc<Shared>) -> Self {
        let mail = Mail::of(config, roots).unwrap_or_else(|why| {
            tracing::error!("no mail is sent: {why}");
            None
        });
        let channels = [
            mail.and_then(|mail| started(mail, shared)),
            Gotify::of(config, roots).and_then(|gotify| started(gotify, shared)),
            Ntfy::of(config, roots).and_then(|ntfy| started(ntfy, shared)),
            Webhook::of(config, roots).and_then(|hook| started(hook, shared)),
        ];
        let signs: Vec<_> =
            Push::all(config, roots).into_iter().filter_map(|push| started(push, shared)).collect();
        let when = config.digest.as_ref().map(|digest| {
            let now = (shared.clock)();
            *lock(&shared.summary) = Summary::since(now);
            When::of(digest, now)
        });
        let channels = channels.into_iter().flatten().collect();
        let teller = Teller::start(shared.clone(), channels, when);
        let pulse = (!signs.is_empty()).then(|| (Mutex::default(), signs));
        Self(Some(Arc::new(Inner { teller, pulse })), shared.clone())
    }
}

impl Push {
    /// Those that the configuration has.
    pub(super) fn all(config: &SchedulerConfig, roots: &Roots) -> Vec<Self> {
        let allow = &config.notify_allow;
        let kuma = config.uptime_kuma_url.clone().map(|url| Self::kuma(url, roots, allow));
        let health = config.healthchecks_url.clone();
        let health = health.map(|url| Self::healthchecks(url, roots, allow));
        kuma.into_iter().chain(health).collect()
    }
}

fn says_the_same(old: &SchedulerConfig, new: &SchedulerConfig) -> bool {
    let urls = |config: &SchedulerConfig| {
        let SchedulerConfig { webhook_url, webhook_secret, .. } = config.clone();
        [
            webhook_url,
            webhook_secret,
            config.uptime_kuma_url.clone(),
            config.healthchecks_url.clone(),
        ]
    };
    old.alerts == new.alerts
        && old.gotify == new.gotify
        && old.ntfy == new.ntfy
        && urls(old) == urls(new)
        && old.notify_allow == new.notify_allow
        && old.digest == new.digest
        && old.notification_dedup_seconds == new.notification_dedup_seconds
}

impl Shared {
    pub(super) fn new(dedup: Duration, blocked: Blocked) -> Self {
        let gate = Arc::new(Mutex::new(Gate::new(dedup, MonotonicClock)));
        let (tallies, summary) = (Arc::default(), Mutex::default());
        let (pauses, clock) = (Mutex::default(), Arc::new(seconds));
        Self { gate, tallies, summary, blocked, clock, pauses }
    }
}

/// For so long the same is not told again.
pub(super) fn dedup(config: &SchedulerConfig) -> Duration {
    Duration::from_secs(config.notification_dedup_seconds.into())
}

/// Since 1970.
fn seconds() -> i64 {
    i64::try_from(wall()).unwrap_or(i64::MAX)
}

fn started<D: Deliver>(deliver: D, shared: &Shared) -> Option<Channel<D::Item>> {
    let (name, gate) = (deliver.name(), shared.gate.clone());
    let report: Report = Arc::new(move |name, problem| {
        let mut gate = lock(&gate);
        if gate.state(Subject::Channel(name), problem.is_some(), true) {
            gate.add(Message::of_channel(name, problem));
        }
    });
    Channel::start(deliver, shared.tallies.of(name), report)
        .inspect_err(|error| {
            tracing::error!("{name}: nothing is sent, no thread can be started ({error}): systemctl restart vm-autoscale");
        })
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::tests::config;

    /// A reload neither tells again what was told, nor starts a channel anew for nothing.
    #[test]
    fn what_was_told_is_remembered_across_a_reload() {
        let of = |token: &str, more: &str| {
            let url = "http://127.0.0.1:9";
            config(&format!(
                "gotify: {{enabled: true, server_url: '{url}', app_token: {token}}}\n\
                 notify_allow: ['127.0.0.1']\n{more}"
            ))
        };
        let first = of("t", "");
        let old = Notifier::start(&first, Blocked::default());
        let inner = |notifier: &Notifier| notifier.0.clone().unwrap();
        let same = old.succeeded_by(&first, &of("t", "mode: full\n"));
        assert!(Arc::ptr_eq(&inner(&old), &inner(&same)));
        // Secrets count here, though nobody is shown them.
        let hook = "webhook_url: https://h.lan/1\n";
        for other in [of("u", ""), of("t", "notification_dedup_seconds: 7\n"), of("t", hook)] {
            let next = old.succeeded_by(&first, &other);
            assert!(!Arc::ptr_eq(&inner(&old), &inner(&next)));
            assert!(Arc::ptr_eq(&old.1, &next.1));
        }
        let none = old.succeeded_by(&first, &config("{}"));
        assert!(none.0.is_none() && Arc::ptr_eq(&old.1, &none.1));
    }
}
