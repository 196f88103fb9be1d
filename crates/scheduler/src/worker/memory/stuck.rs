//! VMs that want more than they may have, for long.

use std::collections::BTreeMap;
use std::time::Duration;

use vm_autoscale_planner::{Moment, Reason, Resource, Verdict};
use vm_autoscale_proxmox::VmId;

use super::Memory;

/// For so long before it is told.
const LONG: Duration = Duration::from_secs(15 * 60);
/// A policy may decide so seldom: what was so within this time is so, until it shows otherwise.
const LATELY: Duration = Duration::from_secs(10 * 60);

/// Those that are or were at their maximum of late. The others take no memory.
#[derive(Debug, Default)]
pub(in crate::worker) struct Stuck(BTreeMap<(VmId, Resource), Since>);

#[derive(Debug)]
struct Since {
    first: Moment,
    last: Moment,
    why: String,
}

/// Of a VM's resource, and why it gets no more, where that still holds.
pub(in crate::worker) type Told = ((VmId, Resource), Option<String>);

impl Memory {
    /// What is to be told of them after a look.
    pub(in crate::worker) fn stuck(&mut self, now: Moment) -> Vec<Told> {
        for decision in &self.decisions {
            for (resource, choice) in
                [(Resource::Cpu, &decision.cpu), (Resource::Memory, &decision.memory)]
            {
                let held = choice.verdict == Verdict::Hold;
                if held && matches!(choice.reason, Reason::AtMaximum(..)) {
                    self.stuck.note((decision.vmid, resource), now, || choice.reason.to_string());
                }
            }
        }
        self.stuck.told(now)
    }
}

impl Stuck {
    fn note(&mut self, key: (VmId, Resource), now: Moment, why: impl FnOnce() -> String) {
        let since = self.0.entry(key);
        let since = since.or_insert_with(|| Since { first: now, last: now, why: String::new() });
        since.last = now;
        if since.why.is_empty() {
            since.why = why();
        }
    }

    fn told(&mut self, now: Moment) -> Vec<Told> {
        let is_late = |since: &Since| now.since(since.last) > LATELY;
        let long = |since: &Since| since.last.since(since.first) >= LONG;
        let told = self.0.iter().filter(|(_, since)| long(since));
        let told = told.map(|(key, since)| (*key, (!is_late(since)).then(|| since.why.clone())));
        let told = told.collect();
        self.0.retain(|_, since| !is_late(since));
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A decision now and then is enough, and the last word comes once.
    #[test]
    fn what_is_at_its_maximum_for_long_is_told_and_when_it_is_over() {
        let (mut stuck, key) = (Stuck::default(), (VmId::try_from(101).unwrap(), Resource::Cpu));
        let mut at = |minute: u64, is_so: bool| {
            let now = Moment(Duration::from_secs(60 * minute));
            if is_so {
                stuck.note(key, now, || format!("since {minute}"));
            }
            stuck.told(now)
        };
        for minute in 0..15 {
            assert_eq!(at(minute, minute % 5 == 0), [], "{minute}");
        }
        let told = (key, Some("since 0".to_owned()));
        assert_eq!(at(15, true), std::slice::from_ref(&told));
        assert!((16..=25).all(|minute| at(minute, false) == std::slice::from_ref(&told)));
        assert_eq!([at(26, false), at(27, false)], [vec![(key, None)], vec![]]);
        // Not long: nothing is said of it.
        assert_eq!([at(30, true), at(44, true), at(60, false)], [vec![], vec![], vec![]]);
    }
}
