//! The helper as a user that exists only while it runs.

use vm_autoscale_lab::{Control, Reply, Request};

use super::sandbox::{field, writes_nowhere_else};
use super::site::{HELPER, Site};
use crate::{turn, vmid};

#[test]
fn the_helper_does_its_work_without_root() {
    let _turn = turn();
    let Some(site) = Site::set("the helper without root") else { return };
    let etc = "/etc/vm-autoscale";
    let policy = site.ok(&["cat", "/etc/vm-autoscale/helper.yaml"]).replace("/srv/lab", etc);
    site.write("/etc/vm-autoscale/helper.yaml", &policy, "0600");
    for name in ["id_ed25519", "known_hosts"] {
        site.ok(&["install", "-m", "0600", &format!("/srv/lab/{name}"), &format!("{etc}/{name}")]);
    }
    // As root first: what it wrote down is taken over.
    site.start();
    scales(&site, 64.0);
    let drop_in = site.take(HELPER, "dynamic-user.conf");
    site.ok(&["systemctl", "restart", HELPER]);
    scales(&site, 0.1);

    let pid = site.property(HELPER, "MainPID");
    let own = field(&site, &pid, "Uid");
    let uid = own.split('\t').next().unwrap();
    assert!(uid.parse::<u32>().unwrap() >= 61184, "of those that systemd gives: {own}");
    assert_eq!(field(&site, &pid, "Groups"), uid);
    for name in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert_eq!(field(&site, &pid, name), "0000000000000000", "{name}");
    }
    writes_nowhere_else(&site, HELPER);
    // All that it sees there, each of them for itself alone.
    let inside =
        |words: &[&str]| site.ok(&[&["nsenter", "--mount", "--target", &pid], words].concat());
    assert_eq!(
        inside(&["ls", etc]).split_whitespace().collect::<Vec<_>>(),
        ["helper.env", "helper.yaml", "id_ed25519", "known_hosts"]
    );
    let changes = inside(&["stat", "--format=%u %a", "/run/vm-autoscale-helper/changes.json"]);
    assert!(changes.starts_with(&format!("{uid} ")), "{changes}");

    // And back.
    site.ok(&["rm", &drop_in]);
    site.ok(&["systemctl", "daemon-reload"]);
    site.ok(&["systemctl", "restart", HELPER]);
    scales(&site, 64.0);
    assert_eq!(field(&site, &site.property(HELPER, "MainPID"), "Uid"), "0\t0\t0\t0");
    let (entries, _) = site.judged();
    assert!(entries.iter().filter(|entry| entry.line.contains("--vcpus")).count() >= 3);
    site.machine.stop().unwrap();
}

/// A VM with such a load comes to have another size.
fn scales(site: &Site, cores: f64) {
    let before = site.until(|status| !status.clusters.is_empty()).counts.verified;
    let load = Control::Load { vmid: vmid(101), cores, mib: 2000.0 };
    assert!(matches!(site.ask_lab(&Request::Control(load)), Reply::Done));
    let status = site.until(|status| status.counts.verified > before);
    assert_eq!(status.counts.failed, 0, "{:?}", status.recent);
}
