//! The shipped units on a machine with a kernel of its own: what a container cannot show, because
//! its kernel is this machine's, and what Debian 12's own kernel does not have.

mod stand_ins;

use std::path::Path;

use vm_autoscale_tests::guest::Guest;
use vm_autoscale_tests::programs::directory;

use crate::booted::{HELPER, SCHEDULER, SOCKET, shipped};
use crate::{play, skip, turn};
use stand_ins::{STAND_INS, StandIn};

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
        assert!(line.starts_with(&wanted), "{line:?} and not {wanted:?}, of:\n{found}");
    }
    assert_eq!(lines.next(), None, "{found}");
}

/// What the machine says, line by line, or how a line begins whose end is its own affair.
fn wanted() -> Vec<String> {
    let limits = |unit: &str, memory: u32, swap: &str, tasks: u32| {
        [
            format!("{unit} memory.max: {}", memory << 20),
            format!("{unit} memory.swap.max: {swap}"),
            format!("{unit} pids.max: {tasks}"),
            format!("{unit} holds: 1 process"),
        ]
    };
    let first = ["kernel: 6.12.", "status: exit 0", "scaled: VM 101: vcpus "];
    let mut all: Vec<String> = first.map(str::to_owned).into();
    all.push("helper: sandbox: Landlock 6, seccomp, no capabilities".to_owned());
    all.extend(limits(SCHEDULER, 256, "max", 64));
    all.extend(limits(HELPER, 64, "0", 16));
    all.push("stranger: pve1: unreachable: Connection timed out".to_owned());
    all.extend(STAND_INS.iter().flat_map(StandIn::wanted));
    all.push("end: 0 others failed".to_owned());
    all
}

/// The programs and the shipped files at their places, for one cluster.
fn install(guest: &Guest) {
    let built = directory().unwrap();
    for (program, to) in [
        ("vm-autoscale", "/usr/bin/vm-autoscale"),
        ("vm-autoscale-helper", "/usr/libexec/vm-autoscale/vm-autoscale-helper"),
        ("vm-autoscale-broker", "/usr/libexec/vm-autoscale/vm-autoscale-broker"),
    ] {
        guest.copy(&built.join(program), to, "0755").unwrap();
    }
    for unit in [SCHEDULER, HELPER, SOCKET] {
        let to = format!("/usr/lib/systemd/system/{unit}");
        guest.copy(&shipped("systemd").join(unit), &to, "0644").unwrap();
    }
    for kind in ["sysusers.d", "tmpfiles.d"] {
        let to = format!("/usr/lib/{kind}/vm-autoscale.conf");
        guest.copy(&shipped(kind).join("vm-autoscale.conf"), &to, "0644").unwrap();
    }
    guest.run(&["systemd-sysusers"]).unwrap();
    guest.copy(&own("helper.yaml"), "/etc/vm-autoscale/helper.yaml", "0600").unwrap();
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
        write(guest, &unit, &stand_in.text(), "0644");
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
