//! One VM under the adaptive rules, on a node with room for everything.

use std::collections::BTreeMap;
use std::time::Duration;

use vm_autoscale_planner::{
    Allow, Choice, CpuLaw, CpuLever, CpuRule, Decision, GuestAnswer, GuestSays, MemoryLaw,
    MemoryLever, MemoryRule, Moment, Move, NodeInput, Past, Planner, PlannerConfig, Resource,
    Sample, VmInput, VmPolicy,
};
use vm_autoscale_proxmox::{MemoryMib, NodeName, VmConfig, VmId};

use crate::diary::{Diary, WALL};

/// Seconds between two cycles.
pub(crate) const CYCLE: u64 = 10;

const CONFIG: PlannerConfig = PlannerConfig {
    max_host_cpu: None,
    max_host_memory: 90.0,
    memory_reserve: 5.0,
    memory_overcommit: 1.0,
    cpu_overcommit: 4.0,
};

/// Everything may be done, every sample is judged, between 1 and 16 vCPUs and 1 and 32 GiB.
pub(crate) const POLICY: VmPolicy = VmPolicy {
    allow: Allow::Everything,
    cpu: Some(CpuRule::Adaptive(CpuLaw::BALANCED)),
    memory: Some(MemoryRule::Adaptive(MemoryLaw::BALANCED)),
    cpu_lever: CpuLever::Auto,
    memory_lever: MemoryLever::Dimm,
    caution: false,
    in_steps: true,
    vcpus: (1, 16),
    memory_mib: (1024, 32_768),
    memory_shrink: true,
    check_interval: Duration::ZERO,
    cooldown: Duration::from_secs(60),
    rest: Duration::ZERO,
    external_change_hold: Duration::ZERO,
    low_checks: 1,
    weight: None,
};

/// What is seen of the VM in a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    Good,
    Absent,
    Repeated,
    NoCpu,
    NoMemory,
    /// Measured at another size than the config's.
    OtherSize,
    /// Its QEMU was started anew.
    Rebooted,
    /// Someone else made it that large: vCPUs and MiB.
    Resized(u32, MemoryMib),
}

/// How a planner is started anew.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Restart {
    /// Whether it was told to stop.
    pub(crate) told: bool,
    /// Cycles until the next one begins.
    pub(crate) away: u64,
    /// Cycles of that one until it knows what was noted before.
    pub(crate) late: usize,
}

pub(crate) struct World {
    planner: Planner,
    pub(crate) policy: VmPolicy,
    pub(crate) config: VmConfig,
    /// Whether its guest answers.
    pub(crate) answers: bool,
    /// Seconds.
    pub(crate) now: u64,
    booted: u64,
    pub(crate) sample: Option<Sample>,
    /// A change that is under way.
    pub(crate) pending: Option<Move>,
    pub(crate) decision: Vec<Decision>,
    node: NodeName,
    nodes: BTreeMap<NodeName, NodeInput>,
    diary: Diary,
    /// Since the restart: cycles until what was noted before is known, and that.
    past: Option<(usize, Past)>,
}

impl World {
    pub(crate) fn new(policy: VmPolicy, vcpus: u32, memory: MemoryMib, answers: bool) -> Self {
        let conf = format!(
            "cores: 8\nhotplug: cpu,memory\nmemory: {memory}\nnuma: 1\nsockets: 2\nvcpus: {vcpus}\n"
        );
        let node = NodeName::try_from("pve1").unwrap();
        let input = NodeInput {
            cpu: Some(0.5),
            memory: Some(1e9),
            memory_used: Some(1e6),
            cpus: Some(1e4),
            others_memory: Some(0.0),
            others_vcpus: Some(0.0),
            fresh: true,
            changing: 0,
        };
        Self {
            planner: Planner::new(CONFIG),
            policy,
            config: VmConfig::parse(&conf).unwrap(),
            answers,
            now: 0,
            booted: 0,
            sample: None,
            pending: None,
            decision: Vec::new(),
            nodes: BTreeMap::from([(node.clone(), input)]),
            node,
            diary: Diary::default(),
            past: None,
        }
    }

    /// The planner is started anew, so many cycles later; told to stop it notes what it has before.
    /// What it noted is known only some cycles after its start.
    pub(crate) fn restart(&mut self, Restart { told, away, late }: Restart) {
        if told {
            self.diary.close(self.now, &self.planner);
        }
        self.diary.lose();
        let kept = self.planner.keep(id()).unwrap();
        self.now += CYCLE * away;
        self.planner = Planner::new(CONFIG);
        self.planner.again(id(), &kept, self.moment(0), away < 6);
        self.past = Some((late, self.diary.past(&self.policy)));
    }

