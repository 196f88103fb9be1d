//! A checker that cannot fail is worthless: one history that keeps every invariant, and each of
//! its ways to break one.

use vm_autoscale_lab::{Control, Part, Shown};
use vm_autoscale_proxmox::{Digest, VmId};

use super::*;

mod broken;
mod ways;

fn vmid() -> VmId {
    101u32.try_into().unwrap()
}

fn digest(byte: u8) -> Digest {
    Digest::from_bytes([byte; 20])
}

fn allowed() -> Allowed {
    Allowed {
        vms: vec![(100..=199, Bounds { vcpus: 1..=4, memory: 2048..=8192, way: Way::PLAIN })],
        direction: Direction::Both,
        cooldown: 60.0,
        under_way: 2,
        rates: Some(Rates { per_vm: 4, per_node: 10, total: 20 }),
        look_gap: 15.0,
        round: 10.0,
        late: 5.0,
        nodes: 3,
        needs: true,
        intents: Vec::new(),
    }
}

/// A history that is written down line by line.
#[derive(Clone)]
struct Story {
    allowed: Allowed,
    entries: Vec<Entry>,
    /// What no line tells, and when.
    told: Vec<(f64, Told)>,
    conf: String,
}

/// What a checker is told beside the history.
#[derive(Clone)]
enum Told {
    /// Cores, MiB, and MiB of programs.
    Uses(f64, f64, f64),
    Starts,
    HelperStarts,
    Loses,
    Pauses(Stop),
    Resumes,
    Reloads(Vms),
}

const CONF: &str =
    "agent: 1\ncores: 8\nhotplug: cpu,memory\nmemory: 4096\nnuma: 1\nsockets: 1\nvcpus: 3\n";

impl Story {
    /// A look every 10 s up to that moment, and the VM's config of this digest at its beginning.
    fn until(end: u32) -> Self {
        let (entries, told, conf) = (Vec::new(), Vec::new(), CONF.to_owned());
        let mut story = Self { allowed: allowed(), entries, told, conf };
        (0..=end / 10).for_each(|look| story.look(f64::from(look * 10)));
        story.read(1.0, 1);
        story
    }

    fn add(&mut self, kind: &str, line: &str, at: f64) -> &mut Entry {
        self.entries.push(Entry {
            node: Some("pve1".try_into().unwrap()),
            start: at,
            end: at + 0.1,
            line: line.to_owned(),
            kind: kind.to_owned(),
            exit: 0,
            cut_off: false,
            vmid: None,
            before: None,
            after: None,
            showed: Vec::new(),
        });
        self.entries.last_mut().unwrap()
    }

    fn look(&mut self, at: f64) {
        self.add("ReadCluster", "", at);
    }

    fn read(&mut self, at: f64, byte: u8) {
        let conf = self.conf.clone();
        self.add("ReadConfigs", "", at).showed =
            vec![Shown { vmid: vmid(), digest: digest(byte), conf }];
    }

    fn control(&mut self, at: f64, control: &Control) {
        let line = serde_json::to_string(control).unwrap();
        let entry = self.add("Control", &line, at);
        (entry.node, entry.vmid) = (None, control.vmid());
    }

    /// `qm set` of the VM, by the config of that digest, which it makes the next one.
    fn set(&mut self, at: f64, what: &str, byte: u8) -> &mut Entry {
        let kind = match what {
            _ if what.contains("revert") => "Revert",
            _ if what.contains("memory") => "SetMemory",
            _ if what.contains("cpulimit") => "SetCpuLimit",
            _ if what.contains("balloon") => "SetBalloon",
            _ => "SetVcpus",
        };
        let line = format!("/usr/sbin/qm set 101 {what} --digest {}", digest(byte));
        let entry = self.add(kind, &line, at);
        entry.vmid = Some(vmid());
        (entry.before, entry.after) = (Some(digest(byte)), Some(digest(byte + 1)));
        entry
    }

    fn told(&mut self, at: f64, told: Told) {
        self.told.push((at, told));
    }

