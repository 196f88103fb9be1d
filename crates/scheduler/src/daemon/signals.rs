//! SIGTERM, SIGINT and SIGHUP.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::Error;

/// What the daemon is told from outside.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

/// To do what.
pub(super) enum Told {
    Stop,
    Reload,
}

impl Signals {
    pub(super) fn new() -> Result<Self, Error> {
        let of = |kind| signal(kind).map_err(Error::Machine);
        Ok(Self {
            terminate: of(SignalKind::terminate())?,
            interrupt: of(SignalKind::interrupt())?,
            hangup: of(SignalKind::hangup())?,
        })
    }

    pub(super) async fn told(&mut self) -> Told {
        tokio::select! {
            _ = self.terminate.recv() => Told::Stop,
            _ = self.interrupt.recv() => Told::Stop,
            _ = self.hangup.recv() => Told::Reload,
        }
    }

    /// Told to stop. Whoever asks to reload meanwhile is heard afterwards.
    async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// Told to stop once more; there is nothing to reload any more.
    pub(super) async fn again(&mut self) {
        self.stop().await;
    }

    /// Does that, and ends it where it is told to stop before; whether it came to its end.
    pub(super) async fn unless_stopped(&mut self, work: impl Future<Output = ()>) -> bool {
        tokio::select! {
            biased;
            () = self.stop() => false,
            () = work => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::time::Duration;

    use nix::sys::signal::{Signal as Kind, raise};

    use super::*;

    /// One test: the signals are those of the whole process.
    #[tokio::test]
    async fn what_hangs_is_ended_by_a_stop_and_by_no_reload() {
        let mut signals = Signals::new().unwrap();
        assert!(signals.unless_stopped(async {}).await);
        raise(Kind::SIGHUP).unwrap();
        let soon = Duration::from_millis(100);
        let hung = tokio::time::timeout(soon, signals.unless_stopped(pending()));
        assert!(hung.await.is_err(), "it was told to reload only");
        assert!(matches!(signals.told().await, Told::Reload), "it is heard afterwards");
        raise(Kind::SIGTERM).unwrap();
        let ended = tokio::time::timeout(Duration::from_secs(5), signals.unless_stopped(pending()));
        assert_eq!(ended.await, Ok(false));
    }
}
