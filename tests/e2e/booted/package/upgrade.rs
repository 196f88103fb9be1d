//! To the next release, while the daemons run and after the configuration was edited.

use vm_autoscale_scheduler::{LastChange, StatusReport};

use super::given::{LINE, NEW};
use super::{CONFIG, well};
use crate::booted::BUSY;
use crate::booted::site::{HELPER, SCHEDULER, Site};
use crate::vmid;

/// An upgrade while it runs, that asks nothing; and it goes on.
pub(super) fn is_upgraded(site: &Site) {
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

/// The last change of the busy VM.
fn last(status: &StatusReport) -> Option<LastChange> {
    let vms = status.clusters.iter().flat_map(|cluster| &cluster.vms);
    vms.filter(|vm| vm.vmid == vmid(BUSY)).find_map(|vm| vm.last.clone())
}
