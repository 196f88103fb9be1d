//! Whether a request may go to a node at all.

use vm_autoscale_node::{CpuLimit, Ladder, MemoryMib};
use vm_autoscale_protocol::{HelperError, Request, Rule, Target};

use crate::{Cluster, Policy, Seen, VmRule};

/// The most vCPUs that one change takes away: each may hold the VM's lock for 6 s.
const MAX_VCPUS_DOWN: u32 = 3;

/// The cluster that the request is for.
///
/// # Errors
/// Which rule forbids it.
pub fn check<'a>(
    policy: &'a Policy,
    seen: &Seen,
    request: &Request,
) -> Result<&'a Cluster, HelperError> {
    let (cluster, nodes) = match request {
        Request::ReadCluster { cluster } => (cluster, vec![]),
        Request::ReadConfigs { cluster, node, owner, .. } => (cluster, vec![node, owner]),
        Request::ReadGate { cluster, node }
        | Request::ReadPools { cluster, node }
        | Request::ReadRunning { cluster, node, .. } => (cluster, vec![node]),
        other => match other.target() {
            Some(target) => (&target.cluster, vec![&target.node]),
            None => return refuse(Rule::Clusters, "this request names no cluster".to_owned()),
        },
    };
    let Some(known) = policy.cluster(cluster) else {
        return refuse(Rule::Clusters, format!("helper.yaml has no cluster `{cluster}`"));
    };
    if let Some(unknown) = nodes.into_iter().find(|node| !known.nodes.contains(node)) {
        return refuse(
            Rule::Nodes,
            format!("helper.yaml has no node `{unknown}` in cluster `{cluster}`"),
        );
    }
    if let Some(target) = request.target() {
        check_change(known, seen, request, target)?;
    }
    Ok(known)
}

fn check_change(
    cluster: &Cluster,
    seen: &Seen,
    request: &Request,
    target: &Target,
) -> Result<(), HelperError> {
    let Some(rule) = cluster.rule(target.vmid) else {
        return refuse(
            Rule::Vms,
            format!("no rule of cluster `{}` names VM {}", cluster.name, target.vmid),
        );
    };
    let Some(sizes) = seen.get(&target.cluster, target.vmid, &target.digest) else {
        let message =
            format!("VM {}: not the config that the helper read last; read it again", target.vmid);
        return refuse(Rule::Digest, message);
    };
    match request {
        Request::SetVcpus { vcpus, .. } => check_vcpus(rule, sizes.vcpus, vcpus.get()),
        Request::SetMemory { memory, balloon, .. } => {
            if let Some(balloon) = balloon {
                check_balloon(rule, balloon.get(), *memory)?;
            }
            check_memory(rule, sizes.memory, *memory)
        }
        Request::SetCpuLimit { cpulimit, .. } => check_cpulimit(rule, *cpulimit),
        Request::SetBalloon { balloon, .. } => check_balloon(rule, balloon.get(), sizes.memory),
        _ => Ok(()),
    }
}

fn check_vcpus(rule: &VmRule, plugged: Option<u32>, asked: u32) -> Result<(), HelperError> {
    let min = rule.min_vcpus.map_or(1, u32::from);
    bounds("vcpus", asked, min, rule.max_vcpus.map(u32::from))?;
    let Some(plugged) = plugged else {
        return refuse(
            Rule::Step,
            "how many vCPUs are plugged cannot be told from the config".to_owned(),
        );
    };
    if plugged.saturating_sub(asked) > MAX_VCPUS_DOWN {
        return refuse(
            Rule::Step,
            format!("vcpus {plugged} -> {asked}: at most {MAX_VCPUS_DOWN} less at once"),
        );
    }
    Ok(())
}

fn check_memory(rule: &VmRule, now: MemoryMib, asked: MemoryMib) -> Result<(), HelperError> {
    let min = rule.min_memory.map_or(1024, u32::from);
    bounds("memory", asked.get(), min, rule.max_memory.map(u32::from))?;
    if !Ladder::has(asked) {
        return refuse(
            Rule::Ladder,
            format!("memory {asked} MiB is no size that hotplug can reach"),
        );
    }
    if asked < now && Ladder::up(asked).is_none_or(|above| above < now) {
        return refuse(
            Rule::Step,
            format!("memory {now} -> {asked} MiB: at most one DIMM less at once"),
        );
    }
    Ok(())
}

fn check_cpulimit(rule: &VmRule, asked: CpuLimit) -> Result<(), HelperError> {
    match rule.min_cpulimit {
        Some(min) if asked >= min => Ok(()),
        Some(min) => {
            refuse(Rule::Bounds, format!("cpulimit {asked} is below `min_cpulimit` {min}"))
        }
        None => refuse(
            Rule::Bounds,
            "the rule has no `min_cpulimit`, so that it is not changed".to_owned(),
        ),
    }
}

fn check_balloon(rule: &VmRule, asked: u32, memory: MemoryMib) -> Result<(), HelperError> {
    match rule.min_balloon {
        Some(min) if asked < min.get() => {
            refuse(Rule::Bounds, format!("balloon {asked} is below `min_balloon` {min}"))
        }
        Some(_) if asked > memory.get() => {
            refuse(Rule::Bounds, format!("balloon {asked} is above memory {memory}"))
        }
        Some(_) => Ok(()),
        None => refuse(
            Rule::Bounds,
            "the rule has no `min_balloon`, so that it is not changed".to_owned(),
        ),
    }
}

fn bounds(what: &str, asked: u32, min: u32, max: Option<u32>) -> Result<(), HelperError> {
    let Some(max) = max else {
        return refuse(
            Rule::Bounds,
            format!("the rule has no `max_{what}`, so that it is not changed"),
        );
    };
    if (min..=max).contains(&asked) {
        return Ok(());
    }
    refuse(Rule::Bounds, format!("{what} {asked} is outside {min} to {max}"))
}

fn refuse<T>(rule: Rule, message: String) -> Result<T, HelperError> {
    Err(HelperError::Refused { rule, message })
}

#[cfg(test)]
mod tests;
