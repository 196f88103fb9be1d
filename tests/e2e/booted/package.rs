//! The Debian package, from its first installation to its purge.

mod given;
mod upgrade;

use vm_autoscale_lab::{Control, Request};
use vm_autoscale_scheduler::StatusReport;
use vm_autoscale_tests::listing::Listing;
use vm_autoscale_tests::programs::directory;

use super::BUSY;
use super::site::{HELPER, LAB, POLICY, SCHEDULER, SOCKET, Site};
use crate::{play, turn, vmid};
use given::{NEW, OLD, machine};
use upgrade::is_upgraded;

const CONFIG: &str = "/etc/vm-autoscale/config.yaml";

/// What is not compared.
const OTHERS: &[&str] = &[
    // What the lab did meanwhile; it stands for another machine.
    "/srv/lab",
    // dpkg's own lists, their backups and locks.
    "/var/lib/dpkg/status*",
    "/var/lib/dpkg/available*",
    "/var/lib/dpkg/lock*",
    "/var/lib/dpkg/triggers",
    // What dpkg did, and what every program said.
    "/var/log/dpkg.log",
    "/var/log/journal",
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
    // What was there before it stays.
    site.ok(&["groupadd", "--system", "vm-autoscale-admin"]);
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