    /// So many cores, MiB, and MiB of programs are used in all rounds of that time.
    fn uses(&mut self, times: std::ops::Range<u32>, used: (f64, f64, f64)) {
        for at in times.step_by(10) {
            self.told(f64::from(at), Told::Uses(used.0, used.1, used.2));
        }
    }

    fn judged(mut self, vms: &[VmInfo]) -> Vec<String> {
        self.entries.sort_by(|a, b| a.end.total_cmp(&b.end));
        self.told.sort_by(|a, b| a.0.total_cmp(&b.0));
        let intents = std::mem::take(&mut self.allowed.intents);
        let mut checker = Checker::new(self.allowed);
        for intended in intents {
            checker.intended(intended);
        }
        let mut told = self.told.into_iter().peekable();
        for entry in &self.entries {
            while let Some((at, told)) = told.next_if(|(at, _)| *at <= entry.end) {
                tell(&mut checker, at, told);
            }
            checker.take(entry);
        }
        checker.counts();
        let now = self.entries.iter().map(|entry| entry.end).fold(0.0, f64::max);
        let mut found = checker.violations();
        found.extend(checker.leftovers(vms, now, 0.0));
        found.into_iter().map(|violation| violation.to_string()).collect()
    }

    /// It breaks this one, in words that hold these, and nothing else.
    #[track_caller]
    fn breaks(self, invariant: &str, why: &str) {
        let found = self.judged(&[]);
        let named = found.iter().all(|text| text.starts_with(&format!("{invariant}: ")));
        assert!(named && found.len() == 1 && found[0].contains(why), "{found:#?}");
    }
}

fn tell(checker: &mut Checker, at: f64, told: Told) {
    match told {
        Told::Uses(cores, memory, programs) => {
            checker.uses(at, &[Usage { vmid: vmid(), cores, memory, programs }]);
        }
        Told::Starts => checker.starts(at),
        Told::HelperStarts => checker.helper_starts(at),
        Told::Loses => checker.loses(at),
        Told::Pauses(stop) => checker.pauses(1, stop),
        Told::Resumes => checker.resumes(1, at),
        Told::Reloads(vms) => checker.reloads(at, vms),
    }
}

fn info(conf: &str) -> VmInfo {
    serde_json::from_value(serde_json::json!({
        "vmid": 101, "node": "pve1", "kind": "web", "conf": conf, "digest": "0".repeat(40),
        "qemu_vcpus": 2, "qemu_memory": 4096, "online_vcpus": 2, "usable_memory": 4096,
        "dead": false, "memory_total": 8192, "wanted_cpu": 1.0, "wanted_memory": 1000.0
    }))
    .unwrap()
}

/// Growth, shrinking, a failure that is reverted, a lock in between: all as it should be.
fn good() -> Story {
    let mut story = Story::until(300);
    story.control(2.0, &Control::Load { vmid: vmid(), cores: 1.5, mib: 1000.0 });
    story.set(11.0, "--vcpus 4", 1);
    story.conf = CONF.replace("vcpus: 3", "vcpus: 4");
    story.read(12.0, 2);
    story.set(21.0, "--memory 4608", 2);
    story.read(22.0, 3);
    story.control(25.0, &Control::Lock { vmid: vmid(), lock: Some("backup".into()) });
    story.control(60.0, &Control::Lock { vmid: vmid(), lock: None });
    story.control(61.0, &Control::Fault { vmid: vmid(), part: Part::KeepsCpus, on: true });
    story.read(91.0, 3);
    story.set(92.0, "--vcpus 2", 3).exit = 255;
    story.conf = CONF.replace("vcpus: 3", "vcpus: 4") + "\n[PENDING]\nvcpus: 2\n";
    story.read(93.0, 4);
    story.set(94.0, "--revert vcpus", 4);
    story.conf = CONF.replace("vcpus: 3", "vcpus: 4");
    story.read(95.0, 5);
    story.set(200.0, "--vcpus 3", 5);
    story
}

#[test]
fn a_good_history_breaks_nothing() {
    let info = info("cores: 8\nvcpus: 3\n\n[PENDING]\nballoon: 512\n");
    assert_eq!(good().judged(&[info]), Vec::<String>::new());
}
