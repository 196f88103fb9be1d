//! Reads the file of a daemon that is down, with no right but to read it.

use std::fs;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::fault::Fault;
use super::file::{self, BUSY};
use super::value::{count, parse};
use super::{load, schema};
use vm_autoscale_planner::Moment;

use crate::journal::JournalError;
use crate::{BootClock, Clock as _, ClusterStatus, Event, Intent, Pause, VmStatus};

/// What a daemon that is down noted last.
#[derive(Debug, Clone, PartialEq)]
pub struct LastKnown {
    /// Of each cluster, by name.
    pub clusters: Vec<LastPicture>,
    /// The last events, oldest first.
    pub recent: Vec<Event>,
    /// Now, by the clock of the pauses.
    pub now: Moment,
    /// The pauses that hold now, as far as time has passed since: none that holds is missing.
    pub pauses: Vec<Pause>,
    /// Changes of which it is not known what became of them: the daemon's next start looks.
    pub open: Vec<Intent>,
}

/// What a cluster looked like.
#[derive(Debug, Clone, PartialEq)]
pub struct LastPicture {
    /// The picture; nothing where none was noted yet.
    pub status: Option<ClusterStatus>,
    /// The cluster's name.
    pub name: String,
    /// When the picture was noted, in seconds since 1970.
    pub noted: Option<u64>,
    /// When the last cycle was noted, in seconds since 1970.
    pub seen: u64,
}

/// Reads what a daemon that is down noted last.
///
/// # Errors
/// There is no such file, it may not be read, or it cannot be believed; the text says which.
pub fn last_pictures(path: &Path) -> Result<LastKnown, JournalError> {
    read(path, known)
}

/// Of which version a journal is.
///
/// # Errors
/// There is no such file, it may not be read, or it is of a later version.
pub fn schema_of(path: &Path) -> Result<i64, JournalError> {
    read(path, schema::version)
}

/// Reads something of a file that a daemon may have open.
pub(super) fn read<T>(
    path: &Path,
    what: impl Fn(&Connection) -> Result<T, Fault>,
) -> Result<T, JournalError> {
    let read = || {
        fs::File::open(path)?;
        match open(path, false).and_then(|file| what(&file)) {
            // Without a right to write beside it there is no -shm. Without a -wal none is needed.
            Err(Fault::Failed(_)) if !has_wal(path) => what(&open(path, true)?),
            other => other,
        }
    };
    read().map_err(|fault| JournalError(format!("{}: {fault}", path.display())))
}

/// The same, by the process that has the file open. To open and close the file there by anything
/// but `SQLite` would take its locks away.
pub(super) fn beside<T>(
    path: &Path,
    what: impl FnOnce(&Connection) -> Result<T, Fault>,
) -> Result<T, JournalError> {
    let read = open(path, false).and_then(|file| what(&file));
    read.map_err(|fault| JournalError(format!("{}: {fault}", path.display())))
}

fn has_wal(path: &Path) -> bool {
    fs::metadata(file::beside(path, "-wal")).is_ok_and(|wal| wal.len() > 0)
}

/// `alone` says that nobody writes into it and that all is in the one file.
fn open(path: &Path, alone: bool) -> Result<Connection, Fault> {
    let mut name = String::from("file:");
    for letter in path.to_string_lossy().chars() {
        match letter {
            '%' => name.push_str("%25"),
            '?' => name.push_str("%3f"),
            '#' => name.push_str("%23"),
            other => name.push(other),
        }
    }
    name.push_str(if alone { "?immutable=1" } else { "?mode=ro" });
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(name, flags)?;
    connection.busy_timeout(BUSY)?;
    schema::version(&connection)?;
    Ok(connection)
}

fn known(connection: &Connection) -> Result<LastKnown, Fault> {
    let (last, ahead) = load::clock(connection)?;
    let clock = BootClock::default();
    clock.go_on(last, ahead);
    let now = clock.now();
    let mut pauses = load::pauses(connection)?;
    pauses.retain(|pause| pause.holds(now));
    let (mut open, told) = (load::open(connection)?, load::told(connection)?);
    // They are closed at the next start, but it is known what became of them.
    open.retain(|id, _| !told.contains_key(id));
    Ok(LastKnown {
        clusters: pictures(connection)?,
        recent: load::events(connection)?,
        now,
        pauses,
        open: open.into_values().map(|intended| intended.intent).collect(),
    })
}

fn pictures(connection: &Connection) -> Result<Vec<LastPicture>, Fault> {
    let query = "SELECT name, wall, picture, picture_wall FROM clusters ORDER BY name";
    let in_parts = schema::version(connection)? >= schema::PICTURES_IN_PARTS;
    load::each(connection, query, |row| {
        let (name, picture): (String, Option<String>) = (row.get(0)?, row.get(2)?);
        let mut status: Option<ClusterStatus> = picture.as_deref().map(parse).transpose()?;
        // One of an earlier version has all of them, until the next is noted.
        if let Some(status) = status.as_mut().filter(|is| in_parts && is.vms.is_empty()) {
            status.vms = vms(connection, &name)?;
        }
        Ok(LastPicture {
            seen: count(row.get(1)?)?,
            status,
            noted: row.get::<_, Option<i64>>(3)?.map(count).transpose()?,
            name,
        })
    })
}

/// The VMs of a cluster's picture.
fn vms(connection: &Connection, cluster: &str) -> Result<Vec<VmStatus>, Fault> {
    let mut statement =
        connection.prepare("SELECT vms FROM pictures WHERE cluster = ? ORDER BY part")?;
    let mut rows = statement.query([cluster])?;
    let mut vms = Vec::new();
    while let Some(row) = rows.next()? {
        vms.append(&mut parse(&row.get::<_, String>(0)?)?);
    }
    Ok(vms)
}
