//! A live table on a terminal, a line per event elsewhere.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use vm_autoscale::table;
use vm_autoscale_scheduler::StatusReport;

const WIDTH: usize = 100;
const EVENTS: usize = 6;

pub(super) struct Screen {
    terminal: bool,
    /// The last event that was told.
    told: u64,
    /// Lines of the table that stands there.
    lines: usize,
}

impl Screen {
    pub(super) fn new() -> Self {
        Self { terminal: io::stdout().is_terminal(), told: 0, lines: 0 }
    }

    pub(super) fn show(
        &mut self,
        status: &StatusReport,
        passed: Duration,
        of: Duration,
    ) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if !self.terminal {
            for event in status.recent.iter().filter(|event| event.number > self.told) {
                writeln!(out, "{:>3} s  {event}", passed.as_secs())?;
            }
            self.told = status.recent.last().map_or(self.told, |event| event.number);
            return out.flush();
        }
        let mut text = format!("vm-autoscale demo   {} of {} s\n", passed.as_secs(), of.as_secs());
        text.push_str(&table(status, WIDTH));
        for event in status.recent.iter().rev().take(EVENTS).rev() {
            let line: String = event.to_string().chars().take(WIDTH).collect();
            text.push_str(&line);
            text.push('\n');
        }
        // Back to the first line of the last table, and clear from there.
        if self.lines > 0 {
            write!(out, "\x1b[{}A\x1b[J", self.lines)?;
        }
        self.lines = text.lines().count();
        write!(out, "{text}")?;
        out.flush()
    }
}
