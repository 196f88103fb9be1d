//! What systemd is told: ready, how it goes, alive, reloading, stopping.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use sd_notify::NotifyState;

/// So many words wait for a systemd that does not listen; more are dropped.
const QUEUE: usize = 64;
/// At the end what was said has so long to be heard.
pub(super) const LAST: Duration = Duration::from_secs(1);

enum Word {
    Ready,
    Status(String),
    Alive,
    Reloading,
    Stopping,
    Last,
}

/// Whoever started the daemon and waits for its word, if somebody does. Nobody inherits the
/// socket of it: this program starts no other.
#[derive(Clone, Default)]
pub(crate) struct Manager(Option<Arc<Near>>);

struct Near {
    words: SyncSender<Word>,
}

/// Ends when everything was said.
pub(super) struct Ended(Option<Receiver<()>>);

impl Manager {
    /// By a thread of its own: a manager that does not read holds up no cycle.
    pub(super) fn start() -> (Self, Ended) {
        if std::env::var_os("NOTIFY_SOCKET").is_none() {
            return (Self::default(), Ended(None));
        }
        let ((words, heard), (end, ended)) = (sync_channel(QUEUE), sync_channel(1));
        let speak = move || {
            say_all(&heard);
            drop(end);
        };
        match std::thread::Builder::new().name("notify".to_owned()).spawn(speak) {
            Ok(_) => (Self(Some(Arc::new(Near { words }))), Ended(Some(ended))),
            Err(error) => {
                tracing::error!("systemd is told nothing, no thread can be started: {error}");
                (Self::default(), Ended(None))
            }
        }
    }

    /// It does its work from now on, or again.
    pub(super) fn ready(&self) {
        self.say(Word::Ready);
    }

    /// One line for `systemctl status`.
    pub(super) fn status(&self, text: String) {
        self.say(Word::Status(text));
    }

    /// Without this from time to time it is started anew.
    pub(super) fn alive(&self) {
        self.say(Word::Alive);
    }

    pub(super) fn reloading(&self) {
        self.say(Word::Reloading);
    }

    pub(super) fn stopping(&self) {
        self.say(Word::Stopping);
    }

    fn say(&self, word: Word) {
        if let Some(near) = &self.0 {
            // What finds no room would come too late anyway.
            let _ = near.words.try_send(word);
        }
    }
}

impl Ended {
    /// All that was said is heard, or nobody listens.
    pub(super) fn wait(self, manager: &Manager) {
        manager.say(Word::Last);
        if let Some(ended) = self.0 {
            // Nothing is ever sent here: it ends by time, or by the thread's end.
            let _ = ended.recv_timeout(LAST);
        }
    }
}

fn say_all(words: &Receiver<Word>) {
    let mut is_heard = true;
    while let Ok(word) = words.recv() {
        let said = match &word {
            Word::Ready => sd_notify::notify(&[NotifyState::Ready]),
            Word::Status(text) => sd_notify::notify(&[NotifyState::Status(text)]),
            Word::Alive => sd_notify::notify(&[NotifyState::Watchdog]),
            Word::Stopping => sd_notify::notify(&[NotifyState::Stopping]),
            Word::Last => return,
            Word::Reloading => NotifyState::monotonic_usec_now()
                .and_then(|now| sd_notify::notify(&[NotifyState::Reloading, now])),
        };
        if let (Err(error), true) = (&said, is_heard) {
            tracing::warn!("systemd does not hear: {error}");
        }
        is_heard = said.is_ok();
    }
}
