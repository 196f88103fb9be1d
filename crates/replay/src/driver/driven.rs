//! One VM as the planner knows it.

use std::time::Duration;

use vm_autoscale_planner::{
    CpuLever, GuestAnswer, GuestSays, MemoryLever, Moment, Move, Resource, Sample, VmInput,
    VmPolicy,
};
use vm_autoscale_proxmox::{Error, MemoryMib, NodeName, Vcpus, VmConfig, VmId};

use crate::num::whole;
use crate::{Ask, Owned, Seen};

/// A measured zero, in cores and MiB: a node that knows nothing writes zeros, which are not
/// believed, and a trace's zero was measured.
const LITTLE: f64 = 1e-6;

#[derive(Debug)]
pub(super) struct Driven {
    pub(super) vmid: VmId,
    config: VmConfig,
    policy: VmPolicy,
    node: NodeName,
    running: bool,
    sample: Option<Sample>,
    /// What was asked for and is not over.
    pending: Option<Move>,
}

impl Driven {
    pub(super) fn new(
        at: usize,
        owned: &Owned,
        policy: VmPolicy,
        node: NodeName,
    ) -> Result<Self, Error> {
        let config = VmConfig::parse("hotplug: cpu,memory\nnuma: 1\nostype: l26\n")?;
        Ok(Self {
            vmid: VmId::try_from(u32::try_from(at).unwrap_or(u32::MAX).saturating_add(100))?,
            config: VmConfig { cores: owned.vcpus.1, shares: Some(whole(owned.shares)), ..config },
            policy: bounded(policy, owned),
            node,
            running: false,
            sample: None,
            pending: None,
        })
    }

    /// What was asked for and is over by now, and whether it came about.
    pub(super) fn ended(&mut self, seen: &Seen) -> Option<(Move, bool)> {
        let step = self.pending.take_if(|step| match step.resource() {
            Resource::Cpu => !seen.cpu_busy,
            Resource::Memory => !seen.mem_busy,
        })?;
        let is_done = match step {
            Move::Cpu { to, .. } => to.get() == seen.vcpus,
            Move::Memory { to, .. } => to.get() == seen.memory,
            Move::CpuLimit { .. } | Move::Balloon { .. } => false,
        };
        Some((step, is_done))
    }

    pub(super) fn look(&mut self, now: Moment, seen: &Seen) {
        self.config.vcpus = Vcpus::try_from(seen.vcpus).ok();
        if let Ok(memory) = MemoryMib::try_from(seen.memory) {
            self.config.memory = memory;
        }
        self.running = seen.active;
        let has_memory = self.policy.memory.is_some();
        self.sample = seen.active.then(|| Sample {
            ctime: now.0.as_secs(),
            uptime: now.0.as_secs(),
            cores_used: Some(seen.cpu_used.max(LITTLE)),
            vcpus: Some(f64::from(seen.vcpus)),
            memory_used: has_memory.then(|| seen.mem_used.max(LITTLE)),
            memory: has_memory.then(|| f64::from(seen.memory)),
        });
    }

    /// What its guest would say: what is not used is available.
    pub(super) fn says(&self) -> GuestAnswer {
        let total = self.config.memory.get();
        let used = self.sample.and_then(|sample| sample.memory_used).map(|used| whole(used.ceil()));
        let Some(available) = used.map(|used| total.saturating_sub(used)) else {
            return GuestAnswer::Silent;
        };
        GuestAnswer::Says(GuestSays { free: Some(available), ..GuestSays::new(total, available) })
    }

    pub(super) fn input(&self) -> VmInput<'_> {
        VmInput {
            vmid: self.vmid,
            node: &self.node,
            running: Some(self.running),
            config: Some(&self.config),
            sample: self.sample,
            policy: &self.policy,
            // One `qm` at a time holds a VM's lock, whatever it changes.
            in_flight: self.pending.is_some(),
            node_online: true,
            ha_move: None,
            doubt: None,
            pause: None,
            quarantine: [None, None],
        }
    }

    /// It is to be changed so.
    pub(super) fn ask(&mut self, at: usize, step: Move) -> Option<Ask> {
        self.pending = Some(step);
        match step {
            Move::Cpu { to, .. } => Some(Ask::Vcpus(at, to.get())),
            Move::Memory { to, .. } => Some(Ask::Memory(at, to.get())),
            // These levers are off.
            Move::CpuLimit { .. } | Move::Balloon { .. } => None,
        }
    }
}

/// The policy for a VM: no further than its owner has it, and without what a replay cannot know.
fn bounded(policy: VmPolicy, owned: &Owned) -> VmPolicy {
    let within = |(low, high): (u32, u32), own: (u32, u32)| {
        let high = high.min(own.1);
        (low.max(own.0).min(high), high)
    };
    VmPolicy {
        vcpus: within(policy.vcpus, owned.vcpus),
        memory: policy.memory.filter(|_| owned.memory.is_some()),
        memory_mib: owned.memory.map_or(policy.memory_mib, |own| within(policy.memory_mib, own)),
        external_change_hold: Duration::ZERO,
        // A trace has sizes and no guest: all of a change is there at once, and in use.
        cpu_lever: CpuLever::Vcpus,
        memory_lever: match policy.memory_lever {
            MemoryLever::Nothing => MemoryLever::Nothing,
            MemoryLever::Balloon | MemoryLever::Dimm => MemoryLever::Dimm,
        },
        caution: false,
        in_steps: false,
        ..policy
    }
}
