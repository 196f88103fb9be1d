//! One node and its VMs, with changes that take their time, fail, and land in any order.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use proptest::prelude::*;
use vm_autoscale_planner::{
    Allow, Amounts, Choice, CpuLaw, CpuLever, CpuRule, Decision, GuestAnswer, GuestSays, Marks,
    MemoryLaw, MemoryLever, MemoryRule, Moment, Move, NodeInput, Planner, PlannerConfig, Reason,
    Resource, Sample, Verdict, VmInput, VmPolicy,
};
use vm_autoscale_proxmox::{Ladder, MemoryMib, NodeName, VmConfig, VmId};

pub(crate) const MOST_USED: f64 = 0.9;
/// MiB of guests that are not looked after.
pub(crate) const OTHERS: f64 = 512.0;
const OVERCOMMIT: f64 = 2.0;
/// Cycles of ten minutes.
const LATE: usize = 60;
/// Samples that are across a change, which nobody believes.
const ACROSS: usize = 2;

const CONFIG: PlannerConfig = PlannerConfig {
    max_host_cpu: None,
    max_host_memory: 100.0 * MOST_USED,
    memory_reserve: 5.0,
    memory_overcommit: 1.0,
    cpu_overcommit: OVERCOMMIT,
};

/// What a guest does for some minutes, and what becomes of changes that are begun then.
#[derive(Debug, Clone)]
pub(crate) struct Stretch {
    cycles: usize,
    /// Shares of its vCPUs and of the most memory that it may have.
    cpu: f64,
    memory: f64,
    /// In cycles.
    change_takes: usize,
    change_fails: bool,
}

type Plan = Vec<Stretch>;

pub(crate) fn plan() -> impl Strategy<Value = Plan> {
    let stretch = (5usize..80, 0.0f64..1.05, 0.05f64..1.0, 1usize..40, any::<bool>());
    let stretch = stretch.prop_map(|(cycles, cpu, memory, change_takes, change_fails)| Stretch {
        cycles,
        cpu,
        memory,
        change_takes,
        change_fails,
    });
    prop::collection::vec(stretch, 1..8)
}

pub(crate) fn plans() -> impl Strategy<Value = Vec<Plan>> {
    prop::collection::vec(plan(), 7)
}

pub(crate) fn guests(count: Range<usize>) -> impl Strategy<Value = Vec<Guest>> {
    let sizes = (0usize..20, 0usize..20);
    let guest = (sizes, any::<bool>(), any::<bool>(), 0u8..4, prop::option::of(1u32..5000));
    let guest = guest.prop_map(|((size, more), adaptive, shrink, allow, weight)| {
        let of = |index: usize| Ladder::sizes().nth(index).unwrap();
        let allow = if allow == 0 { Allow::Growth } else { Allow::Everything };
        Guest::new(of(size), of(size + more), adaptive, shrink, allow).weighing(weight.unwrap_or(1))
    });
    prop::collection::vec(guest, count)
}

/// A VM as it is.
#[derive(Debug, Clone)]
pub(crate) struct Guest {
    policy: VmPolicy,
    config: VmConfig,
    sample: Option<Sample>,
    /// MiB in each cycle.
    used: Vec<f64>,
    /// How many of those count as being of the size that it has now, and how many are still to
    /// come that do not.
    since: usize,
    across: usize,
    /// A change, when it ends, and whether in vain.
    pending: Option<(Move, usize, bool)>,
}

