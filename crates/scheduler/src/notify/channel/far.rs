//! The far end of a channel: its thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use governor::clock::MonotonicClock;

use super::trouble::Trouble;
use super::{Deliver, Report, Tally, Undelivered};
use crate::notify::gate::{Limiter, hourly};

/// So many signs of life in a row have to fail before that is told.
const SIGNS: u32 = 3;

pub(super) struct Far<D> {
    deliver: D,
    stopped: Receiver<()>,
    lost: Arc<AtomicU64>,
    full: Arc<AtomicBool>,
    tally: Arc<Tally>,
    report: Report,
    trouble: Trouble,
    /// What waited while a server was down must not flood it when it is back.
    pace: Option<Limiter<MonotonicClock>>,
    /// Given up in a row.
    failed: u32,
    /// Whether the other channels were told that this one does not work.
    told: bool,
}

impl<D: Deliver> Far<D> {
    pub(super) fn new(
        deliver: D,
        stopped: Receiver<()>,
        (lost, full): (Arc<AtomicU64>, Arc<AtomicBool>),
        (tally, report): (Arc<Tally>, Report),
    ) -> Self {
        let pace = deliver.is_for_people().then(|| hourly(&MonotonicClock));
        let (trouble, failed, told) = (Trouble::default(), 0, false);
        Self { deliver, stopped, lost, full, tally, report, trouble, pace, failed, told }
    }

    pub(super) fn run(mut self, queued: &Receiver<D::Item>) {
        while let Ok(item) = queued.recv() {
            self.tally.taken();
            let lost = self.lost.swap(0, Ordering::Relaxed);
            let why = self.turn().and_then(|()| self.all_attempts(&item, lost)).err();
            if why.is_some() {
                self.lost.fetch_add(lost + 1, Ordering::Relaxed);
            }
            self.ended(why.map(|error| error.why).as_deref());
        }
        self.tally.closed();
        let lost = self.lost.load(Ordering::Relaxed);
        if lost > 0 {
            tracing::warn!("{}: {lost} messages were never delivered", self.deliver.name());
        }
    }

    /// Until one more may go within the hour.
    fn turn(&self) -> Result<(), Undelivered> {
        while self.pace.as_ref().is_some_and(|pace| pace.check().is_err()) {
            if self.is_stopped_within(Duration::from_secs(1)) {
                return Err(Undelivered::never("it had to wait for its turn, and the end came"));
            }
        }
        Ok(())
    }

    fn all_attempts(&mut self, item: &D::Item, lost: u64) -> Result<(), Undelivered> {
        let mut waits = self.deliver.back_off().iter();
        loop {
            let result = self.deliver.deliver(item, lost);
            self.log(&result);
            let Err(Undelivered { again: true, .. }) = result else { return result };
            let Some(wait) = waits.next() else { return result };
            // Many daemons may have lost the same server at the same time.
            if self.is_stopped_within(wait.mul_f64(0.75 + fastrand::f64() / 2.0)) {
                return result;
            }
        }
    }

    /// Nothing is ever sent there: it ends by time, or by the other end's end.
    fn is_stopped_within(&self, time: Duration) -> bool {
        self.stopped.recv_timeout(time) != Err(RecvTimeoutError::Timeout)
    }

    /// Counts it, and has the other channels told when this one begins to fail or works again.
    fn ended(&mut self, why: Option<&str>) {
        self.tally.ended(why);
        self.failed = if why.is_some() { self.failed.saturating_add(1) } else { 0 };
        let enough = if self.deliver.is_for_people() { 1 } else { SIGNS };
        let tells = if why.is_some() { !self.told && self.failed >= enough } else { self.told };
        if tells {
            self.told = why.is_some();
            (self.report)(self.deliver.name(), why);
        }
    }

    fn log(&mut self, result: &Result<(), Undelivered>) {
        let name = self.deliver.name();
        let line =
            self.trouble.line(result.as_ref().err().map(|error| &*error.why), Instant::now());
        match result {
            Err(error) if line => tracing::error!("{name}: not delivered: {error}"),
            Ok(()) if line => tracing::info!("{name}: delivered again"),
            _ => {}
        }
        if result.is_ok() {
            self.full.store(false, Ordering::Relaxed);
        }
    }
}
