//! The shipped units on a machine with a kernel of its own: what a container cannot show, because
//! its kernel is this machine's, and what Debian 12's own kernel does not have.

mod attempts;
mod stand_ins;

use std::path::Path;

use vm_autoscale_tests::guest::Guest;
use vm_autoscale_tests::programs::{command, directory};
use vm_autoscale_tests::release::lay_out;

use crate::booted::{HELPER, SCHEDULER};
use crate::{play, skip, turn};
use attempts::STAND_INS;
use stand_ins::StandIn;

const UNITS: &str = "/etc/systemd/system";

#[test]
fn a_kernel_of_its_own_holds_what_the_units_say() {
    let _turn = turn();
    if let Some(missing) = Guest::missing() {
        return skip(&format!("no {missing}: what Linux 6.12 holds the units to"));
    }
    let guest = Guest::new().unwrap();
    install(&guest);
    prepare(&guest);
    let found = guest.boot().unwrap();
    let mut lines = found.lines();
    for wanted in wanted() {
        let line = lines.next().unwrap_or_default();
        let begins = wanted.ends_with([' ', '.']) && line.starts_with(&wanted);
        assert!(begins || line == wanted, "{line:?} and not {wanted:?}, of:\n{found}");
    }
    assert_eq!(lines.next(), None, "{found}");
}

/// What the machine says, line by line. One that ends with a space or a stop is only the beginning.
fn wanted() -> Vec<String> {
    let limits = |unit: &str, memory: u32, tasks: u32| {
        [
            format!("{unit} memory.max: {}", memory << 20),
            format!("{unit} memory.swap.max: 0"),
            format!("{unit} pids.max: {tasks}"),
            format!("{unit} holds: 1 process"),
        ]
    };
    let first = ["kernel: 6.12.", "status: exit 0", "scaled: VM 101: vcpus "];
    let mut all: Vec<String> = first.map(str::to_owned).into();
    all.push("helper: sandbox: Landlock 6, seccomp, no capabilities".to_owned());
    all.extend(limits(SCHEDULER, 256, 64));
    all.extend(limits(HELPER, 64, 16));
    all.push("stranger: pve1: unreachable: Connection timed out (os error 110)".to_owned());
    all.extend(STAND_INS.iter().flat_map(StandIn::wanted));
    all.push("end: 0 others failed".to_owned());
    all
}

/// By setup, as on any machine; of what it asks afterwards the lab knows the answers.
fn install(guest: &Guest) {
    let release = tempfile::tempdir().unwrap();
    lay_out(release.path()).unwrap();
    let mut setup = command(release.path().join("bin/vm-autoscale-setup"));
    setup.args(["install", "--yes", "--no-start-at-boot", "--cluster", "lab"]);
    setup.args(["--node", "pve1=10.83.0.11:2222", "--vms", "100-9999"]);
    setup.args(["--max-vcpus", "64", "--max-memory", "131072"]);
    setup.arg("--from").arg(release.path()).arg("--root").arg(guest.path(""));
    let output = setup.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    write(guest, "/etc/vm-autoscale/config.yaml", &play(2, "mode: full\n").config, "0640");
    guest.run(&["chgrp", "vm-autoscale", "/etc/vm-autoscale/config.yaml"]).unwrap();
}

/// The lab, and all that is tried there.
fn prepare(guest: &Guest) {
    let built = directory().unwrap();
    guest.copy(&built.join("vm-autoscale-lab"), "/opt/vm-autoscale-lab", "0755").unwrap();
    guest.copy(&built.join("captive"), "/opt/captive", "0755").unwrap();
    guest.copy(Path::new("/bin/busybox"), "/opt/busybox", "0755").unwrap();
    guest.copy(&own("findings"), "/opt/findings", "0755").unwrap();
    for unit in ["lab.service", "listeners.socket", "listeners@.service", "findings.service"] {
        guest.copy(&own(unit), &format!("{UNITS}/{unit}"), "0644").unwrap();
    }
    guest.run(&["systemctl", "enable", "lab.service", "listeners.socket", "findings"]).unwrap();
    for stand_in in STAND_INS {
        let unit = format!("{UNITS}/{}.service", stand_in.unit_name());
        write(guest, &unit, &stand_in.text(guest), "0644");
    }
    let names: Vec<String> = STAND_INS.iter().map(StandIn::unit_name).collect();
    write(guest, "/opt/stand-ins", &(names.join("\n") + "\n"), "0644");
}

/// What only this test has.
fn own(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("own_kernel").join(name)
}

fn write(guest: &Guest, to: &str, text: &str, mode: &str) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, text).unwrap();
    guest.copy(file.path(), to, mode).unwrap();
}
