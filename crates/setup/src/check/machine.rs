//! What the programs rest on of this machine.

use std::path::Path;

use super::codes::{CGROUPS, JOURNAL, KERNEL, TIME, ZONES};
use super::finding::Finding;
use super::heard::Heard;

/// What the machine has.
#[derive(Debug, Clone, Default)]
pub(super) struct Machine {
    pub(super) release: String,
    /// The security modules; nothing where that cannot be read, as in a container.
    pub(super) modules: Option<String>,
    pub(super) seccomp: bool,
    /// The controllers of version 2; nothing where there is only version 1.
    pub(super) controllers: Option<String>,
    pub(super) synchronized: Option<bool>,
    /// Whether there is a time zone, and a database of them.
    pub(super) zones: (bool, bool),
    pub(super) persistent: bool,
}

pub(super) fn gather() -> Machine {
    let read = |path: &str| std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
    let status = read("/proc/self/status").unwrap_or_default();
    let time = Heard::of("timedatectl", &["show", "--property=NTPSynchronized", "--value"], 10);
    let exists = |path: &str| Path::new(path).exists();
    Machine {
        release: read("/proc/sys/kernel/osrelease").unwrap_or_default(),
        modules: read("/sys/kernel/security/lsm").filter(|text| !text.is_empty()),
        seccomp: status.lines().any(|line| line.starts_with("Seccomp:")),
        controllers: read("/sys/fs/cgroup/cgroup.controllers"),
        synchronized: time.is_well().then(|| time.out == "yes"),
        zones: (exists("/etc/localtime"), exists("/usr/share/zoneinfo/Etc/UTC")),
        persistent: exists("/var/log/journal"),
    }
}

pub(super) fn judge(machine: &Machine) -> Vec<Finding> {
    vec![kernel(machine), cgroups(machine), time(machine), zones(machine), journal(machine)]
}

fn kernel(Machine { release, modules, seccomp, .. }: &Machine) -> Finding {
    let help = "apt-get install linux-image-amd64   (or switch it on in the kernel's command line)";
    if !seccomp {
        return KERNEL.error(format!("{release} has no seccomp"), help);
    }
    match modules {
        Some(modules) if !modules.split(',').any(|module| module == "landlock") => {
            KERNEL.warning(format!("{release} has no Landlock"), help)
        }
        _ => KERNEL.ok(release),
    }
}

fn cgroups(Machine { controllers, .. }: &Machine) -> Finding {
    let help =
        "stat -fc %T /sys/fs/cgroup   (what is wanted is cgroup2fs; see the units' MemoryMax=)";
    let Some(controllers) = controllers else {
        return CGROUPS.warning("version 2 is not here: no unit's memory is limited", help);
    };
    let has = |name: &&str| !controllers.split_whitespace().any(|found| found == *name);
    let missing: Vec<&str> = ["memory", "pids"].into_iter().filter(has).collect();
    if missing.is_empty() {
        return CGROUPS.ok("version 2");
    }
    CGROUPS
        .warning(format!("without {}: what units may use is not limited", missing.join(", ")), help)
}

fn time(Machine { synchronized, .. }: &Machine) -> Finding {
    let help = "timedatectl   (none is kept: apt-get install chrony)";
    match synchronized {
        Some(true) => TIME.ok("synchronised"),
        Some(false) => TIME.warning("nobody keeps this machine's clock", help),
        None => TIME.warning("timedatectl does not say who keeps this machine's clock", help),
    }
}

fn zones(Machine { zones, .. }: &Machine) -> Finding {
    match zones {
        (true, true) => ZONES.ok("known"),
        (_, false) => {
            let said = "there is no database of time zones: schedules cannot name one";
            ZONES.warning(said, "apt-get install tzdata")
        }
        (false, true) => {
            let said = "/etc/localtime is missing: the hours of schedules are those of UTC";
            ZONES.warning(said, "timedatectl set-timezone Europe/Berlin   (or where you are)")
        }
    }
}

fn journal(Machine { persistent, .. }: &Machine) -> Finding {
    if *persistent {
        return JOURNAL.ok("kept");
    }
    let said = "the journal is gone after a reboot, and with it who changed which VM";
    JOURNAL.warning(said, "mkdir -p /var/log/journal && systemctl restart systemd-journald")
}
