//! The journal on its disk, opened anew by every process, and beside it every intent for the
//! checker.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vm_autoscale_config::JournalFile;
use vm_autoscale_planner::{Moment, Move};
use vm_autoscale_proxmox::ClusterName;
use vm_autoscale_scheduler::{
    BootClock, Counts, Event, Intent, Journal, JournalError, Moved, Notes, Pause, Recalled,
    Settled, SqliteJournal, moved,
};

use super::clock::Virtual;
use super::say;
use crate::invariants::{By, Intended, Stop};

/// What the file may take, in MiB, and for how many days changes are kept.
const MOST: u32 = 8;
const DAYS: u32 = 2;

/// Clones are the same process's.
#[derive(Debug, Clone)]
pub(super) struct Noted {
    /// Gone when the process is: the file's lock goes with it.
    inner: Arc<Mutex<Option<SqliteJournal>>>,
    books: Arc<Books>,
}

/// What outlives a process.
#[derive(Debug)]
struct Books {
    dir: PathBuf,
    /// The journal itself.
    path: PathBuf,
    intents: Mutex<Vec<Intended>>,
    said: Mutex<Vec<Said>>,
    is_full: AtomicBool,
    clock: Virtual,
    /// Of which VMs every intent is told.
    trace: Vec<u32>,
}

/// What was answered to people.
#[derive(Debug)]
pub(super) enum Said {
    Paused(u64, Stop),
    /// And when.
    Resumed(u64, f64),
}

fn path(dir: &Path) -> PathBuf {
    dir.join("journal.db")
}

fn open(dir: &Path) -> SqliteJournal {
    let path = path(dir);
    let file = JournalFile { path, keep_days: DAYS, keep_samples_days: DAYS, max_size_mb: MOST };
    SqliteJournal::new(&file, &BootClock::default())
}

fn slot(journal: SqliteJournal) -> Arc<Mutex<Option<SqliteJournal>>> {
    Arc::new(Mutex::new(Some(journal)))
}

impl Noted {
    pub(super) fn new(dir: &Path, clock: Virtual, trace: Vec<u32>) -> Self {
        let (intents, said, is_full) = (Mutex::default(), Mutex::default(), AtomicBool::new(false));
        let path = path(dir);
        let books = Books { dir: dir.to_owned(), path, intents, said, is_full, clock, trace };
        Self { inner: slot(open(dir)), books: Arc::new(books) }
    }

    /// That of the next process.
    pub(super) fn anew(&self) -> Self {
        Self { inner: slot(open(&self.books.dir)), books: self.books.clone() }
    }

    /// Its files are removed. Whoever had it is gone.
    pub(super) fn lose(&self) {
        for file in std::fs::read_dir(&self.books.dir).into_iter().flatten().flatten() {
            // One that is gone already needs no removing.
            let _ = std::fs::remove_file(file.path());
        }
    }

    /// What changes moved, as who restores a VM reads it.
    pub(super) fn moved(&self) -> Vec<Moved> {
        moved(&self.books.path).unwrap_or_default()
    }

    /// Its disk is full, or not any more.
    pub(super) fn fill(&self, is_full: bool) {
        self.books.is_full.store(is_full, Ordering::Relaxed);
    }

    pub(super) async fn end(&self) {
        if let Some(journal) = self.there() {
            journal.end().await;
        }
        self.is_killed();
    }

    /// Whoever still has it is of a process that is gone.
    pub(super) fn is_killed(&self) {
        drop(self.slot().take());
    }

