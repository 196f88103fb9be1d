//! What the scheduler does with each change, step by step: it intends it, sends it at most once,
//! reads back, and only then says what became of it.

use std::collections::BTreeMap;

use vm_autoscale_planner::Move;
use vm_autoscale_proxmox::{NodeName, VmId};
use vm_autoscale_scheduler::{Class, Intent, Outcome};

use super::kinds::{KINDS, Kind};

#[derive(Debug, Clone, Copy, PartialEq)]
enum At {
    Intended(Move),
    Sent(Move),
    Read(Move),
}

#[derive(Debug, Default)]
pub(super) struct Books {
    under_way: BTreeMap<VmId, At>,
    /// How many of them on each node.
    pub(super) on_node: BTreeMap<NodeName, u64>,
    /// How often each line was sent.
    pub(super) sent: BTreeMap<String, u64>,
    pub(super) steps: Vec<(VmId, Move)>,
    pub(super) outcomes: BTreeMap<&'static str, u64>,
    /// Changes that were under way on a node when the way broke.
    pub(super) runs: BTreeMap<Kind, u64>,
    /// Of those, what was heard of them.
    pub(super) heard: BTreeMap<(Kind, &'static str), u64>,
    pub(super) wrong: Vec<String>,
}

impl Books {
    pub(super) fn all_runs(&self) -> u64 {
        self.runs.values().sum()
    }

    pub(super) fn has_all_kinds(&self) -> bool {
        KINDS.iter().all(|kind| self.runs.contains_key(kind))
    }

    pub(super) fn is_idle(&self) -> bool {
        self.under_way.is_empty()
    }

    pub(super) fn intended(&mut self, intent: &Intent) {
        let (vmid, step) = (intent.vmid, intent.step);
        *self.on_node.entry(intent.node.clone()).or_default() += 1;
        if let Some(at) = self.under_way.insert(vmid, At::Intended(step)) {
            self.wrong.push(format!("VM {vmid}: {step} while {at:?}"));
        }
        self.steps.push((vmid, step));
    }

    pub(super) fn sent(&mut self, vmid: VmId, line: String) {
        match self.under_way.get(&vmid) {
            Some(At::Intended(step)) => {
                let step = *step;
                self.under_way.insert(vmid, At::Sent(step));
            }
            at => self.wrong.push(format!("VM {vmid}: sent {line} while {at:?}")),
        }
        *self.sent.entry(line).or_default() += 1;
    }

    pub(super) fn read(&mut self, vmid: VmId) {
        if let Some(At::Sent(step)) = self.under_way.get(&vmid).copied() {
            self.under_way.insert(vmid, At::Read(step));
        }
    }

    pub(super) fn settled(&mut self, intent: &Intent, outcome: &Outcome) {
        let (vmid, step) = (intent.vmid, intent.step);
        self.on_node.entry(intent.node.clone()).and_modify(|count| *count -= 1);
        let at = self.under_way.remove(&vmid);
        *self.outcomes.entry(outcome.kind()).or_default() += 1;
        let blind = matches!(outcome.consequence().class, Class::Refused | Class::Unknown);
        let read = at == Some(At::Read(step));
        if at.is_none() || !(read || blind) {
            self.wrong.push(format!("VM {vmid}: {step} is said to be `{outcome}` while {at:?}"));
        }
    }
}
