//! What a worker knows of one VM, gathered for whoever asks why.

use vm_autoscale_config::{Managed, Why};
use vm_autoscale_planner::{Choice, Decision, Resource, Verdict, VmInput};
use vm_autoscale_proxmox::VmId;

use super::{Explanation, Setting, Side, absent, side, whole};
use crate::control::Inside;
use crate::status::told;

/// A VM that is looked after, with all that decides on it.
pub(super) struct Facts<'w> {
    pub(super) inside: &'w Inside<'w>,
    pub(super) managed: &'w Managed,
    pub(super) input: VmInput<'w>,
    /// By the last look; nothing where it has not been decided on yet.
    pub(super) decision: Option<&'w Decision>,
    pub(super) why: Why,
}

impl Facts<'_> {
    pub(super) fn setting(&self, key: &str) -> Setting {
        Setting::of(&self.managed.settings, key)
    }

    /// Those of these keys that its policy knows.
    pub(super) fn settings(&self, keys: &[&str]) -> Vec<Setting> {
        let known = keys.iter().filter(|key| self.managed.settings.knows(key));
        known.map(|key| self.setting(key)).collect()
    }
}

/// Why this VM is as it is; the second is whether the cluster has it.
pub(crate) fn explain(inside: &Inside<'_>, vmid: VmId) -> (Explanation, bool) {
    let view = &inside.memory.view;
    let roster = &inside.care.roster;
    let named = view.facts(vmid, roster);
    let why = roster.why(&named);
    let known = view.vms.get(&vmid);
    let mut told = Explanation {
        vmid,
        cluster: inside.care.cluster.clone(),
        at: inside.wall,
        name: named.described.and_then(|(name, _)| name.map(str::to_owned)),
        node: named.node.cloned(),
        tags: named.described.map(|(_, tags)| tags.iter().map(str::to_owned).collect()),
        pool: named.pool.flatten().map(str::to_owned),
        pools_known: named.pool.is_some(),
        looked_after: Some(false),
        class: None,
        mode: Setting::default(),
        policy: Setting::default(),
        gates: Vec::new(),
        to_allow: Vec::new(),
        resources: Vec::new(),
    };
    let managed = known.and_then(|vm| vm.managed());
    let input = view.vm_input(vmid, &inside.memory.in_flight);
    let (Some(managed), Some(input)) = (managed, input) else {
        absent::tell(&mut told, &why, known.is_some());
        return (told, known.is_some());
    };
    let decision = inside.memory.decisions.iter().find(|decision| decision.vmid == vmid);
    let facts = Facts { inside, managed, input, decision, why };
    of_managed(&mut told, &facts);
    (told, true)
}

fn of_managed(told: &mut Explanation, facts: &Facts<'_>) {
    let config = facts.inside.care.roster.config();
    told.looked_after = Some(true);
    told.class = config.class_name(facts.managed).map(str::to_owned);
    (told.mode, told.policy) = (facts.setting("mode"), facts.setting("policy"));
    let gates = whole::gates(facts);
    let stopped = gates.first();
    told.to_allow = super::remedy::of_all(facts, None, gates.stopping());
    told.gates = gates.told(false);
    told.resources = [Resource::Cpu, Resource::Memory]
        .map(|resource| resource_of(facts, resource, stopped.is_some()))
        .into();
}

fn resource_of(facts: &Facts<'_>, resource: Resource, stopped: bool) -> Side {
    let choice = facts.decision.map(|decision| decision.on(resource));
    let gates = side::gates(facts, resource);
    let step = choice.and_then(|choice| match choice.verdict {
        Verdict::Hold => None,
        Verdict::Act(step) | Verdict::Recommend(step) => Some(step),
    });
    let config = facts.input.config;
    let size = config.and_then(|config| match resource {
        Resource::Cpu => Some(config.plugged_vcpus().ok()?.get()),
        Resource::Memory => Some(config.memory.get()),
    });
    Side {
        resource,
        step: step.map(|step| step.to_string()),
        acts: choice.is_some_and(|choice| choice.act().is_some()),
        why: choice.map_or_else(|| "not decided on yet".to_owned(), why),
        kind: choice.map(|choice| choice.reason.kind().to_owned()).unwrap_or_default(),
        size,
        used: side::used(facts, resource),
        to_allow: super::remedy::of_all(facts, Some(resource), gates.stopping()),
        gates: gates.told(stopped),
    }
}

fn why(choice: &Choice) -> String {
    match choice.verdict {
        Verdict::Hold => told(choice),
        Verdict::Recommend(_) | Verdict::Act(_) => choice.why(),
    }
}