impl Guest {
    fn new(size: u32, most: u32, adaptive: bool, memory_shrink: bool, allow: Allow) -> Self {
        let marks = Marks { high: 85.0, low: 25.0 };
        let cpu = CpuRule::Adaptive(CpuLaw::BALANCED);
        let memory = MemoryRule::Adaptive(MemoryLaw::BALANCED);
        let conf = format!(
            "cores: 8\nvcpus: 2\nmemory: {size}\nnuma: 1\nhotplug: cpu,memory\nshares: 700\n"
        );
        let policy = VmPolicy {
            allow,
            cpu: Some(if adaptive { cpu } else { CpuRule::Threshold(marks) }),
            memory: Some(if adaptive { memory } else { MemoryRule::Threshold(marks) }),
            vcpus: (1, 8),
            memory_mib: (1024, most),
            memory_shrink,
            check_interval: Duration::ZERO,
            cooldown: Duration::from_secs(60),
            rest: Duration::ZERO,
            external_change_hold: Duration::ZERO,
            low_checks: 3,
            weight: None,
            cpu_lever: CpuLever::Vcpus,
            memory_lever: MemoryLever::Dimm,
            caution: false,
            in_steps: false,
        };
        let config = VmConfig::parse(&conf).unwrap();
        Self { policy, config, sample: None, used: Vec::new(), since: 0, across: 0, pending: None }
    }

    pub(crate) fn weighing(self, weight: u32) -> Self {
        Self { policy: VmPolicy { weight: Some(weight), ..self.policy }, ..self }
    }

    pub(crate) fn without_cpu(self) -> Self {
        Self { policy: VmPolicy { cpu: None, ..self.policy }, ..self }
    }

    pub(crate) fn least(&self) -> u32 {
        self.policy.memory_mib.0
    }

    pub(crate) fn most(&self) -> f64 {
        f64::from(self.policy.memory_mib.1)
    }

    /// What was in use in the last ten minutes, as far as it had its size then; where its rule has
    /// marks, now.
    pub(crate) fn most_of_late(&self) -> f64 {
        let adaptive = matches!(self.policy.memory, Some(MemoryRule::Adaptive(_)));
        let late = if adaptive { LATE.min(self.since) } else { 1 };
        self.used.iter().rev().take(late).copied().fold(0.0, f64::max)
    }

    fn memory(&self) -> f64 {
        f64::from(self.config.memory.get())
    }

    fn vcpus(&self) -> f64 {
        f64::from(self.config.plugged_vcpus().unwrap().get())
    }

    /// What is not in use is available.
    fn says(&self) -> GuestAnswer {
        let (total, used) = (self.config.memory.get(), self.used.last().copied().unwrap());
        let used = (0..=total).find(|mib| f64::from(*mib) >= used).unwrap_or(total);
        let available = total - used;
        GuestAnswer::Says(GuestSays::new(total, available))
    }

    /// What came of a change that ends in this cycle.
    fn land(&mut self, cycle: usize) -> Option<(Move, bool)> {
        let (step, _, fails) = self.pending.take_if(|(_, ends, _)| *ends <= cycle)?;
        if step.resource() == Resource::Memory {
            (self.since, self.across) = (0, ACROSS);
        }
        match step {
            Move::Cpu { to, .. } if !fails => self.config.vcpus = Some(to),
            Move::Memory { to, .. } if !fails => self.config.memory = to,
            // Of several DIMMs one may be there.
            Move::Memory { from, to } if to > from => {
                self.config.memory = Ladder::up(from).unwrap_or(from).min(to);
            }
            _ => {}
        }
        Some((step, !fails))
    }

    fn look(&mut self, cycle: usize, stretch: &Stretch, before: [f64; 2]) {
        let [vcpus, memory] = before;
        let used = (stretch.memory * self.most()).min(0.99 * memory).min(0.99 * self.memory());
        self.used.push(used);
        match self.across {
            0 => self.since += 1,
            _ => self.across -= 1,
        }
        let ctime = 10 * u64::try_from(cycle + 1).unwrap();
        self.sample = Some(Sample {
            ctime,
            uptime: ctime,
            cores_used: Some((stretch.cpu * vcpus).max(0.001)),
            vcpus: Some(vcpus),
            memory_used: Some(used),
            memory: Some(memory),
        });
    }
}

/// A node, and a planner for it.
pub(crate) struct Cluster {
    planner: Planner,
    pub(crate) guests: Vec<Guest>,
    plans: Vec<Plan>,
    mib: f64,
    cpus: f64,
    cycle: usize,
    /// What ended in this cycle.
    ended: Vec<(usize, Move, bool)>,
    pub(crate) decisions: Vec<Decision>,
    /// What is added in this cycle.
    pub(crate) grown: Amounts,
}

