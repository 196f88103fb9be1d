//! The two channels that each node has for changes: one that hangs keeps its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use vm_autoscale_proxmox::NodeName;
use vm_autoscale_scheduler::AskError;

/// Seconds after which a change is one that hangs.
const LONG: u64 = 60;
const CHANNELS: usize = 2;

/// Since when changes are at work on each node, by their numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct AtWork(Arc<Mutex<Nodes>>);

#[derive(Debug, Default)]
struct Nodes {
    last: u64,
    begun: BTreeMap<(NodeName, u64), tokio::time::Instant>,
}

/// Until it ends.
#[derive(Debug)]
pub(super) struct Channel(AtWork, NodeName, u64);

impl AtWork {
    /// Where one hangs, there are no more than the channels; else it is the scheduler's to count.
    pub(super) fn begin(
        &self,
        node: &NodeName,
        is_change: bool,
    ) -> Result<Option<Channel>, AskError> {
        if !is_change {
            return Ok(None);
        }
        let mut nodes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let here = || nodes.begun.iter().filter(|((name, _), _)| name == node);
        if here().any(|(_, begun)| begun.elapsed().as_secs() >= LONG) && here().count() >= CHANNELS
        {
            return Err(busy());
        }
        nodes.last += 1;
        let number = nodes.last;
        nodes.begun.insert((node.clone(), number), tokio::time::Instant::now());
        Ok(Some(Channel(self.clone(), node.clone(), number)))
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        let Self(at_work, node, number) = self;
        let mut nodes = at_work.0.lock().unwrap_or_else(PoisonError::into_inner);
        nodes.begun.remove(&(node.clone(), *number));
    }
}

/// Nothing was asked.
pub(super) fn busy() -> AskError {
    AskError::NotAsked("busy with what was asked before".to_owned())
}
