//! From a line back to the command: the exact inverse of [`NodeCommand::line`].

use super::{
    CLUSTER_FILES, ConfigFile, ConfigFiles, GATE, GREP, MonitorQuery, NodeCommand, POOLS, PVESH,
    PendingOption, QM, TAIL, VERSION,
};
use crate::{BalloonMib, Digest, MemoryMib, NodeName, Vcpus, VmId};

/// A line that is none of our commands. It is not repeated: it may be anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a command of vm-autoscale")]
pub struct CommandLineError;

impl NodeCommand {
    /// Reads a line.
    ///
    /// # Errors
    /// Whatever [`Self::line`] would not have written, to the byte.
    pub fn parse(line: &str) -> Result<Self, CommandLineError> {
        // Before any of it is looked at: who holds a key can send what he likes.
        if line.len() > Self::MAX_LINE {
            return Err(CommandLineError);
        }
        let command = read(line).ok_or(CommandLineError)?;
        // Numbers have many spellings, ours have one.
        if command.line() == line { Ok(command) } else { Err(CommandLineError) }
    }
}

fn read(line: &str) -> Option<NodeCommand> {
    if let Some((words, literal)) = line.split_once(" '") {
        return monitor(words, literal.strip_suffix('\'')?);
    }
    let words: Vec<&str> = line.split(' ').collect();
    match words.as_slice() {
        [GREP, "-a", "-s", "-H", ".", files @ ..] if *files == CLUSTER_FILES => {
            Some(NodeCommand::ReadCluster)
        }
        [GREP, words @ ..] if *words == POOLS => Some(NodeCommand::ReadPools),
        [GATE, "--version"] => Some(NodeCommand::ReadGate),
        [TAIL, "-n", "+1", "-v", VERSION, files @ ..] => configs(files),
        [PVESH, "get", "/cluster/resources", ..] => Some(NodeCommand::ReadResources),
        [PVESH, "get", path, ..] => {
            let (node, vmid) = guest_path(path, "/agent/file-read")?;
            Some(NodeCommand::ReadGuestMeminfo { node, vmid })
        }
        [QM, "guest", "cmd", vmid, "get-vcpus"] => {
            Some(NodeCommand::ReadGuestVcpus { vmid: vmid.parse().ok()? })
        }
        [QM, "set", vmid, options @ .., "--digest", digest] => {
            change(vmid.parse().ok()?, options, Digest::try_from((*digest).to_owned()).ok()?)
        }
        _ => None,
    }
}

fn monitor(words: &str, literal: &str) -> Option<NodeCommand> {
    let path = words.strip_prefix(PVESH)?.strip_prefix(" create ")?.strip_suffix(" --command")?;
    let (node, vmid) = guest_path(path, "/monitor")?;
    let query = MonitorQuery::ALL.into_iter().find(|query| query.text() == literal)?;
    Some(NodeCommand::ReadMonitor { node, vmid, query })
}

fn configs(paths: &[&str]) -> Option<NodeCommand> {
    let file = |path: &&str| {
        let (node, name) = path.strip_prefix("/etc/pve/nodes/")?.split_once("/qemu-server/")?;
        let vmid = name.strip_suffix(".conf")?.parse().ok()?;
        Some(ConfigFile { node: node.try_into().ok()?, vmid })
    };
    let files: Vec<ConfigFile> = paths.iter().map(file).collect::<Option<_>>()?;
    Some(NodeCommand::ReadConfigs(ConfigFiles::try_from(files).ok()?))
}

/// Node and VM of `/nodes/N/qemu/ID` followed by `tail`.
fn guest_path(path: &str, tail: &str) -> Option<(NodeName, VmId)> {
    let (node, vmid) = path.strip_suffix(tail)?.strip_prefix("/nodes/")?.split_once("/qemu/")?;
    Some((node.try_into().ok()?, vmid.parse().ok()?))
}

fn change(vmid: VmId, options: &[&str], digest: Digest) -> Option<NodeCommand> {
    match options {
        ["--vcpus", vcpus] => Some(NodeCommand::SetVcpus {
            vmid,
            vcpus: Vcpus::try_from(number(vcpus)?).ok()?,
            digest,
        }),
        ["--memory", memory, balloon @ ..] => {
            let memory = MemoryMib::try_from(number(memory)?).ok()?;
            let balloon = match balloon {
                [] => None,
                ["--balloon", balloon] => Some(BalloonMib::try_from(number(balloon)?).ok()?),
                _ => return None,
            };
            Some(NodeCommand::SetMemory { vmid, memory, balloon, digest })
        }
        ["--balloon", balloon] => Some(NodeCommand::SetBalloon {
            vmid,
            balloon: BalloonMib::try_from(number(balloon)?).ok()?,
            digest,
        }),
        ["--cpulimit", limit] => {
            Some(NodeCommand::SetCpuLimit { vmid, cpulimit: limit.parse().ok()?, digest })
        }
        ["--revert", names] => {
            let option = PendingOption::ALL.into_iter().find(|option| option.names() == *names)?;
            Some(NodeCommand::Revert { vmid, option, digest })
        }
        _ => None,
    }
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok()
}
