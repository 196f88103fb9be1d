//! `vm-autoscale notify test`: whether a message would arrive.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use vm_autoscale_config::SchedulerConfig;

use super::Undelivered;
use super::channel::Deliver;
use super::gotify::Gotify;
use super::mail::Mail;
use super::message::Message;
use super::ntfy::Ntfy;
use super::pulse::{Push, Sign};
use super::trust::{Roots, of_this_machine};
use super::webhook::Webhook;

/// For all channels together. Whoever asks the daemon waits a little longer.
const PATIENCE: Duration = Duration::from_secs(15);

/// What became of a test message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// The channel's name.
    pub channel: String,
    /// Whether the server took it; nothing where it was not tried.
    pub delivered: Option<bool>,
    /// Why not.
    pub why: Option<String>,
    /// How many milliseconds it took.
    pub ms: u64,
}

type Attempt = Box<dyn FnOnce() -> Result<(), Undelivered> + Send>;

/// Sends a test message by every channel that is switched on, or by that one: one attempt each, all
/// at the same time, and past the hourly limit. A sign of life is no test where nobody looks:
/// without a daemon (`is_daemon`) only healthchecks is told, which has a word for it.
///
/// # Errors
/// There is no such channel, and which there are.
pub fn try_channels(
    config: &SchedulerConfig,
    only: Option<&str>,
    is_daemon: bool,
) -> Result<Vec<Tried>, String> {
    try_trusting(config, &of_this_machine(), only, is_daemon)
}

pub(super) fn try_trusting(
    config: &SchedulerConfig,
    roots: &Roots,
    only: Option<&str>,
    is_daemon: bool,
) -> Result<Vec<Tried>, String> {
    let mut all = attempts(config, roots, is_daemon);
    let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    if let Some(only) = only.filter(|only| !names.contains(only)) {
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        return Err(format!("no channel `{only}` is switched on: there is {names}"));
    }
    all.retain(|(name, _)| only.is_none_or(|only| only == *name));
    Ok(run(all))
}

fn attempts(
    config: &SchedulerConfig,
    roots: &Roots,
    is_daemon: bool,
) -> Vec<(&'static str, Result<Attempt, Tried>)> {
    let mut all: Vec<(&'static str, Result<Attempt, Tried>)> = Vec::new();
    match Mail::of(config, roots) {
        Ok(Some(mail)) => all.push(("mail", Ok(message(mail)))),
        Ok(None) => {}
        Err(why) => all.push(("mail", Err(told("mail", Some(false), Some(why.to_string()), 0)))),
    }
    all.extend(Gotify::of(config, roots).map(|gotify| ("gotify", Ok(message(gotify)))));
    all.extend(Ntfy::of(config, roots).map(|ntfy| ("ntfy", Ok(message(ntfy)))));
    all.extend(Webhook::of(config, roots).map(|hook| ("webhook", Ok(message(hook)))));
    for mut push in Push::all(config, roots) {
        let name = push.name();
        let why = "not tried: it would say that the daemon lives, which does not answer";
        let attempt: Result<Attempt, Tried> = if is_daemon || push.has_tests() {
            Ok(Box::new(move || push.deliver(&Sign::Test, 0)))
        } else {
            Err(told(name, None, Some(why.to_owned()), 0))
        };
        all.push((name, attempt));
    }
    all
}

fn message(mut channel: impl Deliver<Item = Message>) -> Attempt {
    Box::new(move || channel.deliver(&Message::of_test(), 0))
}

fn run(all: Vec<(&'static str, Result<Attempt, Tried>)>) -> Vec<Tried> {
    let begun = Instant::now();
    let begin = |(name, attempt): (&'static str, Result<Attempt, Tried>)| {
        let (say, said) = channel();
        let attempt = match attempt {
            Ok(attempt) => attempt,
            Err(tried) => return (name, said, Some(tried)),
        };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let result = attempt();
            // Nobody waits any more when it took too long.
            let _ = say.send((result, begun.elapsed()));
        });
        let failed = thread.err().map(|why| told(name, Some(false), Some(why.to_string()), 0));
        (name, said, failed)
    };
    let begun_all: Vec<_> = all.into_iter().map(begin).collect();
    let end = |(name, said, known): (&'static str, std::sync::mpsc::Receiver<_>, Option<Tried>)| {
        known.unwrap_or_else(|| match said.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
            Ok((Ok(()), took)) => told(name, Some(true), None, millis(took)),
            Ok((Err(error), took)) => {
                let error: Undelivered = error;
                told(name, Some(false), Some(error.why), millis(took))
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                let why = format!("no end within {} s", PATIENCE.as_secs());
                told(name, Some(false), Some(why), millis(begun.elapsed()))
            }
        })
    };
    begun_all.into_iter().map(end).collect()
}

fn told(channel: &str, delivered: Option<bool>, why: Option<String>, ms: u64) -> Tried {
    Tried { channel: channel.to_owned(), delivered, why, ms }
}

fn millis(time: Duration) -> u64 {
    time.as_millis().try_into().unwrap_or(u64::MAX)
}
