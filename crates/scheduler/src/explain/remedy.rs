//! What would have to be otherwise for it to be let through.

use vm_autoscale_config::Mode;
use vm_autoscale_planner::{Asked, Limit, Reason, Resource};
use vm_autoscale_proxmox::VmConfig;

use super::Remedy;
use super::facts::Facts;
use super::gates::Name;
use super::side::asked;

/// For each gate that stops it, as far as there is something to do.
pub(super) fn of_all(
    facts: &Facts<'_>,
    resource: Option<Resource>,
    stopping: impl Iterator<Item = Name>,
) -> Vec<Remedy> {
    stopping
        .flat_map(|name| match resource {
            None => of_whole(facts, name).into_iter().collect(),
            Some(resource) => of_side(facts, resource, name),
        })
        .collect()
}

fn say(said: impl Into<String>, key: Option<&str>) -> Remedy {
    Remedy { said: said.into(), key: key.map(str::to_owned) }
}

fn of_whole(facts: &Facts<'_>, name: Name) -> Option<Remedy> {
    let (vmid, node) = (facts.input.vmid, facts.input.node);
    let memory = &*facts.inside.memory;
    Some(match name {
        Name::Cluster if memory.problem.is_some() => {
            say("vm-autoscale nodes says which node does not answer, and why", None)
        }
        Name::Cluster => say("pvecm status on a node: without quorum Proxmox writes nothing", None),
        Name::Journal => say("vm-autoscale status says what is wrong with the journal", None),
        Name::Pause if facts.input.pause.is_none() => {
            say("rm /etc/pve/vm-autoscale.pause on any node of the cluster", None)
        }
        Name::Pause => say("vm-autoscale resume NUMBER, or --all", None),
        Name::Node => say(format!("bring {node} back: pvecm status on another node"), None),
        Name::Running => say(format!("qm start {vmid}"), None),
        Name::Ha => say("when HA is steady again: ha-manager status on a node", None),
        Name::UnderWay if memory.errand(vmid).is_some_and(|order| order.end.is_none()) => {
            say(format!("vm-autoscale restore {vmid} --cancel takes the order back"), None)
        }
        Name::Lock => {
            let said = format!("its task ends it; one that is left behind: qm unlock {vmid}");
            say(said, None)
        }
        Name::Pending => {
            let said = format!("qm pending {vmid} shows them; power the VM off and on");
            say(said, None)
        }
        Name::Others => say(
            "it ends by itself; `external_change_hold` says after how long",
            Some("external_change_hold"),
        ),
        Name::Sample => say(format!("systemctl status pvestatd on {node}, if it stays so"), None),
        _ => return None,
    })
}

fn of_side(facts: &Facts<'_>, resource: Resource, name: Name) -> Vec<Remedy> {
    let Some(asked) = asked(facts, resource) else { return Vec::new() };
    match name {
        Name::Scaling => {
            let key = if resource == Resource::Cpu { "cpu_scaling" } else { "ram_scaling" };
            vec![say(format!("say `{key}: true`"), Some(key))]
        }
        Name::Ability => ability(facts, resource, &asked).into_iter().collect(),
        Name::Bounds => bounds(facts, resource, &asked),
        Name::Taking => vec![say("say `memory_shrink: true`", Some("memory_shrink"))],
        Name::Rest => rule(facts, resource).into_iter().collect(),
        Name::Room => room(&asked).into_iter().collect(),
        Name::Guest => {
            vec![say("a balloon driver in the guest says what it needs", None)]
        }
        Name::Mode => {
            let grows = asked.wish.as_ref().is_ok_and(|(step, _)| step.is_growth());
            let mode = if grows { Mode::UpOnly } else { Mode::Full };
            vec![say(format!("say `mode: {mode}`"), Some("mode"))]
        }
        _ => Vec::new(),
    }
}

/// The line of `qm set` that makes it able.
fn ability(facts: &Facts<'_>, resource: Resource, asked: &Asked) -> Option<Remedy> {
    let (vmid, config) = (facts.input.vmid, facts.input.config?);
    let then = "then power the VM off and on";
    Some(match asked.range.as_ref().err()? {
        Reason::NotAble(why) if why.contains("hotplug") => {
            let hotplug = hotplug(config, resource);
            say(format!("qm set {vmid} --hotplug {hotplug} and what else it has, {then}"), None)
        }
        Reason::NotAble(why) if why.contains("numa") => {
            say(format!("qm set {vmid} --numa 1, {then}"), None)
        }
        Reason::NotAble(_) => say(format!("qm set {vmid} --delete balloon, {then}"), None),
        Reason::AutoBalloon => say(format!("qm set {vmid} --delete balloon"), None),
        Reason::NotSet(_) => say(format!("qm set {vmid} --shares 0"), None),
        _ => return None,
    })
}

fn hotplug(config: &VmConfig, resource: Resource) -> String {
    let cpu = config.hotplug.cpu || resource == Resource::Cpu;
    let memory = config.hotplug.memory || resource == Resource::Memory;
    let more = [(cpu, ",cpu"), (memory, ",memory")];
    let more = more.into_iter().filter(|(has, _)| *has).map(|(_, word)| word);
    ["network,disk,usb"].into_iter().chain(more).collect()
}

fn bounds(facts: &Facts<'_>, resource: Resource, asked: &Asked) -> Vec<Remedy> {
    let (Ok(range), Some(config)) = (&asked.range, facts.input.config) else { return Vec::new() };
    let (min_key, max_key) = match resource {
        Resource::Cpu => ("scaling_limits.min_cores", "scaling_limits.max_cores"),
        Resource::Memory => ("scaling_limits.min_ram_mb", "scaling_limits.max_ram_mb"),
    };
    if matches!(asked.wish, Err(Reason::AtMinimum(_))) {
        return vec![say(format!("say a `{min_key}` below {}", range.min), Some(min_key))];
    }
    let mut all = Vec::new();
    let by_file = range.max_by == "max_cores" || range.max_by == "max_ram_mb";
    let (_, most) = facts.input.policy.vcpus;
    if by_file || resource == Resource::Cpu && most <= range.max {
        all.push(say(format!("say a `{max_key}` above {}", range.max), Some(max_key)));
    }
    let ceiling = config.sockets.saturating_mul(config.cores);
    if resource == Resource::Cpu && ceiling <= range.max {
        // Twice as many, or what the file allows.
        let wanted = most.max(ceiling.saturating_mul(2)).min(most.max(ceiling.saturating_add(1)));
        let cores = wanted.div_ceil(config.sockets.max(1));
        let vmid = facts.input.vmid;
        all.push(say(format!("qm set {vmid} --cores {cores}, then power the VM off and on"), None));
    }
    all
}

/// Only where a rule of the helper's is why it rests.
fn rule(facts: &Facts<'_>, resource: Resource) -> Option<Remedy> {
    let last = facts.inside.memory.records.get(&facts.input.vmid)?.last.as_ref()?;
    let refused = last.step.resource() == resource && last.text.starts_with("refused: ");
    refused
        .then(|| say("raise that limit of the rule in helper.yaml, or lower what is wanted", None))
}

fn room(asked: &Asked) -> Option<Remedy> {
    let Some(Reason::NodeFull(short)) = &asked.node else { return None };
    let key = match short.limit {
        Limit::Committed => "host_limits.memory_overcommit",
        Limit::Used => "host_limits.max_host_ram_percent",
        Limit::Vcpus => "host_limits.cpu_overcommit",
        Limit::Busy => "host_limits.max_host_cpu_percent",
    };
    Some(say(format!("move a VM to another node, or say a larger `{key}`"), Some(key)))
}
