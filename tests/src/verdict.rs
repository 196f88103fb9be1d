//! A stage is struck, and what its lab executed is judged.

use std::fmt::Write as _;
use std::io;

use vm_autoscale_lab::{Reply, Request};

use crate::invariants::{Allowed, Violation, check};
use crate::reaction::history;
use crate::stage::Stage;

impl Stage {
    /// Stops scheduler and helper, judges the whole history by the invariants, and stops the lab.
    ///
    /// # Errors
    /// A program did not stop when it was asked to, or an invariant was broken: all that were are
    /// in the message, each with its line.
    pub fn strike_checked(mut self, allowed: Allowed) -> io::Result<()> {
        let broken = self.judged(allowed)?;
        if broken.is_empty() {
            return self.lab.stop().map(drop);
        }
        let mut text = format!("{} broken invariants:\n", broken.len());
        for violation in &broken {
            let _ = writeln!(text, "  {violation}");
        }
        Err(io::Error::other(text + &self.last_words()))
    }

    /// Stops scheduler and helper; which invariants were broken by then.
    ///
    /// # Errors
    /// A program did not stop when it was asked to, or the lab does not answer.
    pub fn judged(&mut self, allowed: Allowed) -> io::Result<Vec<Violation>> {
        for program in [self.scheduler.as_mut(), self.helper.as_mut()].into_iter().flatten() {
            program.stop()?;
        }
        let entries = history(self, 0)?;
        let vms = match self.ask_lab(&Request::Vms)? {
            Reply::Vms(vms) => vms,
            other => return Err(io::Error::other(format!("{other:?}"))),
        };
        let nodes = self.nodes().len();
        Ok(check(Allowed { nodes, ..allowed }, &entries, &vms))
    }
}
