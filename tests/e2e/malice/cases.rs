//! Every change by every value at and around its bounds, for VMs, nodes, clusters and digests that
//! are right and that are not.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vm_autoscale_lab::Control;

use super::policy::{narrow, two_clusters};
use super::{Policy, Site, Verdict, call, judge, owner, with};
use crate::{turn, vmid};

mod values;
use values::{VALUES, near};

/// The first of a rule; one that is also in the next rule, or excepted; another cluster's; first
/// of the second rule; its last; one beyond; one whose rule names no bounds; one that is not.
const VMS: [u64; 11] = [101, 103, 104, 105, 106, 107, 108, 109, 110, 113, 999_999_999];
const NODES: [&str; 4] = ["pve1", "pve2", "pve3", "pve9"];
const CLUSTERS: [&str; 3] = ["home", "away", "none"];

#[test]
fn every_verdict_on_a_change_is_the_oracles() {
    let _turn = turn();
    let counts = product(two_clusters());
    // What was never met was not tested.
    for (method, _, values) in VALUES {
        let met = |verdict: &str| counts.get(&(*method, verdict.to_owned())).copied().unwrap_or(0);
        // Nothing waits here that was asked for: whole.rs has reverts that are let through.
        let last = if *method == "Revert" { "revert" } else { "allowed" };
        for rule in ["clusters", "nodes", "vms", "digest", last] {
            assert!(met(rule) >= values.len().min(8), "{method} {rule}: {counts:?}");
        }
        assert!(*method == "Revert" || met("bounds") > 20, "{method}: {counts:?}");
        assert!(!["SetVcpus", "SetMemory"].contains(method) || met("step") > 0, "{counts:?}");
        assert!(*method != "SetMemory" || met("ladder") > 0, "{counts:?}");
    }
}

#[test]
fn every_verdict_by_every_key_is_the_oracles() {
    let _turn = turn();
    product(narrow());
}

/// Asks all of it; how often each method met each verdict.
fn product(policy: Policy) -> BTreeMap<(&'static str, String), usize> {
    let mut site = Site::set(policy);
    let older = read_all_twice(&mut site);
    let (mut counts, mut rounds) = (BTreeMap::new(), 0);
    let places = || VMS.into_iter().flat_map(|vm| NODES.map(|node| (vm, node)));
    for (method, key, values) in VALUES {
        for (cluster, (vm, node)) in
            CLUSTERS.into_iter().flat_map(|of| places().map(move |at| (of, at)))
        {
            let last = site.target(cluster, vm)["digest"].take();
            let others = site.target("home", 104)["digest"].take();
            for digest in [&last, &older, &others, &json!("0".repeat(40))] {
                let target =
                    json!({"cluster": cluster, "node": node, "vmid": vm, "digest": digest});
                let asked = call(method, &json!({"target": target}));
                let fixed = values.iter().map(|value| (*value).to_owned());
                for value in fixed.chain(near(&site, cluster, vm, method)) {
                    let request = with(&asked, &format!("/parameters/{key}"), Some(&value));
                    let verdict = site.ask(&request);
                    *counts.entry((*method, told(verdict))).or_default() += 1;
                }
            }
            if site.oracle.last(cluster, vm).is_some() {
                rounds += 1;
                // The next steps are measured from another size, and what waits is ours or not.
                edit(&site, vm, "vcpus", ["6", "2", "4"][rounds % 3]);
                if *method == "Revert" {
                    leave(&site, cluster, vm, rounds % 2 == 0);
                }
                site.read(cluster, vm);
            }
        }
    }
    let done = judge::judge(&site.stage, &site.oracle);
    assert!(done > 100, "{done}");
    site.stage.strike().unwrap();
    counts
}

fn told(verdict: Verdict) -> String {
    match verdict {
        Verdict::Malformed => "malformed".to_owned(),
        Verdict::Refused(rules) => rules[rules.len() - 1].to_owned(),
        Verdict::Allowed => "allowed".to_owned(),
    }
}

/// Reads every VM, has it edited by somebody else, and reads it again; the digest that VM 101 had.
fn read_all_twice(site: &mut Site) -> Value {
    let mut older = Value::Null;
    for round in ["one", "two"] {
        for vm in VMS.into_iter().filter(|vm| *vm < 113) {
            edit(site, vm, "tags", round);
            site.read(if owner(vm) == "pve3" { "away" } else { "home" }, vm);
        }
        if round == "one" {
            older = site.target("home", 101)["digest"].take();
        }
    }
    older
}

/// Leaves vCPUs in `[PENDING]`: as many as were asked for last, or others.
fn leave(site: &Site, cluster: &str, vm: u64, ours: bool) {
    let asked = site.oracle.asked(cluster, vm, "vcpus").filter(|_| ours);
    let (value, vmid) = (asked.unwrap_or_else(|| "64".to_owned()), u32::try_from(vm).unwrap());
    let pending = Control::Pending {
        vmid: vmid.try_into().unwrap(),
        key: "vcpus".to_owned(),
        value: Some(value),
    };
    site.stage.control(pending).unwrap();
}

fn edit(site: &Site, vm: u64, key: &str, value: &str) {
    let vmid = vmid(u32::try_from(vm).unwrap());
    let edit = Control::Edit { vmid, key: key.to_owned(), value: Some(value.to_owned()) };
    site.stage.control(edit).unwrap();
}

/// Several changes of one VM by one digest: what the first of them did is the node's business.
#[test]
fn a_digest_is_good_until_the_next_reading_and_the_node_has_the_last_word() {
    let _turn = turn();
    let mut site = Site::set(two_clusters());
    site.read("home", 101);
    let target = site.target("home", 101);
    let now = site.oracle.last("home", 101).unwrap().vcpus;
    let more: Value = json!({"target": target, "vcpus": now + 1});
    for _ in 0..5 {
        assert_eq!(site.ask(&call("SetVcpus", &more).to_string()), Verdict::Allowed);
    }
    let stats = site.stage.node_stats().unwrap();
    assert_eq!((stats.changes_zero, stats.changes_nonzero), (1, 4));
    site.read("home", 101);
    let verdict = site.ask(&call("SetVcpus", &more).to_string());
    assert_eq!(verdict, Verdict::Refused(&["digest"]));
    judge::judge(&site.stage, &site.oracle);
    site.stage.strike().unwrap();
}
