//! The Debian package, from its first installation to its purge.

use std::path::Path;

use vm_autoscale_lab::{Control, Request};
use vm_autoscale_scheduler::{LastChange, StatusReport};
use vm_autoscale_tests::listing::Listing;
use vm_autoscale_tests::programs::{command, directory};

use super::BUSY;
use super::site::{HELPER, LAB, POLICY, SCHEDULER, SOCKET, Site};
use crate::packages::{made, package};
use crate::{play, turn, vmid};

const OLD: &str = "/tmp/old.deb";
const NEW: &str = "/tmp/new.deb";
const CONFIG: &str = "/etc/vm-autoscale/config.yaml";
/// What the newer package has at the end of two conffiles.
const LINE: &str = "# A line of the newer release.";

/// What is not compared.
const OTHERS: &[&str] = &[
    // What the lab did meanwhile; it stands for another machine.
    "/srv/lab",
    // dpkg's own: that it knew the package, what it asked, backups of its lists.
    "/var/lib/dpkg",
    // What every program said, dpkg and systemd's journal included.
    "/var/log",
    // systemd's own: times of its timers, random numbers for the next boot.
    "/var/lib/systemd",
    // What shadow's programs keep of the last version of their files.
    "/etc/passwd-",
    "/etc/shadow-",
    "/etc/group-",
    "/etc/gshadow-",
];

#[test]
fn a_package_is_installed_upgraded_removed_and_purged() {
    let _turn = turn();
    let Some(site) = machine("the life of the Debian package") else { return };
    site.write("/etc/systemd/system/lab.service", LAB, "0644");
    let lab = directory().unwrap().join("vm-autoscale-lab");
    site.machine.copy(&lab, "/opt/vm-autoscale-lab", "0755").unwrap();
    site.start_lab();
    let before = files(&site);

    site.ok(&["dpkg", "--install", OLD]);
    is_installed(&site);
    let first = files(&site);
    site.ok(&["dpkg", "--install", OLD]);
    assert_eq!(first.until(&files(&site)), "");

    configure(&site);
    site.start();
    is_scaled(&site, 64.0);
    is_upgraded(&site);
    // By the new programs, the other way.
    is_scaled(&site, 0.1);

    is_removed(&site);
    // And is there again as it was.
    site.ok(&["dpkg", "--install", NEW]);
    is_enabled(&site);
    site.start();
    site.until(well);
    site.ok(&["dpkg", "--purge", "vm-autoscale"]);
    assert_eq!(before.until(&files(&site)), "");
    assert_eq!(site.ok(&["systemctl", "list-units", "--failed", "--quiet"]), "");
    site.machine.stop().unwrap();
}

/// As in an image that is being made, and not booted yet.
#[test]
fn a_package_is_installed_where_no_systemd_runs() {
    let _turn = turn();
    let Some(site) = machine("the Debian package in a chroot") else { return };
    // There is nothing of systemd's, and of ours what is there after the next boot.
    let chroot = |words: &str| {
        let script = format!("mount -t tmpfs -o mode=0755 tmpfs /run && exec {words}");
        site.ok(&["unshare", "--mount", "sh", "-c", &script])
    };
    let before = files(&site);
    chroot(&format!("dpkg --install {OLD}"));
    site.ok(&["systemctl", "daemon-reload"]);
    is_installed(&site);
    chroot("dpkg --remove vm-autoscale");
    assert!(site.machine.path(CONFIG).exists());
    chroot("dpkg --purge vm-autoscale");
    assert_eq!(before.until(&files(&site)), "");
    site.machine.stop().unwrap();
}

/// With both packages on it.
fn machine(untested: &str) -> Option<Site> {
    let made = made(untested)?;
    let site = Site::boot(untested)?;
    let old = package(made, ".deb");
    let dir = tempfile::tempdir().unwrap();
    site.machine.copy(&old, OLD, "0644").unwrap();
    site.machine.copy(&newer(&old, dir.path()), NEW, "0644").unwrap();
    Some(site)
}

/// A later release: other programs by their bytes, and other conffiles.
fn newer(old: &Path, dir: &Path) -> std::path::PathBuf {
    let script = format!(
        "set -e; cd \"$1\"; dpkg-deb --raw-extract \"$2\" tree; \
         sed -i 's/^Version: .*/&.1/' tree/DEBIAN/control; \
         for file in tree/usr/*bin/* tree/usr/libexec/vm-autoscale/*; do echo >>$file; done; \
         for file in config.yaml helper.env; do echo '{LINE}' >>tree/etc/vm-autoscale/$file; done; \
         dpkg-deb -Znone --root-owner-group --build tree new.deb"
    );
    let mut made = command("sh");
    let made = made.args(["-c", &script, "sh"]).arg(dir).arg(old).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    dir.join("new.deb")
}

fn files(site: &Site) -> Listing {
    Listing::of(&site.machine, OTHERS).unwrap()
}

