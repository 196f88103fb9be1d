//! What an administrator has after an installation: programs, units, users, files; and a lab.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use vm_autoscale_lab::{Entry, Reply, Request, VmInfo, ask};
use vm_autoscale_scheduler::{StatusReport, fetch_status};
use vm_autoscale_tests::invariants::check;
use vm_autoscale_tests::machine::Machine;
use vm_autoscale_tests::programs::{directory, pause};

use crate::{allowed, play, skip};

pub(crate) const SCHEDULER: &str = "vm-autoscale.service";
pub(crate) const HELPER: &str = "vm-autoscale-helper.service";
pub(crate) const SOCKET: &str = "vm-autoscale-helper.socket";
const UNITS: &str = "/usr/lib/systemd/system";
const TIME: Duration = Duration::from_secs(60);

/// The lab on the machine's own loopback, with the same port after a reboot.
pub(super) const LAB: &str = "\
[Service]
Type=exec
ExecStart=/opt/vm-autoscale-lab serve --dir /srv/lab --listen 127.0.0.1:2222 --vms 2 --interval 1 --qm-time 0.05
[Install]
WantedBy=multi-user.target
";
pub(super) const POLICY: &str = "\
known_hosts: /srv/lab/known_hosts
rates: {per_vm: 60, per_node: 600, total: 600}
clusters:
- name: lab
  user: root
  identity: /srv/lab/id_ed25519
  nodes: [{name: pve1, address: 127.0.0.1, port: 2222}]
  rules: [{vms: [100-9999], max_vcpus: 64, max_memory: 131072}]
";

pub(super) struct Site {
    pub(super) machine: Machine,
    runtime: tokio::runtime::Runtime,
}

impl Site {
    /// Installed, with a lab that runs; none of ours is started. Nothing where no machine can be
    /// booted, which is said.
    pub(super) fn set(untested: &str) -> Option<Self> {
        let site = Self::boot(untested)?;
        site.install();
        site.start_lab();
        Some(site)
    }

    /// The machine alone.
    pub(super) fn boot(untested: &str) -> Option<Self> {
        if let Some(missing) = Machine::missing() {
            skip(&format!("no {missing}: {untested} was not tested"));
            return None;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Some(Self { machine: Machine::boot().unwrap(), runtime })
    }

    /// The lab of which the unit is there; it answers when this returns.
    pub(super) fn start_lab(&self) {
        self.ok(&["systemctl", "enable", "--now", "lab"]);
        let begun = Instant::now();
        while !self.machine.path("/srv/lab/addresses").exists() {
            assert!(begun.elapsed() < TIME, "no lab: {}", self.journal());
            pause(Duration::from_millis(20));
        }
    }

    /// The shipped files, unchanged, at their places; users and directories made by them.
    fn install(&self) {
        let built = directory().unwrap();
        for (program, to) in [
            ("vm-autoscale", "/usr/bin/vm-autoscale"),
            ("vm-autoscale-helper", "/usr/libexec/vm-autoscale/vm-autoscale-helper"),
            ("vm-autoscale-broker", "/usr/libexec/vm-autoscale/vm-autoscale-broker"),
            ("vm-autoscale-lab", "/opt/vm-autoscale-lab"),
        ] {
            self.machine.copy(&built.join(program), to, "0755").unwrap();
        }
        for unit in [SCHEDULER, HELPER, SOCKET] {
            let from = shipped("systemd").join(unit);
            self.machine.copy(&from, &format!("{UNITS}/{unit}"), "0644").unwrap();
        }
        for kind in ["sysusers.d", "tmpfiles.d"] {
            let to = format!("/usr/lib/{kind}/vm-autoscale.conf");
            self.machine.copy(&shipped(kind).join("vm-autoscale.conf"), &to, "0644").unwrap();
        }
        self.ok(&["systemd-sysusers"]);
        self.ok(&["systemd-tmpfiles", "--create", "vm-autoscale.conf"]);
        self.write("/etc/systemd/system/lab.service", LAB, "0644");
        self.write("/etc/vm-autoscale/helper.yaml", POLICY, "0644");
        self.write("/etc/vm-autoscale/config.yaml", &play(2, "mode: full\n").config, "0640");
        self.ok(&["chgrp", "vm-autoscale", "/etc/vm-autoscale/config.yaml"]);
        self.ok(&["systemctl", "daemon-reload"]);
    }

    /// Puts one of the offered drop-ins where its first lines say, which is returned; the unit
    /// stays one that systemd understands.
    pub(super) fn take(&self, unit: &str, drop_in: &str) -> String {
        let from = shipped("systemd/optional").join(format!("{unit}.d")).join(drop_in);
        let to = format!("/etc/systemd/system/{unit}.d/{drop_in}");
        self.machine.copy(&from, &to, "0644").unwrap();
        self.ok(&["systemctl", "daemon-reload"]);
        assert_eq!(self.ok(&["systemd-analyze", "verify", "--man=no", unit]), "", "{drop_in}");
        to
    }

    pub(super) fn write(&self, to: &str, text: &str, mode: &str) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, text).unwrap();
        self.machine.copy(file.path(), to, mode).unwrap();
    }

    /// As the README says it.
    pub(super) fn start(&self) {
        self.ok(&["systemctl", "start", SOCKET, SCHEDULER]);
    }

    /// What a command printed; it ends well.
    pub(super) fn ok(&self, words: &[&str]) -> String {
        let (exit, said) = self.said(words);
        assert_eq!(exit, Some(0), "{words:?}: {said}\n{}", self.journal());
        said
    }

    /// A command's exit code and all that it printed.
    pub(super) fn said(&self, words: &[&str]) -> (Option<i32>, String) {
        let output = self.machine.run(words).unwrap();
        let said = [&output.stdout[..], &output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).trim().to_owned())
    }

    /// A property of a unit, as systemd has it.
    pub(super) fn property(&self, unit: &str, name: &str) -> String {
        self.ok(&["systemctl", "show", "--value", "--property", name, unit])
    }

    pub(super) fn journal(&self) -> String {
        self.said(&["journalctl", "--no-pager", "--lines=200", "--output=cat"]).1
    }

    /// Waits for the scheduler to say something that `wanted` is true of.
    pub(super) fn until(&self, wanted: impl Fn(&StatusReport) -> bool) -> StatusReport {
        let begun = Instant::now();
        loop {
            let socket = self.machine.path("/run/vm-autoscale-scheduler/control.sock");
            let status = self.runtime.block_on(fetch_status(&socket)).ok();
            match status {
                Some(status) if wanted(&status) => return status,
                status => assert!(begun.elapsed() < TIME, "{status:?}\n{}", self.journal()),
            }
            pause(Duration::from_millis(100));
        }
    }

    pub(super) fn ask_lab(&self, request: &Request) -> Reply {
        self.runtime.block_on(ask(&self.machine.path("/srv/lab"), request)).unwrap()
    }

    /// What the lab executed, of which no invariant is broken, and its VMs.
    pub(super) fn judged(&self) -> (Vec<Entry>, Vec<VmInfo>) {
        let Reply::History(entries) = self.ask_lab(&Request::History(0)) else { panic!("none") };
        let Reply::Vms(vms) = self.ask_lab(&Request::Vms) else { panic!("no VMs") };
        let broken = check(allowed(), &entries, &vms);
        assert!(broken.is_empty(), "{broken:?}");
        (entries, vms)
    }
}

/// Part of what is installed.
pub(crate) fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(name)
}