impl Cluster {
    pub(crate) fn new(guests: Vec<Guest>, plans: Vec<Plan>, mib: f64, cpus: f64) -> Self {
        Self {
            planner: Planner::new(CONFIG),
            guests,
            plans,
            mib,
            cpus,
            cycle: 0,
            ended: Vec::new(),
            decisions: Vec::new(),
            grown: Amounts::default(),
        }
    }

    /// Begins what was decided, lets land what is due, measures, and decides.
    pub(crate) fn cycle(&mut self) {
        for (index, step) in self.acts() {
            let stretch = self.stretch(index);
            let ends = self.cycle + stretch.change_takes;
            let fails = stretch.change_fails;
            self.guests[index].pending = Some((step, ends, fails));
        }
        self.cycle += 1;
        self.ended.clear();
        for index in 0..self.guests.len() {
            let stretch = self.stretch(index);
            let guest = &mut self.guests[index];
            let before = [guest.vcpus(), guest.memory()];
            let ended = guest.land(self.cycle);
            self.ended.extend(ended.map(|(step, done)| (index, step, done)));
            guest.look(self.cycle, &stretch, before);
        }
        self.plan();
    }

    /// Sees what the other sees, and decides on its own.
    pub(crate) fn follow(&mut self, other: &Self) {
        self.guests.clone_from(&other.guests);
        self.ended.clone_from(&other.ended);
        self.cycle = other.cycle;
        self.plan();
    }

    fn stretch(&self, index: usize) -> Stretch {
        let plan = &self.plans[index];
        let mut at = self.cycle % plan.iter().map(|stretch| stretch.cycles).sum::<usize>();
        let found = plan.iter().find(|stretch| {
            let here = at < stretch.cycles;
            at = at.saturating_sub(stretch.cycles);
            here
        });
        found.unwrap().clone()
    }

    fn plan(&mut self) {
        let now = Moment(Duration::from_secs(10 * u64::try_from(self.cycle).unwrap()));
        let vmid = |index: usize| (101 + u32::try_from(index).unwrap()).try_into().unwrap();
        for (index, step, done) in &self.ended {
            self.planner.changed(vmid(*index), *step, *done, now);
        }
        let node = NodeName::try_from("pve1").unwrap();
        let input = NodeInput {
            cpu: Some(1.0),
            memory: Some(self.mib),
            memory_used: Some(self.in_use()),
            cpus: Some(self.cpus),
            others_memory: Some(OTHERS),
            others_vcpus: Some(1.0),
            fresh: true,
            changing: self.guests.iter().filter(|guest| guest.pending.is_some()).count(),
        };
        let vm = |(index, guest): (usize, _)| input_of(vmid(index), guest, &node);
        let vms: Vec<VmInput<'_>> = self.guests.iter().enumerate().map(vm).collect();
        let nodes = BTreeMap::from([(node.clone(), input)]);
        self.planner.plan(now, &vms, &nodes, &mut self.decisions);
        let asked: Vec<VmId> = self.planner.questions().to_vec();
        let mut again = Vec::new();
        for id in asked {
            let index = vms.iter().position(|vm| vm.vmid == id).unwrap();
            self.planner.told(id, now, self.guests[index].says());
            self.planner.plan_again(now, &vms[index..=index], &mut again);
            if self.decisions[index].act().is_none() {
                self.decisions[index] = again.pop().unwrap();
            }
        }
        self.grown = Amounts::default();
        for (_, step) in self.acts() {
            match step {
                Move::Cpu { from, to } if to > from => {
                    self.grown.vcpus += f64::from(to.get() - from.get());
                }
                Move::Memory { from, to } if to > from => {
                    self.grown.memory += f64::from(to.get() - from.get());
                }
                _ => {}
            }
        }
    }

