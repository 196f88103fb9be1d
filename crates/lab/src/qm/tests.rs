//! The recorded cases: texts to the letter, zero or not, and the config afterwards.

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
    let lab = Lab::new(&Options { vms: 1, epoch: Some(1_795_297_200), ..Options::new().unwrap() });
    let lab = lab.unwrap();
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

struct Case {
    before: &'static str,
    options: &'static str,
    stdout: &'static str,
    stderr: String,
    after: &'static str,
    seconds: (f64, f64),
}

impl Case {
    fn good(
        options: &'static str,
        stdout: &'static str,
        after: &'static str,
        s: (f64, f64),
    ) -> Self {
        Self { before: CONF, options, stdout, stderr: String::new(), after, seconds: s }
    }

    fn bad(options: &'static str, stdout: &'static str, text: &str, after: &'static str) -> Self {
        let stderr = format!("{PARAM}{text}\n{USAGE}");
        Self { before: CONF, options, stdout, stderr, after, seconds: (0.5, 1.5) }
    }

    async fn check(&self, lab: &Lab) {
        let (answer, seconds) = qm(lab, self.options).await;
        assert_eq!(answer.stdout, self.stdout, "{}", self.options);
        assert_eq!(answer.stderr, self.stderr, "{}", self.options);
        assert_eq!(answer.exit == 0, self.stderr.is_empty(), "{}", self.options);
        assert_eq!(differing(lab), self.after, "{}", self.options);
        assert!((self.seconds.0..self.seconds.1).contains(&seconds), "{} {seconds}", self.options);
    }
}