fn is_installed(site: &Site) {
    // By dpkg's sums, and by the list of files, with what the scripts gave to others.
    assert_eq!(site.ok(&["dpkg", "--verify", "vm-autoscale"]), "");
    let (_, checked) = site.said(&["vm-autoscale-setup", "check"]);
    for sound in ["ok      S201", "ok      S202", "ok      S203"] {
        assert!(checked.contains(sound), "{sound}: {checked}");
    }
    for (path, owner) in [
        ("/etc/vm-autoscale", "root:vm-autoscale 750"),
        (CONFIG, "root:vm-autoscale 640"),
        ("/etc/vm-autoscale/scheduler.env", "vm-autoscale:vm-autoscale 600"),
        ("/etc/vm-autoscale/helper.yaml", "root:root 600"),
        ("/etc/vm-autoscale/helper.env", "root:root 600"),
        ("/etc/vm-autoscale/id_ed25519", "root:root 600"),
        ("/var/lib/vm-autoscale", "vm-autoscale:vm-autoscale 750"),
        ("/var/log/vm-autoscale", "vm-autoscale:vm-autoscale 750"),
    ] {
        assert_eq!(site.ok(&["stat", "--format=%U:%G %a", path]), owner, "{path}");
    }
    site.ok(&["getent", "group", "vm-autoscale-admin"]);
    is_enabled(site);
    for unit in [SCHEDULER, HELPER, SOCKET] {
        let state = ["LoadState", "ActiveState"].map(|name| site.property(unit, name));
        assert_eq!(state, ["loaded", "inactive"], "{unit}");
    }
}

fn is_enabled(site: &Site) {
    for unit in [SCHEDULER, SOCKET] {
        assert_eq!(site.ok(&["systemctl", "is-enabled", unit]), "enabled", "{unit}");
    }
}

/// With the lab as its only node.
fn configure(site: &Site) {
    site.write("/etc/vm-autoscale/helper.yaml", POLICY, "0600");
    site.write(CONFIG, &play(2, "mode: full\n").config, "0640");
    site.ok(&["chgrp", "vm-autoscale", CONFIG]);
}

/// An upgrade while it runs, that asks nothing; and it goes on.
fn is_upgraded(site: &Site) {
    site.ok(&["vm-autoscale", "pause", "--reason", "an upgrade"]);
    let settled = |status: &StatusReport| {
        let counts = status.counts;
        status.pauses.len() == 1 && counts.asked == counts.verified + counts.failed
    };
    site.until(settled);
    let before: u64 = site.ok(&["date", "+%s"]).parse().unwrap();
    let config = site.ok(&["cat", CONFIG]);
    let pids = [SCHEDULER, HELPER].map(|unit| site.property(unit, "MainPID"));

    site.ok(&["dpkg", "--force-confdef", "--force-confold", "--install", NEW]);
    assert_eq!(site.ok(&["cat", CONFIG]), config);
    let offered = format!("{CONFIG}.dpkg-dist");
    assert!(site.ok(&["cat", &offered]).ends_with(LINE));
    assert!(site.ok(&["cat", "/etc/vm-autoscale/helper.env"]).ends_with(LINE));
    for (path, owner) in [
        (CONFIG, "root:vm-autoscale 640"),
        (&offered, "root:vm-autoscale 640"),
        ("/etc/vm-autoscale/helper.env", "root:root 600"),
    ] {
        assert_eq!(site.ok(&["stat", "--format=%U:%G %a", path]), owner, "{path}");
    }
    // What was paused and what was changed before is the journal's.
    let status = site.until(|status| status.pauses.len() == 1 && well(status));
    assert_eq!(status.counts.asked, 0);
    assert!(last(&status).is_some_and(|last| last.verified && last.at <= before), "{status:?}");
    for (unit, before) in [SCHEDULER, HELPER].into_iter().zip(pids) {
        let pid = site.property(unit, "MainPID");
        assert_ne!(pid, before, "{unit}");
        let program = site.ok(&["readlink", &format!("/proc/{pid}/exe")]);
        assert!(!program.ends_with(" (deleted)"), "{unit}: {program}");
    }
    site.ok(&["vm-autoscale", "resume", "--all"]);
}

/// After a load of so many cores was put on a VM.
fn is_scaled(site: &Site, cores: f64) {
    let load = Control::Load { vmid: vmid(BUSY), cores, mib: 2000.0 };
    site.ask_lab(&Request::Control(load));
    let status = site.until(|status| status.counts.verified >= 1);
    assert_eq!(status.counts.failed, 0, "{:?}", status.recent);
}

fn well(status: &StatusReport) -> bool {
    let seen = status.clusters.first().is_some_and(|it| it.problem.is_none() && it.looks > 0);
    seen && status.problems.is_empty()
}

/// The last change of the busy VM.
fn last(status: &StatusReport) -> Option<LastChange> {
    let vms = status.clusters.iter().flat_map(|cluster| &cluster.vms);
    vms.filter(|vm| vm.vmid == vmid(BUSY)).find_map(|vm| vm.last.clone())
}

fn is_removed(site: &Site) {
    site.ok(&["dpkg", "--remove", "vm-autoscale"]);
    for unit in [SCHEDULER, HELPER, SOCKET] {
        let state = ["LoadState", "ActiveState"].map(|name| site.property(unit, name));
        assert_eq!(state, ["not-found", "inactive"], "{unit}");
    }
    let (exit, said) = site.said(&["find", "/usr", "-name", "vm-autoscale*"]);
    assert_eq!((exit, said.as_str()), (Some(0), ""));
    for kept in [CONFIG, "/etc/vm-autoscale/id_ed25519", "/var/lib/vm-autoscale/journal.db"] {
        assert!(site.machine.path(kept).exists(), "{kept}");
    }
    site.ok(&["getent", "passwd", "vm-autoscale"]);
}
