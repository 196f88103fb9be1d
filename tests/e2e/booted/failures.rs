//! What fails on a machine names what happened and what to type.

use super::installed::SETUP;
use super::nodes::{AUTHORIZED_KEYS, NODES};
use super::site::{HELPER, SCHEDULER, Site};
use crate::turn;

/// Where anybody can read it.
const RELEASE: &str = "/opt/release";
const WRONG: &str = "--fingerprint=SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl Site {
    /// The command ends so, and says each of these, and what to do.
    fn fails(&self, words: &[&str], exit: i32, told: &[&str]) {
        let (ended, said) = self.said(words);
        assert_eq!(ended, Some(exit), "{words:?}: {said}");
        for part in [&["error: ", "\n  help: "], told].concat() {
            assert!(said.contains(part), "{words:?}: no {part:?} in: {said}");
        }
    }

    /// In a mount namespace of its own, where that was done before.
    fn fails_where(&self, first: &str, words: &[&str], exit: i32, told: &[&str]) {
        let script = format!("{first} && exec \"$@\"");
        let within = ["unshare", "--mount", "sh", "-c", &script, "sh"];
        self.fails(&[&within[..], words].concat(), exit, told);
    }
}

#[test]
fn what_keeps_an_installation_from_coming_about_is_told() {
    let _turn = turn();
    let Some(site) = Site::with_nodes("what install says where it fails") else { return };
    site.put_release(RELEASE);
    let program = format!("{RELEASE}/bin/{SETUP}");
    let install = [&program, "install", "--yes"];
    let before = site.files();
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", &program];
    for command in [&["install", "--yes"][..], &["uninstall", "--yes"], &["check"]] {
        let sudo = format!("sudo {SETUP} {}", command[0]);
        site.fails(&[&nobody[..], command].concat(), 5, &["root", &sudo]);
    }
    let no_systemd = "mount -t tmpfs tmpfs /run";
    site.fails_where(no_systemd, &install, 1, &["systemd is not", "--root DIR"]);
    assert_eq!(before.until(&site.files()), "", "something was done all the same");

    // The disk is full at the largest program; what was done until then is no obstacle later.
    site.ok(&["mkdir", "-p", "/usr/libexec/vm-autoscale"]);
    site.ok(&["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/usr/libexec/vm-autoscale"]);
    site.fails(&install, 1, &["/usr/libexec/vm-autoscale/", "no room left", "df -h"]);
    site.ok(&["umount", "/usr/libexec/vm-autoscale"]);
    site.install_from(RELEASE);
    site.machine.stop().unwrap();
}

#[test]
fn what_is_wrong_between_here_and_a_node_is_told() {
    let _turn = turn();
    let Some(site) = Site::with_nodes("what setup says of nodes") else { return };
    site.put_release(RELEASE);
    site.install_from(RELEASE);
    let [(pve1, one), (pve2, two)] = NODES;
    let trust = |node, address| [SETUP, "trust-host", node, address];
    let pins = "/etc/vm-autoscale/known_hosts";
    site.fails(&trust("pve3", "127.0.0.13"), 6, &["port 22 of 127.0.0.13 is closed", "systemctl"]);
    site.fails(&trust(pve1, one), 1, &["no terminal", &format!("{SETUP} trust-host {pve1} {one}")]);
    let shown = site.fingerprints(pve1);
    let told = [shown[0].as_str(), "ssh-keygen -lf"];
    site.fails(&[SETUP, "trust-host", pve1, one, WRONG], 1, &told);
    assert_eq!(site.ok(&["cat", pins]), "", "a key was pinned");
    let authorize = |node, address: &str| {
        let ssh = format!("--ssh=root@{address}");
        [SETUP, "authorize", node, &ssh].map(str::to_owned)
    };
    let fails = |words: [String; 4], exit, told: &[&str]| {
        site.fails(&words.each_ref().map(String::as_str), exit, told);
    };
    fails(authorize(pve1, one), 1, &[&format!("{SETUP} trust-host {pve1}")]);
    site.let_in();
    let keys = site.authorized_keys();

    site.ok(&["sh", "-c", "rm /srv/nodes/pve2/ssh/* && /opt/nodes/make"]);
    site.ok(&["systemctl", "restart", "lab-node@pve2"]);
    let replace = format!("{SETUP} trust-host {pve2} {two}");
    site.fails(&trust(pve2, two), 1, &["is not the one that is pinned", &replace, "--replace"]);
    let told = ["not the pinned one", "vm-autoscale-setup trust-host"];
    fails(authorize(pve2, two), 1, &told);
    let pin = format!("--fingerprint={}", site.fingerprints(pve2)[0]);
    site.ok(&[SETUP, "trust-host", pve2, two, "--replace", &pin]);

    // What is no longer let in, and what is let in where the gate is gone.
    site.ok(&["systemctl", "start", SCHEDULER]);
    site.ok(&["sed", "-i", "/vm-autoscale/d", AUTHORIZED_KEYS]);
    site.says(1, &[pve1, "vm-autoscale-setup authorize pve1"]);
    site.write(AUTHORIZED_KEYS, &format!("{keys}\n"), "0600");
    site.ok(&["rm", "/srv/nodes/pve2/libexec/gate"]);
    site.says(0, &["pve2: there is no gate", "vm-autoscale-setup authorize pve2"]);
    let mend = authorize(pve2, two);
    site.ok(&mend.each_ref().map(String::as_str));
    site.says(0, &["pve2: it is all that the key opens"]);
    site.machine.stop().unwrap();
}

impl Site {
    /// The doctor ends so, and says each of these, of nodes that are met anew.
    fn says(&self, ends: i32, told: &[&str]) {
        self.ok(&["systemctl", "restart", HELPER]);
        let (exit, said) = self.said(&[SETUP, "check"]);
        assert_eq!(exit, Some(ends), "{said}");
        for part in told {
            assert!(said.contains(part), "no {part:?} in: {said}");
        }
    }
}
