//! Real guests. Each boots once, and all that is asked of its kind is asked of it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, MutexGuard};
use tokio::time::sleep;
use vm_autoscale_proxmox::{parse_balloon, parse_hotpluggable_cpus, parse_memory_size_summary};

use super::*;

/// Emulation by two cores that others use as well.
const PATIENCE: Duration = Duration::from_secs(40);
/// What a DIMM has, in KiB.
const DIMM: u64 = 512 * 1024;

/// A lab's directory with a guest ready to be started; one test at a time has it.
struct Bench {
    image: Image,
    /// Removed at the end.
    _dir: tempfile::TempDir,
    _alone: MutexGuard<'static, ()>,
}

/// What guests boot, for one test at a time; `None` where this machine has no real guests, which
/// is told, or fails if that is asked for.
pub(crate) async fn kernel(what: &str) -> Option<(PathBuf, MutexGuard<'static, ()>)> {
    static ALONE: Mutex<()> = Mutex::const_new(());
    let kernel_dir = std::env::var_os("VM_AUTOSCALE_GUEST").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/guest"),
        PathBuf::from,
    );
    if let Some(missing) = missing(&kernel_dir) {
        let text = format!("NOT TESTED with a real guest: {what}; {missing}\n");
        assert!(std::env::var_os("VM_AUTOSCALE_NO_SKIP").is_none(), "{text}");
        // Not by a macro, as the harness would keep that to itself.
        std::io::stderr().write_all(text.as_bytes()).unwrap();
        return None;
    }
    Some((kernel_dir, ALONE.lock().await))
}

async fn bench(what: &str) -> Option<Bench> {
    let (kernel_dir, alone) = kernel(what).await?;
    let dir = tempfile::tempdir().unwrap();
    // Longer than a socket's address can be, and with what QEMU's options are parted by.
    let lab = dir.path().join("a,directory=of the lab".repeat(6));
    std::fs::create_dir(&lab).unwrap();
    let image = Image::prepare(&lab, &kernel_dir).await.unwrap();
    Some(Bench { image, _dir: dir, _alone: alone })
}

impl Bench {
    async fn boot(&self, spec: &Spec) -> Machine {
        let machine = Machine::start(&self.image, spec).await.unwrap();
        machine.booted(PATIENCE).await.unwrap();
        machine
    }
}

/// Waits until the guest's figures are as wished. One that is busy with its new hardware may
/// answer late.
async fn until(machine: &Machine, what: &str, holds: impl Fn(&GuestReport) -> bool) {
    let start = Instant::now();
    loop {
        let report = machine.guest().await;
        if report.as_ref().is_ok_and(&holds) {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "{what}: not by {report:?}");
        sleep(Duration::from_millis(100)).await;
    }
}

async fn until_gone(machine: &Machine, dimm: u32) {
    let start = Instant::now();
    while machine.dimms().await.unwrap().contains(&dimm) {
        assert!(start.elapsed() < PATIENCE, "dimm{dimm} stays");
        sleep(Duration::from_millis(100)).await;
    }
}

/// Asks a few times as Proxmox does, and sees that the DIMM stays.
async fn refused(machine: &Machine, dimm: u32) {
    for _ in 0..2 {
        machine.unplug_dimm(dimm).await.unwrap();
        sleep(Duration::from_secs(2)).await;
        assert!(machine.dimms().await.unwrap().contains(&dimm), "dimm{dimm} is gone");
    }
}

#[tokio::test]
async fn a_guest_uses_what_is_plugged_and_gives_it_back() {
    let Some(bench) = bench("hot plug, load, balloon").await else { return };
    let machine = bench.boot(&Spec { memory: 1536, ..spec(101) }).await;
    cpus(&machine).await;
    dimms(&machine).await;
    load(&machine).await;
    balloon(&machine).await;
    refusals(&machine).await;
    let pid = machine.pid();
    assert!(machine.running().await);
    machine.stop().await.unwrap();
    assert!(!machine.running().await && !Path::new(&format!("/proc/{pid}")).exists());
}

async fn cpus(machine: &Machine) {
    for number in [2, 3] {
        machine.plug_cpu(number).await.unwrap();
    }
    assert_eq!(machine.cpus().await.unwrap(), 3);
    until(machine, "three CPUs", |guest| (guest.online_cpus, guest.present_cpus) == (3, 3)).await;
    machine.unplug_cpu(3).await.unwrap();
    until(machine, "two CPUs", |guest| (guest.online_cpus, guest.present_cpus) == (2, 2)).await;
    assert_eq!(machine.cpus().await.unwrap(), 2);
    let text = machine.hmp("info hotpluggable-cpus").await.unwrap();
    assert!(text.contains("  qom_path: \"/machine/peripheral/cpu2\"\r\n"), "{text}");
    assert_eq!(text.matches("vcpus_count").count(), 4, "{text}");
    parse_hotpluggable_cpus(&text).unwrap();
    // More often than QEMU would survive without spare sockets; and one that cannot be.
    for _ in 0..4 {
        machine.plug_cpu(3).await.unwrap();
        until(machine, "three again", |guest| guest.online_cpus == 3).await;
        machine.unplug_cpu(3).await.unwrap();
        until(machine, "two again", |guest| guest.present_cpus == 2).await;
    }
    machine.plug_cpu(5).await.unwrap();
    assert_eq!(machine.cpus().await.unwrap(), 2);
}

