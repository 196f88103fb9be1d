//! The hosts as the planner knows them.

use std::collections::BTreeMap;

use vm_autoscale_planner::NodeInput;
use vm_autoscale_proxmox::{Error, NodeName};

use crate::{Fleet, Host, Seen};

/// Room without end, in MiB.
const ENDLESS: f64 = 1e12;

#[derive(Debug)]
pub(super) struct Rooms {
    pub(super) nodes: BTreeMap<NodeName, NodeInput>,
    hosts: Vec<Room>,
    /// Each VM's host.
    places: Vec<usize>,
}

#[derive(Debug)]
struct Room {
    node: NodeName,
    host: Host,
    /// Cores in use.
    used: f64,
    /// MiB in use, and what those have who do not run: a host of the world keeps it for them.
    in_use: f64,
    resting: f64,
}

impl Rooms {
    /// The hosts, and each VM's node. Without an end of room nobody waits for another: those VMs
    /// have a node each.
    pub(super) fn new(fleet: &Fleet) -> Result<(Self, Vec<NodeName>), Error> {
        let name = |kind: &str, at: usize| NodeName::try_from(format!("{kind}{at}").as_str());
        let hosts = fleet.hosts.iter().enumerate().map(|(at, host)| {
            Ok(Room { node: name("host", at)?, host: *host, used: 0.0, in_use: 0.0, resting: 0.0 })
        });
        let hosts = hosts.collect::<Result<Vec<Room>, Error>>()?;
        let is_shared = |host: &&Room| host.host != Host::default();
        let node = |(at, host): (usize, usize)| match hosts.get(host).filter(is_shared) {
            Some(host) => Ok(host.node.clone()),
            None => name("vm", at),
        };
        let places: Vec<usize> = fleet.vms.iter().map(|vm| vm.host).collect();
        let named = places.iter().copied().enumerate().map(node);
        let named = named.collect::<Result<Vec<NodeName>, Error>>()?;
        let endless = NodeInput {
            cpu: Some(0.0),
            memory: Some(ENDLESS),
            memory_used: Some(0.0),
            cpus: Some(ENDLESS),
            others_memory: Some(0.0),
            others_vcpus: Some(0.0),
            fresh: true,
            changing: 0,
        };
        let nodes = named.iter().map(|node| (node.clone(), endless)).collect();
        Ok((Self { nodes, hosts, places }, named))
    }

    /// Takes the sums of what is seen.
    pub(super) fn look(&mut self, seen: &[Seen]) {
        for host in &mut self.hosts {
            (host.used, host.in_use, host.resting) = (0.0, 0.0, 0.0);
        }
        for (place, seen) in self.places.iter().zip(seen) {
            if let Some(host) = self.hosts.get_mut(*place) {
                host.used += seen.cpu_used;
                host.in_use += seen.mem_used;
                host.resting += if seen.active { 0.0 } else { f64::from(seen.memory) };
            }
        }
        for room in &self.hosts {
            let Some(node) = self.nodes.get_mut(&room.node) else { continue };
            node.cpu = Some(room.host.cores.map_or(0.0, |cores| room.used / cores));
            node.memory = Some(room.host.memory.unwrap_or(ENDLESS));
            node.memory_used = Some(room.host.memory.map_or(0.0, |_| room.in_use));
            node.cpus = Some(room.host.cores.unwrap_or(ENDLESS));
            node.others_memory = Some(room.host.memory.map_or(0.0, |_| room.resting));
        }
    }
}
