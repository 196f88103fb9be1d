//! A queue and a thread: the one way in never waits, the other one may.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{
    Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel, sync_channel,
};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::tally::Tally;
use super::{Undelivered, lock};

mod far;
mod trouble;
use far::Far;

/// So many wait for a channel.
const QUEUE: usize = 256;
/// After each attempt but the last; each is made up to a quarter longer or shorter.
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
    /// So many that were given up in a row are told by the other channels; and these alone are held
    /// to so many an hour.
    fn is_for_people(&self) -> bool {
        true
    }
    /// Delivers one, with the number of those before it that were not.
    fn deliver(&mut self, item: &Self::Item, lost: u64) -> Result<(), Undelivered>;
}

/// Who hears that a channel does not work, and why, or works again.
pub(super) type Report = Arc<dyn Fn(&'static str, Option<&str>) + Send + Sync>;

/// The near end of a channel.
pub(super) struct Channel<T> {
    /// Both are dropped to stop it.
    near: Mutex<Option<(SyncSender<T>, Sender<()>)>>,
    tally: Arc<Tally>,
    lost: Arc<AtomicU64>,
    /// Whether messages were dropped since one was delivered.
    full: Arc<AtomicBool>,
    ended: Mutex<Receiver<()>>,
    name: &'static str,
}

impl<T: Send + 'static> Channel<T> {
    pub(super) fn start<D: Deliver<Item = T>>(
        deliver: D,
        tally: Arc<Tally>,
        report: Report,
    ) -> io::Result<Self> {
        let name = deliver.name();
        let ((queue, queued), (stop, stopped)) = (sync_channel(QUEUE), channel());
        let (end, ended) = channel();
        let (lost, full) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let shared = (lost.clone(), full.clone());
        let far = Far::new(deliver, stopped, shared, (tally.clone(), report));
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            far.run(&queued);
            drop(end);
        })?;
        let near = Mutex::new(Some((queue, stop)));
        Ok(Self { near, tally, lost, full, ended: Mutex::new(ended), name })
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Never waits: what finds no room is counted, and the first of them is logged.
    pub(super) fn put(&self, item: T) {
        let near = lock(&self.near);
        let Some((queue, _)) = &*near else { return };
        self.tally.waits();
        let Err(dropped) = queue.try_send(item) else { return };
        self.tally.refused();
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
