//! `vm-autoscale doctor`: what each worker knows of its VMs goes through the rules.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use vm_autoscale_config::{DoctorCode, Selection};
use vm_autoscale_planner::Resource;
use vm_autoscale_protocol::Reply;
use vm_autoscale_proxmox::{ClusterName, VmId};

use super::client::call;
use super::orders::{read, reply};
use super::{Board, GET_DOCTOR, Inside, meant};
use crate::doctor::{Checkup, Learnt, Node, Patient, VmCheckup, examine, unknown};
use crate::view::{InFlight, KnownVm};
use crate::{Error, Outcome};

/// Whom to examine.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoctorOrder {
    /// Which VMs, in the words of `select`; all that are looked after where it is empty.
    #[serde(default)]
    pub select: Selection,
    /// Of this cluster only.
    #[serde(default)]
    pub cluster: Option<ClusterName>,
}

/// Asks a running daemon what it finds.
///
/// # Errors
/// There is none, or it does not answer.
pub async fn fetch_doctor(path: &std::path::Path, order: &DoctorOrder) -> Result<Checkup, Error> {
    call(path, GET_DOCTOR, Some(order)).await
}

pub(super) async fn answer(board: &Board, parameters: Option<Value>) -> Reply {
    match read::<DoctorOrder>(parameters) {
        Ok(order) => reply(Ok(checkup(board, &order).await)),
        Err(refused) => reply::<Checkup>(Err(refused)),
    }
}

/// What is found, cluster by cluster.
async fn checkup(board: &Board, order: &DoctorOrder) -> Checkup {
    let mut checkup = Checkup::default();
    let hosts = board.hosts();
    if hosts.is_empty() {
        checkup.unseen.push("the helper was not met yet: see vm-autoscale status".to_owned());
    }
    for cluster in meant(order.cluster.as_ref(), &hosts) {
        let select = order.select.clone();
        match board.ask(cluster, move |inside| examine_all(inside, &select)).await {
            Ok(Checkup { vms, unseen, undecided }) => {
                checkup.vms.extend(vms);
                checkup.unseen.extend(unseen);
                checkup.undecided += undecided;
            }
            Err(error) => checkup.unseen.push(error.to_string()),
        }
    }
    checkup
}

/// All VMs of one cluster that are looked after and meant.
fn examine_all(inside: &Inside<'_>, select: &Selection) -> Checkup {
    let Inside { care, memory, .. } = inside;
    let view = &memory.view;
    let mut checkup = Checkup::default();
    if view.entry.is_none() {
        let why = memory.problem.as_deref().unwrap_or("not seen yet");
        checkup.unseen.push(format!("cluster {}: {why}", care.cluster));
    }
    let nodes: Vec<Node> = view
        .node_inputs(inside.now, &InFlight::new())
        .into_iter()
        .filter_map(|(name, node)| Some(Node { name, cpus: whole(node.cpus?)? }))
        .collect();
    let ignore = &care.roster.config().doctor.ignore;
    for (vmid, vm) in &view.vms {
        let is_meant = select.is_empty().then_some(true);
        let is_meant =
            is_meant.or_else(|| select.names(&view.nameable(&care.cluster, *vmid)?.facts()));
        match (vm.held.is_some(), is_meant) {
            (true, Some(true)) => checkup.vms.extend(of_vm(inside, (*vmid, vm), &nodes, ignore)),
            (true, None) => checkup.undecided += 1,
            _ => {}
        }
    }
    checkup
}

fn of_vm(
    inside: &Inside<'_>,
    (vmid, vm): (VmId, &KnownVm),
    nodes: &[Node],
    ignore: &[DoctorCode],
) -> Option<VmCheckup> {
    let config = vm.config.as_ref().map(|known| &known.config);
    let patient = Patient {
        vmid,
        config,
        policy: vm.policy()?,
        node: &vm.node,
        node_online: !inside.memory.view.offline.contains(&vm.node),
        running: vm.running,
        ha_move: vm.ha_move.as_deref(),
        nodes,
        learnt: learnt(inside, vmid, vm),
    };
    let (ignored, findings): (Vec<_>, Vec<_>) =
        examine(&patient).into_iter().partition(|finding| ignore.contains(&finding.code));
    Some(VmCheckup {
        cluster: inside.care.cluster.clone(),
        vmid,
        node: vm.node.clone(),
        name: config.and_then(|config| config.name.clone()),
        running: vm.running,
        ostype: config.and_then(|config| config.ostype.clone()),
        findings,
        ignored: ignored.into_iter().map(|finding| finding.code).collect(),
        unknown: unknown(&patient),
    })
}

/// Times are told in whole seconds, of two clocks: what is no later than that may be of the QEMU of
/// before.
const SECONDS: u64 = 2;

/// What changes and questions have shown of the QEMU that runs now.
fn learnt(inside: &Inside<'_>, vmid: VmId, vm: &KnownVm) -> Learnt {
    let memory = &inside.memory;
    let kept = memory.planner.keep(vmid).unwrap_or_default();
    let record = memory.records.get(&vmid);
    let since = vm.sample.map(|sample| sample.ctime.saturating_sub(sample.uptime));
    let is_of_now = |at: u64| since.is_none_or(|since| at > since.saturating_add(SECONDS));
    let guest = memory.planner.guest(vmid, inside.now);
    let guest = guest.filter(|guest| is_of_now(inside.wall.saturating_sub(guest.age.as_secs())));
    let last = record.and_then(|record| record.last.as_ref()).filter(|last| is_of_now(last.at));
    let unused = last.filter(|last| last.text.starts_with(Outcome::NO_EFFECT));
    let unused = |resource| unused.is_some_and(|last| last.step.resource() == resource);
    let quarantine = record.map(|record| record.quarantine).unwrap_or_default();
    Learnt {
        vcpus_kept: kept.cpu.refusals,
        dimms_kept: kept.memory.refusals,
        unused_vcpus: unused(Resource::Cpu),
        unused_memory: unused(Resource::Memory) || guest.is_some_and(|guest| guest.lacks.is_some()),
        guest_memory: guest.and_then(|guest| guest.lacks),
        agent: vm.agent.filter(|(_, at)| is_of_now(*at)).map(|(answers, _)| answers),
        driver: guest.map(|guest| !guest.is_silent),
        differs: quarantine.map(|known| known.map(|known| (known.config, known.qemu))),
        is_our_duty: record.is_some_and(|record| record.duty.is_some()),
    }
}

/// CPUs are counted in whole numbers, which the nodes tell as others.
fn whole(cpus: f64) -> Option<u32> {
    format!("{cpus:.0}").parse().ok()
}

#[cfg(test)]
mod tests;
