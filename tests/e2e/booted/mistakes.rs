//! A configuration with a mistake: it ends a start at once and a reload without harm.

use super::site::{SCHEDULER, Site};
use crate::turn;

const CONFIG: &str = "/etc/vm-autoscale/config.yaml";

#[test]
fn a_mistake_ends_a_start_and_no_running_scheduler() {
    let _turn = turn();
    let Some(site) = Site::set("what a mistake in config.yaml does") else { return };
    let right = site.ok(&["cat", CONFIG]);
    let set = |text: &str| {
        site.write(CONFIG, text, "0640");
        site.ok(&["chgrp", "vm-autoscale", CONFIG]);
    };
    let wrong = format!("{right}\nno_such_key: 1\n");
    let line = wrong.lines().count();
    set(&wrong);
    let (exit, said) = site.said(&["systemctl", "start", SCHEDULER]);
    assert_eq!(exit, Some(1), "{said}");
    // Once, and not over and over.
    let state = ["ActiveState", "Result", "ExecMainStatus", "NRestarts"];
    let state = state.map(|name| site.property(SCHEDULER, name));
    assert_eq!(state, ["failed", "exit-code", "3", "0"], "{}", site.journal());
    let place = format!("{CONFIG}:{line}:1");
    assert!(site.journal().contains(&place), "{}", site.journal());

    set(&right);
    site.start();
    site.until(|status| status.clusters.iter().any(|cluster| cluster.looks >= 1));
    let before = site.property(SCHEDULER, "MainPID");
    set(&wrong);
    let (exit, said) = site.said(&["systemctl", "reload", SCHEDULER]);
    assert_eq!(exit, Some(1), "{said}");
    assert_eq!(site.journal().matches(&place).count(), 2, "{}", site.journal());
    let state = ["ActiveState", "MainPID"].map(|name| site.property(SCHEDULER, name));
    assert_eq!(state, ["active", &before]);
    // The daemon never heard of it.
    assert!(site.until(|status| !status.clusters.is_empty()).reload.is_none());

    set(&right);
    site.ok(&["systemctl", "reload", SCHEDULER]);
    site.until(|status| status.reload.as_ref().is_some_and(|reload| reload.ok));
    assert_eq!(site.property(SCHEDULER, "MainPID"), before);
    site.machine.stop().unwrap();
}
