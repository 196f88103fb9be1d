//! `vm-autoscale status`.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use vm_autoscale_scheduler::{Reload, StatusReport, fetch_status};

use crate::args::{Args, Daemon};
use crate::files::control_socket;
use crate::pause::line;
use crate::table::last_changes;
use crate::{Error, show, wait};

/// The exit code.
pub(crate) fn status(args: &Args, daemon: &Daemon) -> Result<u8, Error> {
    let socket = control_socket(args, daemon.control_socket.as_deref())?;
    let report = wait(fetch_status(&socket))??;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let counts = report.counts;
    let note = format!(
        "{}Changes since the start: {} asked, {} verified, {} failed, {} reverted.\n",
        last_changes(&report, now),
        counts.asked,
        counts.verified,
        counts.failed,
        counts.reverted
    );
    show(&report, args.output_format, &head(&report, now), &note)?;
    Ok(u8::from(!report.ills().is_empty()))
}

/// What comes before the VMs: what is wrong, and what is paused. No line is cut: its end says what
/// to do.
fn head(report: &StatusReport, now: u64) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    for ill in &report.ills() {
        let _ = writeln!(text, "NOT WELL: {ill}");
    }
    if let Some(reload) = &report.reload {
        text.push_str(&told(reload, now));
    }
    for pause in &report.pauses {
        let _ = writeln!(text, "{}", line(pause, now));
    }
    text
}

fn told(reload: &Reload, now: u64) -> String {
    let ago = now.saturating_sub(reload.at);
    let mut text = String::new();
    if let Some(problem) = &reload.problem {
        let _ = writeln!(text, "reload {ago} s ago: {problem}");
    }
    for key in &reload.at_next_start {
        let _ = writeln!(text, "reload {ago} s ago: {key}: takes effect at the next start");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_comes_first() {
        let mut report = StatusReport::default();
        assert_eq!((head(&report, 0), report.ills()), (String::new(), vec![]));
        let later = vec!["journal.path".to_owned()];
        let reload = Reload { at: 10, ok: true, problem: None, at_next_start: later };
        report.reload = Some(reload.clone());
        let said = "reload 5 s ago: journal.path: takes effect at the next start\n";
        assert_eq!((head(&report, 15), report.ills().len()), (said.to_owned(), 0));
        let problem = Some("config.yaml:1:1: unknown key `x`".to_owned());
        report.reload = Some(Reload { ok: false, problem, at_next_start: vec![], ..reload });
        report.problems = vec!["the helper was not met yet: x".to_owned()];
        let said = "\
NOT WELL: the helper was not met yet: x
NOT WELL: the last reload failed: what was read before holds on
reload 5 s ago: config.yaml:1:1: unknown key `x`
";
        assert_eq!(head(&report, 15), said);
    }
}
