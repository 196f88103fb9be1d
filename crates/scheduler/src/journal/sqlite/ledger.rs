//! All that a file has of a time, read once from end to end: what VMs used, what was changed and
//! what was decided. Nothing of it is kept here, so that thousands of VMs and weeks are no question
//! of memory.

use std::path::Path;

use rusqlite::{Connection, params};
use vm_autoscale_planner::{Move, Resource};
use vm_autoscale_proxmox::{ClusterName, VmId};

use super::fault::Fault;
use super::samples::{Block, body};
use super::value::{count, name, number, parse};
use super::{reader, schema};
use crate::journal::JournalError;

/// Takes what a journal has. Changes come first, then decisions, then use, each in the order in
/// which they were noted.
pub trait Ledger {
    /// A change that ended in that time.
    fn changed(&mut self, cluster: &ClusterName, change: Ended);
    /// A decision that is another one than before; also those of before that time, because they
    /// stand until the next.
    fn decided(&mut self, cluster: &ClusterName, stands: Stands);
    /// What a VM used in a block that ended in that time.
    fn used(&mut self, cluster: &ClusterName, block: &Block);
    /// A row that cannot be believed is left out.
    fn torn(&mut self);
}

/// A change that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// When, in seconds since 1970.
    pub at: u64,
    /// Of which VM.
    pub vmid: VmId,
    /// What was asked for.
    pub step: Move,
    /// What came of it: a word of [`crate::Outcome::kind`].
    pub kind: String,
    /// Whether it was found to be in effect.
    pub verified: bool,
    /// What came of it and why it was asked for, as told to people.
    pub text: String,
}

/// A decision that is another one than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stands {
    /// Since when, in seconds since 1970.
    pub at: u64,
    /// On which VM.
    pub vmid: VmId,
    /// On what of it.
    pub resource: Resource,
    /// A stable word; `would: ` and `does: ` stand before that of a change.
    pub kind: String,
    /// What and why, as told to people.
    pub text: String,
}

/// Reads what a journal has from `since` up to `until`, in seconds since 1970, into one of `begin`'s.
///
/// # Errors
/// There is no such file, it may not be read, or it cannot be believed; the text says which.
pub fn read_ledger<L: Ledger>(
    path: &Path,
    (since, until): (u64, u64),
    begin: impl Fn() -> L,
) -> Result<L, JournalError> {
    reader::read(path, |connection| {
        // Another attempt at reading begins anew.
        let mut ledger = begin();
        let has_samples = schema::version(connection)? >= schema::WITH_SAMPLES;
        let within = (number(since), number(until));
        changes(connection, within, &mut ledger)?;
        decisions(connection, within.1, &mut ledger)?;
        if has_samples {
            samples(connection, within, &mut ledger)?;
        }
        Ok(ledger)
    })
}

fn changes(
    connection: &Connection,
    (since, until): (i64, i64),
    to: &mut impl Ledger,
) -> Result<(), Fault> {
    let query = "SELECT cluster, wall, vmid, step, kind, verified, text FROM outcomes \
                 WHERE wall >= ? AND wall <= ? ORDER BY number";
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query(params![since, until])?;
    while let Some(row) = rows.next()? {
        let cluster = name(row.get(0)?)?;
        let ended = Ended {
            at: count(row.get(1)?)?,
            vmid: vmid(row.get(2)?)?,
            step: parse(&row.get::<_, String>(3)?)?,
            kind: row.get(4)?,
            verified: row.get(5)?,
            text: row.get(6)?,
        };
        to.changed(&cluster, ended);
    }
    Ok(())
}

fn decisions(connection: &Connection, until: i64, to: &mut impl Ledger) -> Result<(), Fault> {
    let query = "SELECT cluster, wall, vmid, resource, kind, text FROM decisions \
                 WHERE wall <= ? ORDER BY id";
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([until])?;
    while let Some(row) = rows.next()? {
        let cluster = name(row.get(0)?)?;
        let stands = Stands {
            at: count(row.get(1)?)?,
            vmid: vmid(row.get(2)?)?,
            resource: parse(&format!("\"{}\"", row.get::<_, String>(3)?))?,
            kind: row.get(4)?,
            text: row.get(5)?,
        };
        to.decided(&cluster, stands);
    }
    Ok(())
}

fn samples(
    connection: &Connection,
    (since, until): (i64, i64),
    to: &mut impl Ledger,
) -> Result<(), Fault> {
    let query = "SELECT cluster, moment, wall, seconds, body, sum FROM samples \
                 WHERE wall >= ? AND wall <= ? ORDER BY id";
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query(params![since, until])?;
    while let Some(row) = rows.next()? {
        let Some((cluster, end, seconds, vms)) = body(row) else {
            to.torn();
            continue;
        };
        for used in vms {
            to.used(&cluster, &Block { end, seconds, used });
        }
    }
    Ok(())
}

fn vmid(number: u32) -> Result<VmId, Fault> {
    number.try_into().map_err(|_| Fault::unreadable("a VM's number"))
}
