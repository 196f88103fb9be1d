//! What is written, statement by statement.

use std::time::Duration;

use rusqlite::{Connection, params};
use vm_autoscale_planner::Moment;
use vm_autoscale_proxmox::{ClusterName, VmId};

use super::fault::Fault;
use super::memory::{Ended, Intended, Known, Late, Memory};
use super::samples;
use super::value::{json, milliseconds, number, of_moment, sum};
use crate::{ClusterStatus, Decided, Notes, Pause, VmRecord, VmStatus};

/// VMs of a picture that are put into one row; about 40 KiB.
const IN_A_PART: usize = 64;

/// The clock's last moment, and how far it goes ahead.
pub(super) fn clock(to: &Connection, last: Moment, ahead: Duration) -> Result<(), Fault> {
    let (last, ahead) = (of_moment(last), milliseconds(ahead));
    let sum = sum(&[&last, &ahead]);
    let row = "INSERT OR REPLACE INTO clock (rowid, last, ahead, sum) VALUES (1, ?, ?, ?)";
    to.execute(row, params![last, ahead, sum])?;
    Ok(())
}

pub(super) fn intent(to: &Connection, id: u64, intended: &Intended) -> Result<(), Fault> {
    let Intended { moment, wall, intent } = intended;
    let (id, moment, vmid) = (number(id), of_moment(*moment), u32::from(intent.vmid));
    let (cluster, node) = (intent.cluster.as_str(), intent.node.as_str());
    let (step, identity) = (json(&intent.step)?, intent.identity.as_ref().map(json).transpose()?);
    let said = identity.as_deref().unwrap_or_default();
    let sum = sum(&[&id, &moment, &cluster, &vmid, &node, &step, &said, &intent.reason]);
    // Of the same number there is only the same one: it may have been written already.
    to.execute(
        "INSERT OR IGNORE INTO intents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![id, moment, number(*wall), cluster, vmid, node, step, identity, intent.reason, sum],
    )?;
    Ok(())
}

/// An intent is to be looked after no more.
fn close(to: &Connection, id: u64) -> Result<(), Fault> {
    to.execute("DELETE FROM intents WHERE id = ?", [number(id)])?;
    Ok(())
}

/// What waited.
pub(super) fn late(to: &Connection, late: &Late) -> Result<(), Fault> {
    let (id, ended) = match late {
        Late::Void(id) => return close(to, *id),
        // The intent stays: what follows from its end is not in what is remembered of its VM yet.
        Late::Settled(id, ended) => (id, ended),
    };
    let Ended { moment, asked, event, intent, settled } = &**ended;
    let identity = intent.identity.as_ref().map(json).transpose()?;
    to.execute(
        "INSERT OR REPLACE INTO outcomes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            number(event.number),
            number(*id),
            of_moment(*moment),
            number(event.at),
            intent.cluster.as_str(),
            u32::from(intent.vmid),
            intent.node.as_str(),
            json(&intent.step)?,
            identity,
            intent.reason,
            settled.outcome.kind(),
            event.text,
            event.verified,
            settled.reverted,
            settled.duty,
            of_moment(*asked)
        ],
    )?;
    Ok(())
}

/// That a cluster was seen to, and what it looked like if that is said.
pub(super) fn cluster(
    to: &Connection,
    cluster: &ClusterName,
    (last, wall): (Moment, u64),
    picture: Option<&ClusterStatus>,
) -> Result<(), Fault> {
    let (cluster, last, wall) = (cluster.as_str(), of_moment(last), number(wall));
    let sum = sum(&[&cluster, &last]);
    let row = "INSERT INTO clusters (name, last, wall, sum) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT DO UPDATE SET last = ?2, wall = ?3, sum = ?4";
    to.execute(row, params![cluster, last, wall, sum])?;
    if let Some(picture) = picture {
        let row = "UPDATE clusters SET picture = ?, picture_wall = ? WHERE name = ?";
        to.execute(row, params![json(&picture.without_vms())?, wall, cluster])?;
        vms_of(to, cluster, &picture.vms)?;
    }
    Ok(())
}

/// The VMs of a picture.
fn vms_of(to: &Connection, cluster: &str, vms: &[VmStatus]) -> Result<(), Fault> {
    to.execute("DELETE FROM pictures WHERE cluster = ?", [cluster])?;
    for (part, vms) in (0_i64..).zip(vms.chunks(IN_A_PART)) {
        to.execute("INSERT INTO pictures VALUES (?, ?, ?)", params![cluster, part, json(&vms)?])?;
    }
    Ok(())
}

