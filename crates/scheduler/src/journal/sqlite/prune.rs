//! Keeps the file small: by age and by size, the oldest first, and what VMs used before what was
//! decided and done. What still holds something back is never removed.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use rusqlite::{Connection, params};
use vm_autoscale_config::JournalFile;
use vm_autoscale_planner::Moment;

use super::fault::Fault;
use super::file::beside;
use super::value::{count, number, of_moment};

/// Between two times of looking how old things are.
const HOUR: Duration = Duration::from_secs(3600);
const DAY: u64 = 24 * 3600;
const MIB: u64 = 1024 * 1024;
/// Rows that are removed at once, and how often at most in one cycle: a cycle waits for it.
const ROWS: u32 = 1000;
const TIMES: u32 = 50;

#[derive(Debug)]
pub(super) struct Prune {
    /// By the journal's own clock: what a wrong wall clock says removes nothing.
    age: Duration,
    /// The same for what VMs used.
    samples_age: Duration,
    /// Bytes that all its files may take.
    size: u64,
    /// Where its -wal is, and the most bytes that it was seen to take: as much as one cycle writes,
    /// which grows with the number of VMs.
    wal: (PathBuf, u64),
    last: Option<Moment>,
}

impl Prune {
    pub(super) fn new(file: &JournalFile) -> Self {
        Self {
            age: Duration::from_secs(u64::from(file.keep_days) * DAY),
            samples_age: Duration::from_secs(u64::from(file.keep_samples_days) * DAY),
            size: u64::from(file.max_size_mb) * MIB,
            wal: (beside(&file.path, "-wal"), 0),
            last: None,
        }
    }

    /// Removes what is too old, at most once an hour, and the oldest where it is too much.
    pub(super) fn prune(&mut self, connection: &mut Connection, now: Moment) -> Result<(), Fault> {
        if self.last.is_none_or(|last| now.since(last) >= HOUR) && self.by_age(connection, now)? {
            self.last = Some(now);
        }
        self.by_size(connection)
    }

    /// Bytes of the file without its -wal, which may come to a bit more than it ever did.
    fn room(&mut self) -> u64 {
        let (path, most) = &mut self.wal;
        *most = fs::metadata(path).map_or(0, |file| file.len()).max(*most);
        let wal = (*most / 4 * 5).max(self.size / 16).max(2 * MIB);
        self.size - wal.min(self.size / 2)
    }

    /// Whether nothing too old is left.
    fn by_age(&self, connection: &Connection, now: Moment) -> Result<bool, Fault> {
        let before = |age| now.0.checked_sub(age).map(|moment| of_moment(Moment(moment)));
        if let Some(before) = before(self.samples_age) {
            connection.execute("DELETE FROM samples WHERE moment < ?", [before])?;
        }
        let Some(before) = before(self.age) else { return Ok(true) };
        connection.execute("DELETE FROM pauses WHERE ended < ?", [before])?;
        for _ in 0..TIMES {
            let removed = remove(connection, before)?;
            if removed == 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn by_size(&mut self, connection: &mut Connection) -> Result<(), Fault> {
        let room = self.room();
        let (pages, _, page) = size(connection)?;
        if pages * page <= room {
            return Ok(());
        }
        // A bit more than needed, so that it is not to be done in every cycle.
        let wanted = room - room / 16;
        let (pages, free, page) = size(connection)?;
        let used = pages.saturating_sub(free) * page;
        remove_samples(connection, used.saturating_sub(wanted))?;
        for _ in 0..TIMES {
            let (pages, free, page) = size(connection)?;
            if (pages - free.min(pages)) * page <= wanted {
                break;
            }
            let Some(before) = oldest(connection)? else { break };
            remove(connection, before)?;
        }
        let mut vacuum = connection.prepare("PRAGMA incremental_vacuum(4096)")?;
        let mut steps = vacuum.query([])?;
        while steps.next()?.is_some() {}
        Ok(())
    }
}

/// All pages, the free ones among them, and the bytes of one.
fn size(connection: &Connection) -> Result<(u64, u64, u64), Fault> {
    let number = |name| -> Result<u64, Fault> {
        count(connection.pragma_query_value(None, name, |row| row.get(0))?)
    };
    Ok((number("page_count")?, number("freelist_count")?, number("page_size")?))
}

/// Removes the oldest rows of what VMs used, so many bytes of them where there are as many.
fn remove_samples(connection: &Connection, bytes: u64) -> Result<(), Fault> {
    if bytes == 0 {
        return Ok(());
    }
    // The place of a body in the file is known without reading it.
    let query = "SELECT max(id) FROM (SELECT id, sum(length(body)) OVER (ORDER BY id) -                  length(body) AS before FROM samples) WHERE before < ?";
    let last: Option<i64> = connection.query_row(query, [number(bytes)], |row| row.get(0))?;
    connection.execute("DELETE FROM samples WHERE id <= ?", [last])?;
    Ok(())
}

/// A moment before which there is something, and not too much.
fn oldest(connection: &Connection) -> Result<Option<i64>, Fault> {
    let query = "SELECT max(moment) + 1 FROM (SELECT moment FROM (\
                 SELECT * FROM (SELECT moment FROM decisions ORDER BY id LIMIT ?1) UNION ALL \
                 SELECT * FROM (SELECT moment FROM outcomes ORDER BY number LIMIT ?1)) \
                 ORDER BY moment LIMIT ?1)";
    Ok(connection.query_row(query, [ROWS], |row| row.get(0))?)
}

/// Removes the oldest rows of before that moment; how many.
fn remove(connection: &Connection, before: i64) -> Result<usize, Fault> {
    let mut removed = 0;
    for query in [
        "DELETE FROM decisions WHERE moment < ?1 AND id IN \
         (SELECT id FROM decisions ORDER BY id LIMIT ?2)",
        "DELETE FROM outcomes WHERE moment < ?1 AND number IN \
         (SELECT number FROM outcomes ORDER BY number LIMIT ?2)",
    ] {
        removed += connection.execute(query, params![before, ROWS])?;
    }
    Ok(removed)
}
