//! What an administrator types: `qm set` with the options that matter here, and power.

use vm_autoscale_proxmox::VmId;

use super::{Change, set};
use crate::execution::Execution;
use crate::{Answer, Control, Lab};

/// Options with a number, and with a text.
const NUMBERS: [&str; 10] = [
    "agent", "balloon", "cores", "cpulimit", "memory", "numa", "shares", "sockets", "vcpus",
    "onboot",
];
const TEXTS: [&str; 3] = ["hotplug", "name", "tags"];
/// What can be taken out, beside those with a number behind them.
const DELETES: [&str; 4] = ["balloon", "hugepages", "shares", "tags"];

/// Does what a line says, as root on the VM's own node would see it done.
pub(crate) async fn type_line(lab: &Lab, line: &str) -> Answer {
    let mut words = line.split_whitespace();
    let verb = (words.next(), words.next());
    let vmid = words.next().and_then(|word| word.parse::<u32>().ok());
    let Some(vmid) = vmid.and_then(|number| VmId::try_from(number).ok()) else {
        return Answer::fail("not a line of qm that the lab knows\n", 255);
    };
    match verb {
        (Some("qm"), Some("set")) => match change(lab, vmid, words) {
            Ok(change) => {
                let mut execution = Execution::begin(lab, None, line, "Task", Some(vmid));
                let answer = set(lab, &change, &mut execution).await;
                execution.done(answer.exit);
                answer
            }
            Err(answer) => answer,
        },
        (Some("qm"), Some("stop")) => power(lab, [Control::Stop { vmid }]),
        (Some("qm"), Some("start")) => power(lab, [Control::Start { vmid }]),
        (Some("qm"), Some("reboot")) => {
            power(lab, [Control::Stop { vmid }, Control::Start { vmid }])
        }
        _ => Answer::fail("not a line of qm that the lab knows\n", 255),
    }
}

fn power(lab: &Lab, controls: impl IntoIterator<Item = Control>) -> Answer {
    for control in controls {
        if let Err(error) = lab.control(control) {
            return Answer::fail(format!("{error}\n"), 255);
        }
    }
    Answer::ok("")
}

/// The options of a `qm set`.
fn change<'a>(
    lab: &Lab,
    vmid: VmId,
    mut words: impl Iterator<Item = &'a str>,
) -> Result<Change, Answer> {
    let node = lab.cluster().vms.get(&vmid).map(|vm| vm.node.clone());
    let node = node.ok_or_else(|| {
        Answer::fail(format!("Configuration file for VM {vmid} does not exist\n"), 2)
    })?;
    let (mut sets, mut deletes) = (Vec::new(), Vec::new());
    while let Some(word) = words.next() {
        let unknown = || Answer::fail(format!("Unknown option: {word}\n"), 2);
        let (option, value) = word.strip_prefix("--").zip(words.next()).ok_or_else(unknown)?;
        let is_number = NUMBERS.contains(&option);
        if option == "delete" {
            deletes.extend(value.split(',').map(str::to_owned));
        } else if (is_number && value.parse::<f64>().is_ok()) || TEXTS.contains(&option) {
            sets.push((option.to_owned(), value.to_owned()));
        } else if is_number {
            let text = format!("{option}: type check failed - got '{value}'\n");
            return Err(Answer::fail(format!("400 Parameter verification failed.\n{text}"), 2));
        } else {
            return Err(unknown());
        }
    }
    if let Some(odd) = deletes.iter().find(|name| !can_go(name)) {
        return Err(Answer::fail(format!("the lab does not know how to delete {odd}\n"), 2));
    }
    if sets.is_empty() && deletes.is_empty() {
        return Err(Answer::fail("no options specified\n", 2));
    }
    Ok(Change { node, vmid, digest: None, sets, deletes, revert: None })
}

fn can_go(name: &str) -> bool {
    let numbered = ["hostpci", "numa", "virtiofs"].iter().find_map(|kind| name.strip_prefix(kind));
    DELETES.contains(&name) || numbered.is_some_and(|number| number.parse::<u8>().is_ok())
}
