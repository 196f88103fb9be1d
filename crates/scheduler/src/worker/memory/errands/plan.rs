//! What an order would do.

use vm_autoscale_planner::{Move, Planner, Reason};
use vm_autoscale_proxmox::{BalloonMib, ClusterName, Identity, Ladder, Vcpus, VmConfig, VmId};

use crate::errand::{ErrandKind, ErrandStatus, Goal, GoalEnd, is_there, onward};
use crate::journal::Moved;
use crate::view::KnownVm;
use crate::worker::Memory;

impl Memory {
    /// What such an order would do to the VM; `moved` are the sizes that our changes moved.
    ///
    /// # Errors
    /// The VM is not looked after.
    pub(crate) fn plan_errand(
        &self,
        (cluster, vmid): (&ClusterName, VmId),
        kind: ErrandKind,
        moved: &[Moved],
        (uid, at): (u32, u64),
    ) -> Result<ErrandStatus, String> {
        let known = self.view.vms.get(&vmid).filter(|vm| vm.held.is_some());
        let vm = known.ok_or_else(|| {
            format!("VM {vmid} is not looked after: see `vm-autoscale config show --effective --vm {vmid}`")
        })?;
        let config = vm.current().map(|known| &known.config);
        let goals = match (config, kind) {
            (None, _) => Vec::new(),
            (Some(config), ErrandKind::Restore) => back((cluster, vmid), vm, config, moved),
            (Some(config), ErrandKind::Selftest) => there_and_back(config),
        };
        let mut obstacles = self.errand_obstacles(vmid);
        let waits = config.is_none().then(|| "its config is read with the next look".to_owned());
        if kind == ErrandKind::Selftest
            && waits.is_none()
            && goals.iter().all(|goal| goal.end.is_some())
        {
            obstacles.push("nothing of it can be changed while it runs".to_owned());
        }
        Ok(ErrandStatus {
            number: 0,
            kind,
            cluster: cluster.clone(),
            vmid,
            name: config.and_then(|config| config.name.clone()),
            node: vm.node.clone(),
            facts: config.map(facts).unwrap_or_default(),
            uid,
            at,
            goals,
            steps: Vec::new(),
            obstacles,
            waits,
            end: None,
            pause: None,
        })
    }

    /// Why nothing can be begun on it.
    fn errand_obstacles(&self, vmid: VmId) -> Vec<String> {
        let mut obstacles: Vec<String> = self.stands().map(|(_, why)| why).into_iter().collect();
        let inputs = self.view.vm_inputs(&self.in_flight);
        if let Some(vm) = inputs.iter().find(|vm| vm.vmid == vmid) {
            let passes = [Reason::InFlight, Reason::ConfigUnknown];
            let stands = Planner::obstacle(vm).filter(|why| !passes.contains(why));
            obstacles.extend(stands.map(|why| why.to_string()));
            let unknown = vm.running.is_none().then(|| "whether it runs is not known".to_owned());
            obstacles.extend(unknown);
            obstacles
                .extend(vm.quarantine.iter().flatten().map(|why| format!("quarantined: {why}")));
        }
        if let Some(other) = self.errand(vmid).filter(|errand| errand.end.is_none()) {
            obstacles.push(format!("{} is under way", other.told()));
        }
        obstacles
    }
}

/// To the sizes of before our changes: what makes room comes first.
fn back(
    (cluster, vmid): (&ClusterName, VmId),
    vm: &KnownVm,
    config: &VmConfig,
    moved: &[Moved],
) -> Vec<Goal> {
    let is_its = |moved: &&Moved| {
        let same = !Identity::is_another(moved.identity.as_ref(), vm.identity.as_ref());
        moved.cluster == *cluster && moved.vmid == vmid && same
    };
    let all = moved.iter().filter(is_its).filter_map(|moved| goal_back(moved, config));
    let mut goals: Vec<Goal> = all.collect();
    goals.sort_by_key(|goal| match goal.way {
        Move::CpuLimit { .. } => 0,
        Move::Cpu { .. } => 1,
        Move::Memory { from, to } if to > from => 2,
        Move::Balloon { .. } => 3,
        Move::Memory { .. } => 4,
    });
    goals
}

