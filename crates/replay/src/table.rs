//! The figures for people.

use std::fmt::Write as _;

use crate::Figures;

type Value = fn(&Figures) -> f64;

/// What is shown: name, digits, figure.
const LINES: [(&str, usize, Value); 21] = [
    ("CPU slack, core-hours", 0, |f| f.slack_core_h),
    ("  % of what the VMs had", 1, |f| f.slack_pct),
    ("CPU unserved, core-hours", 2, |f| f.unserved_core_h),
    ("  % of what was wanted", 4, |f| f.unserved_pct),
    ("CPU saturated, % of time", 3, |f| f.sat_time_pct),
    ("VMs > 1 % unserved, %", 1, |f| f.vms_bad_pct),
    ("memory slack, GB-hours", 0, |f| f.mem_slack_gb_h),
    ("  % of what the VMs had", 1, |f| f.mem_slack_pct),
    ("memory short, % of time", 4, |f| f.mem_short_pct),
    ("memory > 95 % used, % of time", 3, |f| f.mem_risk_pct),
    ("changes a VM and day", 2, |f| f.acts_vm_day),
    ("  of vCPUs", 2, |f| f.cpu_acts),
    ("  of memory", 2, |f| f.mem_acts),
    ("  back within an hour", 2, |f| f.flips_vm_day),
    ("  memory that was not given back", 2, |f| f.mem_fail),
    ("  memory that the host denied", 2, |f| f.denied),
    ("held back by hosts' CPUs, %", 3, |f| f.host_lost_pct),
    ("cost, core-hours", 0, |f| f.cost),
    ("  of CPU", 0, |f| f.cost_cpu),
    ("  of memory, GB-hours", 0, |f| f.cost_mem),
    ("cost against static", 3, |f| f.rel_cost),
];

/// A line a figure, a column a policy; less than 100 columns for up to three policies.
#[must_use]
pub fn table(all: &[Figures]) -> String {
    let mut text = format!("{:<34}", "");
    for figures in all {
        // Writing to a String cannot fail.
        let _ = write!(text, "{:>16}", figures.policy);
    }
    text.push('\n');
    for (name, digits, value) in &LINES {
        let _ = write!(text, "{name:<34}");
        for figures in all {
            let _ = write!(text, "{:>16.digits$}", value(figures));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests;
