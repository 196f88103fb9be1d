//! What was not recorded, so is not in `conformance.rs`: known from source, or from the notes.

use std::time::Duration;

use super::*;
use crate::conf::Conf;
use crate::control::Part;
use crate::guest::{Guest, Qemu};
use crate::load::Demand;
use crate::{Control, Options};

const CONF: &str = "agent: 0\nboot: order=scsi0\ncores: 4\nhotplug: disk,network,usb,memory,cpu\nmemory: 2048\nname: vm101\nnuma: 1\nostype: l26\nsockets: 1\nvcpus: 2\n";
const PARAM: &str = "400 Parameter verification failed.\n";
const USAGE: &str = "\nqm set <vmid> [OPTIONS]\n";

fn vmid() -> VmId {
    VmId::try_from(101).unwrap()
}

/// A lab with the bench's one VM.
fn bench(conf: &str) -> Lab {
    let (epoch, host_cpus) = (Some(1_795_297_200), Some(16));
    let lab = Lab::new(&Options { vms: 1, epoch, host_cpus, ..Options::new().unwrap() }).unwrap();
    {
        let mut node = lab.cluster();
        let vm = node.vms.get_mut(&vmid()).unwrap();
        vm.conf = Conf::new(conf.to_owned());
        let qemu = Qemu::start(&vm.conf, -100.0).unwrap();
        vm.guest = Guest::boot(&qemu, true);
        vm.qemu = Some(qemu);
        vm.fixed = Some(Demand { cpu: 0.1, mem: 300.0 });
    }
    lab
}

fn conf(lab: &Lab) -> String {
    lab.cluster().vms[&vmid()].conf.raw().to_owned()
}

/// The keys of the config that are not as in [`CONF`], and all that is pending.
fn differing(lab: &Lab) -> String {
    let raw = conf(lab);
    let lines = raw.lines().filter(|line| !CONF.lines().any(|old| old == *line));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}

/// Executes `qm set 101` with the config's digest; what it printed, and the seconds it took.
async fn qm(lab: &Lab, options: &str) -> (Answer, f64) {
    let digest = lab.cluster().digest(vmid()).unwrap();
    let start = lab.now();
    let answer = lab.execute(&format!("/usr/sbin/qm set 101 {options} --digest {digest}")).await;
    (answer, lab.now() - start)
}

fn fault(lab: &Lab, part: Part, on: bool) {
    lab.control(Control::Fault { vmid: vmid(), part, on }).unwrap();
}

