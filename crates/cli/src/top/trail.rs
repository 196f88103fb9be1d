//! What a VM used in the last day, an hour a column, and when it was changed.

use std::collections::BTreeMap;

use serde::Serialize;
use vm_autoscale_planner::Resource;
use vm_autoscale_proxmox::{ClusterName, VmId};
use vm_autoscale_scheduler::past::{Column, ColumnUse, Past, PastEvent, PastOrder, PastVm};

/// So many columns, of an hour each.
pub(crate) const HOURS: usize = 24;

/// A VM, wherever it is.
pub(crate) type Key = (ClusterName, VmId);

/// Of the VMs that were asked for, and when that was, in seconds since 1970.
pub(crate) type Trails = BTreeMap<Key, (u64, Trail)>;

/// So many of its last changes are kept.
const CHANGES: usize = 8;

/// One resource in one hour.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub(crate) struct Hour {
    /// Percent of what it had, in the mean.
    pub(crate) used: Option<f64>,
    /// It grew.
    pub(crate) grew: bool,
    /// It shrank.
    pub(crate) shrank: bool,
}

/// The last day of a VM, oldest first.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub(crate) struct Trail {
    pub(crate) cpu: [Hour; HOURS],
    pub(crate) memory: [Hour; HOURS],
    /// What became of the last changes, newest first: when, in seconds since 1970, and what.
    pub(crate) changes: Vec<(u64, String)>,
}

/// The last day until then, of these VMs of one cluster.
pub(crate) fn order(cluster: &ClusterName, vms: Vec<VmId>, until: u64) -> PastOrder {
    PastOrder {
        vms,
        cluster: Some(cluster.clone()),
        since: until.saturating_sub(24 * 3600),
        until,
        points: POINTS,
        events: true,
        decisions: false,
        limit: EVENTS,
    }
}

/// `HOURS` as the order has it.
const POINTS: u32 = 24;
/// More changes than this are not marked: no screen full of VMs has so many a day.
const EVENTS: usize = 2000;

impl Trail {
    /// Of what was told of that day.
    pub(crate) fn of(past: &Past, vm: &PastVm) -> Self {
        let mut trail = Self::default();
        let used = |used: Option<ColumnUse>| used.map(|used| used.mean);
        for (index, Column { cpu, memory }) in vm.columns.iter().take(HOURS).enumerate() {
            for (hours, told) in [(&mut trail.cpu, cpu), (&mut trail.memory, memory)] {
                if let Some(hour) = hours.get_mut(index) {
                    hour.used = used(*told);
                }
            }
        }
        for event in &vm.events {
            trail.mark(past, event);
        }
        let newest = vm.events.iter().rev().take(CHANGES);
        let told = |event: &PastEvent| plain_line(&format!("{} {}", event.step, event.text));
        trail.changes = newest.map(|event| (event.at, told(event))).collect();
        trail
    }

    /// What was found to be in effect is marked in the hour that it ended in.
    fn mark(&mut self, past: &Past, event: &PastEvent) {
        let width = past.until.saturating_sub(past.since) / u64::from(POINTS);
        let ago = event.at.saturating_sub(past.since).checked_div(width).unwrap_or_default();
        let hours = match event.step.resource() {
            Resource::Cpu => &mut self.cpu,
            Resource::Memory => &mut self.memory,
        };
        let hour = usize::try_from(ago).ok().and_then(|hour| hours.get_mut(hour));
        if let Some(hour) = hour.filter(|_| event.verified) {
            hour.grew |= event.step.is_growth();
            hour.shrank |= event.step.is_shrink();
        }
    }
    /// A character an hour: how much was used of what is used most, or that it was changed.
    pub(crate) fn line(&self) -> String {
        let both = self.cpu.iter().zip(&self.memory).map(|(cpu, memory)| Hour {
            used: cpu.used.into_iter().chain(memory.used).reduce(f64::max),
            grew: cpu.grew || memory.grew,
            shrank: cpu.shrank || memory.shrank,
        });
        both.map(|hour| hour.mark().unwrap_or_else(|| hour.block())).collect()
    }
}

impl Hour {
    /// How much of it was used.
    pub(crate) fn block(self) -> char {
        match self.used {
            None => '·',
            Some(used) if used < 12.5 => '▁',
            Some(used) if used < 25.0 => '▂',
            Some(used) if used < 37.5 => '▃',
            Some(used) if used < 50.0 => '▄',
            Some(used) if used < 62.5 => '▅',
            Some(used) if used < 75.0 => '▆',
            Some(used) if used < 87.5 => '▇',
            Some(_) => '█',
        }
    }

    /// Whether it was changed.
    pub(crate) fn mark(self) -> Option<char> {
        match (self.grew, self.shrank) {
            (false, false) => None,
            (true, false) => Some('▲'),
            (false, true) => Some('▼'),
            (true, true) => Some('◆'),
        }
    }
}

/// In one line, without what steers a terminal.
fn plain_line(text: &str) -> String {
    let mut text = text.to_owned();
    crate::plain::one_line(&mut text);
    text
}
