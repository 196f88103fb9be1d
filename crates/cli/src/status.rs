//! `vm-autoscale status`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use vm_autoscale_scheduler::{Reload, Source, StatusReport, fetch_status, remembered};

use vm_autoscale_proxmox::VmId;

use crate::args::{Args, Daemon, Format, StatusArgs};
use crate::detail::details;
use crate::files::{Places, places};
use crate::pause::{line, span};
use crate::table::last_changes;
use crate::{Error, say, show, wait};

/// The exit code.
pub(crate) fn status(args: &Args, wanted: &StatusArgs) -> Result<u8, Error> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let mut report = asked_or_remembered(args, &wanted.daemon, now)?;
    if !wanted.vms.is_empty() {
        return of_vms(args, &mut report, (&wanted.vms, now));
    }
    let mut note = last_changes(&report, now);
    if report.source == Source::Daemon {
        let counts = report.counts;
        // Writing to a String cannot fail.
        let _ = writeln!(
            note,
            "Changes since the start: {} asked, {} verified, {} failed, {} reverted.",
            counts.asked, counts.verified, counts.failed, counts.reverted
        );
    }
    show(&report, args.output_format, &head(&report, now), &note)?;
    Ok(u8::from(!report.ills().is_empty()))
}

/// All that is known of these VMs.
fn of_vms(
    args: &Args,
    report: &mut StatusReport,
    (wanted, now): (&[VmId], u64),
) -> Result<u8, Error> {
    for cluster in &mut report.clusters {
        cluster.vms.retain(|vm| wanted.contains(&vm.vmid));
    }
    report.recent.retain(|event| wanted.contains(&event.vmid));
    let known =
        |vmid: &&VmId| report.clusters.iter().any(|c| c.vms.iter().any(|vm| vm.vmid == **vmid));
    if let Some(missing) = wanted.iter().find(|vmid| !known(vmid)) {
        return Err(Error::Usage(format!(
            "VM {missing} is not looked after: see `vm-autoscale config show --effective --vm {missing}`"
        )));
    }
    let text = format!("{}{}", head(report, now), details(report, now));
    match args.output_format {
        Format::Text => say(&text)?,
        Format::Json => show(report, args.output_format, "", "")?,
    }
    Ok(u8::from(!report.ills().is_empty()))
}

/// What the daemon says, or where none answers what it noted last.
fn asked_or_remembered(args: &Args, daemon: &Daemon, now: u64) -> Result<StatusReport, Error> {
    let Places { socket, journal } = places(args, daemon.control_socket.as_deref())?;
    let missed = match wait(fetch_status(&socket))? {
        Ok(report) => return Ok(report),
        Err(error) if error.exit_code() == 6 => error,
        Err(error) => return Err(error.into()),
    };
    let Some(journal) = journal else { return Err(missed.into()) };
    let mut report = match remembered(&journal) {
        Ok(report) => report,
        Err(why) => {
            // Where standard error is gone, the exit code says enough.
            let _ = writeln!(std::io::stderr(), "nor can be read what it noted last: {why}");
            return Err(missed.into());
        }
    };
    let when = match report.noted_at {
        Some(at) => format!("this is what it noted {} ago", span(now.saturating_sub(at))),
        None => "it has noted nothing of any cluster".to_owned(),
    };
    let help = "systemctl status vm-autoscale";
    report.problems.insert(0, format!("the daemon does not answer; {when}: {help}"));
    Ok(report)
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
