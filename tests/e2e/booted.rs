//! The shipped units, as they are, on a machine that systemd has booted.
//!
//! A container's kernel is this machine's, where systemd may not have every controller of
//! resources: that `MemoryMax=`, `TasksMax=` and `IPAddressDeny=` hold is shown in `own_kernel`.

mod check;
mod credentials;
mod failures;
mod figures;
mod installed;
mod life;
mod lifecycle;
mod mistakes;
mod nodes;
mod package;
mod readme;
mod sandbox;
mod site;
mod taken;
mod without_root;

use vm_autoscale_lab::{Control, Request};

use crate::{turn, vmid};
use site::Site;
pub(crate) use site::{HELPER, SCHEDULER, SOCKET, shipped};
pub(crate) use taken::in_place_of;

const BUSY: u32 = 101;

#[test]
fn the_shipped_units_scale_a_vm_and_stop() {
    let _turn = turn();
    let Some(site) = Site::set("that the units run under systemd") else { return };
    are_as_shipped(&site);
    site.start();
    let load = Control::Load { vmid: vmid(BUSY), cores: 64.0, mib: 2000.0 };
    site.ask_lab(&Request::Control(load));
    let status = site.until(|status| status.counts.verified >= 1);
    assert_eq!(status.counts.failed, 0, "{:?}", status.recent);
    for unit in [SCHEDULER, HELPER, SOCKET] {
        assert_eq!(site.property(unit, "ActiveState"), "active", "{unit}");
    }
    let said = site.ok(&["vm-autoscale", "status"]);
    assert!(said.contains("VM 101: vcpus"), "{said}");

    site.ok(&["systemctl", "stop", SCHEDULER, HELPER, SOCKET]);
    for unit in [SCHEDULER, HELPER, SOCKET] {
        // Not that a deadline had passed, or how a program ended otherwise.
        let state = ["ActiveState", "Result"].map(|name| site.property(unit, name));
        assert_eq!(state, ["inactive", "success"], "{unit}: {}", site.journal());
    }
    assert_eq!(site.ok(&["systemctl", "list-units", "--failed", "--quiet"]), "");
    assert!(!site.machine.path("/run/vm-autoscale/helper.sock").exists());
    let (entries, _) = site.judged();
    let set = |line: &str| line.starts_with("/usr/sbin/qm set 101 --vcpus ");
    assert!(entries.iter().any(|entry| entry.exit == 0 && set(&entry.line)), "{entries:?}");
    site.machine.stop().unwrap();
}

/// What systemd has read is what is in `deploy`, with nothing added, and it understood all of it.
fn are_as_shipped(site: &Site) {
    for unit in [SCHEDULER, HELPER, SOCKET] {
        let read = site.property(unit, "FragmentPath");
        let text = std::fs::read_to_string(shipped("systemd").join(unit)).unwrap();
        assert_eq!(site.ok(&["cat", &read]), text.trim());
        assert_eq!(site.property(unit, "DropInPaths"), "");
        // An unknown key is a warning, and the exit code is 0 all the same.
        assert_eq!(site.ok(&["systemd-analyze", "verify", "--man=no", &read]), "", "{unit}");
    }
}
