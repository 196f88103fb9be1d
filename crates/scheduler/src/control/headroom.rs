//! What nodes have for who grows, by the worker's own planner.

use serde_json::Value;
use vm_autoscale_planner::{
    End, Growth, Headroom, Limit, NodeInput, Resource, Room as Binding, Sample, Stock,
};
use vm_autoscale_protocol::Reply;
use vm_autoscale_proxmox::VmId;

use super::Desk;
use super::ask::Inside;
use super::orders::{Refused, read, reply};
use crate::headroom::{
    ClusterRoom, GrowthEnd, GrowthStatus, HeadroomOrder, HeadroomReport, NodeRoom, Room, VmRoom,
};
use crate::worker::Memory;

/// Of every cluster that can be asked.
pub(super) async fn headroom<C, J>(desk: &Desk<C, J>, parameters: Option<Value>) -> Reply {
    reply(told_of_all(desk, parameters).await)
}

async fn told_of_all<C, J>(
    desk: &Desk<C, J>,
    parameters: Option<Value>,
) -> Result<HeadroomReport, Refused> {
    let order: HeadroomOrder = read(parameters)?;
    let mut report = HeadroomReport::default();
    for name in desk.board.workers() {
        let order = order.clone();
        match desk.board.ask(&name, move |inside| nodes(inside, &order)).await {
            Ok(nodes) => report.clusters.push(ClusterRoom { name, nodes }),
            Err(why) => report.problems.push(why.to_string()),
        }
    }
    Ok(report)
}

/// As it is between two steps of the worker.
fn nodes(inside: &Inside<'_>, order: &HeadroomOrder) -> Vec<NodeRoom> {
    let Memory { planner, view, in_flight, .. } = &*inside.memory;
    let inputs = view.node_inputs(inside.now, in_flight);
    let rooms = planner.headroom(inside.now, &view.vm_inputs(in_flight), &inputs);
    let is_asked = |room: &Headroom| order.node.as_ref().is_none_or(|n| *n == room.budget.node);
    let asked = rooms.into_iter().filter(is_asked);
    asked.map(|room| node(inside.memory, inputs.get(&room.budget.node), room)).collect()
}

fn node(memory: &Memory, input: Option<&NodeInput>, room: Headroom) -> NodeRoom {
    let budget = &room.budget;
    let name = budget.node.clone();
    let limits = [
        (Limit::Committed, budget.committed),
        (Limit::Used, budget.used),
        (Limit::Vcpus, budget.vcpus),
    ];
    let missing = limits.iter().any(|(_, stock)| stock.is_none());
    let unknown = match input {
        _ if memory.view.offline.contains(&name) => Some("it is offline"),
        Some(input) if !input.fresh => Some("its figures are more than 30 s old"),
        _ if missing => Some("not all is known of what it has, or of what its guests have"),
        _ => None,
    };
    let binding = |resource| budget.room(resource).map(|Binding { limit, stock }| of(limit, stock));
    let (free, vcpus) = (binding(Resource::Memory), binding(Resource::Cpu));
    let known = limits.into_iter().filter_map(|(limit, stock)| Some(of(limit, stock?)));
    let limits = known.collect();
    let mut vms: Vec<VmRoom> =
        room.vms.into_iter().map(|(vmid, growth)| vm(memory, vmid, growth)).collect();
    let order = |vm: &VmRoom| vm.pressure.unwrap_or(-1.0);
    vms.sort_by(|a, b| order(b).total_cmp(&order(a)).then(a.vmid.cmp(&b.vmid)));
    NodeRoom { name, unknown: unknown.map(str::to_owned), memory: free, vcpus, limits, vms }
}

fn of(limit: Limit, stock: Stock) -> Room {
    let (word, keys) = match limit {
        Limit::Committed => ("committed", "memory_reserve_percent, memory_overcommit"),
        Limit::Used => ("used", "max_host_ram_percent"),
        Limit::Vcpus => ("vcpus", "cpu_overcommit"),
        Limit::Busy => ("busy", "max_host_cpu_percent"),
    };
    Room {
        limit: word.to_owned(),
        keys: keys.to_owned(),
        taken: stock.taken,
        of: stock.of,
        free: stock.free().max(0.0),
    }
}

fn vm(memory: &Memory, vmid: VmId, growth: [Growth; 2]) -> VmRoom {
    let known = memory.view.vms.get(&vmid);
    let config = known.and_then(|vm| vm.config.as_ref()).map(|known| &known.config);
    let [cpu, memory] = growth.map(told);
    VmRoom {
        vmid,
        name: config.and_then(|config| config.name.clone()),
        mode: known.map(|vm| vm.mode().to_string()).unwrap_or_default(),
        pressure: known.and_then(|vm| pressure(vm.sample?)),
        cpu,
        memory,
    }
}

fn pressure(sample: Sample) -> Option<f64> {
    let percent =
        |used: Option<f64>, of: Option<f64>| Some(100.0 * used? / of.filter(|of| *of > 0.0)?);
    let cpu = percent(sample.cores_used, sample.vcpus);
    cpu.into_iter().chain(percent(sample.memory_used, sample.memory)).reduce(f64::max)
}

fn told(growth: Growth) -> GrowthStatus {
    let (end, why) = match growth.end {
        End::Bounds(by) => (GrowthEnd::Bounds, by.to_owned()),
        End::Node(reason) => (GrowthEnd::Node, reason.to_string()),
        End::Vm(reason) => (GrowthEnd::Vm, reason.to_string()),
        End::Mode => (GrowthEnd::Mode, "its mode adds nothing".to_owned()),
    };
    GrowthStatus { most: growth.most, end, why }
}

#[cfg(test)]
mod tests;
