//! VMs whose QEMU has another size than their config says. They are left alone until both agree
//! again, which is looked at now and then, and at once when QEMU was started anew.

use std::collections::BTreeSet;
use std::time::Duration;

use vm_autoscale_planner::{Moment, Resource};
use vm_autoscale_proxmox::VmId;

use super::{LATER, Memory, quarantine_of, record_of};
use crate::journal::{Compare, Quarantine};

/// After so long QEMU is asked for the first time; then twice as long each time, to this.
const FIRST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(1800);
/// So many new samples in a row at another size than the config's are no coincidence: pvestatd
/// needs one round for the new size, and is late now and then.
const SUSPICIOUS: u32 = 6;

/// A VM whose QEMU is to be asked what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::worker) struct Suspect {
    pub(in crate::worker) vmid: VmId,
    pub(in crate::worker) resource: Resource,
}

impl Memory {
    /// QEMU and config disagree.
    pub(super) fn confine(
        &mut self,
        now: Moment,
        at: u64,
        vmid: VmId,
        resource: Resource,
        (config, qemu): (u32, u32),
    ) {
        let uptime = self.uptime(vmid);
        let record = record_of(&mut self.records, vmid);
        let before = quarantine_of(record, resource).take();
        let asked = before.map_or(0, |before| before.asked.saturating_add(1));
        let wait = FIRST.saturating_mul(1 << asked.min(10)).min(LONGEST);
        let since = before.map_or(at, |before| before.since);
        let new = Quarantine { since, config, qemu, next: now.after(wait), asked, uptime };
        *quarantine_of(record, resource) = Some(new);
        if before.is_none() {
            let node = self.node_of(vmid);
            let why = told(vmid, resource, &new);
            tracing::warn!(%vmid, node, kind = "quarantined", ?resource, "quarantined: {why}");
        }
    }

    /// The age of its QEMU process in seconds.
    fn uptime(&self, vmid: VmId) -> Option<u64> {
        self.view.vms.get(&vmid)?.sample.map(|sample| sample.uptime)
    }

    /// What QEMU and config were found to have; nothing where QEMU does not run.
    pub(in crate::worker) fn found(
        &mut self,
        now: Moment,
        at: u64,
        Suspect { vmid, resource }: Suspect,
        sizes: Option<(u32, u32)>,
    ) {
        self.in_flight.remove(&vmid);
        let Some(vm) = self.view.vms.get_mut(&vmid) else { return };
        (vm.other_size, vm.compared) = (0, vm.compared.saturating_add(1));
        let Some((config, qemu)) = sizes else {
            let uptime = self.uptime(vmid);
            let record = record_of(&mut self.records, vmid);
            if let Some(quarantine) = quarantine_of(record, resource) {
                (quarantine.next, quarantine.uptime) = (now.after(FIRST), uptime);
            }
            record.compare = record.compare.map(|asks| Compare { at: now.after(FIRST), ..asks });
            return;
        };
        let record = record_of(&mut self.records, vmid);
        record.compare = match record.compare.filter(|asks| asks.resource == resource) {
            Some(Compare { more, .. }) if config == qemu => more.checked_sub(1).map(|more| {
                let wait = FIRST.saturating_mul(1 << (LATER - more).min(10));
                Compare { resource, at: now.after(wait), holds: false, more }
            }),
            Some(_) => None,
            None => record.compare,
        };
        if config != qemu {
            return self.confine(now, at, vmid, resource, (config, qemu));
        }
        if quarantine_of(record, resource).take().is_some() {
            let node = self.node_of(vmid);
            tracing::info!(%vmid, node, kind = "released", ?resource, "released: QEMU and config agree again");
        }
    }

    /// Those to ask now; what is confined is told to the planner.
    pub(in crate::worker) fn suspects(&mut self, now: Moment) -> Vec<Suspect> {
        let Self { view, records, in_flight, once_confined, .. } = self;
        let (mut suspects, mut nodes) = (Vec::new(), BTreeSet::new());
        for (vmid, vm) in &mut view.vms {
            let free = vm.running == Some(true) && vm.current().is_some();
            let free = free && vm.pause.is_none() && !in_flight.contains_key(vmid);
            let free = free && !view.offline.contains(&vm.node) && vm.held.is_some();
            let record = records.get(vmid);
            let all = record.map(|record| record.quarantine).unwrap_or_default();
            let compare = record.and_then(|record| record.compare);
            let uptime = vm.sample.map(|sample| sample.uptime);
            for (resource, known) in [Resource::Cpu, Resource::Memory].into_iter().zip(all) {
                let is_due = |known: &Quarantine| {
                    let restarted = uptime.zip(known.uptime).is_some_and(|(now, then)| now < then);
                    now >= known.next || restarted
                };
                let asks = match known {
                    Some(known) => is_due(&known),
                    None if compare.is_some_and(|c| c.resource == resource && now >= c.at) => true,
                    // What agreed after all is not asked about again and again.
                    None => {
                        let suspicious = SUSPICIOUS << vm.compared.min(7);
                        resource == Resource::Memory && vm.other_size >= suspicious
                    }
                };
                // One a node at a time: it takes the place of a change there.
                if asks && free && nodes.insert(vm.node.clone()) {
                    suspects.push(Suspect { vmid: *vmid, resource });
                }
            }
            let holds = compare.is_some_and(|asks| asks.holds && now < asks.at);
            vm.unsure = holds.then_some("what became of a change: it may be at work still");
            let [cpu, memory] = all;
            if all.iter().any(Option::is_some) {
                once_confined.insert(*vmid);
            }
            vm.quarantine = [
                cpu.map(|known| told(*vmid, Resource::Cpu, &known)),
                memory.map(|known| told(*vmid, Resource::Memory, &known)),
            ];
        }
        suspects
    }

    /// The VMs that are or were confined, and why they are.
    pub(in crate::worker) fn confined(&self) -> impl Iterator<Item = (VmId, Option<&str>)> {
        self.once_confined.iter().map(|vmid| {
            let vm = self.view.vms.get(vmid);
            let why = vm.and_then(|vm| vm.quarantine.iter().flatten().next());
            (*vmid, why.map(String::as_str))
        })
    }
}

/// What is wrong, and the way out.
fn told(vmid: VmId, resource: Resource, Quarantine { config, qemu, .. }: &Quarantine) -> String {
    let (unit, way_out) = match resource {
        // Only the same way down makes them agree.
        Resource::Cpu if qemu < config => {
            ("vCPUs", format!("`qm set {vmid} --vcpus {qemu}` makes them agree"))
        }
        Resource::Cpu => ("vCPUs", "power the VM off and on".to_owned()),
        Resource::Memory => ("MiB", "power the VM off and on".to_owned()),
    };
    format!("the config says {config} {unit}, QEMU has {qemu}: {way_out}")
}
