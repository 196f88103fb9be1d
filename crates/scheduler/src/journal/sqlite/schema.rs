//! The tables, version by version.

use rusqlite::Connection;

use super::fault::Fault;

/// What makes each version of the one before; never changed once it was released.
pub(super) const MIGRATIONS: &[&str] =
    &[include_str!("v1.sql"), include_str!("v2.sql"), include_str!("v3.sql")];

/// From this version on the VMs of a picture are in rows of their own.
pub(super) const PICTURES_IN_PARTS: i64 = 2;

/// From this version on there is what VMs used.
pub(super) const WITH_SAMPLES: i64 = 2;

/// From this version on it is noted when a change that ended was intended.
pub(super) const WITH_ASKED: i64 = 3;

/// Says that a file is ours: "vmas".
const APPLICATION: i64 = 0x766d_6173;

/// The version that this program writes.
#[must_use]
pub fn newest() -> i64 {
    MIGRATIONS.len().try_into().unwrap_or(i64::MAX)
}

/// Of which version a file is. One of somebody else or of a newer version is not touched.
pub(super) fn version(connection: &Connection) -> Result<i64, Fault> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION && tables > 0 {
        return Err(Fault::failed("it is another program's database; name another journal.path"));
    }
    if version > newest() {
        return Err(Fault::Failed(format!(
            "it is of version {version}, and this vm-autoscale knows {}; install the newer \
             vm-autoscale again, or move the file away: nothing acts then before one cooldown",
            newest()
        )));
    }
    if application != APPLICATION || version < 1 || tables == 0 {
        return Err(Fault::unreadable("it is empty or cut off"));
    }
    Ok(version)
}

/// Makes a file of an earlier version one of this version. Each step is whole or not there.
pub(super) fn migrate(connection: &mut Connection, from: i64) -> Result<(), Fault> {
    for (to, step) in (1_i64..).zip(MIGRATIONS).skip_while(|(to, _)| *to <= from) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", to)?;
        transaction.commit()?;
    }
    Ok(())
}
