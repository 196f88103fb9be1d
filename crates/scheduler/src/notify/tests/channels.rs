use std::sync::mpsc::{Receiver, Sender, channel};

use super::super::channel::{Deliver, Report};
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

fn started(slow: Slow, tallies: &Tallies, report: Report) -> Channel<u32> {
    Channel::start(slow, tallies.of("slow"), report).unwrap()
}

fn nobody() -> Report {
    Arc::new(|_, _| {})
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
    let tallies = Tallies::default();
    let slow = started(Slow { go, say, fails: 0, again: true }, &tallies, nobody());
    let log = Log::default();
    let logged = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || logged.clone()).finish();
    tracing::subscriber::with_default(subscriber, || {
        slow.put(0);
        (0..300).for_each(|n| slow.put(n));
    });
    let told = tallies.report().remove(0);
    assert!((256..=257).contains(&told.queued) && told.dropped + told.queued >= 300, "{told:?}");
    let lines = String::from_utf8(lock(&log.0).clone()).unwrap();
    assert_eq!(lines.matches("slow: 256 messages wait").count(), 1, "{lines}");
    // Permissions for ever: the next one that is delivered says how many were lost, and 30 are
    // delivered at once.
    drop(permit);
    let firsts: Vec<u64> =
        (0..30).map(|_| said.recv_timeout(Duration::from_secs(60)).unwrap()).collect();
    assert!((44..=45).contains(&firsts.iter().sum::<u64>()), "{firsts:?}");
    // What waited while a server was down does not flood it: the others wait for their turn, and at
    // the end it is known that they did.
    assert!(said.recv_timeout(Duration::from_secs(2)).is_err());
    slow.close();
    slow.wait(Instant::now() + Duration::from_secs(60));
    let told = tallies.report().remove(0);
    assert_eq!((told.sent, told.queued), (30, 0));
    assert_eq!(told.failed + told.dropped + told.sent, 301);
}

/// Only when it begins and when it is over, and what became of each is counted.
#[test]
fn others_hear_of_a_channel_that_fails_and_works_again() {
    let ((permit, go), (say, said)) = (channel(), channel());
    let (heard, tallies) = (Arc::new(Mutex::new(Vec::new())), Tallies::default());
    let hears = heard.clone();
    let report: Report = Arc::new(move |name, why| {
        lock(&hears).push((name, why.map(str::to_owned)));
    });
    let slow = started(Slow { go, say, fails: 2, again: false }, &tallies, report);
    drop(permit);
    (0..4).for_each(|n| slow.put(n));
    assert_eq!(said.recv_timeout(Duration::from_secs(60)), Ok(2));
    assert_eq!(said.recv_timeout(Duration::from_secs(60)), Ok(0));
    slow.close();
    slow.wait(Instant::now() + Duration::from_secs(60));
    assert_eq!(*lock(&heard), [("slow", Some("no".to_owned())), ("slow", None)]);
    let told = tallies.report().remove(0);
    assert_eq!((told.sent, told.failed, told.problem), (2, 2, None));
}

#[test]
fn an_attempt_is_repeated_a_few_times_and_what_makes_no_sense_is_not() {
    for (fails, again, lost) in [(3, true, 0), (4, true, 1), (1, false, 1)] {
        let ((permit, go), (say, said)) = (channel(), channel());
        let slow = started(Slow { go, say, fails, again }, &Tallies::default(), nobody());
        (0..9).for_each(|_| permit.send(()).unwrap());
        slow.put(0);
        slow.put(0);
        assert_eq!(said.recv_timeout(Duration::from_secs(60)), Ok(lost), "{fails} {again}");
    }
}
