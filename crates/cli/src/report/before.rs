//! The sizes that VMs had before our first change, as far as the journal reaches back.

use std::collections::BTreeMap;

use vm_autoscale_planner::Move;
use vm_autoscale_proxmox::{ClusterName, CpuLimit, VmId};
use vm_autoscale_scheduler::{Moved, StatusReport};

/// Of all VMs that were changed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Befores(BTreeMap<(ClusterName, VmId), Before>);

/// Of one VM: since when, in seconds since 1970, and how much. Before that it was nobody's doing of
/// ours what it had, and there is nothing to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Before {
    cores: Option<(u64, f64)>,
    gib: Option<(u64, f64)>,
}

impl Befores {
    /// By the first change of each value. What has no value of its own before (no limit, no target)
    /// had all that is plugged: that is asked of the status.
    pub(crate) fn new(moved: &[Moved], report: &StatusReport) -> Self {
        let mut plugged = BTreeMap::new();
        for cluster in &report.clusters {
            for vm in &cluster.vms {
                plugged.insert((&cluster.name, vm.vmid), (vm.vcpus, vm.memory));
            }
        }
        let mut all: BTreeMap<(ClusterName, VmId), Before> = BTreeMap::new();
        for one in moved {
            let (vcpus, memory) =
                plugged.get(&(&one.cluster, one.vmid)).copied().unwrap_or_default();
            let before = all.entry((one.cluster.clone(), one.vmid)).or_default();
            let cores = |cores| Some((one.at, cores));
            let gib = |mib: u32| Some((one.at, f64::from(mib) / 1024.0));
            match one.first {
                Move::Cpu { from, .. } => before.meet_cores(cores(from.get().into())),
                Move::CpuLimit { from: CpuLimit::Unlimited, .. } => {
                    before.meet_cores(vcpus.and_then(|vcpus| cores(vcpus.into())));
                }
                Move::CpuLimit { from, .. } => {
                    before.meet_cores(cores(f64::from(from.hundredths()) / 100.0));
                }
                Move::Memory { from, .. } => before.meet_gib(gib(from.get())),
                Move::Balloon { from: Some(from), .. } => before.meet_gib(gib(from.get())),
                Move::Balloon { from: None, .. } => before.meet_gib(memory.and_then(gib)),
            }
        }
        Self(all)
    }

    /// Of one VM; nothing is known of one that was never changed.
    pub(crate) fn of(&self, cluster: &ClusterName, vmid: VmId) -> Before {
        self.0.get(&(cluster.clone(), vmid)).copied().unwrap_or_default()
    }
}

impl Before {
    /// Cores at that time, in seconds since 1970.
    pub(crate) fn cores(&self, at: u64) -> Option<f64> {
        self.cores.filter(|(since, _)| *since <= at).map(|(_, cores)| cores)
    }

    /// GiB at that time.
    pub(crate) fn gib(&self, at: u64) -> Option<f64> {
        self.gib.filter(|(since, _)| *since <= at).map(|(_, gib)| gib)
    }

    fn meet_cores(&mut self, new: Option<(u64, f64)>) {
        self.cores = least(self.cores, new);
    }

    fn meet_gib(&mut self, new: Option<(u64, f64)>) {
        self.gib = least(self.gib, new);
    }
}

/// Of two values that both bound what it had, the lower one counts.
fn least(one: Option<(u64, f64)>, other: Option<(u64, f64)>) -> Option<(u64, f64)> {
    match (one, other) {
        (Some((at, one)), Some((also, other))) => Some((at.min(also), one.min(other))),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn moved(at: u64, step: &serde_json::Value) -> Moved {
        let step: Move = serde_json::from_value(step.clone()).unwrap();
        let (cluster, node) = ("home".try_into().unwrap(), "pve1".try_into().unwrap());
        Moved {
            cluster,
            node,
            vmid: 101.try_into().unwrap(),
            first: step,
            last: step,
            at,
            identity: None,
        }
    }

    fn before(steps: &[(u64, serde_json::Value)]) -> Before {
        let vm = json!({
            "vmid": 101, "name": "web", "node": "pve1", "mode": "full", "vcpus": 8, "memory": 4096,
            "cpu_used": null, "memory_used": null, "cpu": "", "memory_decision": "",
        });
        let cluster = json!({
            "name": "home", "answered_by": null, "problem": null, "looks": 1, "look_ms": 1,
            "nodes": [], "vms": [vm],
        });
        let clusters = vec![serde_json::from_value(cluster).unwrap()];
        let report = StatusReport { clusters, ..StatusReport::default() };
        let all: Vec<Moved> = steps.iter().map(|(at, step)| moved(*at, step)).collect();
        Befores::new(&all, &report).of(&"home".try_into().unwrap(), 101.try_into().unwrap())
    }

    #[test]
    fn the_first_size_counts_from_the_first_change_on() {
        let one = before(&[(500, json!({"resource": "cpu", "from": 6, "to": 4}))]);
        assert_eq!((one.cores(499), one.cores(500), one.gib(500)), (None, Some(6.0), None));
        let two = before(&[(500, json!({"resource": "memory", "from": 2048, "to": 4096}))]);
        assert_eq!(two.gib(500), Some(2.0));
        assert_eq!(before(&[]), Before::default());
    }

    #[test]
    fn without_a_limit_it_had_all_that_is_plugged() {
        let cap = before(&[(500, json!({"resource": "cpulimit", "from": 0.0, "to": 2.5}))]);
        assert_eq!(cap.cores(500), Some(8.0));
        let balloon = json!({"resource": "balloon", "from": null, "to": 1024});
        assert_eq!(before(&[(500, balloon)]).gib(500), Some(4.0));
        let both = before(&[
            (500, json!({"resource": "cpu", "from": 6, "to": 4})),
            (400, json!({"resource": "cpulimit", "from": 5.0, "to": 2.5})),
        ]);
        assert_eq!(both.cores(450), Some(5.0));
    }
}
