//! Real Linux guests under QEMU, through the real OpenSSH server: what counts is what the guest's
//! own kernel says.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use vm_autoscale_lab::{Control, Part, VmInfo};
use vm_autoscale_planner::Resource;
use vm_autoscale_scheduler::{Event, StatusReport};
use vm_autoscale_tests::programs::pause;
use vm_autoscale_tests::stage::Stage;

use crate::openssh::{SSHD, start_sshd};
use crate::{allowed, load, play, skip, truth, turn, vmid};

/// Software emulation, on a machine that may have other work.
const TIME: Duration = Duration::from_secs(150);
/// A guest that uses what it gets, one that onlines nothing, and one that brings memory online
/// where it cannot be let go of.
const WILLING: u32 = 101;
const BLIND: u32 = 102;
const CLINGING: u32 = 103;
/// More than 80 % of the 1.5 GiB that each begins with, and less than that with a DIMM more.
const MUCH_MIB: f64 = 1250.0;

/// A busy virtual CPU gets at most one of perhaps two real ones, so that its mark is low.
const CONFIG: &str = "\
mode: full
select: [100-9999]
observe_interval: 1
check_interval: 1
scale_cooldown: 2
scale_down_after_cycles: 2
scaling_thresholds: {cpu: {high: 50, low: 15}, ram: {high: 80, low: 40}}
scaling_limits: {min_ram_mb: 1536, max_cores: 4, max_ram_mb: 4096}
memory_shrink: true
";

/// Where `crates/lab/guest/fetch` puts the kernel.
fn kernel() -> PathBuf {
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/guest");
    std::env::var_os("VM_AUTOSCALE_GUEST").map_or(fetched, PathBuf::from)
}

/// What is not here.
fn missing() -> Option<&'static str> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let qemu = |dir: PathBuf| dir.join("qemu-system-x86_64").exists();
    // A section that only programs have which load libraries.
    let static_one = |bytes: Vec<u8>| !bytes.windows(7).any(|part| part == b".interp");
    let busybox = std::fs::read("/bin/busybox").is_ok_and(static_one);
    [
        (Path::new(SSHD).exists(), "/usr/sbin/sshd"),
        (std::env::split_paths(&path).any(qemu), "qemu-system-x86_64"),
        (busybox, "/bin/busybox without libraries (busybox-static)"),
        (kernel().join("vmlinuz").exists(), "the kernel that crates/lab/guest/fetch gets"),
    ]
    .into_iter()
    .find_map(|(there, what)| (!there).then_some(what))
}

/// Waits for the guest's own kernel to say it.
fn until_guest(stage: &Stage, vm: u32, wanted: impl Fn(&VmInfo) -> bool) -> VmInfo {
    let begun = Instant::now();
    loop {
        let found = truth(stage, vm);
        if wanted(&found) {
            return found;
        }
        let status = stage.status().unwrap_or_default();
        let told = || status.recent.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(begun.elapsed() < TIME, "{found:?}\n{:#?}{}", told(), stage.last_words());
        pause(Duration::from_millis(200));
    }
}

/// Waits for a change of that kind to end so, without ever having been called verified.
fn until_told(stage: &Stage, vm: u32, resource: Resource, grows: bool, text: &str) {
    let of_kind = |event: &&Event| {
        let step = event.step;
        event.vmid == vmid(vm) && step.resource() == resource && step.is_growth() == grows
    };
    let first = |status: &StatusReport| status.recent.iter().find(of_kind).cloned();
    let status = stage.until(TIME, |status| first(status).is_some()).unwrap();
    let event = first(&status).unwrap();
    assert!(!event.verified && event.text.contains(text), "{event}");
}

fn fault(stage: &Stage, vm: u32, part: Part) {
    stage.control(Control::Fault { vmid: vmid(vm), part, on: true }).unwrap();
}

#[test]
fn guests_say_themselves_what_they_got() {
    if let Some(missing) = missing() {
        return skip(&format!("no {missing}: nothing was tested on real guests"));
    }
    let _turn = turn();
    let mut play = play(3, "");
    play.config = CONFIG.to_owned();
    play.real = Some(kernel());
    play.qm_time = 0.5;
    let mut stage = Stage::set(&play).unwrap();
    let _sshd = start_sshd(&stage);
    fault(&stage, BLIND, Part::OnlinesNothing);
    fault(&stage, CLINGING, Part::KernelZone);
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    stage.until(TIME, |status| status.clusters.iter().any(|c| c.looks >= 3)).unwrap();
    let before = truth(&stage, WILLING);
    assert_eq!((before.online_vcpus, before.qemu_memory), (1, Some(1536)));

    // Load inside makes its own nproc grow, and memory used inside its own MemTotal, by a DIMM.
    load(&stage, WILLING, 2.0, 0.0);
    load(&stage, CLINGING, 0.0, MUCH_MIB);
    let busy = until_guest(&stage, WILLING, |vm| vm.online_vcpus >= 2);
    load(&stage, WILLING, 0.0, MUCH_MIB);
    load(&stage, BLIND, 2.0, 0.0);
    until_guest(&stage, CLINGING, |vm| vm.usable_memory > before.usable_memory);
    load(&stage, CLINGING, 0.0, 0.0);
    // It switches a DIMM on block by block.
    let full = until_guest(&stage, WILLING, |vm| vm.usable_memory >= before.usable_memory + 512);
    assert_eq!(full.usable_memory - before.usable_memory, 512, "a DIMM");
    // The load gone, vCPUs and the DIMM come off.
    load(&stage, WILLING, 0.0, 0.0);
    let unused = "no effect: QEMU has 2 vCPUs, the guest uses 1;";
    until_told(&stage, BLIND, Resource::Cpu, true, unused);
    load(&stage, BLIND, 0.0, MUCH_MIB);
    until_guest(&stage, WILLING, |vm| (1..busy.online_vcpus).contains(&vm.online_vcpus));
    until_guest(&stage, WILLING, |vm| vm.usable_memory == before.usable_memory);

    let refused = "refused by the guest: it did not release a DIMM";
    until_told(&stage, CLINGING, Resource::Memory, false, refused);
    assert_eq!(truth(&stage, CLINGING).qemu_memory, Some(2048));
    let unused = "no effect: QEMU has 2048 MiB, the guest uses 14";
    until_told(&stage, BLIND, Resource::Memory, true, unused);
    let blind = truth(&stage, BLIND);
    assert_eq!((blind.online_vcpus, blind.usable_memory), (1, before.usable_memory));
    stage.strike_checked(allowed()).unwrap();
}
