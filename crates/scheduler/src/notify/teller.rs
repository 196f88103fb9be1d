//! Tells what is due: the one thread between what happens and the channels.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use governor::clock::MonotonicClock;

use super::channel::Channel;
use super::digest::{Summary, When};
use super::gate::Gate;
use super::message::Message;
use super::tally::Tallies;
use super::{Blocked, lock};

/// How often it is looked.
const TICK: Duration = Duration::from_secs(1);

/// What time it is, in seconds since 1970.
pub(super) type Wall = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What outlives a reload.
pub(super) struct Shared {
    pub(super) gate: Arc<Mutex<Gate<MonotonicClock>>>,
    pub(super) tallies: Arc<Tallies>,
    pub(super) summary: Mutex<Summary>,
    pub(super) blocked: Blocked,
    pub(super) clock: Wall,
    /// The administrators' pauses that hold, by their numbers; nothing where that was not known yet.
    pub(super) pauses: Mutex<Option<BTreeMap<u64, String>>>,
}

/// It ends with what is dropped here.
pub(super) struct Teller {
    work: Arc<Work>,
    _stop: Sender<()>,
}

struct Work {
    shared: Arc<Shared>,
    channels: Vec<Channel<Message>>,
    when: Option<Mutex<When>>,
    /// Whether another one tells.
    retired: AtomicBool,
}

impl Teller {
    /// Where no thread can be started, what waits is told at the end.
    pub(super) fn start(
        shared: Arc<Shared>,
        channels: Vec<Channel<Message>>,
        when: Option<When>,
    ) -> Self {
        let (when, retired) = (when.map(Mutex::new), AtomicBool::new(false));
        let work = Arc::new(Work { shared, channels, when, retired });
        let ((stop, stopped), its) = (channel(), work.clone());
        let thread = std::thread::Builder::new().name("tell".to_owned()).spawn(move || {
            // Nothing is ever sent there.
            while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                its.tell(false);
                its.digest();
            }
        });
        if let Err(error) = thread {
            tracing::error!(
                "nobody is told of anything, no thread can be started ({error}): systemctl restart vm-autoscale"
            );
        }
        Self { work, _stop: stop }
    }

    /// Whether it sums up.
    pub(super) fn has_digest(&self) -> bool {
        self.work.when.is_some()
    }

    /// From now on another one tells.
    pub(super) fn retire(&self) {
        self.work.retired.store(true, Ordering::Relaxed);
    }

    /// Tells what waits. Nothing is taken any more.
    pub(super) fn close(&self) {
        self.work.tell(true);
        let waiting = lock(&self.work.shared.gate).waiting();
        if waiting > 0 {
            tracing::warn!("{waiting} messages were never sent: at most 60 an hour are");
        }
        self.work.channels.iter().for_each(Channel::close);
    }

    /// Until the channels delivered what they have, or until then.
    pub(super) fn wait(&self, until: Instant) {
        self.work.channels.iter().for_each(|channel| channel.wait(until));
    }

    /// Tells what waits.
    #[cfg(test)]
    pub(super) fn flush(&self) {
        self.work.tell(true);
    }

    /// Looks at the clock.
    #[cfg(test)]
    pub(super) fn look(&self) {
        self.work.digest();
    }
}

impl Work {
    fn tell(&self, at_once: bool) {
        if self.retired.load(Ordering::Relaxed) {
            return;
        }
        let due = lock(&self.shared.gate).due(at_once);
        for message in due {
            self.shared.tallies.unlisted(message.unlisted);
            self.put(&message);
        }
    }

    fn digest(&self) {
        let Some(when) = self.when.as_ref().filter(|_| !self.retired.load(Ordering::Relaxed))
        else {
            return;
        };
        let mut when = lock(when);
        if when.is_due((self.shared.clock)()) {
            let (blocked, channels) = (self.shared.blocked.lines(), self.shared.tallies.report());
            let message = lock(&self.shared.summary).take(&when, &blocked, &channels);
            self.put(&message);
        }
    }

    fn put(&self, message: &Message) {
        let tells = |channel: &&Channel<Message>| message.not_by != Some(channel.name());
        for channel in self.channels.iter().filter(tells) {
            channel.put(message.clone());
        }
    }
}
