//! The file while it is open. Whatever goes wrong, it is closed, and opened anew for the next job.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::fault::Fault;
use super::file::{self, Inode};
use super::memory::Memory;
use super::prune::Prune;
use super::{load, write};
use crate::{BootClock, Clock as _};

/// Seconds since 1970, for display only.
pub(super) type Wall = fn() -> u64;

/// What is shared with those who ask meanwhile; nobody holds it for longer than a moment.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pub(super) path: PathBuf,
    pub(super) clock: BootClock,
    pub(super) wall: Wall,
    pub(super) memory: Arc<Mutex<Memory>>,
}

impl Shared {
    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        // What is in it is whole after every statement.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Told once, and once when it is over.
    pub(super) fn tell(&self, trouble: Option<String>) {
        let mut memory = self.memory();
        if memory.trouble == trouble {
            return;
        }
        if let Some(why) = &trouble {
            let path = self.path.display();
            tracing::error!("the journal {path} takes nothing, and nothing is changed: {why}");
        } else {
            tracing::info!("the journal takes everything again");
        }
        memory.trouble = trouble;
    }
}

/// With which file it is.
type Open = (Connection, Inode);

#[derive(Debug)]
pub(super) struct Disk {
    shared: Shared,
    lock: Option<File>,
    open: Option<Open>,
    /// Whether the file is to be looked through when it is opened.
    suspect: bool,
    /// Why it is to be moved aside.
    unreadable: Option<String>,
    prune: Prune,
}

impl Disk {
    pub(super) fn new(shared: Shared, prune: Prune) -> Self {
        Self { shared, lock: None, open: None, suspect: true, unreadable: None, prune }
    }

    /// Does a job on the open file, when all that waited is written.
    pub(super) fn work<T>(
        &mut self,
        job: impl FnOnce(&mut Connection, &mut Prune) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let done = self.begin().and_then(|(mut connection, inode)| {
            catch_up(&self.shared, &mut connection)?;
            let done = job(&mut connection, &mut self.prune)?;
            self.open = Some((connection, inode));
            Ok(done)
        });
        match &done {
            Ok(_) => self.shared.tell(None),
            Err(fault) => {
                self.shared.memory().stale = true;
                match fault {
                    Fault::Unreadable(why) => self.unreadable = Some(why.clone()),
                    Fault::Full(_) => {}
                    Fault::Failed(_) => self.suspect = true,
                }
                self.shared.tell(Some(fault.to_string()));
            }
        }
        done
    }

    /// Closes the file; no other of its files is left.
    pub(super) fn close(&mut self) -> Result<(), Fault> {
        if let Some((connection, _)) = self.open.take() {
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        }
        self.lock = None;
        Ok(())
    }

    /// The open file. It is to be given back, unless something went wrong.
    fn begin(&mut self) -> Result<Open, Fault> {
        if let Some((connection, inode)) = self.open.take() {
            if file::inode(&self.shared.path) == Some(inode) {
                return Ok((connection, inode));
            }
            // What is written into a file without a name is gone with the process.
            tracing::error!("the journal was removed or replaced: it is opened anew");
        }
        if self.lock.is_none() {
            self.lock = Some(file::lock(&self.shared.path)?);
        }
        if let Some(why) = self.unreadable.take() {
            self.move_aside(&why)?;
        }
        match self.open_and_load() {
            Err(Fault::Unreadable(why)) => {
                self.move_aside(&why)?;
                self.open_and_load()
            }
            other => other,
        }
    }

    fn open_and_load(&mut self) -> Result<Open, Fault> {
        let connection = file::open(&self.shared.path, self.suspect)?;
        let inode = file::inode(&self.shared.path).ok_or_else(|| Fault::failed("it is gone"))?;
        self.suspect = false;
        let (loaded, last, ahead) = load::load(&connection)?;
        self.shared.clock.go_on(last, ahead);
        let mut memory = self.shared.memory();
        if memory.loaded {
            memory.stale = true;
        } else {
            let (trouble, aside) = (memory.trouble.take(), std::mem::take(&mut memory.aside));
            *memory = Memory { trouble, aside, ..loaded };
        }
        Ok((connection, inode))
    }

    fn move_aside(&mut self, why: &str) -> Result<(), Fault> {
        let path = self.shared.path.display();
        let moved = file::move_aside(&self.shared.path, (self.shared.wall)())?;
        let note = format!(
            "the journal {path} was unreadable ({why}) and is now {}; a new one was begun",
            moved.display()
        );
        tracing::error!("{note}");
        self.shared.memory().aside.push(note);
        Ok(())
    }
}

/// Writes what waited, and all where the file may say something else.
fn catch_up(shared: &Shared, connection: &mut Connection) -> Result<(), Fault> {
    let (late, state) = {
        let mut memory = shared.memory();
        // What goes wrong from here on makes it stale again.
        let stale = std::mem::take(&mut memory.stale);
        for id in memory.void() {
            // It may have been written after all when nobody waited for it any more.
            memory.open.remove(&id);
        }
        (memory.late.clone(), stale.then(|| memory.state()))
    };
    if late.is_empty() && state.is_none() {
        return Ok(());
    }
    let now = shared.clock.now();
    let transaction = connection.transaction()?;
    for one in &late {
        write::late(&transaction, one)?;
    }
    if let Some(state) = state {
        write::all(&transaction, &state, (now, (shared.wall)()))?;
    }
    write::clock(&transaction, now, shared.clock.ahead())?;
    transaction.commit()?;
    shared.memory().late.drain(..late.len());
    Ok(())
}
