//! Two schedulers on one cluster by mistake, one that gives and one that takes.

use std::time::Duration;

use tokio::time::sleep;
use vm_autoscale_lab::{Control, Lab, Options};
use vm_autoscale_scheduler::{Board, MemoryJournal};
use vm_autoscale_tests::near::begin;

/// Seconds that a VM is left alone after others changed it.
const HOLD: u32 = 900;
const HOURS: u32 = 8;

/// Starts one of them; what it sees is on the board.
fn scheduler(lab: &Lab, marks: &str) -> Board {
    let yaml = format!(
        "mode: full\nselect: [100-200]\ncheck_interval: 10\nscale_cooldown: 30\n\
         ram_scaling: false\nexternal_change_hold: {HOLD}\nscaling_thresholds: {{cpu: {marks}}}\n"
    );
    begin(lab, &yaml, MemoryJournal::default()).unwrap()
}

fn held(board: &Board) -> usize {
    let report = board.report(&MemoryJournal::default());
    let vms = report.clusters.iter().flat_map(|cluster| &cluster.vms);
    vms.filter(|vm| vm.cpu.starts_with("changed by someone else")).count()
}

#[tokio::test(start_paused = true)]
async fn both_back_off_and_every_change_is_whole() {
    let lab = Lab::new(&Options { epoch: Some(1_700_000_000), ..Options::new().unwrap() }).unwrap();
    tokio::spawn(lab.clone().pvestatd());
    let vms = lab.vms();
    for vm in &vms {
        let (cores, mib) = (0.5 * f64::from(vm.qemu_vcpus.unwrap()), 1000.0);
        lab.control(Control::Load { vmid: vm.vmid, cores, mib }).unwrap();
    }
    let gives = scheduler(&lab, "{high: 30, low: 10}");
    sleep(Duration::from_secs(3)).await;
    let takes = scheduler(&lab, "{high: 98, low: 80}");
    let mut seen = [0, 0];
    for _ in 0..HOURS * 360 {
        sleep(Duration::from_secs(10)).await;
        seen = [seen[0].max(held(&gives)), seen[1].max(held(&takes))];
    }
    assert!(seen.iter().all(|held| *held > 0), "nobody says that others are at work: {seen:?}");
    let changes: Vec<_> =
        lab.history(0).into_iter().filter(|entry| entry.kind == "SetVcpus").collect();
    assert!(!changes.is_empty());
    for vm in &vms {
        let of: Vec<_> = changes.iter().filter(|entry| entry.vmid == Some(vm.vmid)).collect();
        // Each waits for the other's hold, and longer each time.
        let within = |from: u32, to: u32| {
            let hours = f64::from(from * 3600)..f64::from(to * 3600);
            of.iter().filter(|entry| hours.contains(&entry.start)).count()
        };
        let (first, last) = (within(0, 2), within(HOURS - 2, HOURS));
        assert!(2 * last <= first, "VM {}: {first} changes, at last {last}", vm.vmid);
        // Nobody overwrites what he has not read.
        for entry in of.iter().filter(|entry| entry.exit == 0) {
            let read = entry.before.as_ref().unwrap().to_string();
            assert!(entry.line.contains(&read), "{entry:?}");
        }
    }
    assert!(lab.vms().iter().all(|vm| !vm.conf.contains("[PENDING]")));
}
