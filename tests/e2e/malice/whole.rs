//! What the helper's policy holds beside its bounds.

use std::time::Instant;

use serde_json::json;
use vm_autoscale_lab::Control;

use super::policy::{self, two_clusters};
use super::rates::{RATES, most, slow};
use super::{Answer, Asker, Policy, Site, Verdict, call, judge, owner};
use crate::{await_helper, turn, vmid};

mod memory;

impl Site {
    fn restart_helper(&mut self) {
        self.stage.helper.as_mut().unwrap().crash().unwrap();
        self.stage.start_helper().unwrap();
        await_helper(&self.stage);
        self.asker = Asker::new(&self.stage);
    }

    fn set_to(&mut self, method: &str, vm: u64, key: &str, value: u64) -> Answer {
        let asked = json!({"target": self.target("home", vm), key: value});
        let request = call(method, &asked).to_string();
        let answer = self.asker.ask(&request);
        if matches!(answer, Answer::Done(_)) {
            // The books of what was allowed.
            self.oracle.judge(&request);
        }
        answer
    }

    /// Reads configs at the node that answers the looks.
    fn read_all(&mut self, vms: impl IntoIterator<Item = u64>) {
        for vm in vms {
            let asked =
                json!({"cluster": "home", "node": "pve1", "owner": owner(vm), "vmids": [vm]});
            assert_eq!(self.ask(&call("ReadConfigs", &asked).to_string()), Verdict::Allowed);
        }
    }

    fn look(&mut self) {
        let request = call("ReadCluster", &json!({"cluster": "home"})).to_string();
        assert_eq!(self.ask(&request), Verdict::Allowed);
    }
}

#[test]
fn a_flood_is_stopped_over_a_crash_too() {
    let _turn = turn();
    let mut site = Site::set(slow());
    site.read("home", 101);
    let begun = Instant::now();
    let mut through = site.flood(101, 20).through;
    for _ in 0..3 {
        site.restart_helper();
        site.read("home", 101);
        let flood = site.flood(101, 20);
        assert!(flood.stopped.iter().all(|why| why.contains("per_vm")), "{:?}", flood.stopped);
        through += flood.through;
    }
    assert!((RATES[0]..=most(RATES[0], begun)).contains(&through), "{through}");
    judge::judge(&site.stage, &site.oracle);
    site.stage.strike().unwrap();
}

#[test]
fn where_all_is_read_only_all_is_read_and_nothing_changed() {
    let _turn = turn();
    let mut of_cluster = two_clusters();
    of_cluster.clusters[0].read_only = true;
    for (policy, elsewhere) in [
        (Policy { read_only: true, ..two_clusters() }, Verdict::Refused(&["read_only"])),
        (of_cluster, Verdict::Allowed),
    ] {
        let mut site = Site::set(policy);
        for (cluster, vm, verdict) in
            [("home", 101, Verdict::Refused(&["read_only"])), ("away", 103, elsewhere)]
        {
            site.read(cluster, vm);
            let vcpus = site.oracle.last(cluster, vm).unwrap().vcpus;
            let asked = json!({"target": site.target(cluster, vm), "vcpus": vcpus});
            assert_eq!(site.ask(&call("SetVcpus", &asked).to_string()), verdict);
        }
        site.look();
        judge::judge(&site.stage, &site.oracle);
        site.stage.strike().unwrap();
    }
}

/// A revert clears what waits just as it was asked for, and nothing of anybody else's; the helper
/// knows after a crash, too.
#[test]
fn only_what_was_asked_for_is_reverted() {
    let _turn = turn();
    let mut site = Site::set(two_clusters());
    site.read("home", 101);
    let revert = |site: &mut Site, crash: bool| {
        if crash {
            site.restart_helper();
        }
        site.read("home", 101);
        let asked = json!({"target": site.target("home", 101), "option": "vcpus"});
        site.ask(&call("Revert", &asked).to_string())
    };
    assert_eq!(revert(&mut site, false), Verdict::Refused(&["revert"]));
    let asked = site.oracle.last("home", 101).unwrap().vcpus + 1;
    assert!(matches!(site.set_to("SetVcpus", 101, "vcpus", asked), Answer::Done(_)));
    for (value, crash, verdict) in [
        (asked + 1, false, Verdict::Refused(&["revert"])),
        (asked, false, Verdict::Allowed),
        (asked, true, Verdict::Allowed),
    ] {
        let (key, value) = ("vcpus".to_owned(), Some(value.to_string()));
        site.stage.control(Control::Pending { vmid: vmid(101), key, value }).unwrap();
        assert_eq!(revert(&mut site, crash), verdict, "{crash}");
    }
    judge::judge(&site.stage, &site.oracle);
    site.stage.strike().unwrap();
}

/// What was asked, the limit, and the line of it.
#[test]
fn a_refusal_names_the_limit_and_its_line() {
    let _turn = turn();
    let mut site = Site::set(policy::narrow());
    site.read("home", 101);
    let file = std::fs::read_to_string(site.stage.path("helper.yaml")).unwrap();
    let line = 1 + file.lines().position(|line| line.contains("vms: [101-101")).unwrap();
    for (method, key, value, limit) in [
        ("SetVcpus", "vcpus", 7, "6"),
        ("SetMemory", "memory", 8704, "8192"),
        ("SetBalloon", "balloon", 1023, "1024"),
    ] {
        let answer = site.set_to(method, 101, key, value);
        let Answer::Refused(_, message) = &answer else { panic!("{answer:?}") };
        let place = format!("helper.yaml:{line}");
        for part in [&value.to_string(), limit, &place] {
            assert!(message.contains(part), "{part}: {message}");
        }
    }
    site.stage.strike().unwrap();
}
