//! What came of it: the simulator's figures, by its names.

use serde::Serialize;

use crate::num::real;

/// Cost of a core-hour that was not served, in core-hours that are had.
const UNSERVED: f64 = 20.0;
/// Cost of a GB-hour that was short, in GB-hours that are had.
const SHORT: f64 = 50.0;
/// Cost of a GB-hour, in core-hours.
const GB: f64 = 0.13;
/// Cost of a change of vCPUs, in core-hours.
const CPU_CHANGE: f64 = 0.02;
/// Cost of a change of memory, in GB-hours.
const MEMORY_CHANGE: f64 = 0.25;

/// Sums over the time that counts; times in seconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// VM-seconds.
    pub(crate) active: f64,
    /// Core-seconds: had, used, wanted, not served, and of those held back by the host.
    pub(crate) alloc: f64,
    pub(crate) used: f64,
    pub(crate) host_lost: f64,
    /// Seconds that more was wanted than had.
    pub(crate) saturated: f64,
    /// MiB-seconds.
    pub(crate) mem_alloc: f64,
    pub(crate) mem_used: f64,
    pub(crate) mem_short: f64,
    pub(crate) short_time: f64,
    pub(crate) risk_time: f64,
    /// Changes.
    pub(crate) cpu_changes: usize,
    pub(crate) mem_changes: usize,
    pub(crate) flips: usize,
    pub(crate) failed: usize,
    pub(crate) denied: usize,
    /// Core-seconds wanted and not served, by VM.
    pub(crate) by_vm: Vec<(f64, f64)>,
}

/// The figures of one policy. Percentages are of all, not of the mean.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Who decided.
    pub policy: String,
    /// Core-hours that the VMs had.
    pub alloc_core_h: f64,
    /// Core-hours that they used.
    pub used_core_h: f64,
    /// Core-hours that they had for nothing.
    pub slack_core_h: f64,
    /// The same in percent of those had.
    pub slack_pct: f64,
    /// Core-hours that were wanted and not to be had.
    pub unserved_core_h: f64,
    /// The same in percent of those wanted.
    pub unserved_pct: f64,
    /// Percent of the time in which a VM wanted more than it had.
    pub sat_time_pct: f64,
    /// Percent of the VMs that went without more than one percent of what they wanted.
    pub vms_bad_pct: f64,
    /// GB-hours had for nothing.
    pub mem_slack_gb_h: f64,
    /// The same in percent of those had.
    pub mem_slack_pct: f64,
    /// Percent of the time in which a VM was short of memory.
    pub mem_short_pct: f64,
    /// GB-hours that were missing.
    pub mem_short_gb_h: f64,
    /// Percent of the time in which a VM used more than 95 % of its memory.
    pub mem_risk_pct: f64,
    /// Changes of a VM a day.
    pub acts_vm_day: f64,
    /// Of its vCPUs.
    pub cpu_acts: f64,
    /// Of its memory.
    pub mem_acts: f64,
    /// Changes of a VM a day that took back what was done within the hour before.
    pub flips_vm_day: f64,
    /// Takings of memory that failed, of a VM a day.
    pub mem_fail: f64,
    /// Grants of memory that found the host full, of a VM a day.
    pub denied: f64,
    /// Percent of what was wanted that the hosts' CPUs could not give.
    pub host_lost_pct: f64,
    /// Core-hours had, with what was not served and every change at its price.
    pub cost_cpu: f64,
    /// GB-hours had, with what was short and every change at its price.
    pub cost_mem: f64,
    /// Both, in core-hours.
    pub cost: f64,
    /// The cost as a multiple of that of leaving the VMs alone.
    pub rel_cost: f64,
}

impl Tally {
    pub(crate) fn figures(&self, policy: &str) -> Figures {
        let days = self.active / 86_400.0;
        let (wanted, lost) =
            self.by_vm.iter().fold((0.0, 0.0), |(wanted, lost), (w, l)| (wanted + w, lost + l));
        let a_day = |count: usize| if days > 0.0 { real(count) / days } else { 0.0 };
        let bad = self.by_vm.iter().filter(|(wanted, lost)| *lost > 0.01 * wanted).count();
        let (cpu_slack, mem_slack) = (self.alloc - self.used, self.mem_alloc - self.mem_used);
        let (cost_cpu, cost_mem) = self.costs(lost);
        Figures {
            policy: policy.to_owned(),
            alloc_core_h: hours(self.alloc),
            used_core_h: hours(self.used),
            slack_core_h: hours(cpu_slack),
            slack_pct: percent(cpu_slack, self.alloc),
            unserved_core_h: hours(lost),
            unserved_pct: percent(lost, wanted),
            sat_time_pct: percent(self.saturated, self.active),
            vms_bad_pct: percent(real(bad), real(self.by_vm.len())),
            mem_slack_gb_h: gb_hours(mem_slack),
            mem_slack_pct: percent(mem_slack, self.mem_alloc),
            mem_short_pct: percent(self.short_time, self.active),
            mem_short_gb_h: gb_hours(self.mem_short),
            mem_risk_pct: percent(self.risk_time, self.active),
            acts_vm_day: a_day(self.cpu_changes + self.mem_changes),
            cpu_acts: a_day(self.cpu_changes),
            mem_acts: a_day(self.mem_changes),
            flips_vm_day: a_day(self.flips),
            mem_fail: a_day(self.failed),
            denied: a_day(self.denied),
            host_lost_pct: percent(self.host_lost, wanted),
            cost_cpu,
            cost_mem,
            cost: cost_cpu + GB * cost_mem,
            rel_cost: 1.0,
        }
    }

    /// Of CPU in core-hours, of memory in GB-hours.
    fn costs(&self, lost: f64) -> (f64, f64) {
        let cpu = hours(self.alloc) + UNSERVED * hours(lost);
        let mem = gb_hours(self.mem_alloc) + SHORT * gb_hours(self.mem_short);
        let [cpu_changes, mem_changes] = [self.cpu_changes, self.mem_changes].map(real);
        (cpu + CPU_CHANGE * cpu_changes, mem + MEMORY_CHANGE * mem_changes)
    }
}

fn hours(seconds: f64) -> f64 {
    seconds / 3600.0
}

fn gb_hours(mib_seconds: f64) -> f64 {
    mib_seconds / 1024.0 / 3600.0
}

fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { 100.0 * part / whole } else { 0.0 }
}

impl Figures {
    /// The same, measured against another policy's cost.
    #[must_use]
    pub fn against(self, other: &Self) -> Self {
        let rel_cost = if other.cost > 0.0 { self.cost / other.cost } else { 1.0 };
        Self { rel_cost, ..self }
    }
}
