//! Controls of nodes; of all of them where none is named.

use vm_autoscale_proxmox::{NodeName, VmId};

use super::Control;
use super::run::refused;
use crate::cluster::Cluster;
use crate::node::Node;
use crate::pvestatd::Zero;
use crate::{Error, Lab};

pub(super) fn run(lab: &Lab, control: Control) -> Result<(), Error> {
    let now = lab.now();
    match control {
        Control::NodeDown { node } => down(lab, &node),
        Control::NodeUp { node } => up(lab, &node, now),
        Control::NewHostKey { node } => {
            let names = names(&lab.cluster(), node)?;
            lab.keys().new_host_keys(&names)
        }
        Control::Pvestatd { node, running } => {
            each(&mut lab.cluster(), node, |node| node.pvestatd.stopped = !running)
        }
        Control::ZeroRound { node, memory } => {
            let zero = if memory { Zero::All } else { Zero::Cpu };
            each(&mut lab.cluster(), node, |node| node.pvestatd.zero = Some(zero))
        }
        Control::Hang { node: name, on } => {
            node(&mut lab.cluster(), &name)?.trouble.hangs = on;
            Ok(())
        }
        Control::LockOut { node: name, on } => {
            node(&mut lab.cluster(), &name)?.trouble.locked_out = on;
            Ok(())
        }
        Control::ClockOff { node: name, seconds } => {
            node(&mut lab.cluster(), &name)?.trouble.clock_off = seconds;
            Ok(())
        }
        Control::Garble { node: name, how } => {
            node(&mut lab.cluster(), &name)?.trouble.garbled = how;
            Ok(())
        }
        Control::RestartPmxcfs { node } => restart_pmxcfs(&mut lab.cluster(), node, now),
        // The others are not about nodes.
        _ => Err(refused("not a control of a node")),
    }
}

fn down(lab: &Lab, name: &NodeName) -> Result<(), Error> {
    let mut cluster = lab.cluster();
    if !node(&mut cluster, name)?.up {
        // Who ran is known from the first time.
        return Ok(());
    }
    node(&mut cluster, name)?.up = false;
    for vm in cluster.vms.values_mut().filter(|vm| vm.node == *name) {
        vm.ran = vm.qemu.take().is_some();
    }
    cluster.each_up(|node| node.clinfo += 1);
    drop(cluster);
    lab.set_power(name, false);
    Ok(())
}

fn up(lab: &Lab, name: &NodeName, now: f64) -> Result<(), Error> {
    let mut cluster = lab.cluster();
    if node(&mut cluster, name)?.up {
        return Err(refused(&format!("{name} is there")));
    }
    node(&mut cluster, name)?.up = true;
    restart_pmxcfs(&mut cluster, Some(name.clone()), now)?;
    cluster.each_up(|node| node.clinfo += 1);
    let here = cluster.vms.values().filter(|vm| vm.node == *name && vm.ran);
    let here: Vec<VmId> = here.map(|vm| vm.vmid).collect();
    for vmid in here {
        // One that does not start any more stays down, as it would.
        let _ = cluster.start(vmid, now);
    }
    drop(cluster);
    lab.set_power(name, true);
    Ok(())
}

fn restart_pmxcfs(cluster: &mut Cluster, node: Option<NodeName>, now: f64) -> Result<(), Error> {
    let clock = cluster.clock(now);
    let guests: Vec<VmId> = cluster.guests().collect();
    each(cluster, node, |node| node.start_pmxcfs(clock, guests.iter().copied()))
}

fn each(
    cluster: &mut Cluster,
    name: Option<NodeName>,
    mut change: impl FnMut(&mut Node),
) -> Result<(), Error> {
    for name in names(cluster, name)? {
        change(node(cluster, &name)?);
    }
    Ok(())
}

fn names(cluster: &Cluster, node: Option<NodeName>) -> Result<Vec<NodeName>, Error> {
    match node {
        Some(name) if cluster.nodes.contains_key(&name) => Ok(vec![name]),
        Some(name) => Err(refused(&format!("there is no node {name}"))),
        None => Ok(cluster.nodes.keys().cloned().collect()),
    }
}

fn node<'a>(cluster: &'a mut Cluster, name: &NodeName) -> Result<&'a mut Node, Error> {
    cluster.nodes.get_mut(name).ok_or_else(|| refused(&format!("there is no node {name}")))
}