#[tokio::test(start_paused = true)]
async fn on_a_running_vm() {
    let no_hotplug = CONF.replace(",memory,cpu", "").leak();
    let balloon = CONF.replace("boot", "balloon: 1536\nboot").leak();
    let manual = balloon.replace("sockets", "shares: 0\nsockets").leak();
    let skipped = "hotplug: disk,network,usb; [PENDING]; ";
    for case in [
        Case::good("--vcpus 4", "update VM 101: -vcpus 4\n", "vcpus: 4", (0.7, 1.5)),
        Case::good("--vcpus 1", "update VM 101: -vcpus 1\n", "vcpus: 1", (0.9, 2.8)),
        Case::good("--vcpus 2", "update VM 101: -vcpus 2\n", "", (0.5, 1.5)),
        Case::good("--memory 2560", "update VM 101: -memory 2560\n", "memory: 2560", (0.7, 2.0)),
        Case::good("--memory 2700", "update VM 101: -memory 2700\n", "memory: 3072", (0.7, 2.0)),
        Case::good(
            "--memory 1300",
            "update VM 101: -memory 1300\ntry to unplug memory dimm dimm1\ntry to unplug memory dimm dimm0\n",
            "memory: 1024",
            (6.5, 8.0),
        ),
        Case::good("--cpulimit 1.5", "update VM 101: -cpulimit 1.5\n", "cpulimit: 1.5", (0.5, 1.5)),
        Case::good("--balloon 1024", "update VM 101: -balloon 1024\n", "balloon: 1024", (0.5, 1.5)),
        Case::bad(
            "--vcpus 5",
            "update VM 101: -vcpus 5\n",
            "vcpus: hotplug problem - you can't add more vcpus than maxcpus",
            "[PENDING]; vcpus: 5",
        ),
        Case::bad(
            "--memory 512",
            "update VM 101: -memory 512\n",
            "memory: hotplug problem - memory can't be lower than 1024 MB at /usr/share/perl5/PVE/QemuServer/Memory.pm line 219.",
            "[PENDING]; memory: 512",
        ),
        Case::bad(
            "--memory 524800",
            "update VM 101: -memory 524800\n",
            "memory: hotplug problem - you cannot add more memory than max mem 524288 MB!",
            "[PENDING]; memory: 524800",
        ),
        Case {
            before: no_hotplug,
            ..Case::good(
                "--vcpus 3",
                "update VM 101: -vcpus 3\n",
                &*format!("{skipped}vcpus: 3").leak(),
                (0.5, 1.5),
            )
        },
        Case {
            before: no_hotplug,
            ..Case::good(
                "--memory 4096",
                "update VM 101: -memory 4096\n",
                &*format!("{skipped}memory: 4096").leak(),
                (0.5, 1.5),
            )
        },
        Case {
            before: balloon,
            stderr: "balloon value too large (must be smaller than assigned memory)\n".into(),
            ..Case::good("--memory 1024", "", "balloon: 1536", (0.5, 1.5))
        },
        Case {
            stderr: "balloon value too large (must be smaller than assigned memory)\n".into(),
            ..Case::good("--balloon 4096", "", "", (0.5, 1.5))
        },
        Case {
            before: manual,
            ..Case::good(
                "--memory 1024 --balloon 1024",
                "update VM 101: -balloon 1024 -memory 1024\ntry to unplug memory dimm dimm1\ntry to unplug memory dimm dimm0\n",
                "balloon: 1024; memory: 1024; shares: 0",
                (6.5, 8.0),
            )
        },
    ] {
        case.check(&bench(case.before)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn with_faults() {
    let unplug = |text: &str| format!("{PARAM}{text}\n\n{}", &USAGE[1..]);
    for (part, options, printed, error, after, seconds) in [
        (
            Part::PlugFails,
            "--vcpus 4",
            "update VM 101: -vcpus 4\n",
            "vcpus: hotplug problem - 400 Parameter verification failed.\nvcpus: error hotplugging cpu3",
            "[PENDING]; vcpus: 4",
            11.8,
        ),
        (
            Part::KeepsCpus,
            "--vcpus 1",
            "update VM 101: -vcpus 1\n",
            "vcpus: hotplug problem - 400 Parameter verification failed.\nvcpus: error unplugging cpu2",
            "[PENDING]; vcpus: 1",
            6.8,
        ),
        (
            Part::KeepsDimms,
            "--memory 1024",
            "update VM 101: -memory 1024\ntry to unplug memory dimm dimm1\n",
            "memory: hotplug problem - 400 Parameter verification failed.\ndimm1: error unplug memory module",
            "[PENDING]; memory: 1024",
            21.8,
        ),
    ] {
        let lab = bench(CONF);
        fault(&lab, part, true);
        let case = Case {
            before: CONF,
            options,
            stdout: printed,
            stderr: unplug(error),
            after,
            seconds: (seconds - 0.2, seconds + 0.2),
        };
        case.check(&lab).await;
        // What the failure left is taken back without a word.
        let name = options.split_once(' ').unwrap().0.trim_start_matches('-');
        let (answer, _) = qm(&lab, &format!("--revert {name}")).await;
        assert_eq!(answer, Answer::ok(format!("update VM 101: -revert {name}\n")));
        assert_eq!(conf(&lab), CONF);
    }
    let lab = bench(CONF);
    fault(&lab, Part::CpulimitFails, true);
    let (answer, _) = qm(&lab, "--cpulimit 1.5").await;
    assert!(answer.stderr.starts_with("Operation \"ne\": no method found,\n") && answer.exit != 0);
    assert_eq!(differing(&lab), "[PENDING]; cpulimit: 1.5");
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

#[tokio::test(start_paused = true)]
async fn who_may_not() {
    let missing =
        "/usr/sbin/qm set 999 --vcpus 2 --digest 0123456789012345678901234567890123456789";
    let lab = bench(CONF);
    let answer = lab.execute(missing).await;
    let text = "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist\n";
    assert_eq!(answer, Answer::fail(text, 2));
    let answer = lab.execute(&missing.replace("999", "101")).await;
    assert_eq!(answer, Answer::fail("checksum mismatch (file change by other user?)\n", 255));
    lab.control(Control::Lock { vmid: vmid(), lock: Some("backup".into()) }).unwrap();
    let (answer, _) = qm(&lab, "--vcpus 3").await;
    assert_eq!(answer, Answer::fail("VM is locked (backup)\n", 255));
    assert_eq!(differing(&lab), "lock: backup", "nothing was written");
    let answer = lab.execute("/usr/sbin/qm set 101 --args x").await;
    assert_eq!((answer.exit, lab.stats().refused), (127, 1));
    assert_eq!(lab.history(0).last().unwrap().kind, "Refused");
}

#[tokio::test(start_paused = true)]
async fn one_qm_at_a_time() {
    let lab = bench(CONF);
    let hold = |seconds| lab.control(Control::HoldLock { vmid: vmid(), seconds }).unwrap();
    hold(60.0);
    let (answer, seconds) = qm(&lab, "--vcpus 3").await;
    let text = "trying to acquire lock...\ncan't lock file '/var/lock/qemu-server/lock-101.conf' - got timeout\n";
    assert_eq!((answer, conf(&lab).as_str()), (Answer::fail(text, 4), CONF));
    assert!((10.0..11.5).contains(&seconds), "{seconds}");
    tokio::time::sleep(Duration::from_secs(60)).await;
    hold(3.0);
    let (answer, _) = qm(&lab, "--vcpus 3").await;
    let good = Answer {
        stderr: "trying to acquire lock...\n OK\n".into(),
        ..Answer::ok("update VM 101: -vcpus 3\n")
    };
    assert_eq!(answer, good);
    // The second of two calls with the same digest sees that it came too late.
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
async fn guests_are_of_many_kinds() {
    let lab = bench(CONF);
    fault(&lab, Part::OnlinesNothing, true);
    assert_eq!(qm(&lab, "--vcpus 4").await.0.exit, 0);
    assert_eq!(qm(&lab, "--memory 3072").await.0.exit, 0);
    let vm = lab.vms().remove(0);
    assert_eq!((vm.qemu_vcpus, vm.online_vcpus, vm.usable_memory), (Some(4), 2, 1948));
    // A guest that needs the memory dies of losing it, and qm says only that it failed.
    lab.control(Control::Load { vmid: vmid(), cores: 1.0, mib: 1500.0 }).unwrap();
    let (answer, _) = qm(&lab, "--memory 1024").await;
    assert!(answer.stderr.contains("dimm1: error unplug memory module"), "{}", answer.stderr);
    assert!(lab.vms()[0].dead);
    let (answer, _) = qm(&lab, "--vcpus 1").await;
    assert!(answer.stderr.contains("vcpus: error unplugging cpu4"), "{}", answer.stderr);
}
