use std::sync::mpsc::{Receiver, Sender, channel};

use super::super::channel::Deliver;
use super::*;

/// Waits for a permission before each attempt, says how many were lost, and fails so often first.
struct Slow {
    go: Receiver<()>,
    say: Sender<u64>,
    fails: usize,
    again: bool,
}

impl Deliver for Slow {
    type Item = u32;

    fn name(&self) -> &'static str {
        "slow"
    }

    fn back_off(&self) -> &'static [Duration] {
        &[Duration::ZERO; 3]
    }

    fn deliver(&mut self, _item: &u32, lost: u64) -> Result<(), Undelivered> {
        let _ = self.go.recv();
        if self.fails > 0 {
            self.fails -= 1;
            return Err(Undelivered { why: "no".to_owned(), again: self.again });
        }
        self.say.send(lost).unwrap();
        Ok(())
    }
}

/// What this thread logs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        lock(&self.0).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The thread is busy with the first one while 300 come.
#[test]
fn what_finds_no_room_is_counted_and_said_and_logged_once() {
    let ((permit, go), (say, said)) = (channel(), channel());
    let slow = Channel::start(Slow { go, say, fails: 0, again: true }).unwrap();
    let log = Log::default();
    let logged = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || logged.clone()).finish();
    tracing::subscriber::with_default(subscriber, || {
        slow.put(0);
        (0..300).for_each(|n| slow.put(n));
    });
    let lines = String::from_utf8(lock(&log.0).clone()).unwrap();
    assert_eq!(lines.matches("slow: 256 messages wait").count(), 1, "{lines}");
    // Permissions for ever.
    drop(permit);
    let (mut delivered, mut lost) = (0, 0);
    while delivered + lost < 301 {
        lost += said.recv_timeout(Duration::from_secs(60)).unwrap();
        delivered += 1;
    }
    assert!((44..=45).contains(&lost) && delivered + lost == 301, "{delivered} and {lost}");
}

#[test]
fn an_attempt_is_repeated_a_few_times_and_what_makes_no_sense_is_not() {
    for (fails, again, lost) in [(3, true, 0), (4, true, 1), (1, false, 1)] {
        let ((permit, go), (say, said)) = (channel(), channel());
        let slow = Channel::start(Slow { go, say, fails, again }).unwrap();
        (0..9).for_each(|_| permit.send(()).unwrap());
        slow.put(0);
        slow.put(0);
        assert_eq!(said.recv_timeout(Duration::from_secs(60)), Ok(lost), "{fails} {again}");
    }
}
