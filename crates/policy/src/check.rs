//! Whether a request may go to a node at all.

use std::time::Duration;

use vm_autoscale_node::{MemoryMib, VmId};
use vm_autoscale_protocol::{HelperError, Request, Rule, Target};

use crate::{Cluster, Known, Policy};

mod sizes;
use sizes::Measured;

const TOTAL: &str = "max_total_memory";

/// The cluster that the request is for; `now` is boot time.
///
/// # Errors
/// Which rule forbids it.
pub fn check<'a>(
    policy: &'a Policy,
    known: &Known,
    now: Duration,
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
    let file = policy.file.display();
    let Some(found) = policy.cluster(cluster) else {
        return refuse(Rule::Clusters, format!("{file}: there is no cluster `{cluster}`"));
    };
    if let Some(unknown) = nodes.into_iter().find(|node| !found.nodes.contains(node)) {
        let at = policy.at(&found.lines, "nodes");
        let message = format!("{at}: there is no node `{unknown}` in cluster `{cluster}`");
        return refuse(Rule::Nodes, message);
    }
    if let Some(target) = request.target() {
        check_change((policy, found), known, now, (request, target))?;
    }
    Ok(found)
}

fn check_change(
    (policy, cluster): (&Policy, &Cluster),
    known: &Known,
    now: Duration,
    (request, target): (&Request, &Target),
) -> Result<(), HelperError> {
    check_read_only(policy, cluster)?;
    let vmid = target.vmid;
    let Some(rule) = cluster.rule(vmid) else {
        let (at, name) = (policy.at(&cluster.lines, "rules"), &cluster.name);
        return refuse(Rule::Vms, format!("{at}: no rule of cluster `{name}` names VM {vmid}"));
    };
    let Some(sizes) = known.seen.get(&target.cluster, vmid, &target.digest) else {
        let message = format!("VM {vmid}: not the config that the helper read last; read it again");
        return refuse(Rule::Digest, message);
    };
    let (of, changes) = ((&target.cluster, vmid), known.changes.borrow());
    if let Request::Revert { option, .. } = request {
        let foreign = changes.foreign(of, *option, &sizes.pending);
        return foreign.map_or(Ok(()), |why| refuse(Rule::Revert, format!("VM {vmid}: {why}")));
    }
    if let Some(why) = changes.in_the_way(of, &sizes.pending) {
        return refuse(Rule::Pending, format!("VM {vmid}: {why}"));
    }
    let measured = Measured { policy, rule, sizes: &sizes };
    match request {
        Request::SetVcpus { vcpus, .. } => measured.vcpus(vcpus.get()),
        Request::SetMemory { memory, balloon, .. } => {
            measured.memory(*memory, *balloon)?;
            let grows = *memory > sizes.memory;
            if grows { check_room((policy, cluster), known, now, (vmid, *memory)) } else { Ok(()) }
        }
        Request::SetCpuLimit { cpulimit, .. } => measured.cpulimit(*cpulimit),
        Request::SetBalloon { balloon, .. } => measured.balloon(*balloon, sizes.memory),
        // A change that is new here is not let through for that.
        _ => refuse(Rule::Vms, "no rule is for such a change".to_owned()),
    }
}

fn check_room(
    (policy, cluster): (&Policy, &Cluster),
    known: &Known,
    now: Duration,
    (vmid, memory): (VmId, MemoryMib),
) -> Result<(), HelperError> {
    known.totals.room(cluster, vmid, memory, now).or_else(|why| {
        let (key, at) = (TOTAL, policy.at(&cluster.lines, TOTAL));
        refuse(Rule::TotalMemory, format!("{at}: memory {memory}: {why} (`{key}`)"))
    })
}

fn check_read_only(policy: &Policy, cluster: &Cluster) -> Result<(), HelperError> {
    let lines = match (policy.read_only, cluster.read_only) {
        (true, _) => &policy.lines,
        (_, true) => &cluster.lines,
        _ => return Ok(()),
    };
    let at = policy.at(lines, "read_only");
    refuse(Rule::ReadOnly, format!("{at}: nothing is changed because of `read_only`"))
}

fn refuse<T>(rule: Rule, message: String) -> Result<T, HelperError> {
    Err(HelperError::Refused { rule, message })
}

#[cfg(test)]
mod tests;
