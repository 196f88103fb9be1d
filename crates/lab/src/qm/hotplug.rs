//! From `[PENDING]` into a running VM (`vmconfig_hotplug_pending`): only the options that this
//! call names; one that fails does not stop the others.

use std::fmt::Write as _;

use vm_autoscale_proxmox::VmId;

use super::{Change, balloon, cpu, memory};
use crate::{Answer, Lab, machine};

/// What became of an option.
pub(super) enum Outcome {
    /// It is in effect, with this value.
    Applied(String),
    /// It stays pending, without a word.
    Skipped,
    /// A `hotplug problem`.
    Failed(String),
    /// `qm` died of it.
    Died(String),
}

pub(super) async fn apply(lab: &Lab, change: &Change, answer: &mut Answer) {
    for name in &change.deletes {
        if let Err(text) = delete(lab, change.vmid, name).await {
            *answer = Answer { stderr: text + "\n", exit: 13, ..std::mem::take(answer) };
            return;
        }
    }
    let mut errors = String::new();
    for (name, value) in &change.sets {
        if !waits(lab, change, name) {
            continue;
        }
        match option(lab, change, name, value, &mut answer.stdout).await {
            Outcome::Applied(reached) => {
                let written = lab.cluster().qm_write(change.vmid, |parts| {
                    parts.main.insert(name.clone(), reached);
                    parts.pending.remove(name);
                });
                if let Err(text) = written {
                    *answer = Answer { stderr: text + "\n", exit: 13, ..std::mem::take(answer) };
                    return;
                }
            }
            Outcome::Skipped => {}
            Outcome::Failed(text) => {
                // Writing to a String cannot fail.
                let _ = write!(errors, "{name}: hotplug problem - {text}\n\n");
            }
            Outcome::Died(text) => {
                answer.stderr = text;
                answer.exit = 2;
                return;
            }
        }
    }
    if !errors.is_empty() {
        answer.stderr =
            format!("400 Parameter verification failed.\n{errors}qm set <vmid> [OPTIONS]\n");
        answer.exit = 255;
    }
}

fn waits(lab: &Lab, change: &Change, option: &str) -> bool {
    let cluster = lab.cluster();
    let vm = cluster.vms.get(&change.vmid);
    vm.is_some_and(|vm| vm.conf.parts().pending.contains_key(option))
}

/// What can be taken out while it runs: what QEMU has no word in, and the balloon's target where
/// there is a device.
async fn delete(lab: &Lab, vmid: VmId, name: &str) -> Result<(), String> {
    let config = lab.cluster().vms.get(&vmid).and_then(|vm| vm.conf.parsed());
    let Some(config) = config else { return Ok(()) };
    let live = match name {
        "shares" | "tags" => true,
        "balloon" => config.balloon.is_some_and(|target| target > 0),
        _ => false,
    };
    if !live {
        return Ok(());
    }
    if name == "balloon" {
        machine::balloon(lab, vmid, config.memory.get()).await?;
    }
    lab.cluster().qm_write(vmid, |parts| {
        parts.main.remove(name);
        parts.deletions.retain(|deletion| deletion != name);
    })
}

async fn option(
    lab: &Lab,
    change: &Change,
    name: &str,
    value: &str,
    stdout: &mut String,
) -> Outcome {
    let wish = value.parse().unwrap_or(0);
    match name {
        "vcpus" => cpu::vcpus(lab, change.vmid, wish).await,
        "memory" => memory::memory(lab, change.vmid, wish, stdout).await,
        "cpulimit" => cpu::cpulimit(&mut lab.cluster(), change.vmid, value),
        "balloon" => balloon::apply(lab, change.vmid, wish).await,
        // QEMU has no word in these.
        "name" | "shares" | "tags" => Outcome::Applied(value.to_owned()),
        _ => Outcome::Skipped,
    }
}
