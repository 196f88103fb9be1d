//! What changes of ours left in `[PENDING]`: cleared wherever the VM turns up.

use std::sync::Arc;

use vm_autoscale_planner::{Moment, Move};
use vm_autoscale_proxmox::VmId;

use super::Memory;
use crate::outcome::own_pending;

impl Memory {
    /// The leftovers that can be cleared now: still exactly what we asked. Those of VMs that are
    /// other ones now are forgotten by then.
    pub(in crate::worker) fn due(&mut self, now: Moment) -> Vec<(VmId, Move)> {
        let Self { view, records, in_flight, .. } = self;
        let mut due = Vec::new();
        for (vmid, record) in records {
            let (Some(duty), Some(vm)) = (record.duty, view.vms.get(vmid)) else { continue };
            let reachable = !view.offline.contains(&vm.node) && vm.ha_move.is_none();
            let at_hand = vm.seen && reachable && !in_flight.contains_key(vmid);
            let Some(known) = vm.current().filter(|_| at_hand) else { continue };
            if !own_pending(duty.step, &known.config) {
                if now >= duty.until {
                    Arc::make_mut(record).duty = None;
                }
            } else if known.config.lock.is_none() && vm.pause.is_none() {
                due.push((*vmid, duty.step));
            }
        }
        due
    }
}
