//! How long a node is waited for.

use std::time::Duration;

use vm_autoscale_proxmox::NodeCommand;

/// Reading files takes milliseconds: a node that says nothing by then is passed over, so that
/// another one answers within the cycle of ten seconds.
const SILENCE: Duration = Duration::from_secs(5);
const FILES: Duration = Duration::from_secs(8);
/// Perl takes a second, on a busy node several.
const READ: Duration = Duration::from_secs(30);
/// 10 s for the lock, 21 s for a DIMM that stays, 33 s for three vCPUs, and as much again.
const CHANGE: Duration = Duration::from_secs(180);
/// A change that had to wait longer was decided on what is old by now.
const QUEUE: Duration = Duration::from_secs(5);

/// For one command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// Until it can be sent.
    pub(super) ready: Duration,
    /// Until the first of its answer from when it was asked for, and from then on between parts.
    pub(super) silence: Option<Duration>,
    /// From when it was sent until its end; after that it hangs.
    pub(super) end: Duration,
}

impl Patience {
    pub(super) fn of(command: &NodeCommand) -> Self {
        match command {
            command if command.is_change() => Self { ready: QUEUE, silence: None, end: CHANGE },
            NodeCommand::ReadCluster | NodeCommand::ReadConfigs(_) | NodeCommand::ReadPools => {
                Self { ready: SILENCE, silence: Some(SILENCE), end: FILES }
            }
            _ => Self { ready: READ, silence: None, end: READ },
        }
    }
}
