//! What the kernel and systemd say of the running programs: the units hold, not only parse.

use super::figures;
use super::site::{HELPER, SCHEDULER, SOCKET, Site, shipped};
use crate::turn;

/// A field of `/proc/PID/status`.
pub(super) fn field(site: &Site, pid: &str, name: &str) -> String {
    let status = site.ok(&["cat", &format!("/proc/{pid}/status")]);
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("no {name}: {status}")).trim().to_owned()
}

#[test]
fn the_kernel_holds_what_the_units_say() {
    let _turn = turn();
    let Some(site) = Site::set("that the units' sandbox holds") else { return };
    site.start();
    site.until(|status| status.clusters.iter().any(|cluster| cluster.looks >= 1));
    // Within the unit the helper can still give up the rest by itself.
    let said = site.journal();
    let gave_up =
        |line: &str| line.contains("sandbox: ") && line.ends_with("seccomp, no capabilities");
    assert!(said.lines().any(gave_up), "{said}");
    for (unit, user) in [(HELPER, "root"), (SCHEDULER, "vm-autoscale")] {
        holds_no_power(&site, unit, user);
        writes_nowhere_else(&site, unit);
        properties_are_in_force(&site, unit);
    }
    figures::are_in_force(&site);
    let network = |unit: &str| link(&site, &site.property(unit, "MainPID"), "ns/net");
    assert_ne!(network(SCHEDULER), link(&site, "1", "ns/net"));
    assert_eq!(network(HELPER), link(&site, "1", "ns/net"));
    for (path, owner) in [
        ("/run/vm-autoscale", "root:vm-autoscale 750"),
        ("/run/vm-autoscale/helper.sock", "root:vm-autoscale 660"),
        ("/var/lib/vm-autoscale", "vm-autoscale:vm-autoscale 750"),
    ] {
        assert_eq!(site.ok(&["stat", "--format=%U:%G %a", path]), owner, "{path}");
    }

    // That packets to all other addresses are dropped a container does not show.
    assert_eq!(site.property(SCHEDULER, "IPAddressAllow"), "");
    for (drop_in, allowed) in [
        ("local-mail.conf", "127.0.0.1/32 ::1/128"),
        ("network.conf", "127.0.0.0/8 10.0.0.0/8 100.64.0.0/10 172.16.0.0/12 192.168.0.0/16"),
    ] {
        let taken = site.take(SCHEDULER, drop_in);
        site.ok(&["systemctl", "restart", SCHEDULER]);
        assert_eq!(network(SCHEDULER), link(&site, "1", "ns/net"));
        let has = site.property(SCHEDULER, "IPAddressAllow");
        let has: Vec<&str> = has.split_whitespace().collect();
        assert!(allowed.split(' ').all(|net| has.contains(&net)), "{drop_in}: {has:?}");
        assert_eq!(has.len() == 2, drop_in == "local-mail.conf", "{drop_in}: {has:?}");
        let denied = site.property(SCHEDULER, "IPAddressDeny");
        assert_eq!(figures::words(&denied), ["0.0.0.0/0", "::/0"], "{drop_in}");
        holds_no_power(&site, SCHEDULER, "vm-autoscale");
        site.ok(&["rm", &taken]);
    }
    site.machine.stop().unwrap();
}

fn link(site: &Site, pid: &str, name: &str) -> String {
    site.ok(&["readlink", &format!("/proc/{pid}/{name}")])
}

/// By the kernel's own word on the process.
fn holds_no_power(site: &Site, unit: &str, user: &str) {
    let pid = site.property(unit, "MainPID");
    for name in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert_eq!(field(site, &pid, name), "0000000000000000", "{unit} {name}");
    }
    assert_eq!(field(site, &pid, "NoNewPrivs"), "1", "{unit}");
    assert_eq!(field(site, &pid, "Seccomp"), "2", "{unit}");
    // The container has filters of its own, which the first process shows.
    let filters = |pid: &str| field(site, pid, "Seccomp_filters").parse::<u32>().unwrap();
    assert!(filters(&pid) > filters("1"), "{unit}");
    for (name, id) in [("Uid", "-u"), ("Gid", "-g")] {
        let own = vec![site.ok(&["id", id, user]); 4].join("\t");
        assert_eq!(field(site, &pid, name), own, "{unit}");
    }
    let limits = site.ok(&["cat", &format!("/proc/{pid}/limits")]);
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"], "{unit}");
}

