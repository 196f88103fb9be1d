//! The sign of life: whoever waits for it learns when nobody looks any more.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use vm_autoscale_proxmox::ClusterName;

mod push;
pub(super) use push::Push;

/// Somewhat less than a minute: cycles of a minute, or of a part of it, are not to the second.
const AT_MOST_EVERY: Duration = Duration::from_secs(55);
/// A cluster that was not seen by so many looks in a row cannot be seen.
const SURE: u32 = 3;

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sign {
    /// Every cluster was seen; the longest look took so many milliseconds.
    Up { clusters: usize, ms: u64 },
    /// These cannot be seen.
    Down(String),
    /// Nothing: whether it arrives.
    Test,
}

/// Which clusters were seen since the last sign.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    clusters: BTreeMap<ClusterName, Looks>,
    /// When, and whether it was one that all is well.
    last: Option<(Instant, bool)>,
}

#[derive(Debug, Default)]
struct Looks {
    seen: bool,
    /// In a row.
    missed: u32,
    ms: u64,
}

impl Pulse {
    pub(super) fn expect<'c>(&mut self, clusters: impl Iterator<Item = &'c ClusterName>) {
        self.clusters = clusters.map(|cluster| (cluster.clone(), Looks::default())).collect();
    }

    /// The sign that is due: that every cluster was seen since the last one, and the last time that
    /// it was looked at; or that one cannot be seen.
    pub(super) fn cycle(
        &mut self,
        cluster: &ClusterName,
        (seen, ms): (bool, u64),
        now: Instant,
    ) -> Option<Sign> {
        let looks = self.clusters.entry(cluster.clone()).or_default();
        let missed = if seen { 0 } else { looks.missed.saturating_add(1) };
        *looks = Looks { seen, missed, ms: looks.ms.max(ms) };
        let sign = self.sign()?;
        let is_up = matches!(sign, Sign::Up { .. });
        let early =
            |(at, up): (Instant, bool)| up == is_up && now.duration_since(at) < AT_MOST_EVERY;
        if self.last.is_some_and(early) {
            return None;
        }
        self.last = Some((now, is_up));
        for looks in self.clusters.values_mut() {
            *looks = Looks { seen: false, missed: looks.missed, ms: 0 };
        }
        Some(sign)
    }

    fn sign(&self) -> Option<Sign> {
        let lost = self.clusters.iter().filter(|(_, looks)| looks.missed >= SURE);
        let lost: Vec<&str> = lost.map(|(name, _)| name.as_str()).collect();
        if !lost.is_empty() {
            return Some(Sign::Down(format!("cannot be seen: {}", lost.join(", "))));
        }
        let ms = self.clusters.values().map(|looks| looks.ms).max().unwrap_or(0);
        let up = Sign::Up { clusters: self.clusters.len(), ms };
        self.clusters.values().all(|looks| looks.seen).then_some(up)
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
            pulse.cycle(&names[cluster], (seen, at), begun + Duration::from_secs(at)).is_some()
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

    /// At once, then once a minute, and that it is over at once, too.
    #[test]
    fn a_cluster_that_cannot_be_seen_is_said() {
        let (name, begun): (ClusterName, _) = ("a".try_into().unwrap(), Instant::now());
        let mut pulse = Pulse::default();
        pulse.expect(std::iter::once(&name));
        let mut cycle = |at, seen| pulse.cycle(&name, (seen, 7), begun + Duration::from_secs(at));
        let (up, down) =
            (Some(Sign::Up { clusters: 1, ms: 7 }), Some(Sign::Down("cannot be seen: a".into())));
        assert_eq!([cycle(0, true), cycle(10, false), cycle(20, false)], [up.clone(), None, None]);
        assert_eq!(
            [cycle(30, false), cycle(40, false), cycle(80, false)],
            [down.clone(), None, None]
        );
        assert_eq!([cycle(85, false), cycle(90, true), cycle(100, true)], [down, up, None]);
    }
}
