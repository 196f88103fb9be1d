//! From a command to what answers it.

use vm_autoscale_proxmox::{NodeCommand, NodeName, VmId};

use crate::execution::Execution;
use crate::{Answer, Lab, monitor, qm, read, reality};

/// What perl takes before it does anything, in seconds.
pub(crate) const PERL_S: f64 = 0.8;

/// How long an agent may take to answer the ping that comes before all else, in seconds.
const AGENT_S: f64 = 3.0;

/// The command's name.
pub(crate) fn kind(command: &NodeCommand) -> &'static str {
    match command {
        NodeCommand::ReadCluster => "ReadCluster",
        NodeCommand::ReadConfigs(_) => "ReadConfigs",
        NodeCommand::ReadPools => "ReadPools",
        NodeCommand::ReadGate => "ReadGate",
        NodeCommand::ReadResources => "ReadResources",
        NodeCommand::ReadMonitor { .. } => "ReadMonitor",
        NodeCommand::ReadGuestVcpus { .. } => "ReadGuestVcpus",
        NodeCommand::ReadGuestMeminfo { .. } => "ReadGuestMeminfo",
        NodeCommand::SetVcpus { .. } => "SetVcpus",
        NodeCommand::SetMemory { .. } => "SetMemory",
        NodeCommand::SetCpuLimit { .. } => "SetCpuLimit",
        NodeCommand::SetBalloon { .. } => "SetBalloon",
        NodeCommand::Revert { .. } => "Revert",
    }
}

/// The VM that it changes.
pub(crate) fn changes(command: &NodeCommand) -> Option<VmId> {
    match command {
        NodeCommand::SetVcpus { vmid, .. }
        | NodeCommand::SetMemory { vmid, .. }
        | NodeCommand::SetCpuLimit { vmid, .. }
        | NodeCommand::SetBalloon { vmid, .. }
        | NodeCommand::Revert { vmid, .. } => Some(*vmid),
        _ => None,
    }
}

/// What only a real VM's own QEMU can say. For what its guest says, new figures are taken.
async fn ask_real(lab: &Lab, command: &NodeCommand) -> Option<Answer> {
    match command {
        NodeCommand::ReadMonitor { node, vmid, query } => {
            monitor::find(&lab.cluster(), node, *vmid).ok()?;
            let text = lab.real(*vmid)?.hmp(query.text()).await;
            let text = text.unwrap_or_else(|error| format!("ERROR: {error}\n"));
            Some(Answer::ok(text + "\n"))
        }
        NodeCommand::ReadGuestVcpus { vmid } | NodeCommand::ReadGuestMeminfo { vmid, .. } => {
            reality::refresh(lab, *vmid).await;
            None
        }
        _ => None,
    }
}

/// Does it.
pub(crate) async fn run(
    lab: &Lab,
    at: &NodeName,
    command: &NodeCommand,
    execution: &mut Execution,
) -> Answer {
    if let Some(change) = qm::Change::of(at, command) {
        return qm::set(lab, &change, execution).await;
    }
    take_time(lab, command).await;
    if let Some(answer) = ask_real(lab, command).await {
        return answer;
    }
    let now = lab.now();
    let cluster = lab.cluster();
    execution.shows(read::shown(&cluster, command));
    match command {
        NodeCommand::ReadCluster => read::cluster(&cluster, at, now),
        NodeCommand::ReadConfigs(files) => read::configs(&cluster, at, files.as_slice()),
        NodeCommand::ReadPools => read::pools(&cluster, at),
        // As the shell of a node that has none.
        NodeCommand::ReadGate => {
            Answer::fail("sh: 1: /usr/libexec/vm-autoscale/gate: not found\n", 127)
        }
        NodeCommand::ReadResources => read::resources(&cluster, now),
        NodeCommand::ReadMonitor { node: name, vmid, query } => {
            monitor::monitor(&cluster, name, *vmid, *query, now)
        }
        NodeCommand::ReadGuestVcpus { vmid } => monitor::guest_vcpus(&cluster, at, *vmid),
        NodeCommand::ReadGuestMeminfo { node: name, vmid } => {
            monitor::guest_meminfo(&cluster, name, *vmid, now)
        }
        // All others change something.
        _ => Answer::fail("", 127),
    }
}

/// The time that perl takes, and an agent that does not answer.
async fn take_time(lab: &Lab, command: &NodeCommand) {
    if !matches!(
        command,
        NodeCommand::ReadCluster
            | NodeCommand::ReadConfigs(_)
            | NodeCommand::ReadPools
            | NodeCommand::ReadGate
    ) {
        lab.pause(PERL_S).await;
    }
    if let NodeCommand::ReadGuestVcpus { vmid } | NodeCommand::ReadGuestMeminfo { vmid, .. } =
        command
    {
        let in_vain = monitor::waits_in_vain(&lab.cluster(), *vmid);
        lab.pause(if in_vain { AGENT_S } else { 0.0 }).await;
    }
}