async fn dimms(machine: &Machine) {
    let before = machine.guest().await.unwrap().mem_total_kib;
    assert!(before > 1300 * 1024, "the DIMM that was there from the start is not used: {before}");
    machine.plug_dimm(1, 512, 0).await.unwrap();
    until(machine, "a DIMM", |guest| guest.mem_total_kib == before + DIMM).await;
    let twice = machine.plug_dimm(1, 512, 0).await.unwrap_err().to_string();
    let text = "attempt to add duplicate property 'mem-dimm1' to object (type 'container')";
    assert_eq!(twice, format!("VM 101 qmp command 'object-add' failed - {text}"));
    let text = machine.hmp("info memory_size_summary").await.unwrap();
    parse_memory_size_summary(&text).unwrap();
    assert!(text.contains("plugged memory: 1073741824\r\n"), "{text}");

    machine.unplug_dimm(1).await.unwrap();
    until_gone(machine, 1).await;
    until(machine, "no DIMM", |guest| guest.mem_total_kib == before).await;
    let orphan = machine.plug_dimm(1, 512, 0).await.unwrap_err().to_string();
    assert_eq!(orphan, twice, "the backend is still there");
    machine.drop_backend(1).await.unwrap();
    // No such node: the backend goes again.
    machine.plug_dimm(1, 512, 7).await.unwrap_err();
    machine.plug_dimm(1, 512, 0).await.unwrap();
    until(machine, "the DIMM again", |guest| guest.mem_total_kib == before + DIMM).await;
}

async fn load(machine: &Machine) {
    let before = machine.guest().await.unwrap().mem_available_kib;
    let used = |mib: u64| {
        move |guest: &GuestReport| {
            before.saturating_sub(guest.mem_available_kib).abs_diff(mib * 1024) < 48 * 1024
        }
    };
    machine.load(100, 300).await.unwrap();
    until(machine, "300 MiB in use", used(300)).await;
    cores(machine, 0.7..1.4).await;
    machine.load(50, 100).await.unwrap();
    until(machine, "100 MiB in use", used(100)).await;
    cores(machine, 0.35..0.65).await;
    machine.load(0, 0).await.unwrap();
    until(machine, "nothing in use", used(0)).await;
    cores(machine, 0.0..0.2).await;
}

/// Waits until QEMU uses so many cores for three seconds: others may want the same ones.
async fn cores(machine: &Machine, wish: std::ops::Range<f64>) {
    let start = Instant::now();
    loop {
        let (window, before) = (Instant::now(), machine.cpu_seconds().unwrap());
        sleep(Duration::from_secs(3)).await;
        let spent = machine.cpu_seconds().unwrap() - before;
        let cores = spent / window.elapsed().as_secs_f64();
        if wish.contains(&cores) {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "{cores} cores are used instead of {wish:?}");
    }
}

async fn balloon(machine: &Machine) {
    let total = machine.guest().await.unwrap().mem_total_kib;
    machine.balloon(1792).await.unwrap();
    until(machine, "256 MiB given up", |guest| guest.mem_total_kib == total - 256 * 1024).await;
    let text = machine.hmp("info balloon").await.unwrap();
    assert_eq!(text, "balloon: actual=1792\r\n");
    parse_balloon(&text).unwrap();
    let start = Instant::now();
    while machine.balloon_stats().await.unwrap().unwrap().total != (total - 256 * 1024) * 1024 {
        assert!(start.elapsed() < PATIENCE, "pvestatd would not see it");
        sleep(Duration::from_millis(200)).await;
    }
    let stats = machine.balloon_stats().await.unwrap().unwrap();
    assert!(stats.free <= stats.total && stats.available <= stats.total, "{stats:?}");
    machine.balloon(2048).await.unwrap();
    until(machine, "all of it", |guest| guest.mem_total_kib == total).await;
}

async fn refusals(machine: &Machine) {
    machine.releases(Device::Cpu, false).await.unwrap();
    machine.releases(Device::Dimm, false).await.unwrap();
    machine.unplug_cpu(2).await.unwrap();
    refused(machine, 1).await;
    assert_eq!(machine.cpus().await.unwrap(), 2);
    machine.releases(Device::Cpu, true).await.unwrap();
    machine.releases(Device::Dimm, true).await.unwrap();
    machine.unplug_cpu(2).await.unwrap();
    machine.unplug_dimm(1).await.unwrap();
    until_gone(machine, 1).await;
    until(machine, "one CPU", |guest| guest.online_cpus == 1).await;
}

