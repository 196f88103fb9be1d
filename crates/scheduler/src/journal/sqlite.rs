//! The journal in one `SQLite` file.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use vm_autoscale_config::JournalFile;
use vm_autoscale_planner::Moment;
use vm_autoscale_proxmox::ClusterName;

use super::{Counts, Event, Journal, JournalError, Notes, Pause, Recalled};
use crate::act::Settled;
use crate::{BootClock, Clock as _, Intent, wall};

mod desk;
mod disk;
mod fault;
mod file;
mod ledger;
mod load;
mod memory;
mod order;
mod past;
mod prune;
mod reader;
mod samples;
mod schema;
mod sizes;
mod value;
mod write;

use desk::{Desk, PATIENCE};
use disk::{Disk, Shared, Wall};
use fault::Fault;
pub use ledger::{Ended, Ledger, Stands, read_ledger};
use memory::{INTENT, Intended, Late, Memory, PAUSE};
pub(crate) use past::past_beside;
pub use past::read_past;
use prune::Prune;
pub use reader::{LastKnown, LastPicture, last_pictures, schema_of};
pub(crate) use samples::blocks_beside;
pub use samples::{Block, PastUse, past_use};
pub use schema::newest as schema_written;
pub use sizes::{Moved, moved, moved_ever};

/// It is opened when it is needed first, and anew after whatever went wrong.
#[derive(Debug, Clone)]
pub struct SqliteJournal {
    shared: Shared,
    desk: Arc<Desk>,
}

impl SqliteJournal {
    /// In that file. The clock goes on from where the file's last process stopped, as soon as the
    /// file can be read.
    #[must_use]
    pub fn new(file: &JournalFile, clock: &BootClock) -> Self {
        Self::with(file, clock, wall, PATIENCE)
    }

    fn with(file: &JournalFile, clock: &BootClock, wall: Wall, patience: Duration) -> Self {
        let (path, clock, memory) = (file.path.clone(), clock.clone(), Arc::default());
        let shared = Shared { path, clock, wall, memory };
        let disk = Disk::new(shared.clone(), Prune::new(file));
        let desk = Arc::new(Desk::new(shared.clone(), disk, patience));
        Self { shared, desk }
    }

    /// Opens it, so that what it knows is known from the start. Where it cannot be opened, the log
    /// says why, and it is tried again whenever it is needed.
    pub async fn begin(&self) {
        // It has been told.
        let _ = self.desk.run(|_, _| Ok(())).await;
    }

    /// Writes what waits, and leaves one file that can be read without a right to write.
    pub async fn end(&self) {
        self.begin().await;
        if let Err(fault) = self.desk.close().await {
            tracing::warn!("the journal was not closed in order: {fault}");
        }
    }

    fn now(&self) -> (Moment, u64) {
        (self.shared.clock.now(), (self.shared.wall)())
    }

    fn takes_nothing(&self, fault: &Fault) -> JournalError {
        JournalError(format!("{}: {fault}", self.shared.path.display()))
    }

    /// Numbers go on from those of the file.
    async fn read(&self) -> Result<(), JournalError> {
        if self.shared.memory().loaded {
            return Ok(());
        }
        self.desk.run(|_, _| Ok(())).await.map_err(|fault| self.takes_nothing(&fault))
    }
}

impl Journal for SqliteJournal {
    async fn recall(&self, cluster: &ClusterName) -> Result<Recalled, JournalError> {
        self.desk.run(|_, _| Ok(())).await.map_err(|fault| self.takes_nothing(&fault))?;
        Ok(self.shared.memory().recalled(cluster))
    }

    async fn intend(&self, now: Moment, intent: &Intent) -> Result<u64, JournalError> {
        self.read().await?;
        let id = self.shared.memory().next(INTENT);
        let wall = (self.shared.wall)();
        let intended = Intended { moment: now, wall, intent: intent.clone() };
        let shared = self.shared.clone();
        let written = self.desk.run(move |connection, _| {
            let transaction = connection.transaction()?;
            write::intent(&transaction, id, &intended)?;
            write::clock(&transaction, now, shared.clock.ahead())?;
            transaction.commit()?;
            shared.memory().open.insert(id, intended);
            Ok(())
        });
        let written = written.await;
        let mut memory = self.shared.memory();
        match written {
            Ok(()) => {
                memory.counts.asked += 1;
                Ok(id)
            }
            Err(fault) => {
                // It may have been written all the same, or may be yet.
                memory.open.remove(&id);
                memory.push_late(Late::Void(id));
                Err(self.takes_nothing(&fault))
            }
        }
    }

    async fn settle(&self, now: Moment, id: u64, intent: &Intent, settled: &Settled) {
        self.shared.memory().end((now, (self.shared.wall)()), id, intent, settled);
        // Where it cannot be written it waits, and nothing is intended meanwhile.
        self.begin().await;
    }

    async fn keep(&self, notes: Notes) -> Result<(), JournalError> {
        self.read().await?;
        let wall = (self.shared.wall)();
        let mut over = Vec::new();
        let is_recalled = self.shared.memory().recalled.contains(&notes.cluster);
        if is_recalled {
            over = self.shared.memory().note(&notes, wall);
        }
        let ahead = self.shared.clock.ahead();
        let written = self.desk.run(move |connection, prune| {
            if !is_recalled {
                return Ok(());
            }
            let transaction = connection.transaction()?;
            write::notes(&transaction, &notes, (&over, wall))?;
            write::clock(&transaction, notes.now, ahead)?;
            transaction.commit()?;
            prune.prune(connection, notes.now)
        });
        written.await.map_err(|fault| {
            self.shared.memory().stale = true;
            self.takes_nothing(&fault)
        })
    }

    async fn pause(&self, mut pause: Pause) -> Result<Pause, JournalError> {
        self.read().await?;
        pause.number = self.shared.memory().next(PAUSE);
        let (now, _) = self.now();
        let write = move |to: &Connection| write::pause(to, now, &pause).map(|()| pause);
        self.order(write, |memory, held| memory.pauses.push(held.clone())).await
    }

    async fn resume(&self, numbers: Vec<u64>, by: Option<u32>) -> Result<Vec<Pause>, JournalError> {
        let (shared, now) = (self.shared.clone(), self.now());
        let write = move |to: &Connection| {
            let mut ended = shared.memory().pauses.clone();
            ended.retain(|pause| numbers.contains(&pause.number));
            for pause in &ended {
                write::resume(to, pause.number, now, by)?;
            }
            Ok(ended)
        };
        let apply = |memory: &mut Memory, ended: &Vec<Pause>| {
            memory.pauses.retain(|pause| ended.iter().all(|gone| gone.number != pause.number));
        };
        self.order(write, apply).await
    }

    fn pauses(&self, now: Moment) -> Vec<Pause> {
        self.shared.memory().pauses.iter().filter(|pause| pause.holds(now)).cloned().collect()
    }

    fn counts(&self) -> Counts {
        self.shared.memory().counts
    }

    fn recent(&self) -> Vec<Event> {
        self.shared.memory().events.iter().cloned().collect()
    }

    fn file(&self) -> Option<&Path> {
        Some(&self.shared.path)
    }

    fn notes(&self) -> Vec<String> {
        let Memory { aside, trouble, .. } = &*self.shared.memory();
        let trouble = trouble
            .as_ref()
            .map(|why| format!("the journal {} takes nothing: {why}", self.shared.path.display()));
        aside.iter().cloned().chain(trouble).collect()
    }
}

#[cfg(test)]
mod tests;
