use std::time::Duration;

use vm_autoscale_planner::Moment;
use vm_autoscale_protocol::FoundConfig;
use vm_autoscale_proxmox::Digest;

use super::*;
use crate::view::tests::{care, look};
use crate::worker::{Memory, planner_config};

/// What is found of VMs 101 and 102 by such a file, of those that are meant.
fn checkup(file: &str, select: &[&str]) -> Checkup {
    let care = care(&format!("select: [101, 102]\n{file}"));
    let now = Moment(Duration::from_secs(10));
    let mut memory = Memory::new(planner_config(care.roster.config()), 1);
    let read = look("pve1", 1, &[(101, "pve1", 1), (102, "pve1", 1), (103, "pve1", 1)]);
    let wanted = memory.view.update(now, read, &care, &InFlight::new());
    for vmid in wanted.into_values().flatten() {
        let text =
            "tags: t\nhotplug: network\nmemory: 2048\nnuma: 1\nagent: 1\nvcpus: 1\ncores: 2\n";
        let (digest, text) = (Digest::from_bytes([1; 20]), text.to_owned());
        memory.view.put_config(vmid, Some(FoundConfig { digest, text }));
    }
    memory.view.settle(&care);
    let select = Selection::of_words(select.iter().copied()).unwrap();
    examine_all(&Inside { care: &care, memory: &mut memory, now, wall: 0 }, &select)
}

fn codes(vm: &VmCheckup) -> Vec<String> {
    vm.findings.iter().map(|finding| finding.code.to_string()).collect()
}

#[test]
fn only_who_is_meant_and_looked_after_is_examined() {
    let vms = |checkup: &Checkup| checkup.vms.iter().map(|vm| vm.vmid.get()).collect::<Vec<_>>();
    for (select, expected) in [
        (&[][..], &[101, 102][..]),
        (&["101", "103"], &[101]),
        (&["@tag-t", "-101"], &[102]),
        (&["@tag-other"], &[]),
    ] {
        let checkup = checkup("", select);
        assert_eq!((vms(&checkup), checkup.undecided), (expected.to_vec(), 0), "{select:?}");
        assert_eq!(checkup.unseen, [""; 0]);
    }
    // Nobody asks for the pools, so that nobody knows.
    assert_eq!(checkup("", &["@pool-shop"]).undecided, 2);
}

/// `"doctor.ignore"`.
#[test]
fn what_the_file_ignores_is_only_counted() {
    let all = checkup("", &["101"]);
    assert_eq!(codes(&all.vms[0]), ["D101", "D202"]);
    assert_eq!(all.vms[0].ignored, []);
    let less = checkup("doctor: {ignore: [D101]}\n", &["101"]);
    assert_eq!(codes(&less.vms[0]), ["D202"]);
    assert_eq!(less.vms[0].ignored, [DoctorCode::D101]);
}