    /// For people.
    pub(crate) fn told(&self) -> String {
        let vm = |(guest, decision): (&Guest, &Decision)| {
            let used = guest.used.last().copied().unwrap_or_default();
            let size = (guest.vcpus(), guest.memory());
            format!(
                "{size:?} {used} {:?}\n  {:?}\n  {:?}",
                guest.pending, decision.cpu, decision.memory
            )
        };
        let vms: Vec<String> = self.guests.iter().zip(&self.decisions).map(vm).collect();
        format!("cycle {} {:?}\n{}", self.cycle, self.planner.nodes(), vms.join("\n"))
    }

    pub(crate) fn acts(&self) -> Vec<(usize, Move)> {
        let acts = self.decisions.iter().map(|decision| decision.act().map(|(step, _)| step));
        acts.enumerate().filter_map(|(index, step)| Some((index, step?))).collect()
    }

    /// What is decided and why, but for what the node has.
    pub(crate) fn verdicts(&self) -> Vec<[(Verdict, Reason); 2]> {
        let of = |choice: &Choice| (choice.verdict, choice.reason.clone());
        self.decisions.iter().map(|decision| [of(&decision.cpu), of(&decision.memory)]).collect()
    }

    pub(crate) fn choice(&self, index: usize, resource: Resource) -> &Choice {
        self.decisions[index].on(resource)
    }

    /// Who is to give memory back, and what is left to it.
    pub(crate) fn shrunk(&self) -> Vec<(&Guest, MemoryMib)> {
        let of = |(index, step): (usize, Move)| match step {
            Move::Memory { from, to } if to < from => Some((&self.guests[index], to)),
            _ => None,
        };
        self.acts().into_iter().filter_map(of).collect()
    }

    pub(crate) fn in_use(&self) -> f64 {
        let used = |guest: &Guest| guest.used.last().copied().unwrap_or_default();
        OTHERS + self.guests.iter().map(used).sum::<f64>()
    }

    /// MiB of all guests, with all that may still come.
    pub(crate) fn committed(&self) -> f64 {
        OTHERS
            + self.sum(|guest, index| {
                let to = self.steps(guest, index).filter_map(|step| match step {
                    Move::Memory { to, .. } => Some(f64::from(to.get())),
                    Move::Cpu { .. } | Move::CpuLimit { .. } | Move::Balloon { .. } => None,
                });
                to.fold(guest.memory(), f64::max)
            })
    }

    pub(crate) fn vcpus(&self) -> f64 {
        1.0 + self.sum(|guest, index| {
            let to = self.steps(guest, index).filter_map(|step| match step {
                Move::Cpu { to, .. } => Some(f64::from(to.get())),
                Move::Memory { .. } | Move::CpuLimit { .. } | Move::Balloon { .. } => None,
            });
            to.fold(guest.vcpus(), f64::max)
        })
    }

    fn sum(&self, of: impl Fn(&Guest, usize) -> f64) -> f64 {
        self.guests.iter().enumerate().map(|(index, guest)| of(guest, index)).sum()
    }

    fn steps(&self, guest: &Guest, index: usize) -> impl Iterator<Item = Move> {
        let new = self.acts().into_iter().find(|(of, _)| *of == index).map(|(_, step)| step);
        guest.pending.map(|(step, ..)| step).into_iter().chain(new)
    }

    pub(crate) fn for_guests(&self) -> f64 {
        0.95 * self.mib
    }

    pub(crate) fn most_vcpus(&self) -> f64 {
        OVERCOMMIT * self.cpus
    }
}

fn input_of<'a>(
    vmid: vm_autoscale_proxmox::VmId,
    guest: &'a Guest,
    node: &'a NodeName,
) -> VmInput<'a> {
    VmInput {
        vmid,
        node,
        running: Some(true),
        config: Some(&guest.config),
        sample: guest.sample,
        policy: &guest.policy,
        in_flight: guest.pending.is_some(),
        node_online: true,
        ha_move: None,
        doubt: None,
        pause: None,
        quarantine: [None, None],
    }
}
