//! The commands of the README that set the lab up on a machine: they are what is executed.

use vm_autoscale_tests::pages::root;
use vm_autoscale_tests::programs::directory;
use vm_autoscale_tests::release;

use super::site::{HELPER, SCHEDULER, Site};
use crate::turn;

const CHECKOUT: &str = "/root/vm-autoscale";
/// What needs a network and a compiler. What it makes is put there as it would be.
const BUILDING: [&str; 3] =
    ["git clone URL vm-autoscale", "cd vm-autoscale", "cargo build --release --locked"];

/// Those of the first block below that heading.
fn commands(heading: &str) -> Vec<String> {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let (_, section) = readme.split_once(heading).unwrap();
    let block = section.split("```").nth(1).unwrap().replace("\\\n", "");
    block.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn the_readmes_commands_bring_a_service_that_runs() {
    let _turn = turn();
    let commands = commands("\n### Install it with the lab\n");
    assert!(commands.len() <= 10, "{} commands", commands.len());
    let (building, rest) = commands.split_at(BUILDING.len());
    assert_eq!(building, BUILDING);
    let Some(site) = Site::boot("that the README's commands set up a service") else { return };
    site.put_checkout();
    for command in rest {
        site.ok(&["sh", "-e", "-c", &format!("cd {CHECKOUT}\n{command}")]);
    }
    let seen = |clusters: &[vm_autoscale_scheduler::ClusterStatus]| {
        clusters.iter().any(|it| it.problem.is_none() && it.looks > 1)
    };
    let status = site.until(|status| status.problems.is_empty() && seen(&status.clusters));
    assert_eq!(status.clusters.len(), 1, "{status:?}");
    for unit in [SCHEDULER, HELPER] {
        assert_eq!(site.property(unit, "ActiveState"), "active", "{unit}");
    }
    site.ok(&["vm-autoscale-setup", "uninstall", "--purge", "--yes"]);
    site.ok(&["systemctl", "stop", "lab"]);
    let find =
        "ls -d /etc/vm-autoscale /usr/*bin/vm-autoscale* /var/lib/vm-autoscale* /run/vm-autoscale*";
    let (exit, left) = site.said(&["sh", "-c", &format!("{find} 2>/dev/null")]);
    assert!(exit == Some(2) && left.is_empty(), "{exit:?} {left}");
    site.machine.stop().unwrap();
}

impl Site {
    /// A checkout in which everything was built.
    fn put_checkout(&self) {
        let dir = tempfile::tempdir().unwrap();
        let (built, checkout) = (directory().unwrap(), dir.path().join("checkout"));
        release::lay_out(&checkout).unwrap();
        std::fs::create_dir(checkout.join("target")).unwrap();
        std::fs::rename(checkout.join("bin"), checkout.join("target/release")).unwrap();
        let lab = "vm-autoscale-lab";
        std::fs::copy(built.join(lab), checkout.join("target/release").join(lab)).unwrap();
        self.machine.copy_all(&checkout, CHECKOUT).unwrap();
    }
}
