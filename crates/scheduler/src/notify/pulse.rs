//! The sign of life: whoever waits for it learns when nobody looks any more.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use vm_autoscale_config::Secret;
use vm_autoscale_proxmox::ClusterName;

use super::Undelivered;
use super::channel::Deliver;
use super::http::Http;
use super::trust::Roots;

/// Somewhat less than a minute: cycles of a minute, or of a part of it, are not to the second.
const AT_MOST_EVERY: Duration = Duration::from_secs(55);

/// Which clusters were seen since the last sign.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    seen: BTreeMap<ClusterName, bool>,
    last: Option<Instant>,
}

impl Pulse {
    pub(super) fn expect<'c>(&mut self, clusters: impl Iterator<Item = &'c ClusterName>) {
        self.seen = clusters.map(|cluster| (cluster.clone(), false)).collect();
    }

    /// Whether a sign is due: every cluster was seen since the last one, and the last time that it
    /// was looked at.
    pub(super) fn cycle(&mut self, cluster: &ClusterName, seen: bool, now: Instant) -> bool {
        self.seen.insert(cluster.clone(), seen);
        let early = self.last.is_some_and(|last| now.duration_since(last) < AT_MOST_EVERY);
        if early || !self.seen.values().all(|seen| *seen) {
            return false;
        }
        self.last = Some(now);
        self.seen.values_mut().for_each(|seen| *seen = false);
        true
    }
}

/// The URL to call.
pub(super) struct Push {
    http: Http,
    url: Secret,
}

impl Push {
    pub(super) fn new(url: Secret, roots: &Roots) -> Self {
        Self { http: Http::new(roots), url }
    }
}

impl Deliver for Push {
    type Item = ();

    fn name(&self) -> &'static str {
        "uptime_kuma_url"
    }

    /// The next minute brings the next one.
    fn back_off(&self) -> &'static [Duration] {
        &[]
    }

    fn deliver(&mut self, (): &(), _lost: u64) -> Result<(), Undelivered> {
        self.http.get(self.url.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_needs_every_cluster_and_comes_once_a_minute() {
        let names: Vec<ClusterName> = ["a", "b"].map(|name| name.try_into().unwrap()).into();
        let (mut pulse, begun) = (Pulse::default(), Instant::now());
        pulse.expect(names.iter());
        let mut cycle = |at: u64, cluster: usize, seen| {
            pulse.cycle(&names[cluster], seen, begun + Duration::from_secs(at))
        };
        // The second one has not been looked at yet, then cannot be seen.
        assert!(!cycle(0, 0, true) && !cycle(1, 1, false) && !cycle(10, 0, true));
        assert!(cycle(11, 1, true));
        assert!(!cycle(20, 0, true) && !cycle(21, 1, true) && !cycle(65, 0, true));
        assert!(cycle(66, 1, true));
        // A cycle a minute that begins a little earlier, each time.
        assert!((1..9).all(|n| !cycle(66 + n * 59, 0, true) && cycle(66 + n * 59, 1, true)));
        let last = 66 + 8 * 59;
        // A worker that hangs, too, ends it.
        assert!((1..100).all(|n| !cycle(last + n * 10, 0, true)));
    }
}
