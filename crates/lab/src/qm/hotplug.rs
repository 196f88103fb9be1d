//! From `[PENDING]` into a running VM (`vmconfig_hotplug_pending`): only the options that this
//! call names; one that fails does not stop the others.

use std::fmt::Write as _;

use super::{Change, balloon, cpu, memory};
use crate::{Answer, Lab};

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
    let mut errors = String::new();
    for (name, value) in &change.sets {
        if !waits(lab, change, name) {
            continue;
        }
        match option(lab, change, name, value, &mut answer.stdout).await {
            Outcome::Applied(reached) => {
                let written = lab.cluster().qm_write(change.vmid, |parts| {
                    parts.main.insert((*name).to_owned(), reached);
                    parts.pending.remove(*name);
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
        _ => Outcome::Skipped,
    }
}
