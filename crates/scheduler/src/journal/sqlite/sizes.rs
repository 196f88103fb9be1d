//! What VMs were before our first change of them, as far as the file reaches back.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;
use vm_autoscale_planner::Move;
use vm_autoscale_proxmox::{ClusterName, Identity, NodeName, VmId};

use super::fault::Fault;
use super::load::each;
use super::reader;
use super::value::{count, name, parse};
use crate::journal::JournalError;

/// After which the value may be another one than before.
const WRITTEN: &str = "'verified', 'in-part', 'differs', 'no-effect', 'not-hot-pluggable', \
                       'stopped', 'unconfirmed', 'unknown'";

/// A value of a VM that our changes moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Where.
    pub cluster: ClusterName,
    /// On which node it was at the last change.
    pub node: NodeName,
    /// Which VM.
    pub vmid: VmId,
    /// Who the VM is, beyond its number.
    pub identity: Option<Identity>,
    /// The first change since the VM is who it is and since somebody else changed the value: it
    /// starts from what was there before.
    pub first: Move,
    /// The last one.
    pub last: Move,
    /// When the first one was noted, in seconds since 1970.
    pub at: u64,
}

impl Moved {
    /// Whether a way begins where the last change of ours led, or stopped: nobody else has changed
    /// the value since.
    #[must_use]
    pub fn is_last_of(&self, way: Move) -> bool {
        follows(self.last, way)
    }
}

/// The values that are not what they were before our first change, in the order of the VMs. Older
/// changes than the file keeps are not known.
///
/// # Errors
/// There is no such file, it may not be read, or it cannot be believed; the text says which.
pub fn moved(path: &Path) -> Result<Vec<Moved>, JournalError> {
    let mut moved = moved_ever(path)?;
    moved.retain(|moved| !is_back(moved.first, moved.last));
    Ok(moved)
}

/// The same, with the values that are by now what they were before.
///
/// # Errors
/// As for [`moved`].
pub fn moved_ever(path: &Path) -> Result<Vec<Moved>, JournalError> {
    reader::read(path, all)
}

fn all(connection: &Connection) -> Result<Vec<Moved>, Fault> {
    let query = format!(
        "SELECT cluster, vmid, node, step, identity, wall FROM outcomes \
         WHERE kind IN ({WRITTEN}) ORDER BY number"
    );
    let mut known: BTreeMap<(ClusterName, VmId, &'static str), (Option<String>, Moved)> =
        BTreeMap::new();
    each(connection, &query, |row| {
        let vmid: u32 = row.get(1)?;
        let vmid = vmid.try_into().map_err(|_| Fault::unreadable("a VM's number"))?;
        let (cluster, node): (ClusterName, NodeName) = (name(row.get(0)?)?, name(row.get(2)?)?);
        let step: Move = parse(&row.get::<_, String>(3)?)?;
        let identity: Option<String> = row.get(4)?;
        let at = count(row.get(5)?)?;
        let key = (cluster.clone(), vmid, option(step));
        let whose = identity.as_deref().map(parse).transpose()?;
        let new = Moved {
            cluster,
            node: node.clone(),
            vmid,
            identity: whose,
            first: step,
            last: step,
            at,
        };
        let (who, moved) = known.entry(key).or_insert_with(|| (identity.clone(), new.clone()));
        if *who != identity || moved.last != step && !follows(moved.last, step) {
            (*who, *moved) = (identity, new);
        }
        (moved.last, moved.node) = (step, node);
        Ok(())
    })?;
    Ok(known.into_values().map(|(_, moved)| moved).collect())
}

/// The option of `qm set` that it moves.
fn option(step: Move) -> &'static str {
    match step {
        Move::Cpu { .. } => "vcpus",
        Move::CpuLimit { .. } => "cpulimit",
        Move::Memory { .. } => "memory",
        Move::Balloon { .. } => "balloon",
    }
}

/// Whether nobody changed the value in between: it is on the way that the one before went, which
/// need not have come to its end.
fn follows(before: Move, after: Move) -> bool {
    fn within<T: Copy + PartialOrd>(value: T, one: T, other: T) -> bool {
        (value >= one && value <= other) || (value >= other && value <= one)
    }
    match (before, after) {
        (Move::Cpu { from, to }, Move::Cpu { from: now, .. }) => within(now, from, to),
        (Move::CpuLimit { from, to }, Move::CpuLimit { from: now, .. }) => within(now, from, to),
        (Move::Memory { from, to }, Move::Memory { from: now, .. }) => within(now, from, to),
        (Move::Balloon { from, to }, Move::Balloon { from: now, .. }) => {
            now == from || now.is_some_and(|now| within(now, from.unwrap_or(now), to))
        }
        _ => false,
    }
}

/// Whether the last one led to where the first one came from.
fn is_back(first: Move, last: Move) -> bool {
    match (first, last) {
        (Move::Cpu { from, .. }, Move::Cpu { to, .. }) => from == to,
        (Move::CpuLimit { from, .. }, Move::CpuLimit { to, .. }) => from == to,
        (Move::Memory { from, .. }, Move::Memory { to, .. }) => from == to,
        (Move::Balloon { from, .. }, Move::Balloon { to, .. }) => from == Some(to),
        _ => false,
    }
}