#[tokio::test]
async fn a_guest_of_two_sockets_that_uses_nothing() {
    let Some(bench) = bench("guests without rules for udev, QEMU killed").await else { return };
    let nothing = Spec {
        sockets: 2,
        cores: 2,
        vcpus: 2,
        memory: 1536,
        onlines: Onlines::Nothing,
        ..spec(102)
    };
    let machine = bench.boot(&nothing).await;
    let before = machine.guest().await.unwrap();
    assert!(before.mem_total_kib < 1024 * 1024, "a DIMM of the start is one as any: {before:?}");
    for number in [3, 4] {
        machine.plug_cpu(number).await.unwrap();
    }
    machine.plug_dimm(1, 512, 1).await.unwrap();
    until(&machine, "four seen", |guest| guest.present_cpus == 4).await;
    sleep(Duration::from_secs(1)).await;
    let after = machine.guest().await.unwrap();
    assert_eq!((machine.cpus().await.unwrap(), after.online_cpus), (4, 2));
    assert_eq!(machine.dimms().await.unwrap().into_iter().collect::<Vec<_>>(), [0, 1]);
    assert_eq!(after.mem_total_kib, before.mem_total_kib);
    let text = machine.hmp("info hotpluggable-cpus").await.unwrap();
    let third = "cpu3\"\r\n  CPUInstance Properties:\r\n    node-id: \"1\"\r\n    socket-id: \"1\"";
    assert!(text.contains(third), "{text}");
    machine.onlines(Onlines::Movable).await.unwrap();
    until(&machine, "a rule at last", |guest| guest.online_cpus == 4).await;

    let pid = machine.pid().to_string();
    tokio::process::Command::new("kill").args(["-9", &pid]).status().await.unwrap();
    let text = |result: Result<(), Error>| result.unwrap_err().to_string();
    let human = "VM 102 qmp command 'human-monitor-command' failed - client closed connection";
    assert_eq!(text(machine.plug_cpu(4).await), human);
    let dimms = text(machine.dimms().await.map(drop));
    let other = "VM 102 qmp command 'query-memory-devices' failed - client closed connection";
    assert_eq!(dimms, other);
    // The process closes its files before it counts as ended.
    let start = Instant::now();
    while machine.running().await {
        assert!(start.elapsed() < PATIENCE, "QEMU runs on");
        sleep(Duration::from_millis(20)).await;
    }
    let guest = text(machine.guest().await.map(drop));
    assert!(guest.starts_with("the guest of VM 102 did not answer 'report': "), "{guest}");
    machine.stop().await.unwrap();
}

#[tokio::test]
async fn a_guest_that_cannot_let_go() {
    let Some(bench) = bench("memory in a kernel zone, a guest that panics").await else { return };
    let machine = bench.boot(&Spec { onlines: Onlines::KernelZone, ..spec(103) }).await;
    let before = machine.guest().await.unwrap().mem_total_kib;
    for dimm in [0, 1] {
        machine.plug_dimm(dimm, 512, 0).await.unwrap();
        let grown = before + (u64::from(dimm) + 1) * DIMM;
        until(&machine, "a DIMM", |guest| guest.mem_total_kib == grown).await;
        machine.pinned(PATIENCE).await.unwrap();
        refused(&machine, dimm).await;
        assert_eq!(machine.guest().await.unwrap().mem_total_kib, grown);
    }
    machine.crash().await.unwrap();
    let console = std::fs::read_to_string(bench.image.dir.join("103.console")).unwrap();
    assert!(console.contains("Kernel panic - not syncing"), "{console}");
    machine.plug_cpu(2).await.unwrap();
    assert_eq!(machine.cpus().await.unwrap(), 2, "QEMU does not need the guest for that");
    assert!(machine.running().await);
    let pid = machine.pid();
    drop(machine);
    let start = Instant::now();
    while alive(pid) {
        assert!(start.elapsed() < PATIENCE, "QEMU outlives its machine");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Whether there is such a process, which has not just ended.
fn alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

#[tokio::test]
async fn qemu_s_own_words_are_told() {
    let Some(bench) = bench("a VM that QEMU refuses").await else { return };
    let many = Machine::start(&bench.image, &Spec { cores: 256, ..spec(104) }).await;
    let text = many.unwrap_err().to_string();
    assert!(text.starts_with("VM 104 cannot be started: QEMU has ended: "), "{text}");
    assert!(text.contains("Invalid SMP CPUs 256. The max CPUs supported by machine 'pc"), "{text}");
}

#[tokio::test]
async fn a_machine_without_kernel_is_told_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let error = Image::prepare(dir.path(), dir.path()).await.unwrap_err().to_string();
    assert!(error.starts_with("real guests cannot run here: missing: "), "{error}");
    assert!(error.ends_with("vmlinuz (run crates/lab/guest/fetch)"), "{error}");
}
