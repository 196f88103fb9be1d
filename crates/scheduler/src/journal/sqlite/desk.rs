//! One job at a time, and nobody waits for long: a disk that hangs takes one thread and no more.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

use super::disk::{Disk, Shared};
use super::fault::Fault;
use super::prune::Prune;

/// For a job, with what it waits for the one before.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Desk {
    shared: Shared,
    disk: Arc<tokio::sync::Mutex<Disk>>,
    /// When the last job began.
    since: Mutex<Instant>,
    patience: Duration,
}

impl Desk {
    pub(super) fn new(shared: Shared, disk: Disk, patience: Duration) -> Self {
        let disk = Arc::new(tokio::sync::Mutex::new(disk));
        Self { shared, disk, since: Mutex::new(Instant::now()), patience }
    }

    /// Does a job on the open file.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection, &mut Prune) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        self.with(move |disk| disk.work(job)).await
    }

    pub(super) async fn close(&self) -> Result<(), Fault> {
        self.with(Disk::close).await
    }

    async fn with<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Disk) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let until = Instant::now() + self.patience;
        if self.disk.try_lock().is_err() && self.busy() > self.patience {
            return Err(self.hangs());
        }
        let turn = timeout_at(until, self.disk.clone().lock_owned());
        let Ok(mut disk) = turn.await else { return Err(self.hangs()) };
        // Before the thread starts: who comes in between would take it for busy since the job before.
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        let work = spawn_blocking(move || job(&mut disk));
        match timeout_at(until, work).await {
            Ok(Ok(done)) => done,
            Ok(Err(error)) => Err(Fault::Failed(error.to_string())),
            Err(_) => Err(self.hangs()),
        }
    }

    fn busy(&self) -> Duration {
        self.since.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    fn hangs(&self) -> Fault {
        // Without for how long: it is told once.
        let why = "the disk does not answer: a job there does not end; see dmesg".to_owned();
        self.shared.tell(Some(why.clone()));
        Fault::Failed(why)
    }
}