fn goal_back(moved: &Moved, config: &VmConfig) -> Option<Goal> {
    let (mut end, mut why) = (None, None);
    let mut skip = |reason: &str| (end, why) = (Some(GoalEnd::Skipped), Some(reason.to_owned()));
    let to = match moved.first {
        Move::Cpu { from, .. } => Move::Cpu { from, to: from },
        Move::CpuLimit { from, .. } => Move::CpuLimit { from, to: from },
        Move::Memory { from, .. } => {
            if !Ladder::has(from) {
                skip("no size that a running VM can be brought to");
            }
            Move::Memory { from, to: from }
        }
        Move::Balloon { from: Some(from), .. } => Move::Balloon { from: Some(from), to: from },
        Move::Balloon { from: None, .. } => {
            let to = BalloonMib::try_from(config.memory.get()).ok()?;
            Move::Balloon { from: None, to }
        }
    };
    let way = onward(to, config)?;
    if !is_there(way) && !moved.is_last_of(way) {
        skip("somebody else has set it since");
    }
    (!is_there(way)).then_some(Goal { way, end, why })
}

/// One vCPU and one DIMM more, and back.
fn there_and_back(config: &VmConfig) -> Vec<Goal> {
    let plugged = config.plugged_vcpus().ok();
    let more = plugged.and_then(|plugged| Vcpus::try_from(plugged.get().saturating_add(1)).ok());
    let mut goals = Vec::new();
    if let Some((from, to)) = plugged.zip(more) {
        let most = config.max_vcpus().map_or(0, u32::from);
        let unable = if !config.hotplug.cpu {
            Some("not able: `hotplug` lacks cpu")
        } else if to.get() > most {
            Some("all of sockets x cores are plugged: more cores, or fewer vcpus")
        } else {
            None
        };
        pair((Move::Cpu { from, to }, Move::Cpu { from: to, to: from }), unable, &mut goals);
    }
    let from = config.memory;
    let Some(to) = Ladder::up(from) else { return goals };
    let unable = if !config.hotplug.memory || !config.numa {
        Some("not able: it needs memory in `hotplug`, and numa: 1")
    } else if config.hugepages || config.balloon.is_some_and(|mib| mib > 0) {
        Some("hugepages or a balloon's minimum: its memory is not changed by DIMMs")
    } else if !Ladder::has(from) {
        Some("its memory is no size of the DIMM ladder")
    } else {
        None
    };
    pair((Move::Memory { from, to }, Move::Memory { from: to, to: from }), unable, &mut goals);
    goals
}

fn pair((there, back): (Move, Move), unable: Option<&str>, goals: &mut Vec<Goal>) {
    if let Some(why) = unable {
        let (end, why) = (Some(GoalEnd::Skipped), Some(why.to_owned()));
        return goals.push(Goal { way: there, end, why });
    }
    goals.extend([there, back].map(|way| Goal { way, end: None, why: None }));
}

/// What of a config says how the VM can be changed.
fn facts(config: &VmConfig) -> Vec<String> {
    let yes = |is: bool| u8::from(is);
    let pluggable = match (config.hotplug.cpu, config.hotplug.memory) {
        (true, true) => "cpu, memory",
        (true, false) => "cpu",
        (false, true) => "memory",
        (false, false) => "neither cpu nor memory",
    };
    let set = |mib: Option<u32>| mib.map_or_else(|| "not set".to_owned(), |mib| mib.to_string());
    let vcpus = config.vcpus.map(u32::from);
    vec![
        format!("sockets x cores: {} x {}, vcpus: {}", config.sockets, config.cores, set(vcpus)),
        format!("memory: {}, balloon: {}", config.memory, set(config.balloon)),
        format!("hotplug: {pluggable}; numa: {}, agent: {}", yes(config.numa), yes(config.agent)),
        format!("ostype: {}", config.ostype.as_deref().unwrap_or("not set")),
    ]
}
