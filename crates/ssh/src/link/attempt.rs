//! How often a session is tried for.

use std::time::Duration;

use tokio::time::Instant;
use vm_autoscale_protocol::HelperError;

use crate::pins::Stamp;

/// Back-off after a session that did not come about: doubled from the first to the last.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LAST_WAIT: Duration = Duration::from_secs(60);

/// The last attempt at a session.
pub(super) struct Attempt {
    /// Why there is none, if there is none.
    pub(super) error: HelperError,
    pub(super) not_before: Instant,
    /// Other pins than these deserve an attempt at once.
    pub(super) stamp: Stamp,
    /// The node knew us and did not want us: whatever the pins are, this is not tried more often.
    pub(super) refused: bool,
}

impl Attempt {
    /// Whether it is too early for another one.
    pub(super) fn holds(&self, stamp: Stamp, now: Instant) -> bool {
        now < self.not_before && (self.refused || self.stamp == stamp)
    }
}

/// Longer after every attempt in vain, and never as long as another link waits. A login that was
/// refused is tried once a minute: nodes lock out who tries more often.
pub(super) fn back_off(tries: u32, refused: bool) -> Duration {
    let share = fastrand::f64().mul_add(0.5, 0.5);
    if refused {
        return LAST_WAIT.mul_f64(share + 0.5);
    }
    FIRST_WAIT.saturating_mul(1 << tries.min(6)).min(LAST_WAIT).mul_f64(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_minute_and_varies() {
        for tries in 0..12 {
            let whole = Duration::from_secs(60.min(1 << tries));
            let waits: Vec<_> = (0..20).map(|_| back_off(tries, false)).collect();
            assert!(waits.iter().all(|wait| *wait >= whole / 2 && *wait <= whole), "{waits:?}");
            assert!(waits.windows(2).any(|pair| pair[0] != pair[1]), "no jitter");
        }
    }

    #[test]
    fn a_refused_login_is_tried_once_a_minute_whatever_the_pins() {
        assert!((0..12).all(|tries| back_off(tries, true) >= Duration::from_secs(60)));
        let now = Instant::now();
        let later = now + Duration::from_secs(1);
        let error = HelperError::BadRequest { message: String::new() };
        let of = |refused, not_before| Attempt {
            error: error.clone(),
            not_before,
            stamp: Stamp::default(),
            refused,
        };
        let other = Stamp::of_size(1);
        assert!(of(true, later).holds(other, now) && of(false, later).holds(Stamp::default(), now));
        assert!(!of(false, later).holds(other, now) && !of(true, now).holds(other, now));
    }
}
