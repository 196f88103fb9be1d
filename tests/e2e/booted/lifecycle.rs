//! The whole life of an installation, by its own commands: from a machine that has never heard of
//! it to one that has nothing left of it.

use std::time::Duration;

use vm_autoscale_lab::{Control, Reply, Request};
use vm_autoscale_tests::invariants::{Allowed, check as judge};
use vm_autoscale_tests::listing::Listing;
use vm_autoscale_tests::programs::pause;

use super::check;
use super::installed::{CONFIG, EDITS, POLICY, SETUP};
use super::nodes::NODES;
use super::site::{HELPER, SCHEDULER, SOCKET, Site};
use crate::{allowed_anew, turn, vmid};

const RELEASE: &str = "/root/release";
/// What is not compared: what the lab and systemd themselves write while the machine runs, and the
/// copies of the account files that every change of an account leaves.
const OTHERS: [&str; 5] =
    ["/srv/lab", "/var/lib/systemd", "/var/log/journal", "/etc/*-", "/etc/.pwd.lock"];

#[test]
fn what_an_installation_brings_its_end_takes() {
    let _turn = turn();
    let Some(site) = Site::with_nodes("that an installation leaves nothing behind") else { return };
    site.put_release(RELEASE);
    let keys = site.authorized_keys();
    let before = site.files();
    site.installed();
    let installed = site.files();
    assert!(site.install_from(RELEASE).contains("nothing to do"));
    assert_eq!(installed.until(&site.files()), "", "a second run changed something");
    site.let_in();
    site.scales();
    site.is_well();
    site.upgraded();
    site.is_well();
    site.ok(&[SETUP, "uninstall", "--purge", "--nodes", "--ssh", "root@", "--yes"]);
    assert_eq!(before.until(&site.files()), "", "this was left, or is missing");
    assert_eq!(site.authorized_keys(), keys);
    site.has_nothing_running();
    let Reply::History(entries) = site.ask_lab(&Request::History(0)) else { panic!("none") };
    let Reply::Vms(vms) = site.ask_lab(&Request::Vms) else { panic!("no VMs") };
    let allowed = Allowed { nodes: NODES.len(), ..allowed_anew() };
    let broken = judge(allowed, &entries, &vms);
    assert!(broken.is_empty(), "{broken:?}");
    site.machine.stop().unwrap();
}

impl Site {
    /// All files that are there to stay.
    pub(super) fn files(&self) -> Listing {
        Listing::of(&self.machine, &OTHERS).unwrap()
    }

    fn installed(&self) {
        let said = self.install_from(RELEASE);
        for (name, address) in NODES {
            assert!(said.contains(&format!("{SETUP} trust-host {name} {address}")), "{said}");
        }
        for unit in [SCHEDULER, SOCKET] {
            assert_eq!(self.ok(&["systemctl", "is-enabled", unit]), "enabled");
        }
        let stat = |path| self.ok(&["stat", "-c", "%a %U:%G", path]);
        assert_eq!(stat("/etc/vm-autoscale"), "750 root:vm-autoscale");
        assert_eq!(stat(CONFIG), "640 root:vm-autoscale");
        assert_eq!(stat(POLICY), "600 root:root");
    }

    /// Edits the configuration and starts: a VM that is busy grows, over a reload, too.
    fn scales(&self) {
        self.edit(&EDITS);
        self.ok(&["systemctl", "start", SCHEDULER]);
        self.is_busy(101);
        self.until(|status| status.counts.verified >= 1);
        self.is_told_with_fields();
        let before = self.property(SCHEDULER, "MainPID");
        self.edit(&["s/^  max_ram_mb: 16384/  max_ram_mb: 8192/"]);
        self.ok(&["systemctl", "reload", SCHEDULER]);
        self.until(|status| status.reload.as_ref().is_some_and(|reload| reload.ok));
        assert_eq!(self.property(SCHEDULER, "MainPID"), before);
    }

    /// The journal can be asked for one VM, as the unit is shipped.
    fn is_told_with_fields(&self) {
        let asked = ["journalctl", "--output=json", "VMID=101", "KIND=verified", "--lines=1"];
        // A thread of the daemon's own writes it, and it may be another VM that changed first.
        let mut attempts = (0..100).map(|_| {
            pause(Duration::from_millis(200));
            self.ok(&asked)
        });
        let entry = attempts.find(|said| !said.is_empty()).unwrap_or_else(|| {
            unreachable!(
                "{}",
                self.ok(&["journalctl", "--no-pager", "-u", SCHEDULER, "-o", "json"])
            )
        });
        let entry: serde_json::Value = serde_json::from_str(&entry).unwrap();
        for (field, value) in
            [("PRIORITY", "6"), ("SYSLOG_IDENTIFIER", "vm-autoscale"), ("_SYSTEMD_UNIT", SCHEDULER)]
        {
            assert_eq!(entry[field], value, "{entry}");
        }
        assert!(entry["NODE"].is_string() && entry["CLUSTER"].is_string(), "{entry}");
        let message = entry["MESSAGE"].as_str().unwrap();
        assert!(message.contains(" vmid=101 node="), "{message}");
    }

    fn is_busy(&self, number: u32) {
        let load = Control::Load { vmid: vmid(number), cores: 64.0, mib: 2000.0 };
        self.ask_lab(&Request::Control(load));
    }

    /// By the doctor's word, but for what this machine's kernel and its container do not have.
    fn is_well(&self) {
        let (exit, wrong) = check::check(self, &[]);
        let here = ["S501", "S802", "S803"];
        assert!(wrong.iter().all(|(code, ..)| here.contains(&code.as_str())), "{wrong:?}");
        assert_eq!(exit, 0);
    }

    /// A release of before that one: what is edited and what was noted stays, and what runs
    /// afterwards are the new programs.
    fn upgraded(&self) {
        self.ok(&["vm-autoscale", "pause", "101", "--reason", "over the upgrade"]);
        let edited = self.ok(&["cat", CONFIG, POLICY]);
        let next = "/root/next";
        self.ok(&["cp", "-r", RELEASE, next]);
        for name in ["vm-autoscale", "vm-autoscale-helper", "vm-autoscale-broker"] {
            // What stands behind a program's end changes its sum, and nothing that it does.
            self.ok(&["sh", "-c", &format!("echo next >>{next}/bin/{name}")]);
        }
        let said = self.install_from(next);
        assert!(!said.contains("nothing to do"), "{said}");
        self.ok(&["rm", "-r", next]);
        assert_eq!(self.ok(&["cat", CONFIG, POLICY]), edited);
        self.is_busy(102);
        let status = self.until(|status| status.counts.verified >= 1);
        assert_eq!(status.pauses.len(), 1, "{status:?}");
        for unit in [SCHEDULER, HELPER] {
            let program = format!("/proc/{}/exe", self.property(unit, "MainPID"));
            assert_eq!(self.ok(&["tail", "-c", "5", &program]), "next", "{unit}");
        }
    }

    fn has_nothing_running(&self) {
        let programs = "for it in /proc/[0-9]*/exe; do readlink $it || true; done";
        let programs = self.ok(&["sh", "-c", programs]);
        let left: Vec<_> = programs.lines().filter(|path| path.contains("/vm-autoscale")).collect();
        assert_eq!(left, ["/opt/nodes/vm-autoscale-lab"]);
        let units = self.ok(&["systemctl", "list-units", "--all", "--plain", "--quiet"]);
        assert!(!units.contains("vm-autoscale"), "{units}");
    }
}
