//! What is to be done to a VM, as somebody would type it.

use serde::{Deserialize, Serialize};
use vm_autoscale_planner::{Decision, Move, Verdict};
use vm_autoscale_proxmox::VmId;

/// A change that was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// What changes.
    pub step: Move,
    /// What does the same by hand, on the VM's node. It does not wait for anything and asks no one.
    pub command: String,
    /// How far it is.
    pub state: PlannedState,
}

/// How far a change is that was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlannedState {
    /// It would be right, and the mode forbids it.
    Recommended,
    /// It is to be done.
    Decided,
    /// It is being done.
    UnderWay,
}

/// What was decided on a VM that is no hold.
pub(super) fn planned(decision: &Decision) -> Vec<Planned> {
    let of = |verdict: &Verdict| match *verdict {
        Verdict::Hold => None,
        Verdict::Recommend(step) => Some((step, PlannedState::Recommended)),
        Verdict::Act(step) => Some((step, PlannedState::Decided)),
    };
    let steps = [&decision.cpu.verdict, &decision.memory.verdict].into_iter().filter_map(of);
    let planned =
        steps.map(|(step, state)| Planned { step, command: command(decision.vmid, step), state });
    planned.collect()
}

fn command(vmid: VmId, step: Move) -> String {
    match step {
        Move::Cpu { to, .. } => format!("qm set {vmid} --vcpus {to}"),
        Move::CpuLimit { to, .. } => format!("qm set {vmid} --cpulimit {to}"),
        Move::Memory { to, .. } => format!("qm set {vmid} --memory {to}"),
        Move::Balloon { to, .. } => format!("qm set {vmid} --balloon {to}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_has_its_command() {
        for (step, said) in [
            (r#"{"resource":"cpu","from":2,"to":3}"#, "qm set 101 --vcpus 3"),
            (r#"{"resource":"cpulimit","from":2.5,"to":0.0}"#, "qm set 101 --cpulimit 0"),
            (r#"{"resource":"cpulimit","from":0.0,"to":1.5}"#, "qm set 101 --cpulimit 1.5"),
            (r#"{"resource":"memory","from":2048,"to":4096}"#, "qm set 101 --memory 4096"),
            (r#"{"resource":"balloon","from":null,"to":1024}"#, "qm set 101 --balloon 1024"),
        ] {
            let step = serde_json::from_str(step).unwrap();
            assert_eq!(command(101.try_into().unwrap(), step), said);
        }
    }
}
