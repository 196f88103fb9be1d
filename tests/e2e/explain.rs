//! What `explain` says of the lab's VMs in every situation that somebody may ask about: the gate
//! that stops it, the figures that decided, and what would let it through.

mod cases;
mod whole;
mod words;

use std::fmt::Write as _;
use std::time::Duration;

use tokio::time::sleep;
use vm_autoscale_lab::{Control, Lab, Options};
use vm_autoscale_planner::Resource;
use vm_autoscale_proxmox::VmId;
use vm_autoscale_scheduler::Journal as _;
use vm_autoscale_scheduler::{Board, ExplainOrder, Explanation, MemoryJournal, Side};
use vm_autoscale_tests::near::begin;

use cases::{Case, all};

/// Above the marks of every VM, and below.
const BUSY: f64 = 64.0;
const IDLE: f64 = 0.01;

const FILE: &str = "\
mode: full
check_interval: 10
scale_cooldown: 30
scaling_limits: {max_cores: 64, max_ram_mb: 131072}
";

/// A lab of three nodes in virtual time, whose guests do what they are told.
fn lab(vms: u32) -> Lab {
    let options = Options {
        nodes: Options::numbered(3).unwrap(),
        cluster: Some("lab".try_into().unwrap()),
        vms,
        epoch: Some(1_700_000_000),
        ..Options::new().unwrap()
    };
    let lab = Lab::new(&options).unwrap();
    tokio::spawn(lab.clone().pvestatd());
    lab
}

fn give(lab: &Lab, vmid: VmId, cores: f64, mib: f64) {
    lab.control(Control::Load { vmid, cores, mib }).unwrap();
}

async fn explained(board: &Board, vmid: VmId) -> Explanation {
    let order = ExplainOrder { vmid, cluster: None };
    let mut explained = board.explain(&order).await;
    assert_eq!((explained.vms.len(), explained.silent.len()), (1, 0), "{explained:?}");
    explained.vms.remove(0)
}

fn side(told: &Explanation, resource: Resource) -> Option<&Side> {
    told.resources.iter().find(|side| side.resource == resource)
}

/// The gate that stops it with what it says, and every way out that is offered.
fn stops(told: &Explanation, resource: Resource) -> (String, String, String) {
    let gate = told.stopped_by(resource);
    let (gate, said) = gate.map_or(("none", ""), |gate| (&gate.name, &gate.said));
    let of_side = side(told, resource).into_iter().flat_map(|side| &side.to_allow);
    let ways: Vec<&str> =
        told.to_allow.iter().chain(of_side).map(|way| way.said.as_str()).collect();
    (gate.to_owned(), said.to_owned(), ways.join("\n"))
}

/// A VM for each case: the first that is left and has so many vCPUs to give.
fn cast(lab: &Lab, cases: Vec<Case>) -> Vec<(VmId, Case)> {
    let mut free = lab.vms();
    let mut cast = |case: Case| {
        let fits = |vm: &vm_autoscale_lab::VmInfo| {
            vm.qemu_vcpus >= Some(case.vcpus) && vm.kind != "legacy"
        };
        let at = free.iter().position(fits).unwrap_or_else(|| panic!("no VM for {}", case.name));
        (free.remove(at).vmid, case)
    };
    cases.into_iter().map(&mut cast).collect()
}

/// Each VM is in another situation; all of them are told rightly at the same time.
#[tokio::test(start_paused = true)]
async fn each_situation_is_told_with_the_figures_that_decided() {
    let lab = lab(48);
    let cast = cast(&lab, all());
    assert!(cast.len() >= 24, "{}", cast.len());
    let mut file = format!("{FILE}select: [100-9999");
    for (vmid, _) in cast.iter().filter(|(_, case)| case.name == "taken out") {
        write!(file, ", -{vmid}").unwrap();
    }
    file += "]\nvirtual_machines:\n";
    for (vmid, case) in cast.iter().filter(|(_, case)| !case.file.is_empty()) {
        writeln!(file, "- {{vm_id: {vmid}, {}}}", case.file).unwrap();
    }
    for (vmid, case) in &cast {
        give(&lab, *vmid, case.cores, case.mib);
        (case.before)(&lab, *vmid);
    }
    let journal = MemoryJournal::default();
    let board = begin(&lab, &file, journal.clone()).unwrap();
    sleep(Duration::from_secs(100)).await;
    for (vmid, case) in &cast {
        (case.later)(&lab, &journal, *vmid).await;
    }
    sleep(Duration::from_secs(205)).await;
    let mut wrong = Vec::new();
    for (vmid, case) in &cast {
        wrong.extend(case.fails(&explained(&board, *vmid).await));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Who was changed says by which figures, and what has not been seen is not made up.
#[tokio::test(start_paused = true)]
async fn what_was_changed_says_why() {
    let lab = lab(6);
    let vms = lab.vms();
    let [busy, idle] = [
        vms.iter().find(|vm| vm.qemu_vcpus == Some(1)),
        vms.iter().find(|vm| vm.qemu_vcpus >= Some(2)),
    ]
    .map(|vm| vm.unwrap().vmid);
    give(&lab, busy, BUSY, 700.0);
    give(&lab, idle, IDLE, 700.0);
    let journal = MemoryJournal::default();
    let board = begin(&lab, &format!("{FILE}select: [{busy}, {idle}]\n"), journal.clone()).unwrap();
    sleep(Duration::from_secs(60)).await;
    let of = |vmid: VmId| {
        let events = journal.recent();
        events.iter().find(|event| event.vmid == vmid).map(ToString::to_string).unwrap()
    };
    let (grown, shrunk) = (of(busy), of(idle));
    assert!(grown.contains("vcpus 1 -> 2 verified (100.0 % used, above 80.0 %)"), "{grown}");
    assert!(shrunk.contains("% used, below 20.0 %, 2 times in a row)"), "{shrunk}");
    assert_eq!(side(&explained(&board, busy).await, Resource::Cpu).unwrap().size, Some(2));
    // One that nobody has.
    let stranger = explained(&board, 9999.try_into().unwrap()).await;
    assert_eq!(stranger.looked_after, Some(false));
    let (gate, said, way) = stops(&stranger, Resource::Cpu);
    assert_eq!(
        (gate.as_str(), way.as_str()),
        ("selection", "add 9999 to `select`, or what else names it")
    );
    assert!(said.contains("neither `select`, nor a class, nor an entry"), "{said}");
}
