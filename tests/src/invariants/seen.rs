//! What VMs were seen to use, round by round.

use std::collections::{BTreeMap, VecDeque};

use vm_autoscale_lab::Usage;
use vm_autoscale_proxmox::VmId;

/// Seconds: the shortest window of the policy `adaptive`, what a look may take, and a command that
/// hangs.
const KEPT: f64 = 1500.0;
/// A round is taken down a moment after pvestatd told of it.
const AFTER: f64 = 1.0;

/// One round of one VM.
#[derive(Debug, Clone, Copy)]
pub(super) struct Used {
    pub(super) at: f64,
    /// Cores.
    pub(super) cores: f64,
    /// MiB, page cache included.
    pub(super) memory: f64,
    /// MiB of programs.
    pub(super) programs: f64,
}

#[derive(Debug, Default)]
pub(super) struct Seen(BTreeMap<VmId, VecDeque<Used>>);

impl Seen {
    /// A round; who does not run is in none.
    pub(super) fn round(&mut self, at: f64, usage: &[Usage]) {
        for Usage { vmid, cores, memory, programs } in usage {
            let used = Used { at, cores: *cores, memory: *memory, programs: *programs };
            self.0.entry(*vmid).or_default().push_back(used);
        }
        self.0.retain(|_, rounds| {
            while rounds.front().is_some_and(|first| first.at < at - KEPT) {
                rounds.pop_front();
            }
            !rounds.is_empty()
        });
    }

    /// Another VM has the number.
    pub(super) fn forget(&mut self, vmid: VmId) {
        self.0.remove(&vmid);
    }

    /// The VM's rounds up to that moment, the last one first.
    pub(super) fn back(&self, vmid: VmId, from: f64) -> impl Iterator<Item = &Used> {
        let rounds = self.0.get(&vmid).into_iter().flat_map(|rounds| rounds.iter().rev());
        rounds.filter(move |used| used.at <= from + AFTER)
    }
}
