//! One connection through the proxy: a thread for each way.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::libc::linger;
use nix::sys::socket::{setsockopt, sockopt::Linger};

use super::{Fault, Shared, TICK, Way, lock};
use crate::programs::pause;

/// Both ends; the last thread that leaves closes them.
pub(super) struct Connection {
    shared: Arc<Mutex<Shared>>,
    inner: TcpStream,
    outer: TcpStream,
    /// Its number, from 1.
    number: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Of which fault the rest is told.
    set: u64,
    /// Bytes that passed since it was set, inwards and outwards.
    passed: (u64, u64),
    over: bool,
}

/// What is to be done with what came.
enum Verdict {
    /// So many bytes of it may pass, so much later.
    Pass(u64, Duration),
    Wait,
    Close,
    Reset,
}

impl Connection {
    pub(super) fn start(
        shared: Arc<Mutex<Shared>>,
        (inner, outer): (TcpStream, TcpStream),
        number: u64,
    ) -> io::Result<()> {
        for end in [&inner, &outer] {
            end.set_nonblocking(false)?;
            end.set_nodelay(true)?;
            end.set_read_timeout(Some(TICK))?;
        }
        let connection = Arc::new(Self { shared, inner, outer, number, state: Mutex::default() });
        for way in [Way::In, Way::Out] {
            let connection = connection.clone();
            std::thread::spawn(move || connection.pass(way));
        }
        Ok(())
    }

    /// Passes on what goes that way, until it ends.
    fn pass(&self, way: Way) {
        let (mut from, mut to) =
            if way == Way::In { (&self.inner, &self.outer) } else { (&self.outer, &self.inner) };
        let mut bytes = [0; 16 * 1024];
        while !lock(&self.state).over {
            let came = match from.read(&mut bytes) {
                Ok(0) => {
                    // The other way may go on.
                    let _ = to.shutdown(Shutdown::Write);
                    return;
                }
                Ok(count) => count,
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => 0,
                    _ => return self.end(false),
                },
            };
            let came = bytes.get(..came).unwrap_or_default();
            if !self.hand_on(way, came, &mut to) {
                return;
            }
        }
    }

    /// Hands on what came as the fault lets it; false when the connection is over.
    fn hand_on(&self, way: Way, mut came: &[u8], to: &mut &TcpStream) -> bool {
        loop {
            match self.verdict(way) {
                _ if lock(&self.state).over => return false,
                Verdict::Wait if came.is_empty() => return true,
                Verdict::Wait => pause(TICK),
                Verdict::Close | Verdict::Pass(0, _) => {
                    self.end(false);
                    return false;
                }
                Verdict::Reset => {
                    self.end(true);
                    return false;
                }
                Verdict::Pass(..) if came.is_empty() => return true,
                Verdict::Pass(most, later) => {
                    pause(later);
                    let most = usize::try_from(most).unwrap_or(usize::MAX).min(came.len());
                    let (now, rest) = came.split_at(most);
                    if to.write_all(now).is_err() {
                        self.end(false);
                        return false;
                    }
                    self.count(way, now.len());
                    came = rest;
                }
            }
        }
    }

    fn count(&self, way: Way, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let passed = &mut lock(&self.state).passed;
        *if way == Way::In { &mut passed.0 } else { &mut passed.1 } += bytes;
    }

    fn verdict(&self, way: Way) -> Verdict {
        let (fault, set, seed, gone) = {
            let shared = lock(&self.shared);
            (shared.fault, shared.set, shared.seed, shared.gone)
        };
        let mut state = lock(&self.state);
        if state.set != set {
            (state.set, state.passed) = (set, (0, 0));
        }
        let passed = |of: Way| match of {
            Way::In => state.passed.0,
            Way::Out => state.passed.1,
            Way::Both => state.passed.0 + state.passed.1,
        };
        let all = Verdict::Pass(u64::MAX, Duration::ZERO);
        match fault {
            _ if gone => Verdict::Reset,
            Fault::Reset => Verdict::Reset,
            Fault::Silent(of) if of == way || of == Way::Both => Verdict::Wait,
            Fault::Delay(time) => Verdict::Pass(u64::MAX, time),
            Fault::Cut(of, bytes) => {
                let left = bytes.saturating_sub(passed(of));
                if of == way || of == Way::Both { Verdict::Pass(left, Duration::ZERO) } else { all }
            }
            Fault::Random(within) => {
                let drawn = mix(seed ^ mix(self.number ^ mix(set)));
                let of = if drawn & 1 == 0 { Way::In } else { Way::Out };
                let left = (mix(drawn) % within.max(1)).saturating_sub(passed(of));
                match (drawn >> 1) % 3 {
                    _ if of != way => all,
                    _ if left > 0 => Verdict::Pass(left, Duration::ZERO),
                    0 => Verdict::Reset,
                    1 => Verdict::Close,
                    _ => Verdict::Wait,
                }
            }
            Fault::None | Fault::Silent(_) => all,
        }
    }

    /// It is over for both: by a reset, or as an orderly peer ends it.
    fn end(&self, reset: bool) {
        for end in [&self.inner, &self.outer] {
            if reset {
                // With this a close is a reset.
                let _ = setsockopt(end, Linger, &linger { l_onoff: 1, l_linger: 0 });
            } else {
                let _ = end.shutdown(Shutdown::Both);
            }
        }
        lock(&self.state).over = true;
    }
}

/// One number out of another, without a pattern (splitmix64).
fn mix(number: u64) -> u64 {
    let z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
