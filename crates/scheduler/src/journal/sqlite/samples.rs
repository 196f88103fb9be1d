//! What VMs used: a row of all of a cluster's every few minutes. Nothing holds anything back by it,
//! so that a row that cannot be believed is left out, and the others are.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, Row, params};
use vm_autoscale_planner::Moment;
use vm_autoscale_proxmox::{ClusterName, VmId};

use super::fault::Fault;
use super::value::{count, moment, name, number, of_moment, sum_with};
use super::{load, reader, schema};
use crate::journal::{JournalError, Samples};
use crate::samples::{Reader, all, find};
use crate::{Event, VmUse};

/// What is in a journal of one VM.
#[derive(Debug, Clone, PartialEq)]
pub struct PastUse {
    /// Where it is or was.
    pub cluster: ClusterName,
    /// What it used, oldest first; there may be gaps.
    pub blocks: Vec<Block>,
    /// Blocks of others who had its number before, or may have had it: they are not among those.
    pub of_others: usize,
    /// What became of our changes of it, oldest first.
    pub changes: Vec<Event>,
    /// Rows of the cluster that could not be believed.
    pub unreadable: usize,
}

/// What a VM used in some minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// When it ended, in seconds since 1970.
    pub end: u64,
    /// So long it was.
    pub seconds: u32,
    /// What was used in it.
    pub used: VmUse,
}

impl Block {
    /// When it began, in seconds since 1970.
    #[must_use]
    pub fn begin(&self) -> u64 {
        self.end.saturating_sub(self.seconds.into())
    }
}

/// What is in a journal of a VM since then, in seconds since 1970, of each cluster that has
/// something of it. A daemon may have the file open, or not.
///
/// # Errors
/// There is no such file, it may not be read, or it cannot be believed; the text says which.
pub fn past_use(path: &Path, vmid: VmId, since: u64) -> Result<Vec<PastUse>, JournalError> {
    reader::read(path, |connection| {
        // One of before has no such table, and what it has would not be complete.
        if schema::version(connection)? < schema::WITH_SAMPLES {
            return Ok(Vec::new());
        }
        let mut found: Vec<PastUse> = blocks(connection, vmid, since)?.into_values().collect();
        for past in &mut found {
            past.changes = changes(connection, &past.cluster, vmid, since)?;
            past.end_with_the_last();
        }
        found.retain(|past| !past.blocks.is_empty());
        Ok(found)
    })
}

