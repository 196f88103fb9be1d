//! Reads a file. Whatever holds changes back and cannot be read makes the whole file unreadable:
//! a journal of which a part is missing looks like one in which less happened.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, Row};
use vm_autoscale_planner::Moment;

use super::fault::Fault;
use super::memory::{EVENTS, Intended, Known, Memory};
use super::value::{check, count, moment, name, parse};
use crate::{Event, Intent, Pause};

/// All of it, and the clock's last moment and how far it went ahead.
pub(super) fn load(connection: &Connection) -> Result<(Memory, Moment, Duration), Fault> {
    let (last, ahead) = clock(connection)?;
    let mut memory = Memory { loaded: true, ..Memory::default() };
    (memory.open, memory.told) = (open(connection)?, told(connection)?);
    clusters(connection, &mut memory)?;
    memory.pauses = pauses(connection)?;
    memory.pauses.retain(|pause| pause.holds(last));
    memory.events = events(connection)?.into();
    memory.numbers = [
        highest(connection, "SELECT max(number) FROM outcomes")?,
        highest(connection, "SELECT max(seq) FROM sqlite_sequence WHERE name = 'intents'")?,
        highest(connection, "SELECT max(seq) FROM sqlite_sequence WHERE name = 'pauses'")?,
    ];
    Ok((memory, last, ahead))
}

fn highest(connection: &Connection, query: &str) -> Result<u64, Fault> {
    count(connection.query_row(query, [], |row| row.get::<_, Option<i64>>(0))?.unwrap_or_default())
}

/// Every row of a query, each read by `read`.
pub(super) fn each<T>(
    connection: &Connection,
    query: &str,
    mut read: impl FnMut(&Row<'_>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(row)?);
    }
    Ok(all)
}

/// The clock's last moment, and how far it went ahead. A file without it was never written to.
pub(super) fn clock(connection: &Connection) -> Result<(Moment, Duration), Fault> {
    let rows = each(connection, "SELECT last, ahead, sum FROM clock", |row| {
        let (last, ahead): (i64, i64) = (row.get(0)?, row.get(1)?);
        check(row.get(2)?, &[&last, &ahead])?;
        Ok((moment(last)?, Duration::from_millis(count(ahead)?)))
    })?;
    Ok(rows.into_iter().max().unwrap_or_default())
}

fn clusters(connection: &Connection, memory: &mut Memory) -> Result<(), Fault> {
    each(connection, "SELECT name, last, wall, sum FROM clusters", |row| {
        let (cluster, last, wall): (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        check(row.get(3)?, &[&cluster, &last])?;
        let last = Some((moment(last)?, count(wall)?));
        memory.clusters.insert(name(cluster)?, Known { last, vms: BTreeMap::new() });
        Ok(())
    })?;
    each(connection, "SELECT cluster, vmid, record, sum FROM vms", |row| {
        let (cluster, vmid, record): (String, u32, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        check(row.get(3)?, &[&cluster, &vmid, &record])?;
        let known = memory.clusters.entry(name(cluster)?).or_default();
        let vmid = vmid.try_into().map_err(|_| Fault::unreadable("a VM's number"))?;
        known.vms.insert(vmid, Arc::new(parse(&record)?));
        Ok(())
    })?;
    Ok(())
}

/// Changes that are open.
pub(super) fn open(connection: &Connection) -> Result<BTreeMap<u64, Intended>, Fault> {
    let query =
        "SELECT id, moment, wall, cluster, vmid, node, step, identity, reason, sum FROM intents";
    let rows = each(connection, query, |row| {
        let (id, at): (i64, i64) = (row.get(0)?, row.get(1)?);
        let [cluster, node, step, reason]: [String; 4] =
            [row.get(3)?, row.get(5)?, row.get(6)?, row.get(8)?];
        let (vmid, identity): (u32, Option<String>) = (row.get(4)?, row.get(7)?);
        let said = identity.as_deref().unwrap_or_default();
        check(row.get(9)?, &[&id, &at, &cluster, &vmid, &node, &step, &said, &reason])?;
        let intent = Intent {
            cluster: name(cluster)?,
            node: name(node)?,
            vmid: vmid.try_into().map_err(|_| Fault::unreadable("a VM's number"))?,
            step: parse(&step)?,
            identity: identity.as_deref().map(parse).transpose()?,
            reason,
        };
        Ok((count(id)?, Intended { moment: moment(at)?, wall: count(row.get(2)?)?, intent }))
    })?;
    Ok(rows.into_iter().collect())
}

/// Open changes whose outcome was noted, and as which event.
pub(super) fn told(connection: &Connection) -> Result<BTreeMap<u64, u64>, Fault> {
    let query = "SELECT intent, number FROM outcomes WHERE intent IN (SELECT id FROM intents)";
    let rows = each(connection, query, |row| Ok((count(row.get(0)?)?, count(row.get(1)?)?)))?;
    Ok(rows.into_iter().collect())
}

/// Pauses that nobody took back; some may be over.
pub(super) fn pauses(connection: &Connection) -> Result<Vec<Pause>, Fault> {
    each(connection, "SELECT body, sum FROM pauses WHERE ended IS NULL ORDER BY number", |row| {
        let body: String = row.get(0)?;
        check(row.get(1)?, &[&body])?;
        parse(&body)
    })
}

/// The last events, oldest first.
pub(super) fn events(connection: &Connection) -> Result<Vec<Event>, Fault> {
    let query = format!(
        "SELECT * FROM (SELECT number, wall, cluster, vmid, step, verified, text FROM outcomes \
         ORDER BY number DESC LIMIT {EVENTS}) ORDER BY number"
    );
    each(connection, &query, event)
}

/// A row's number, wall, cluster, vmid, step, verified and text.
pub(super) fn event(row: &Row<'_>) -> Result<Event, Fault> {
    let vmid: u32 = row.get(3)?;
    Ok(Event {
        number: count(row.get(0)?)?,
        at: count(row.get(1)?)?,
        cluster: name(row.get(2)?)?,
        vmid: vmid.try_into().map_err(|_| Fault::unreadable("a VM's number"))?,
        step: parse(&row.get::<_, String>(4)?)?,
        verified: row.get(5)?,
        text: row.get(6)?,
    })
}