    /// When the last block ended that was noted.
    pub(crate) fn noted(&self) -> u64 {
        self.diary.noted()
    }

    pub(crate) fn vcpus(&self) -> u32 {
        self.config.plugged_vcpus().unwrap().get()
    }

    pub(crate) fn mib(&self) -> u32 {
        self.config.memory.get()
    }

    pub(crate) fn choice(&self, resource: Resource) -> &Choice {
        self.decision[0].on(resource)
    }

    pub(crate) fn act(&self) -> Option<Move> {
        self.decision[0].act().map(|(step, _)| step)
    }

    /// What was decided is under way.
    pub(crate) fn begin(&mut self) {
        self.pending = self.act();
    }

    /// What is under way ends just before the next cycle's sample.
    pub(crate) fn land(&mut self, succeeds: bool) {
        let Some(step) = self.pending.take() else { return };
        match step {
            Move::Cpu { to, .. } if succeeds => self.config.vcpus = Some(to),
            Move::Memory { to, .. } if succeeds => self.config.memory = to,
            _ => {}
        }
        let now = self.moment(CYCLE);
        self.planner.changed(id(), step, succeeds, now);
    }

    /// It wants so many cores and MiB, and gets what it has of them; whether its guest was asked
    /// and answered.
    pub(crate) fn cycle(&mut self, wants: [f64; 2], sight: Sight) -> bool {
        self.now += CYCLE;
        if let Sight::Resized(vcpus, memory) = sight {
            (self.config.vcpus, self.config.memory) = (Some(vcpus.try_into().unwrap()), memory);
        }
        if sight == Sight::Rebooted {
            self.booted = self.now - 1;
        }
        let uses = self.uses(wants);
        if sight != Sight::Repeated {
            self.sample = (sight != Sight::Absent).then(|| self.measure(uses, sight));
        }
        let answered = self.plan(uses);
        self.diary.note(self.now, self.sample.as_ref(), &self.planner);
        if let Some((late, past)) = self.past.take() {
            let (now, wall) = (self.moment(0), WALL + self.now);
            match late.checked_sub(1) {
                Some(late) => self.past = Some((late, past)),
                None => self.planner.learn(id(), past, now, wall),
            }
        }
        answered
    }

    fn moment(&self, later: u64) -> Moment {
        Moment(Duration::from_secs(self.now + later))
    }

    fn uses(&self, [cores, mib]: [f64; 2]) -> [f64; 2] {
        let (vcpus, most) = (f64::from(self.vcpus()), 0.99 * f64::from(self.mib()));
        [cores.clamp(0.001, vcpus), mib.clamp(1.0, most)]
    }

    fn measure(&self, [cores, mib]: [f64; 2], sight: Sight) -> Sample {
        let other = if sight == Sight::OtherSize { 1.0 } else { 0.0 };
        Sample {
            ctime: 1_000_000 + self.now,
            uptime: self.now - self.booted,
            cores_used: Some(if sight == Sight::NoCpu { 0.0 } else { cores }),
            vcpus: Some(f64::from(self.vcpus()) + other),
            memory_used: Some(if sight == Sight::NoMemory { 0.0 } else { mib }),
            memory: Some(f64::from(self.mib()) + 512.0 * other),
        }
    }

    fn plan(&mut self, uses: [f64; 2]) -> bool {
        let now = self.moment(0);
        let vm = VmInput {
            vmid: id(),
            node: &self.node,
            running: Some(true),
            config: Some(&self.config),
            sample: self.sample,
            policy: &self.policy,
            in_flight: self.pending.is_some(),
            node_online: true,
            ha_move: None,
            doubt: None,
            pause: None,
            quarantine: [None, None],
        };
        self.planner.plan(now, &[vm], &self.nodes, &mut self.decision);
        if self.planner.questions().is_empty() {
            return false;
        }
        let answer = if self.answers { says(self.mib(), uses[1]) } else { GuestAnswer::Silent };
        self.planner.told(id(), now, answer);
        if self.act().is_none() {
            self.planner.plan_again(now, &[vm], &mut self.decision);
        }
        self.answers
    }
}

pub(crate) fn id() -> VmId {
    VmId::try_from(101).unwrap()
}

/// What is not in use is available.
fn says(total: u32, used: f64) -> GuestAnswer {
    let used = u32::try_from(Duration::from_secs_f64(used).as_secs() + 1).unwrap();
    let available = total - used;
    GuestAnswer::Says(GuestSays::new(total, available))
}
