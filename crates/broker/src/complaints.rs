//! What whoever connects could say ever again: told once a minute at most.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use vm_autoscale_guard::one_line;

use crate::audit::Peer;

/// Between two lines about the same.
const REST: Duration = Duration::from_secs(60);

/// So many users are told apart; with more, what was told of the others is forgotten.
const USERS: usize = 64;

/// When each kind was told of each user, and how many were not told since.
#[derive(Default)]
pub(crate) struct Complaints(RefCell<HashMap<About, (Instant, u64)>>);

/// What kind, and which user.
type About = (&'static str, u32);

impl Complaints {
    /// A refusal or a violation that closed a connection.
    pub(crate) fn say(&self, kind: &'static str, peer: Peer, what: &str) {
        if let Some(untold) = self.turn((kind, peer.uid), Instant::now()) {
            let (uid, pid, what) = (peer.uid, peer.pid, one_line(what));
            tracing::warn!(kind, uid, pid, untold, "refused: {what}");
        }
    }

    /// Whether it is told now; then how many were left out before it.
    fn turn(&self, about: About, now: Instant) -> Option<u64> {
        let mut told = self.0.borrow_mut();
        if told.len() > USERS {
            told.clear();
        }
        match told.get_mut(&about) {
            Some((last, untold)) if now.saturating_duration_since(*last) < REST => {
                *untold = untold.saturating_add(1);
                None
            }
            known => {
                let untold = known.map_or(0, |(_, untold)| *untold);
                told.insert(about, (now, 0));
                Some(untold)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_each_user_is_told_once_a_minute_and_the_others_are_counted() {
        let (complaints, start) = (Complaints::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let turns = [("bad", 7, 0), ("bad", 7, 1), ("bad", 8, 1), ("alien", 7, 2), ("bad", 7, 59)];
        let told = turns.map(|(kind, uid, second)| complaints.turn((kind, uid), at(second)));
        assert_eq!(told, [Some(0), None, Some(0), Some(0), None]);
        assert_eq!(complaints.turn(("bad", 7), at(60)), Some(2));
        assert_eq!(complaints.turn(("bad", 7), at(61)), None);
    }
}