/// As a program with every capability finds it that sees the same files: what refuses is the mount.
pub(super) fn writes_nowhere_else(site: &Site, unit: &str) {
    let pid = site.property(unit, "MainPID");
    let places =
        ["/", "/usr/bin", "/etc/vm-autoscale", "/var/lib", "/run", "/root", "/home", "/srv/lab"];
    for place in places {
        let file = format!("{place}/written");
        let (exit, said) = site.said(&["nsenter", "--mount", "--target", &pid, "touch", &file]);
        assert_eq!(exit, Some(1), "{unit} may write {place}");
        assert!(said.contains("Read-only file system"), "{unit} {place}: {said}");
    }
}

/// Every switch of a unit, by its own lines: one that systemd does not know, or that something
/// else turned off, would not be in what it says of the unit.
fn properties_are_in_force(site: &Site, unit: &str) {
    let text = std::fs::read_to_string(shipped("systemd").join(unit)).unwrap();
    let words = ["yes", "strict", "closed", "invisible", "pid", "private", "native"];
    let mut found = 0;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((key, value)) = line.split_once('=') else { continue };
        if words.contains(&value) {
            assert_eq!(site.property(unit, key), value, "{unit} {key}");
            found += 1;
        }
    }
    assert!(found >= 20, "{unit}: {found}");
    // An allow-list, or it would begin with `~`, and of it @privileged and @resources taken away.
    let calls = site.property(unit, "SystemCallFilter");
    let calls: Vec<&str> = calls.split_whitespace().collect();
    assert!(
        calls.contains(&"read") && !calls.iter().any(|call| call.starts_with('~')),
        "{calls:?}"
    );
    let more = (unit == HELPER).then_some("io_uring_setup");
    let refused = ["mount", "chroot", "setuid", "setpriority", "sched_setaffinity"];
    for refused in refused.into_iter().chain(more) {
        assert!(!calls.contains(&refused), "{unit} may call {refused}");
    }
    assert_eq!(site.property(unit, "CapabilityBoundingSet"), "");
    assert_eq!(site.property(unit, "AmbientCapabilities"), "");
}

/// The caller's uid, through a socket that systemd made.
#[test]
fn only_the_schedulers_user_is_heard_through_the_socket() {
    let _turn = turn();
    let Some(site) = Site::set("whom the helper hears through systemd's socket") else { return };
    site.ok(&["systemctl", "start", SOCKET]);
    assert_eq!(site.property(HELPER, "ActiveState"), "inactive");
    site.write("/tmp/config.yaml", "mode: observe\n", "0644");
    let plan = ["vm-autoscale", "plan", "--config", "/tmp/config.yaml"];
    let ask = |user: &str, group: &str| {
        let (user, group) = (format!("--reuid={user}"), format!("--regid={group}"));
        site.said(&[&["setpriv", &user, &group, "--clear-groups"][..], &plan].concat())
    };
    // Nobody gets to the socket, and no helper is started for it.
    let (exit, said) = ask("nobody", "nogroup");
    assert!(exit == Some(6) && said.contains("Permission denied"), "{exit:?} {said}");
    assert_eq!(site.property(HELPER, "ActiveState"), "inactive");
    // In the group one gets to the helper, and no further; no more does root.
    for (user, group) in [("nobody", "vm-autoscale"), ("root", "root")] {
        let (exit, said) = ask(user, group);
        assert!(exit == Some(6) && said.contains("scheduler_user"), "{user}: {exit:?} {said}");
        let uid = site.ok(&["id", "-u", user]);
        let journal = site.journal();
        let refused = |line: &&str| {
            line.contains("refused: only uid") && line.contains(&format!("uid={uid} "))
        };
        assert_eq!(journal.lines().filter(refused).count(), 1, "{journal}");
    }
    assert_eq!(site.judged().0.len(), 0, "nothing was asked of the node");
    assert_eq!(site.property(HELPER, "ActiveState"), "active");
    let (exit, said) = ask("vm-autoscale", "vm-autoscale");
    assert!(exit == Some(0) && said.contains("no VM is looked after"), "{exit:?} {said}");
    site.machine.stop().unwrap();
}