/// Gives `take` what the VMs of a cluster used up to that moment, block by block, oldest first: as
/// many of the newest as are no more than so many bytes. A row that cannot be believed is left out.
/// For the process that has the file open.
pub(crate) fn blocks_beside(
    path: &Path,
    cluster: &ClusterName,
    (until, bytes): (Moment, u64),
    mut take: impl FnMut((Moment, u64, u32), Reader<'_>),
) -> Result<(), JournalError> {
    let query = "SELECT cluster, moment, wall, seconds, body, sum FROM samples \
                 WHERE cluster = ?1 AND moment <= ?2 AND id >= (SELECT min(id) FROM ( \
                 SELECT id, sum(length(body)) OVER (ORDER BY id DESC) AS bytes FROM samples \
                 WHERE cluster = ?1 AND moment <= ?2) WHERE bytes <= ?3) ORDER BY moment";
    reader::beside(path, |connection| {
        // In KiB: what is read once from end to end needs no room.
        connection.pragma_update(None, "cache_size", -256)?;
        let mut statement = connection.prepare(query)?;
        let limits = params![cluster.as_str(), of_moment(until), number(bytes)];
        let mut rows = statement.query(limits)?;
        while let Some(row) = rows.next()? {
            let Some((wall, seconds, body)) = written(row, cluster.as_str()) else { continue };
            let Ok(vms) = Reader::new(body) else { continue };
            take((moment(row.get(1)?)?, wall, seconds), vms);
        }
        Ok(())
    })
}

impl PastUse {
    fn none(cluster: ClusterName) -> Self {
        Self { cluster, blocks: vec![], of_others: 0, changes: vec![], unreadable: 0 }
    }

    /// Of all who had the number only the last one stays.
    fn end_with_the_last(&mut self) {
        let who = |block: &Block| block.used.who;
        let last = self.blocks.iter().rev().map(who).find(|who| *who != 0);
        let is_another = |block: &Block| last.is_some_and(|last| ![0, last].contains(&who(block)));
        let others = self.blocks.iter().rposition(is_another).map_or(0, |at| at + 1);
        // Nobody knows whose a block between the two is.
        let unsaid = self.blocks.iter().skip(others).take_while(|block| who(block) == 0).count();
        self.of_others = if others > 0 { others + unsaid } else { 0 };
        self.blocks.drain(..self.of_others);
        let first = self.blocks.first().map_or(u64::MAX, Block::begin);
        self.changes.retain(|change| change.at >= first);
    }
}

/// A block whose end was noted twice is there once.
pub(super) fn write(to: &Connection, cluster: &ClusterName, block: &Samples) -> Result<(), Fault> {
    let Samples { moment, wall, seconds, body } = block;
    let (cluster, moment, wall) = (cluster.as_str(), of_moment(*moment), number(*wall));
    let sum = sum_with(&[&cluster, &moment, &wall, seconds], body);
    to.execute(
        "INSERT OR IGNORE INTO samples VALUES (NULL, ?, ?, ?, ?, ?, ?)",
        params![moment, wall, cluster, seconds, body, sum],
    )?;
    Ok(())
}

/// By cluster, in the order in which they were noted.
fn blocks(
    connection: &Connection,
    vmid: VmId,
    since: u64,
) -> Result<BTreeMap<ClusterName, PastUse>, Fault> {
    let query = "SELECT cluster, moment, wall, seconds, body, sum FROM samples \
                 WHERE wall >= ? ORDER BY id";
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([number(since)])?;
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let Ok(cluster) = row.get(0).map_err(Fault::from).and_then(name::<ClusterName>) else {
            continue;
        };
        let past = found.entry(cluster).or_insert_with_key(|name| PastUse::none(name.clone()));
        match block(row, &past.cluster, vmid) {
            Some(block) => past.blocks.extend(block),
            None => past.unreadable += 1,
        }
    }
    Ok(found)
}

/// What a row says of a VM; nothing where the row says something else than was written.
#[expect(clippy::option_option, reason = "of a row that is good it may have nothing")]
fn block(row: &Row<'_>, cluster: &ClusterName, vmid: VmId) -> Option<Option<Block>> {
    let (end, seconds, body) = written(row, cluster.as_str())?;
    let used = find(body, vmid).ok()?;
    Some(used.map(|used| Block { end, seconds, used }))
}

/// The cluster, end, seconds and VMs of a row; nothing where it says something else than was written.
pub(super) fn body(row: &Row<'_>) -> Option<(ClusterName, u64, u32, Vec<VmUse>)> {
    let cluster: ClusterName = row.get::<_, String>(0).ok()?.try_into().ok()?;
    let (end, seconds, body) = written(row, cluster.as_str())?;
    Some((cluster, end, seconds, all(body).ok()?))
}

/// The end, seconds and body of a row that says what was written.
pub(super) fn written<'a>(row: &'a Row<'_>, cluster: &str) -> Option<(u64, u32, &'a [u8])> {
    let (moment, wall, seconds): (i64, i64, u32) =
        (row.get(1).ok()?, row.get(2).ok()?, row.get(3).ok()?);
    let body = row.get_ref(4).ok()?.as_blob().ok()?;
    let sum = sum_with(&[&cluster, &moment, &wall, &seconds], body);
    let end = count(wall).ok().filter(|_| row.get(5) == Ok(sum))?;
    Some((end, seconds, body))
}

fn changes(
    connection: &Connection,
    cluster: &ClusterName,
    vmid: VmId,
    since: u64,
) -> Result<Vec<Event>, Fault> {
    let query = "SELECT number, wall, cluster, vmid, step, verified, text FROM outcomes \
                 WHERE cluster = ? AND vmid = ? AND wall >= ? ORDER BY number";
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query(params![cluster.as_str(), u32::from(vmid), number(since)])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        changes.push(load::event(row)?);
    }
    Ok(changes)
}
