//! Changes and decisions: the newest, as many as may be told.

use rusqlite::{Row, params};
use vm_autoscale_proxmox::{ClusterName, VmId};

use super::{Found, Line, Reading};
use crate::journal::sqlite::fault::Fault;
use crate::journal::sqlite::schema;
use crate::journal::sqlite::value::{count, name, number, parse};
use crate::past::{PastDecision, PastEvent};
use crate::samples::who;

pub(super) fn events(reading: &mut Reading<'_>, found: &mut Found) -> Result<(), Fault> {
    let asked = if reading.version >= schema::WITH_ASKED { "asked" } else { "NULL" };
    let columns = format!(
        "number, wall, step, kind, verified, reverted, reason, text, moment - {asked}, identity"
    );
    rows(reading, found, ("outcomes", &columns, "number"), |row, line| {
        let (reason, text): (String, String) = (row.get(8)?, row.get(9)?);
        let took: Option<i64> = row.get(10)?;
        let identity: Option<String> = row.get(11)?;
        let identity = identity.as_deref().map(parse).transpose()?;
        let bytes = reason.len() + text.len();
        let event = PastEvent {
            number: count(row.get(2)?)?,
            at: count(row.get(3)?)?,
            step: parse(&row.get::<_, String>(4)?)?,
            kind: row.get(5)?,
            verified: row.get(6)?,
            reverted: row.get(7)?,
            reason,
            text,
            took_s: took.and_then(|took| u64::try_from(took).ok()).map(|took| took / 1000),
        };
        line.events.push((who(identity.as_ref()), event));
        Ok(bytes)
    })
}

pub(super) fn decisions(reading: &mut Reading<'_>, found: &mut Found) -> Result<(), Fault> {
    let columns = "wall, resource, kind, text";
    rows(reading, found, ("decisions", columns, "id"), |row, line| {
        let text: String = row.get(5)?;
        let bytes = text.len();
        let (at, kind) = (count(row.get(2)?)?, row.get(4)?);
        let resource = parse(&format!("\"{}\"", row.get::<_, String>(3)?))?;
        line.decisions.push(PastDecision { at, resource, kind, text });
        Ok(bytes)
    })
}

/// Has each row added to its VM by `add`, which is given it with cluster and number in front, and
/// says how many bytes its words are.
fn rows(
    reading: &mut Reading<'_>,
    found: &mut Found,
    (table, columns, number_of): (&str, &str, &str),
    mut add: impl FnMut(&Row<'_>, &mut Line) -> Result<usize, Fault>,
) -> Result<(), Fault> {
    let order = reading.order;
    let limit = order.limit.min(reading.bounds.rows);
    let vms: Vec<String> = order.vms.iter().map(VmId::to_string).collect();
    let of =
        if vms.is_empty() { String::new() } else { format!("vmid IN ({}) AND", vms.join(",")) };
    let query = format!(
        "SELECT cluster, vmid, {columns} FROM {table} \
         WHERE {of} wall >= ?1 AND wall < ?2 AND cluster = ifnull(?3, cluster) \
         ORDER BY {number_of} DESC LIMIT ?4"
    );
    let mut statement = reading.connection.prepare(&query)?;
    let cluster = order.cluster.as_ref().map(ClusterName::as_str);
    let more = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut rows =
        statement.query(params![number(order.since), number(order.until), cluster, more])?;
    let (mut told, mut bytes) = (0, 0);
    while let Some(row) = rows.next()? {
        if told >= limit || bytes > reading.bounds.bytes {
            reading.truncated = true;
            break;
        }
        let cluster = name::<ClusterName>(row.get(0)?)?;
        let vmid = row.get::<_, u32>(1)?.try_into();
        let vmid = vmid.map_err(|_| Fault::unreadable("a VM's number"))?;
        let vms = &mut found.entry(cluster).or_default().vms;
        bytes += add(row, vms.entry(vmid).or_default())?;
        told += 1;
    }
    Ok(())
}
