//! A live table on a terminal, a line per event elsewhere.

use std::collections::VecDeque;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use vm_autoscale::table;
use vm_autoscale_scheduler::StatusReport;

const WIDTH: usize = 100;
const EVENTS: usize = 6;

pub(super) struct Screen {
    terminal: bool,
    /// What happened last.
    recent: VecDeque<String>,
    /// Lines of the table that stands there.
    lines: usize,
}

impl Screen {
    pub(super) fn new() -> Self {
        Self { terminal: io::stdout().is_terminal(), recent: VecDeque::new(), lines: 0 }
    }

    pub(super) fn show(
        &mut self,
        status: &StatusReport,
        news: &[String],
        passed: Duration,
        of: Duration,
    ) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if !self.terminal {
            for line in news {
                writeln!(out, "{:>3} s  {line}", passed.as_secs())?;
            }
            return out.flush();
        }
        let mut text = format!("vm-autoscale demo   {} of {} s\n", passed.as_secs(), of.as_secs());
        text.push_str(&table(status, WIDTH));
        self.recent.extend(news.iter().map(|line| line.chars().take(WIDTH).collect()));
        while self.recent.len() > EVENTS {
            self.recent.pop_front();
        }
        for line in &self.recent {
            text.push_str(line);
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
