//! The file itself: made, opened, moved aside.

use std::fs::{self, File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::fault::Fault;
use super::schema;

/// So many unreadable files are kept. After that nothing is begun anew: such a disk is to be seen
/// to first.
const ASIDES: usize = 5;

/// Somebody else may look into the file meanwhile.
pub(super) const BUSY: Duration = Duration::from_secs(2);

/// Which file it is, whatever its name is by now.
pub(super) type Inode = (u64, u64);

pub(super) fn inode(path: &Path) -> Option<Inode> {
    fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// A file beside it.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Nobody else may write into it for as long as this is held: two daemons would each count only
/// their own changes.
pub(super) fn lock(path: &Path) -> Result<File, Fault> {
    let file =
        File::options().create(true).write(true).truncate(false).open(beside(path, ".lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(Fault::failed(
            "another process has it; does a second daemon run? systemctl status vm-autoscale",
        )),
        Err(fs::TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Opens the file, or makes it; `suspect` says that it is to be looked through.
pub(super) fn open(path: &Path, suspect: bool) -> Result<Connection, Fault> {
    if let Err(error) = fs::metadata(path) {
        if error.kind() != ErrorKind::NotFound {
            return Err(error.into());
        }
        if fs::metadata(beside(path, "-wal")).is_ok_and(|file| file.len() > 0) {
            return Err(Fault::unreadable("the file is gone, and its -wal is not"));
        }
        make(path)?;
    }
    let mut connection = connect(path)?;
    // A file that is not ours is not to be touched by closing it either.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let version = schema::version(&connection)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    if connection.is_readonly("main")? {
        return Err(Fault::failed("it may only be read; whose is it? ls -l"));
    }
    if suspect {
        look_through(&connection)?;
    }
    set_up(&connection)?;
    schema::migrate(&mut connection, version)?;
    Ok(connection)
}

fn connect(path: &Path) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

/// Makes a file with all tables, readable for the group where its directory is. It gets its name
/// when it is whole: one that is not whole was spoilt.
fn make(path: &Path) -> Result<(), Fault> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    let mode = fs::metadata(directory)?.mode() & 0o040 | 0o600;
    let new = beside(path, ".new");
    for suffix in ["", "-wal", "-shm", "-journal"] {
        match fs::remove_file(beside(&new, suffix)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    let file = File::options().create_new(true).append(true).open(&new)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    drop(file);
    let mut connection = connect(&new)?;
    // Room that was freed can be given back; it is too late for that when there are tables.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    set_up(&connection)?;
    schema::migrate(&mut connection, 0)?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    connection.close().map_err(|(_, error)| error)?;
    File::open(&new)?.sync_all()?;
    fs::rename(&new, path)?;
    // A file that is gone after a power cut would be a journal in which nothing ever happened.
    File::open(directory)?.sync_all()?;
    Ok(())
}

fn look_through(connection: &Connection) -> Result<(), Fault> {
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(Fault::Unreadable(found)) }
}

fn set_up(connection: &Connection) -> Result<(), Fault> {
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        return Err(Fault::failed("it does not lie on a local disk; name another journal.path"));
    }
    // Each commit is on the disk when it returns.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 100)?;
    connection.pragma_update_and_check(None, "journal_size_limit", 512 * 1024, |_| Ok(()))?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(())
}

/// Moves an unreadable file with all that belongs to it out of the way; says where to.
pub(super) fn move_aside(path: &Path, wall: u64) -> Result<PathBuf, Fault> {
    let aside = beside(path, &format!(".corrupt-{wall}"));
    let prefix = beside(path, ".corrupt-");
    let directory = fs::read_dir(path.parent().unwrap_or(Path::new("/")))?;
    let is_aside = |name: &str| !name.ends_with("-wal") && !name.ends_with("-shm");
    let asides = directory.flatten().map(|file| file.path()).filter(|file| {
        let (file, prefix) = (file.to_string_lossy(), prefix.to_string_lossy());
        file.starts_with(prefix.as_ref()) && is_aside(&file)
    });
    if asides.count() >= ASIDES || aside.exists() {
        return Err(Fault::Failed(format!(
            "it is unreadable, as others before; see to the disk (dmesg, smartctl), then remove {}*",
            prefix.display()
        )));
    }
    // The file last: until then the next start finds it unreadable again.
    for suffix in ["-shm", "-wal", ""] {
        match fs::rename(beside(path, suffix), beside(&aside, suffix)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(aside)
}
