//! How the VMs are looked after: by each policy, lever and mode some, by the seed; and what the
//! checker is told of that.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::RangeInclusive;

use fastrand::Rng;
use vm_autoscale_lab::Control;
use vm_autoscale_proxmox::VmId;

use crate::invariants::{Bounds, Cpu, Direction, Low, Rule, Way};

/// Between two changes by marks, and after what failed, in seconds.
pub(super) const COOLDOWN: f64 = 300.0;

const MARKS: &str = "policy: threshold, check_interval: 60, scale_cooldown: 300, \
    scale_down_after_cycles: 3, \
    thresholds: {cpu: {high: 80, low: 35}, ram: {high: 85, low: 45}}";
// While one waits for something else, every new sample is judged.
const LOW: Low = Low { cpu: 0.35, memory: 0.45, times: 3, apart: 10.0 };
/// Each holds for the VMs now and then, as the wall clock is set.
const HOURS: &str = "policy: adaptive, schedules: [{name: night, at: \"20:00\", for: 9h, \
    scaling_limits: {min_cores: 2, max_cores: 6, min_ram_mb: 2048}}]";

/// What VMs of one kind have in common.
struct Kind {
    name: &'static str,
    /// How many of a hundred.
    share: u32,
    by_marks: bool,
    cpu: Cpu,
    balloon: bool,
    /// By the first configuration, and by the other one.
    modes: [&'static str; 2],
}

const fn kind(name: &'static str, share: u32, by_marks: bool) -> Kind {
    Kind { name, share, by_marks, cpu: Cpu::Either, balloon: false, modes: ["full", "full"] }
}

/// What is left of a hundred is not looked after at all.
const KINDS: [Kind; 11] = [
    kind("marks", 22, true),
    Kind { cpu: Cpu::Limit, balloon: true, ..kind("marks-live", 6, true) },
    Kind { modes: ["up-only", "observe"], ..kind("marks-up", 4, true) },
    Kind { modes: ["recommend", "up-only"], ..kind("marks-none", 3, true) },
    kind("adaptive", 27, false),
    kind("hours", 4, false),
    Kind { cpu: Cpu::Vcpus, ..kind("vcpus", 5, false) },
    Kind { cpu: Cpu::Limit, balloon: true, ..kind("live", 9, false) },
    Kind { balloon: true, ..kind("balloon", 5, false) },
    Kind { modes: ["up-only", "full"], ..kind("up", 5, false) },
    Kind { modes: ["observe", "recommend"], ..kind("none", 5, false) },
];

/// Cores and MiB by each of the two configurations.
const LIMITS: [(RangeInclusive<u32>, RangeInclusive<u32>); 2] =
    [(1..=8, 1024..=16_384), (2..=6, 1536..=12_288)];

/// Of each VM its kind; none where it is not looked after.
pub(super) struct Fleet(BTreeMap<u32, Option<usize>>);

impl Fleet {
    pub(super) fn new(seed: u64, vms: u32) -> Self {
        let mut rng = Rng::with_seed(seed ^ 0xf1ee7);
        Self((101..101 + vms).map(|vmid| (vmid, drawn(rng.u32(0..100)))).collect())
    }

    /// What has to be so before anything begins.
    pub(super) fn controls(&self) -> Vec<Control> {
        let by_balloon =
            |of: Option<usize>| of.and_then(|of| KINDS.get(of)).is_some_and(|it| it.balloon);
        let all = self.0.iter().filter(|(_, of)| by_balloon(**of));
        let shares = |vmid| Control::Edit { vmid, key: "shares".into(), value: Some("0".into()) };
        all.filter_map(|(vmid, _)| Some(shares(VmId::try_from(*vmid).ok()?))).collect()
    }

    /// The first configuration, or the other one.
    pub(super) fn yaml(&self, which: usize) -> String {
        let mut left = String::new();
        for vmid in self.of(None) {
            // Writing to a string cannot fail.
            let _ = write!(left, ", \"-{vmid}\"");
        }
        let mut yaml = format!(
            "mode: full\nselect: [100-100000{left}]\nmemory_shrink: true\n\
             external_change_hold: 900\nscaling_limits: {}\nclasses:\n",
            limits(which)
        );
        for (place, kind) in KINDS.iter().enumerate() {
            let vms: Vec<String> = self.of(Some(place)).map(|vmid| vmid.to_string()).collect();
            // Of few VMs none may be of this kind, and a class is somebody's.
            if vms.is_empty() {
                continue;
            }
            // Writing to a string cannot fail.
            let _ = writeln!(
                yaml,
                "  - {{name: {}, select: [{}], mode: {}, {}}}",
                kind.name,
                vms.join(", "),
                kind.mode(which),
                kind.keys()
            );
        }
        yaml
    }

    fn of(&self, kind: Option<usize>) -> impl Iterator<Item = u32> {
        self.0.iter().filter(move |(_, of)| **of == kind).map(|(vmid, _)| *vmid)
    }

    /// What each VM may become by that configuration; who is not looked after is not in it.
    pub(super) fn bounds(&self, which: usize) -> Vec<(RangeInclusive<u32>, Bounds)> {
        let Some((vcpus, memory)) = LIMITS.get(which) else { return Vec::new() };
        let of = |(vmid, kind): (&u32, &Option<usize>)| {
            let way = KINDS.get((*kind)?)?.way(which);
            Some((*vmid..=*vmid, Bounds { vcpus: vcpus.clone(), memory: memory.clone(), way }))
        };
        self.0.iter().filter_map(of).collect()
    }
}

fn drawn(of_a_hundred: u32) -> Option<usize> {
    let mut sum = 0;
    KINDS.iter().position(|kind| {
        sum += kind.share;
        of_a_hundred < sum
    })
}

fn limits(which: usize) -> String {
    let (cores, mib) = LIMITS.get(which).cloned().unwrap_or((1..=1, 1024..=1024));
    format!(
        "{{min_cores: {}, max_cores: {}, min_ram_mb: {}, max_ram_mb: {}}}",
        cores.start(),
        cores.end(),
        mib.start(),
        mib.end()
    )
}

impl Kind {
    fn mode(&self, which: usize) -> &'static str {
        self.modes.get(which).copied().unwrap_or("observe")
    }

    fn keys(&self) -> String {
        let rule = match (self.by_marks, self.name) {
            (true, _) => MARKS,
            (false, "hours") => HOURS,
            (false, _) => "policy: adaptive",
        };
        let cpu = match self.cpu {
            Cpu::Vcpus => "vcpus",
            Cpu::Limit => "cpulimit",
            Cpu::Either => "auto",
        };
        let memory = if self.balloon { "balloon" } else { "dimm" };
        format!("{rule}, cpu_lever: {cpu}, memory_lever: {memory}")
    }

    fn way(&self, which: usize) -> Way {
        let direction = match self.mode(which) {
            "full" => Direction::Both,
            "up-only" => Direction::Up,
            _ => Direction::None,
        };
        let rule = if self.by_marks { Rule::Marks(Some(LOW)) } else { Rule::Adaptive };
        Way { direction, rule, cpu: self.cpu, balloon: self.balloon }
    }
}
