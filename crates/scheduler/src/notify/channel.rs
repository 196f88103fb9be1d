//! A queue and a thread: the one way in never waits, the other one may.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{
    Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel, sync_channel,
};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::{Undelivered, lock};

mod trouble;
use trouble::Trouble;

/// So many wait for a channel.
const QUEUE: usize = 256;
/// After each attempt but the last.
pub(super) const BACK_OFF: [Duration; 3] =
    [Duration::from_secs(5), Duration::from_secs(20), Duration::from_secs(60)];

/// One way to tell, used by one thread.
pub(super) trait Deliver: Send + 'static {
    /// What goes this way.
    type Item: Send + 'static;
    /// Its name in the log.
    fn name(&self) -> &'static str;
    /// How long it waits before each further attempt.
    fn back_off(&self) -> &'static [Duration];
    /// Delivers one, with the number of those before it that were not.
    fn deliver(&mut self, item: &Self::Item, lost: u64) -> Result<(), Undelivered>;
}

/// The near end of a channel.
pub(super) struct Channel<T> {
    /// Both are dropped to stop it.
    near: Mutex<Option<(SyncSender<T>, Sender<()>)>>,
    lost: Arc<AtomicU64>,
    /// Whether messages were dropped since one was delivered.
    full: Arc<AtomicBool>,
    ended: Mutex<Receiver<()>>,
    name: &'static str,
}

impl<T: Send + 'static> Channel<T> {
    pub(super) fn start<D: Deliver<Item = T>>(deliver: D) -> io::Result<Self> {
        let name = deliver.name();
        let ((queue, queued), (stop, stopped)) = (sync_channel(QUEUE), channel());
        let (end, ended) = channel();
        let (lost, full) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (shared, trouble) = ((lost.clone(), full.clone()), Trouble::default());
        let far = Far { deliver, stopped, lost: shared.0, full: shared.1, trouble };
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            far.run(&queued);
            drop(end);
        })?;
        let near = Mutex::new(Some((queue, stop)));
        Ok(Self { near, lost, full, ended: Mutex::new(ended), name })
    }

    /// Never waits: what finds no room is counted, and the first of them is logged.
    pub(super) fn put(&self, item: T) {
        let near = lock(&self.near);
        let Some((queue, _)) = &*near else { return };
        let Err(dropped) = queue.try_send(item) else { return };
        self.lost.fetch_add(1, Ordering::Relaxed);
        let full = matches!(dropped, TrySendError::Full(_));
        if full && !self.full.swap(true, Ordering::Relaxed) {
            let name = self.name;
            tracing::error!("{name}: {QUEUE} messages wait to be delivered, more are dropped");
        }
    }

    /// From now on it takes nothing more and delivers what it has, with one attempt each.
    pub(super) fn close(&self) {
        lock(&self.near).take();
    }

    /// Until it has, or until then.
    pub(super) fn wait(&self, until: Instant) {
        let left = until.saturating_duration_since(Instant::now());
        if lock(&self.ended).recv_timeout(left) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("{}: stopped before all messages were delivered", self.name);
        }
    }
}

/// The far end.
struct Far<D> {
    deliver: D,
    stopped: Receiver<()>,
    lost: Arc<AtomicU64>,
    full: Arc<AtomicBool>,
    trouble: Trouble,
}

impl<D: Deliver> Far<D> {
    fn run(mut self, queued: &Receiver<D::Item>) {
        while let Ok(item) = queued.recv() {
            let lost = self.lost.swap(0, Ordering::Relaxed);
            if !self.all_attempts(&item, lost) {
                self.lost.fetch_add(lost + 1, Ordering::Relaxed);
            }
        }
        let lost = self.lost.load(Ordering::Relaxed);
        if lost > 0 {
            tracing::warn!("{}: {lost} messages were never delivered", self.deliver.name());
        }
    }

    fn all_attempts(&mut self, item: &D::Item, lost: u64) -> bool {
        let mut waits = self.deliver.back_off().iter();
        loop {
            let result = self.deliver.deliver(item, lost);
            self.log(&result);
            let Err(Undelivered { again: true, .. }) = result else { return result.is_ok() };
            let Some(wait) = waits.next() else { return false };
            // Nothing is ever sent here: it ends by time, or by the other end's end.
            if self.stopped.recv_timeout(*wait) != Err(RecvTimeoutError::Timeout) {
                return false;
            }
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
