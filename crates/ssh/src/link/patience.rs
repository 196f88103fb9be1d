//! How long a node is waited for.

use std::time::Duration;

use vm_autoscale_node::NodeCommand;

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
    /// From when its session was lost until it is taken for ended: for a read less than a cycle,
    /// as a host of its own is seen by nobody meanwhile.
    pub(super) after: Duration,
}

impl Patience {
    pub(super) fn of(command: &NodeCommand) -> Self {
        let (ready, silence, end) = match command {
            command if command.is_change() => (QUEUE, None, CHANGE),
            NodeCommand::ReadCluster
            | NodeCommand::ReadConfigs(_)
            | NodeCommand::ReadGate
            | NodeCommand::ReadPools => (SILENCE, Some(SILENCE), FILES),
            _ => (READ, None, READ),
        };
        let after = if command.is_change() { CHANGE } else { FILES };
        Self { ready, silence, end, after }
    }
}
