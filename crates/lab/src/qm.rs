//! `qm set` as qemu-server does it (`PVE/API2/Qemu.pm`, `update_vm_api`): checks, the file lock,
//! the same checks again, every option into `[PENDING]`, and from there into effect.

use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use vm_autoscale_proxmox::{Digest, NodeCommand, NodeName, VmId};

use crate::cluster::Cluster;
use crate::command::PERL_S;
use crate::execution::Execution;
use crate::{Answer, Lab};

mod balloon;
mod cpu;
mod hand;
mod hotplug;
mod memory;
#[cfg(test)]
mod tests;

pub(crate) use hand::type_line;

/// How long a `qm` waits for the file lock, in seconds.
const FLOCK_S: f64 = 10.0;

/// A call of `qm set`.
#[derive(Debug)]
pub(crate) struct Change {
    /// Where it runs.
    node: NodeName,
    vmid: VmId,
    /// What the config must be; people do not say it.
    digest: Option<Digest>,
    /// Options to set, by name.
    sets: Vec<(String, String)>,
    /// Options to take out.
    deletes: Vec<String>,
    /// Options whose pending value is to go, joined by commas.
    revert: Option<&'static str>,
}

impl Change {
    /// What the command would have `qm` do, if anything.
    pub(crate) fn of(node: &NodeName, command: &NodeCommand) -> Option<Self> {
        let mut revert = None;
        let (vmid, digest, sets): (_, _, Vec<(&str, String)>) = match command {
            NodeCommand::SetVcpus { vmid, vcpus, digest } => {
                (vmid, digest, vec![("vcpus", vcpus.to_string())])
            }
            NodeCommand::SetMemory { vmid, memory, balloon, digest } => {
                let balloon = balloon.map(|balloon| ("balloon", balloon.to_string()));
                (
                    vmid,
                    digest,
                    balloon.into_iter().chain([("memory", memory.to_string())]).collect(),
                )
            }
            NodeCommand::SetCpuLimit { vmid, cpulimit, digest } => {
                (vmid, digest, vec![("cpulimit", cpulimit.to_string())])
            }
            NodeCommand::SetBalloon { vmid, balloon, digest } => {
                (vmid, digest, vec![("balloon", balloon.to_string())])
            }
            NodeCommand::Revert { vmid, option, digest } => {
                revert = Some(option.names());
                (vmid, digest, Vec::new())
            }
            _ => return None,
        };
        let sets = sets.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let (digest, deletes) = (Some(digest.clone()), Vec::new());
        Some(Self { node: node.clone(), vmid: *vmid, digest, sets, deletes, revert })
    }

    /// The first thing that `qm` prints.
    fn line(&self) -> String {
        let sets = self.sets.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let deletes = self.deletes.join(",");
        let deletes = (!deletes.is_empty()).then_some(("delete", deletes.as_str()));
        let all = sets.chain(deletes).chain(self.revert.map(|names| ("revert", names)));
        let mut words: Vec<String> = all.map(|(name, value)| format!(" -{name} {value}")).collect();
        words.sort();
        format!("update VM {}:{}\n", self.vmid, words.concat())
    }

    /// What must hold before and after the lock is taken.
    fn check(&self, cluster: &Cluster) -> Result<(), Answer> {
        let vm = cluster.vm(&self.node, self.vmid).map_err(|text| Answer::fail(text, 2))?;
        if self.digest.as_ref().is_some_and(|digest| *digest != vm.conf.digest()) {
            return Err(Answer::fail("checksum mismatch (file change by other user?)\n", 255));
        }
        match vm.conf.get("lock") {
            Some(lock) => Err(Answer::fail(format!("VM is locked ({lock})\n"), 255)),
            None => Ok(()),
        }
    }

    fn value(&self, option: &str) -> Option<&str> {
        self.sets.iter().find(|(name, _)| name == option).map(|(_, value)| value.as_str())
    }
}

/// Runs it.
pub(crate) async fn set(lab: &Lab, change: &Change, execution: &mut Execution) -> Answer {
    lab.pause(PERL_S).await;
    let first = change.check(&lab.cluster());
    if let Err(answer) = first {
        return answer;
    }
    let (held, waited) = match flock(lab, &change.node, change.vmid).await {
        Ok(held) => held,
        Err(answer) => return answer,
    };
    execution.meets(lab.cluster().digest(change.vmid));
    let mut answer = locked(lab, change).await;
    // Whoever gets the lock next writes at once.
    execution.leaves(lab.cluster().digest(change.vmid));
    drop(held);
    answer.stderr.insert_str(0, waited);
    answer
}

/// Takes the VM's file lock, and says what that printed.
async fn flock(
    lab: &Lab,
    node: &NodeName,
    vmid: VmId,
) -> Result<(Option<OwnedMutexGuard<()>>, &'static str), Answer> {
    let flock = lab.cluster().vm(node, vmid).map(|vm| vm.flock.clone());
    let flock = flock.map_err(|text| Answer::fail(text, 2))?;
    if let Ok(held) = flock.clone().try_lock_owned() {
        return Ok((Some(held), ""));
    }
    let patience = Duration::from_secs_f64(FLOCK_S * lab.qm_time());
    match tokio::time::timeout(patience, flock.lock_owned()).await {
        Ok(held) => Ok((Some(held), "trying to acquire lock...\n OK\n")),
        Err(_) => Err(Answer::fail(
            format!(
                "trying to acquire lock...\ncan't lock file '/var/lock/qemu-server/lock-{vmid}.conf' - got timeout\n"
            ),
            4,
        )),
    }
}

async fn locked(lab: &Lab, change: &Change) -> Answer {
    if let Err(answer) = prepare(&mut lab.cluster(), change) {
        return answer;
    }
    let (waits, running) = {
        let cluster = lab.cluster();
        let vm = cluster.vms.get(&change.vmid);
        (vm.is_some_and(|vm| vm.conf.parts().waits()), vm.is_some_and(|vm| vm.qemu.is_some()))
    };
    let mut answer = Answer::ok(change.line());
    if waits && running {
        hotplug::apply(lab, change, &mut answer).await;
    } else if waits {
        // A stopped VM takes over whatever waits, checked or not.
        lab.cluster().write(change.vmid, crate::conf::Parts::apply_all);
    }
    answer
}

/// Checks again, and writes every option into `[PENDING]`, one write each.
fn prepare(cluster: &mut Cluster, change: &Change) -> Result<(), Answer> {
    change.check(cluster)?;
    balloon::check(cluster, change)?;
    let read_only = |text| Answer::fail(text + "\n", 13);
    for (name, value) in &change.sets {
        let written = cluster.qm_write(change.vmid, |parts| {
            parts.deletions.retain(|deletion| deletion != name);
            parts.pending.insert(name.clone(), value.clone());
        });
        written.map_err(read_only)?;
    }
    for name in &change.deletes {
        let written = cluster.qm_write(change.vmid, |parts| {
            parts.pending.remove(name);
            parts.deletions.push(name.clone());
        });
        written.map_err(read_only)?;
    }
    if let Some(names) = change.revert {
        let written = cluster.qm_write(change.vmid, |parts| {
            for name in names.split(',') {
                parts.pending.remove(name);
                parts.deletions.retain(|deletion| deletion != name);
            }
        });
        written.map_err(read_only)?;
    }
    cluster.qm_write(change.vmid, crate::conf::Parts::cleanup).map_err(read_only)
}
