//! What was found, for people.

use std::fmt::Write as _;
use std::path::Path;

use vm_autoscale_scheduler::{Checkup, Finding, Level, VmCheckup, qm_set};

/// What a finding's further lines begin with.
const INDENT: &str = "            ";
const CYCLE: &str = "A power cycle is `qm reboot VMID`, or a stop and a start: a reboot inside the guest is not enough.";

/// All of it, at most so many columns wide but for what cannot be cut. Where VMs were named, also
/// what is not known of them.
pub(super) fn of(checkup: &Checkup, is_named: bool, script: Option<&Path>, width: usize) -> String {
    let mut text = String::new();
    for why in &checkup.unseen {
        wrapped(&mut text, ("NOT SEEN: ", INDENT), why, width);
    }
    if checkup.undecided > 0 {
        let why = format!(
            "{} VMs may be meant: which pools they are in is known only where config.yaml or a pause names VMs by pool",
            checkup.undecided
        );
        wrapped(&mut text, ("NOT SEEN: ", INDENT), &why, width);
    }
    let several = checkup.vms.first().zip(checkup.vms.last());
    let several = several.is_some_and(|(first, last)| first.cluster != last.cluster);
    for vm in checkup.vms.iter().filter(|vm| is_named || !vm.findings.is_empty()) {
        block(&mut text, vm, (is_named, several), width);
    }
    text.push_str(&sum(checkup, script, width));
    text
}

fn block(text: &mut String, vm: &VmCheckup, (is_named, several): (bool, bool), width: usize) {
    let name = vm.name.as_deref().unwrap_or("-");
    let cluster = if several { format!(" of {}", vm.cluster) } else { String::new() };
    let runs = match vm.running {
        Some(true) => "running",
        Some(false) => "stopped",
        None => "not known whether it runs",
    };
    let ostype = vm.ostype.as_deref().map(|ostype| format!(", {ostype}")).unwrap_or_default();
    let head = format!("{name} on {}{cluster}, {runs}{ostype}", vm.node);
    wrapped(text, (&format!("VM {} ", vm.vmid), INDENT), &head, width);
    for finding in &vm.findings {
        told(text, vm, finding, width);
    }
    if is_named {
        for what in &vm.unknown {
            wrapped(text, ("  not known: ", INDENT), what, width);
        }
    }
}

fn told(text: &mut String, vm: &VmCheckup, finding: &Finding, width: usize) {
    let level = match finding.level {
        Level::Fail => "FAIL",
        Level::Warn => "WARN",
        Level::Note => "note",
    };
    wrapped(text, (&format!("  {} {level} ", finding.code), INDENT), &finding.text, width);
    let command = qm_set(vm.vmid, finding);
    if let Some(command) = &command {
        typed(text, command, width);
    }
    for line in &finding.advice {
        wrapped(text, (INDENT, INDENT), line, width);
    }
    if finding.power_cycle {
        let then = if command.is_some() { "then a power cycle" } else { "and a power cycle" };
        wrapped(text, (INDENT, INDENT), then, width);
    }
}

fn sum(checkup: &Checkup, script: Option<&Path>, width: usize) -> String {
    let mut text = String::new();
    let findings = || checkup.vms.iter().flat_map(|vm| &vm.findings);
    let count = |level| findings().filter(|finding| finding.level == level).count();
    let ignored: usize = checkup.vms.iter().map(|vm| vm.ignored.len()).sum();
    let ignored =
        if ignored > 0 { format!(", {ignored} ignored by `doctor.ignore`") } else { String::new() };
    let sum = format!(
        "VMs: {} looked at, {} FAIL, {} WARN, {} notes{ignored}. No VM was changed.",
        checkup.vms.len(),
        count(Level::Fail),
        count(Level::Warn),
        count(Level::Note)
    );
    wrapped(&mut text, ("", ""), &sum, width);
    if findings().any(|finding| finding.power_cycle) {
        wrapped(&mut text, ("", ""), CYCLE, width);
    }
    if let Some(file) = script {
        let read = format!(
            "Written: {}. Read it before you run it, as root on each node.",
            file.display()
        );
        wrapped(&mut text, ("", ""), &read, width);
    }
    text
}

/// A command in as many lines as it takes, to be pasted as it is.
fn typed(text: &mut String, command: &str, width: usize) {
    for (at, line) in lines(command, width.saturating_sub(INDENT.len() + 4)).iter().enumerate() {
        if at > 0 {
            text.push_str(" \\\n");
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{INDENT}{}{line}", if at > 0 { "  " } else { "" });
    }
    text.push('\n');
}

/// A sentence; what does not fit goes on in the next line.
fn wrapped(text: &mut String, (first, next): (&str, &str), said: &str, width: usize) {
    let room = width.saturating_sub(first.chars().count().max(next.len()));
    for (at, line) in lines(said, room).iter().enumerate() {
        let begin = if at == 0 { first } else { next };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", format!("{begin}{line}").trim_end());
    }
}

/// As few lines as the words need.
fn lines(said: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in said.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => word.clone_into(line),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
