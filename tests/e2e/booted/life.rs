//! What systemd does with the programs when something happens to them.

use std::time::{Duration, Instant};

use vm_autoscale_scheduler::StatusReport;
use vm_autoscale_tests::programs::pause;

use super::site::{HELPER, SCHEDULER, SOCKET, Site};
use crate::turn;

const POLICY: &str = "/etc/vm-autoscale/helper.yaml";

fn well(status: &StatusReport) -> bool {
    let seen = status.clusters.first().is_some_and(|c| c.problem.is_none() && c.looks > 0);
    seen && status.problems.is_empty()
}

#[test]
fn after_a_reboot_all_are_there_without_a_hand() {
    let _turn = turn();
    let Some(mut site) = Site::set("that the units come up at a boot") else { return };
    site.ok(&["systemctl", "enable", SOCKET, SCHEDULER]);
    assert_eq!(site.property(SCHEDULER, "ActiveState"), "inactive");
    site.machine.reboot().unwrap();
    site.until(well);
    for unit in [SCHEDULER, HELPER, SOCKET] {
        assert_eq!(site.property(unit, "ActiveState"), "active", "{unit}");
    }
    site.machine.stop().unwrap();
}

/// A killed program is started anew, and so is the way between the two.
#[test]
fn killed_programs_come_back() {
    let _turn = turn();
    let Some(site) = Site::set("that systemd starts killed programs anew") else { return };
    site.start();
    site.until(well);
    for unit in [HELPER, SCHEDULER] {
        let before = site.property(unit, "MainPID");
        site.ok(&["systemctl", "kill", "--kill-who=main", "--signal=KILL", unit]);
        wait(&site, || !["0", &before].contains(&site.property(unit, "MainPID").as_str()));
        site.until(well);
    }
    let before = site.property(SCHEDULER, "MainPID");
    site.ok(&["systemctl", "reload", SCHEDULER]);
    site.until(|status| status.reload.as_ref().is_some_and(|reload| reload.ok));
    assert_eq!(site.property(SCHEDULER, "MainPID"), before);
    site.machine.stop().unwrap();
}

/// The scheduler goes on asking, so that a mistake is corrected by correcting it.
#[test]
fn a_mistake_in_the_policy_ends_with_the_mistake() {
    let _turn = turn();
    let Some(site) = Site::set("that a corrected helper.yaml is enough") else { return };
    let right = site.ok(&["cat", POLICY]);
    site.start();
    site.until(well);
    site.write(POLICY, "clusters: {}\n", "0644");
    site.ok(&["systemctl", "stop", HELPER]);
    // It is asked for again and again, and systemd gives up neither socket nor helper.
    let failure = "vm-autoscale-helper.service: Failed with result 'exit-code'.";
    wait(&site, || site.journal().matches(failure).count() >= 4);
    site.until(|status| !well(status));
    assert_eq!(site.property(HELPER, "ExecMainStatus"), "3");
    assert_eq!(site.property(SOCKET, "ActiveState"), "active");
    site.write(POLICY, &right, "0644");
    site.until(well);
    assert_eq!(site.property(HELPER, "ActiveState"), "active");
    site.machine.stop().unwrap();
}

fn wait(site: &Site, wanted: impl Fn() -> bool) {
    let begun = Instant::now();
    while !wanted() {
        assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain: {}", site.journal());
        pause(Duration::from_millis(100));
    }
}