    fn slot(&self) -> MutexGuard<'_, Option<SqliteJournal>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn there(&self) -> Option<SqliteJournal> {
        self.slot().clone()
    }

    async fn alive(&self) -> SqliteJournal {
        match self.there() {
            Some(journal) => journal,
            None => std::future::pending().await,
        }
    }

    /// Those that were made durable since the last time.
    pub(super) fn take(&self) -> Vec<Intended> {
        std::mem::take(&mut *self.intents())
    }

    /// What was answered since the last time.
    pub(super) fn said(&self) -> Vec<Said> {
        std::mem::take(&mut *self.answers())
    }

    fn answers(&self) -> MutexGuard<'_, Vec<Said>> {
        self.books.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// KiB on the disk, and whether that is more than it may take.
    pub(super) fn size(&self) -> (u64, bool) {
        let files = std::fs::read_dir(&self.books.dir).into_iter().flatten().flatten();
        let bytes: u64 = files.filter_map(|file| Some(file.metadata().ok()?.len())).sum();
        (bytes / 1024, bytes > u64::from(MOST) * 1024 * 1024)
    }

    fn intents(&self) -> MutexGuard<'_, Vec<Intended>> {
        self.books.intents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn room(&self) -> Result<(), JournalError> {
        if self.books.is_full.load(Ordering::Relaxed) {
            return Err(JournalError("no space left on device".to_owned()));
        }
        Ok(())
    }
}

impl Journal for Noted {
    async fn recall(&self, cluster: &ClusterName) -> Result<Recalled, JournalError> {
        self.alive().await.recall(cluster).await
    }

    async fn intend(&self, now: Moment, intent: &Intent) -> Result<u64, JournalError> {
        self.room()?;
        let id = self.alive().await.intend(now, intent).await?;
        let (key, to) = match intent.step {
            Move::Cpu { to, .. } => ("vcpus", to.get()),
            Move::CpuLimit { to, .. } => ("cpulimit", to.hundredths()),
            Move::Memory { to, .. } => ("memory", to.get()),
            Move::Balloon { to, .. } => ("balloon", to.get()),
        };
        let at = now.0.as_secs_f64();
        let by = by(&intent.reason);
        if self.books.trace.contains(&intent.vmid.get()) {
            say(&format!("{at:.3} intent {id}, {by:?}, {key} {to}: {}", intent.reason));
        }
        self.intents().push(Intended { vmid: intent.vmid, key, to, at, by });
        Ok(id)
    }

    async fn settle(&self, now: Moment, id: u64, intent: &Intent, settled: &Settled) {
        self.alive().await.settle(now, id, intent, settled).await;
    }

    async fn keep(&self, notes: Notes) -> Result<(), JournalError> {
        self.room()?;
        self.alive().await.keep(notes).await
    }

    async fn pause(&self, pause: Pause) -> Result<Pause, JournalError> {
        self.room()?;
        let pause = self.alive().await.pause(pause).await?;
        let until = pause.until.map_or(f64::INFINITY, |until| until.0.as_secs_f64());
        if let Some(vms) = named(&pause.select.to_string()) {
            let stop = Stop { vms, from: self.books.clock.seconds(), until };
            self.answers().push(Said::Paused(pause.number, stop));
        }
        Ok(pause)
    }

    async fn resume(&self, numbers: Vec<u64>, by: Option<u32>) -> Result<Vec<Pause>, JournalError> {
        let ended = self.alive().await.resume(numbers, by).await?;
        let at = self.books.clock.seconds();
        self.answers().extend(ended.iter().map(|pause| Said::Resumed(pause.number, at)));
        Ok(ended)
    }

    fn pauses(&self, now: Moment) -> Vec<Pause> {
        self.there().map(|journal| journal.pauses(now)).unwrap_or_default()
    }

    fn counts(&self) -> Counts {
        self.there().map(|journal| journal.counts()).unwrap_or_default()
    }

    fn recent(&self) -> Vec<Event> {
        self.there().map(|journal| journal.recent()).unwrap_or_default()
    }

    /// By which a process is taught what VMs used before its start.
    fn file(&self) -> Option<&Path> {
        Some(&self.books.path)
    }

    fn notes(&self) -> Vec<String> {
        self.there().map(|journal| journal.notes()).unwrap_or_default()
    }
}

/// Who wants a change, by its reason.
fn by(reason: &str) -> By {
    if reason.contains("ordered by uid") {
        By::Order
    } else if reason.contains("others need it") {
        By::Others
    } else {
        By::Itself
    }
}

/// The numbers of a selection of one item: `101` or `101-120`, also of the one cluster.
fn named(select: &str) -> Option<RangeInclusive<u32>> {
    let select = select.rsplit('/').next()?;
    let (first, last) = select.split_once('-').unwrap_or((select, select));
    Some(first.parse().ok()?..=last.parse().ok()?)
}