#[tokio::test(start_paused = true)]
async fn on_a_running_vm() {
    let dimms = "try to unplug memory dimm dimm1\ntry to unplug memory dimm dimm0\n";
    for (options, printed, after) in [
        ("--vcpus 1", "", "vcpus: 1"),
        // Down to the step below, without a word.
        ("--memory 1300", dimms, "memory: 1024"),
        ("--cpulimit 1.5", "", "cpulimit: 1.5"),
        // pvestatd would act on it, as the balloon is not ours alone.
        ("--balloon 1024", "", "balloon: 1024"),
    ] {
        let lab = bench(CONF);
        let (answer, _) = qm(&lab, options).await;
        let line = options.trim_start_matches('-');
        assert_eq!(answer, Answer::ok(format!("update VM 101: -{line}\n{printed}")));
        assert_eq!(differing(&lab), after, "{options}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_failure_left_is_taken_back_to_the_byte() {
    for (part, options) in [
        (Part::PlugFails, "--vcpus 4"),
        (Part::KeepsCpus, "--vcpus 1"),
        (Part::KeepsDimms, "--memory 1024"),
        (Part::CpulimitFails, "--cpulimit 1.5"),
    ] {
        let lab = bench(CONF);
        fault(&lab, part, true);
        assert_ne!(qm(&lab, options).await.0.exit, 0, "{options}");
        let (name, value) = options.trim_start_matches('-').split_once(' ').unwrap();
        assert_eq!(differing(&lab), format!("[PENDING]; {name}: {value}"));
        assert_eq!(qm(&lab, &format!("--revert {name}")).await.0.exit, 0);
        assert_eq!(conf(&lab), CONF);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_reached_stays() {
    let lab = bench(&CONF.replace("memory: 2048", "memory: 5120"));
    let unplugging = lab.clone();
    let task = tokio::spawn(async move { qm(&unplugging, "--memory 1024").await });
    tokio::time::sleep(Duration::from_secs(17)).await;
    assert_eq!(differing(&lab), "memory: 2560; [PENDING]; memory: 1024", "on its way");
    fault(&lab, Part::KeepsDimms, true);
    let (answer, seconds) = task.await.unwrap();
    assert_ne!(answer.exit, 0);
    assert!(answer.stderr.contains("\ndimm1: error unplug memory module\n"));
    assert_eq!(differing(&lab), "[PENDING]; memory: 1024");
    assert!((38.0..42.0).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn late_unplugs_make_drift() {
    let mismatch =
        "vcpus: hotplug problem - vcpus in running vm does not match its configuration\n";
    let lab = bench(&CONF.replace("vcpus: 2", "vcpus: 3"));
    lab.control(Control::LateCpu { vmid: vmid() }).unwrap();
    let (answer, _) = qm(&lab, "--vcpus 4").await;
    assert_eq!(answer.stderr, format!("{PARAM}{mismatch}{USAGE}"));
    // The same step down repairs it.
    let (answer, _) = qm(&lab, "--vcpus 2").await;
    assert_eq!((answer.exit, conf(&lab).as_str()), (0, CONF));
    assert_eq!(qm(&lab, "--vcpus 4").await.0.exit, 0);

    let lab = bench(&CONF.replace("memory: 2048", "memory: 3072"));
    lab.control(Control::LateDimm { vmid: vmid() }).unwrap();
    // One DIMM too many goes, as Proxmox counts from the config.
    assert_eq!(qm(&lab, "--memory 2560").await.0.exit, 0);
    assert_eq!(lab.vms()[0].qemu_memory, Some(2048));
    let (answer, _) = qm(&lab, "--memory 4096").await;
    let text = "memory: hotplug problem - VM 101 qmp command 'object-add' failed - attempt to add duplicate property 'mem-dimm3' to object (type 'container')";
    assert_eq!(answer.stderr, format!("{PARAM}{text}\n{USAGE}"));
}

/// A VM of 3 whose cpu3 is promised, to leave only after cpu4 has come: QEMU has 1, 2 and 4.
async fn with_a_hole() -> Lab {
    let lab = bench(&CONF.replace("vcpus: 2", "vcpus: 3"));
    lab.control(Control::SlowGuest { vmid: vmid(), cpu: 30.0, dimm: 0.5 }).unwrap();
    assert!(qm(&lab, "--vcpus 2").await.0.stderr.contains("vcpus: error unplugging cpu3"));
    assert_eq!(qm(&lab, "--revert vcpus").await.0.exit, 0);
    assert_eq!(qm(&lab, "--vcpus 4").await.0.exit, 0);
    assert_eq!(lab.vms()[0].qemu_vcpus, Some(4));
    tokio::time::sleep(Duration::from_secs(40)).await;
    let vm = lab.vms().remove(0);
    assert_eq!((vm.qemu_vcpus, vm.online_vcpus), (Some(3), 3));
    lab
}

#[tokio::test(start_paused = true)]
async fn a_hole_among_the_cpus_does_not_heal() {
    let lab = with_a_hole().await;
    let query = vm_autoscale_proxmox::MonitorQuery::HotpluggableCpus;
    let node = lab.nodes().remove(0);
    let cpus = NodeCommand::ReadMonitor { node, vmid: vmid(), query };
    let text = lab.execute(&cpus.line()).await.stdout;
    let has = |cpu: u32| text.contains(&format!("peripheral/cpu{cpu}\""));
    assert_eq!([2, 3, 4].map(has), [true, false, true], "{text}");
    // A guest that lets go of cpu4 before QEMU is counted leaves one too few.
    lab.control(Control::SlowGuest { vmid: vmid(), cpu: 0.0, dimm: 0.5 }).unwrap();
    let (answer, _) = qm(&lab, "--vcpus 3").await;
    assert!(answer.stderr.contains("vcpus: error unplugging cpu4"), "{}", answer.stderr);
    assert_eq!(lab.vms()[0].qemu_vcpus, Some(2));

    // One that takes its time is counted while it still has it, and leaves the config behind.
    let lab = with_a_hole().await;
    assert_eq!(qm(&lab, "--vcpus 3").await.0.exit, 0);
    tokio::time::sleep(Duration::from_secs(40)).await;
    assert_eq!(lab.vms()[0].qemu_vcpus, Some(2));
    assert!(conf(&lab).contains("vcpus: 3\n"));
}

#[tokio::test(start_paused = true)]
async fn a_cpu_that_is_there_is_not_plugged_again() {
    let lab = with_a_hole().await;
    // Config and count agree by another's hand, but the next number is taken.
    let value = Some("3".to_owned());
    lab.control(Control::Edit { vmid: vmid(), key: "vcpus".into(), value }).unwrap();
    let (answer, _) = qm(&lab, "--vcpus 4").await;
    assert!(answer.stderr.contains("vcpus: error hotplugging cpu4"), "{}", answer.stderr);
    assert_eq!(lab.vms()[0].qemu_vcpus, Some(3));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_command_is_refused() {
    let lab = bench(CONF);
    let answer = lab.execute("/usr/sbin/qm set 101 --args x").await;
    assert_eq!((answer.exit, lab.stats().refused), (127, 1));
    assert_eq!(lab.history(0).last().unwrap().kind, "Refused");
}

#[tokio::test(start_paused = true)]
async fn the_second_of_two_calls_sees_that_it_came_too_late() {
    let lab = bench(CONF);
    let (one, other) = tokio::join!(qm(&lab, "--vcpus 4"), qm(&lab, "--memory 2560"));
    let (late, first) = if one.0.exit == 0 { (other.0, one.0) } else { (one.0, other.0) };
    assert_eq!(first.exit, 0);
    assert!(late.stderr.ends_with("checksum mismatch (file change by other user?)\n"));
}

#[tokio::test(start_paused = true)]
async fn a_stopped_vm_takes_whatever_waits() {
    let lab = bench(CONF);
    lab.control(Control::Stop { vmid: vmid() }).unwrap();
    let pending = |key: &str, value: Option<&str>| Control::Pending {
        vmid: vmid(),
        key: key.into(),
        value: value.map(Into::into),
    };
    lab.control(pending("cores", Some("8"))).unwrap();
    lab.control(pending("agent", None)).unwrap();
    let (answer, _) = qm(&lab, "--vcpus 9").await;
    assert_eq!(answer, Answer::ok("update VM 101: -vcpus 9\n"));
    assert_eq!(differing(&lab), "cores: 8; vcpus: 9");
    assert!(!conf(&lab).contains("agent"));
    // And does not start with it.
    assert!(lab.control(Control::Start { vmid: vmid() }).is_err());
    assert_eq!(qm(&lab, "--vcpus 8").await.0.exit, 0);
    lab.control(Control::Start { vmid: vmid() }).unwrap();
    assert_eq!(lab.vms()[0].qemu_vcpus, Some(8));
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_died_of_its_memory_releases_no_cpu() {
    let lab = bench(CONF);
    lab.control(Control::Load { vmid: vmid(), cores: 1.0, mib: 1500.0 }).unwrap();
    assert_ne!(qm(&lab, "--memory 1024").await.0.exit, 0);
    assert!(lab.vms()[0].dead);
    let (answer, _) = qm(&lab, "--vcpus 1").await;
    assert!(answer.stderr.contains("vcpus: error unplugging cpu2"), "{}", answer.stderr);
}

/// What an administrator types: options that QEMU has no word in are live, those that it starts
/// with wait for a power cycle.
#[tokio::test(start_paused = true)]
async fn what_is_typed_is_done_by_the_same_rules() {
    let lab = bench(&format!("{CONF}balloon: 1024\nhugepages: 1024\n"));
    let typed = async |line: &str| {
        let Answer { stderr, exit, .. } = lab.type_line(line).await;
        (exit, stderr)
    };
    let done = (0, String::new());
    let set = "qm set 101 --cores 8 --vcpus 3 --shares 0 --hotplug cpu --delete hugepages,balloon";
    assert_eq!(typed(set).await, done);
    let waits = "hugepages: 1024; shares: 0; vcpus: 3; [PENDING]; cores: 8; \
        delete: hugepages; hotplug: cpu";
    assert_eq!(differing(&lab), waits);
    assert_eq!(typed("qm reboot 101").await, done);
    assert_eq!(differing(&lab), "cores: 8; hotplug: cpu; shares: 0; vcpus: 3");
    for (line, exit) in [
        ("qm set 101 --hookscript x", 2),
        ("qm set 101 --cores many", 2),
        ("qm set 101", 2),
        ("qm set 999 --cores 1", 2),
        ("qm set 101 --delete net0", 2),
        ("qm destroy 101", 255),
        ("sh -c reboot", 255),
    ] {
        assert_eq!(typed(line).await.0, exit, "{line}");
    }
    lab.control(Control::Lock { vmid: vmid(), lock: Some("backup".to_owned()) }).unwrap();
    assert_eq!(typed("qm set 101 --cores 1").await, (255, "VM is locked (backup)\n".to_owned()));
}
