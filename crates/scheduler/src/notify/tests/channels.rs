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

/// 260 messages for a channel that delivers nothing meanwhile: what the delivered ones say was
/// lost before them.
fn flood(fails: usize, again: bool) -> Vec<u64> {
    let ((permit, go), (say, said)) = (channel(), channel());
    let slow = Channel::start(Slow { go, say, fails, again }).unwrap();
    // The first one is taken out of the queue.
    slow.put(0);
    permit.send(()).unwrap();
    if fails == 0 {
        said.recv().unwrap();
    }
    for _ in 0..4 {
        permit.send(()).unwrap();
    }
    // Nobody waits here, whatever becomes of them.
    (0..2000).for_each(|n| slow.put(n));
    slow.close();
    drop(permit);
    slow.wait(Instant::now() + Duration::from_secs(60));
    said.try_iter().collect()
}

#[test]
fn what_finds_no_room_is_counted_and_said() {
    let lost = flood(0, true);
    assert!(lost.len() < 300, "{}", lost.len());
    let lost_in_all: u64 = lost.iter().sum();
    // The overflow after the last message that said so is in the log.
    assert!(lost_in_all > 0, "{lost:?}");
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
