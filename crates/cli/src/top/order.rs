//! Which VMs are shown, and in which order.

use std::cmp::Ordering;

use clap::ValueEnum;
use vm_autoscale_scheduler::{ClusterStatus, StatusReport, VmStatus};

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sort {
    /// Who uses most of its vCPUs or of its memory.
    Pressure,
    /// Who uses most of its vCPUs.
    Cpu,
    /// Who uses most of its memory.
    Memory,
    /// Who is blocked, by whatever reason.
    Blocked,
    /// The lowest number.
    Vmid,
    /// By name.
    Name,
    /// By node.
    Node,
}

impl Sort {
    pub(crate) fn next(self) -> Self {
        match self {
            Self::Pressure => Self::Cpu,
            Self::Cpu => Self::Memory,
            Self::Memory => Self::Blocked,
            Self::Blocked => Self::Vmid,
            Self::Vmid => Self::Name,
            Self::Name => Self::Node,
            Self::Node => Self::Pressure,
        }
    }

    pub(crate) fn before(self) -> Self {
        let all = Self::value_variants().iter().copied();
        all.into_iter().find(|sort| sort.next() == self).unwrap_or(self)
    }

    pub(crate) fn told(self) -> &'static str {
        match self {
            Self::Pressure => "pressure",
            Self::Cpu => "vCPU use",
            Self::Memory => "memory use",
            Self::Blocked => "blocked",
            Self::Vmid => "VMID",
            Self::Name => "name",
            Self::Node => "node",
        }
    }
}

/// Where a VM is in a report: which cluster, and which of its VMs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    cluster: usize,
    vm: usize,
}

impl Place {
    pub(crate) fn of(self, report: &StatusReport) -> Option<(&ClusterStatus, &VmStatus)> {
        let cluster = report.clusters.get(self.cluster)?;
        Some((cluster, cluster.vms.get(self.vm)?))
    }
}

/// How much of its vCPUs or of its memory it uses, whichever is more, in percent.
pub(crate) fn pressure(vm: &VmStatus) -> Option<f64> {
    vm.cpu_used.into_iter().chain(vm.memory_used).reduce(f64::max)
}

/// Where those are that the filter lets through, in order.
pub(crate) fn places(
    report: &StatusReport,
    sort: Sort,
    reversed: bool,
    filter: &str,
) -> Vec<Place> {
    let needle = filter.to_lowercase();
    let mut found = Vec::new();
    for (at, cluster) in report.clusters.iter().enumerate() {
        for (vm_at, vm) in cluster.vms.iter().enumerate() {
            if needle.is_empty() || has(cluster, vm, &needle) {
                found.push((Place { cluster: at, vm: vm_at }, vm));
            }
        }
    }
    found.sort_by(|(_, a), (_, b)| {
        let order = compare(sort, a, b);
        let order = if reversed { order.reverse() } else { order };
        order.then(a.vmid.cmp(&b.vmid))
    });
    found.into_iter().map(|(place, _)| place).collect()
}

fn compare(sort: Sort, a: &VmStatus, b: &VmStatus) -> Ordering {
    // What is not known comes last.
    let most = |figure: fn(&VmStatus) -> Option<f64>| {
        let of = |vm| figure(vm).unwrap_or(-1.0);
        of(b).total_cmp(&of(a))
    };
    match sort {
        Sort::Pressure => most(pressure),
        Sort::Cpu => most(|vm| vm.cpu_used),
        Sort::Memory => most(|vm| vm.memory_used),
        Sort::Blocked => is_blocked(b).cmp(&is_blocked(a)).then_with(|| most(pressure)),
        Sort::Vmid => a.vmid.cmp(&b.vmid),
        Sort::Name => a.name.cmp(&b.name),
        Sort::Node => a.node.cmp(&b.node).then_with(|| most(pressure)),
    }
}

/// Whether something keeps it from being looked after.
pub(crate) fn is_blocked(vm: &VmStatus) -> bool {
    vm.blocked.iter().any(|blocked| *blocked)
}

fn has(cluster: &ClusterStatus, vm: &VmStatus, needle: &str) -> bool {
    let in_it = |text: &str| text.to_lowercase().contains(needle);
    in_it(&vm.vmid.to_string())
        || vm.name.as_deref().is_some_and(in_it)
        || [vm.node.as_str(), cluster.name.as_str(), &vm.mode].into_iter().any(in_it)
        || vm.tags.iter().map(String::as_str).chain(vm.pool.as_deref()).any(in_it)
        || [&vm.cpu, &vm.memory_decision].into_iter().any(|text| in_it(text))
}
