//! What was found, as a script that somebody reads and then runs as root: it is made of numbers
//! and fixed words alone, whatever the daemon or a node said.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use vm_autoscale_scheduler::{Checkup, VmCheckup, qm_set};

const HEAD: &str = "\
#!/bin/sh
# Of vm-autoscale doctor. Read it, then run it as root on each node: it leaves out the VMs that are
# on another one. It sets options; the power cycles are yours.
failed=0
";

/// Writes it into a new file: what is there already is somebody's.
///
/// # Errors
/// The file is there, or cannot be written.
pub(super) fn write(file: &Path, checkup: &Checkup) -> io::Result<()> {
    let mut open = File::options();
    let mut file = open.write(true).create_new(true).mode(0o700).open(file)?;
    file.write_all(of(checkup).as_bytes())
}

/// The script.
pub(super) fn of(checkup: &Checkup) -> String {
    let mut text = HEAD.to_owned();
    for vm in &checkup.vms {
        text.push_str(&of_vm(vm).unwrap_or_default());
    }
    text.push_str("\nexit $failed\n");
    text
}

/// A VM's lines; nothing where no option helps.
fn of_vm(vm: &VmCheckup) -> Option<String> {
    let lines =
        vm.findings.iter().filter_map(|finding| Some((finding.code, qm_set(vm.vmid, finding)?)));
    let lines: Vec<_> = lines.collect();
    if lines.is_empty() {
        return None;
    }
    let (vmid, node) = (vm.vmid, &vm.node);
    let mut text = format!("\n# VM {vmid}, on {node}\nif qm config {vmid} >/dev/null 2>&1; then\n");
    for (code, command) in &lines {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {command} || failed=1 # {code}, VM {vmid}");
    }
    let cycles: Vec<String> = vm
        .findings
        .iter()
        .filter(|finding| finding.power_cycle && !finding.set.is_empty())
        .map(|finding| finding.code.to_string())
        .collect();
    if !cycles.is_empty() {
        let _ = writeln!(text, "  # qm reboot {vmid} # power cycle for {}", cycles.join(" "));
    }
    let _ = writeln!(text, "else\n  echo 'VM {vmid} is not on this node: left alone'\nfi");
    Some(text)
}