pub(super) fn vm(
    to: &Connection,
    cluster: &ClusterName,
    vmid: VmId,
    record: Option<&VmRecord>,
) -> Result<(), Fault> {
    let (cluster, vmid) = (cluster.as_str(), u32::from(vmid));
    let Some(record) = record else {
        let row = "DELETE FROM vms WHERE cluster = ? AND vmid = ?";
        to.execute(row, params![cluster, vmid])?;
        return Ok(());
    };
    let record = json(record)?;
    let sum = sum(&[&cluster, &vmid, &record]);
    to.execute(
        "INSERT OR REPLACE INTO vms VALUES (?, ?, ?, ?)",
        params![cluster, vmid, record, sum],
    )?;
    Ok(())
}

pub(super) fn decision(
    to: &Connection,
    cluster: &ClusterName,
    (now, wall): (Moment, u64),
    decided: &Decided,
) -> Result<(), Fault> {
    let Decided { vmid, resource, kind, text } = decided;
    let resource = json(resource)?;
    to.execute(
        "INSERT INTO decisions VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)",
        params![
            of_moment(now),
            number(wall),
            cluster.as_str(),
            u32::from(*vmid),
            resource.trim_matches('"'),
            kind,
            text
        ],
    )?;
    Ok(())
}

pub(super) fn pause(to: &Connection, now: Moment, pause: &Pause) -> Result<(), Fault> {
    let body = json(pause)?;
    let sum = sum(&[&body]);
    // One that was told to hold on may have been ended in the file.
    let row = "INSERT INTO pauses (number, moment, body, sum) VALUES (?, ?, ?, ?) \
               ON CONFLICT DO UPDATE SET ended = NULL, ended_wall = NULL, ended_by = NULL";
    to.execute(row, params![number(pause.number), of_moment(now), body, sum])?;
    Ok(())
}

/// Somebody took a pause back, or it ended by itself.
pub(super) fn resume(
    to: &Connection,
    pause: u64,
    (now, wall): (Moment, u64),
    by: Option<u32>,
) -> Result<(), Fault> {
    let row = "UPDATE pauses SET ended = ?, ended_wall = ?, ended_by = ? WHERE number = ?";
    to.execute(row, params![of_moment(now), number(wall), by, number(pause)])?;
    Ok(())
}

/// A cycle, what it ends, and the pauses that are over.
pub(super) fn notes(
    to: &Connection,
    notes: &Notes,
    (over, wall): (&[u64], u64),
) -> Result<(), Fault> {
    let at = (notes.now, wall);
    cluster(to, &notes.cluster, at, notes.picture.as_ref())?;
    for decided in &notes.decisions {
        decision(to, &notes.cluster, at, decided)?;
    }
    for (vmid, record) in &notes.vms {
        vm(to, &notes.cluster, *vmid, record.as_deref())?;
    }
    for id in &notes.ended {
        close(to, *id)?;
    }
    for block in &notes.samples {
        samples::write(to, &notes.cluster, block)?;
    }
    for number in over {
        resume(to, *number, at, None)?;
    }
    Ok(())
}

/// Makes the file say what memory says; what happened before stays in it.
pub(super) fn all(to: &Connection, memory: &Memory, now: (Moment, u64)) -> Result<(), Fault> {
    // What was ended may be there still, where the note of it could not be written.
    to.execute("DELETE FROM intents", [])?;
    for (id, intended) in &memory.open {
        intent(to, *id, intended)?;
    }
    to.execute("DELETE FROM vms", [])?;
    for (name, Known { last, vms }) in &memory.clusters {
        if let Some(last) = last {
            cluster(to, name, *last, None)?;
        }
        for (vmid, record) in vms {
            vm(to, name, *vmid, Some(record))?;
        }
    }
    // What was told to have failed is not to hold, and the other way round.
    for number in open_pauses(to)? {
        if !memory.pauses.iter().any(|pause| pause.number == number) {
            resume(to, number, now, None)?;
        }
    }
    for held in &memory.pauses {
        pause(to, now.0, held)?;
    }
    Ok(())
}

fn open_pauses(of: &Connection) -> Result<Vec<u64>, Fault> {
    Ok(super::load::pauses(of)?.into_iter().map(|pause| pause.number).collect())
}
