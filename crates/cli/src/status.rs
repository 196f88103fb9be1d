//! `vm-autoscale status`.

use std::fmt::Write as _;
use std::io::Write as _;

use vm_autoscale_proxmox::VmId;
use vm_autoscale_scheduler::{
    ChannelStatus, ClusterStatus, Reload, Source, StatusReport, fetch_status, remembered, wall,
};

use crate::args::{Args, Daemon, Format, StatusArgs};
use crate::detail::details;
use crate::files::{Places, places};
use crate::pause::{line, span};
use crate::plain::plain;
use crate::table::{last_changes, table};
use crate::{Error, json, say, terminal_width, wait};

/// The exit code.
pub(crate) fn status(args: &Args, wanted: &StatusArgs) -> Result<u8, Error> {
    let now = wall();
    let mut report = asked_or_remembered(args, &wanted.daemon, now)?;
    let missing = narrow(&mut report, &wanted.vms);
    if let Some(vm) = missing.filter(|_| is_all_seen(&report)) {
        return Err(Error::Usage(format!(
            "VM {vm} is not looked after: see `vm-autoscale config show --effective --vm {vm}`"
        )));
    }
    let is_well = report.ills().is_empty() && missing.is_none();
    match args.output_format {
        Format::Json => json(&report)?,
        Format::Text => say(&text_of(&mut report, &wanted.vms, now))?,
    }
    Ok(u8::from(!is_well))
}

/// As text: of single VMs where some are named.
pub(crate) fn text_of(report: &mut StatusReport, wanted: &[VmId], now: u64) -> String {
    plain(report);
    let mut text = head(report, now);
    // Writing to a String cannot fail.
    if !wanted.is_empty() {
        for vmid in wanted.iter().filter(|vmid| !is_known(report, **vmid)) {
            let _ = writeln!(text, "VM {vmid}: not known yet");
        }
        return text + &details(report, now);
    }
    text.push_str(&table(report, terminal_width()));
    text.push_str(&last_changes(report, now));
    if report.source == Source::Daemon {
        let counts = report.counts;
        let _ = writeln!(
            text,
            "Changes since the start: {} asked, {} verified, {} failed, {} reverted.",
            counts.asked, counts.verified, counts.failed, counts.reverted
        );
    }
    text.extend(report.channels.iter().filter_map(untold));
    text
}

/// What people were not told by a channel, where there is any.
fn untold(channel: &ChannelStatus) -> Option<String> {
    let ChannelStatus { name, sent, failed, dropped, queued, unlisted, .. } = channel;
    (failed + dropped + unlisted > 0).then(|| {
        format!(
            "Messages by {name}: {sent} sent, {failed} not delivered, {dropped} dropped, {unlisted} \
             only counted, {queued} waiting.\n"
        )
    })
}

/// To these VMs, where some are named; one of them that is not there.
fn narrow(report: &mut StatusReport, wanted: &[VmId]) -> Option<VmId> {
    if wanted.is_empty() {
        return None;
    }
    for cluster in &mut report.clusters {
        cluster.vms.retain(|vm| wanted.contains(&vm.vmid));
    }
    report.recent.retain(|event| wanted.contains(&event.vmid));
    wanted.iter().find(|vmid| !is_known(report, **vmid)).copied()
}

fn is_known(report: &StatusReport, vmid: VmId) -> bool {
    report.clusters.iter().any(|cluster| cluster.vms.iter().any(|vm| vm.vmid == vmid))
}

/// Whether a VM that is in no cluster's picture is none that is looked after. It may also be in a
/// cluster that was not seen yet, or not well.
fn is_all_seen(report: &StatusReport) -> bool {
    let seen = &report.clusters;
    let blind = |cluster: &ClusterStatus| cluster.problem.is_some() || cluster.undecided > 0;
    let of_all = match report.source {
        Source::Daemon => report.hosts.keys().all(|name| seen.iter().any(|c| c.name == *name)),
        // Its notes say what is missing.
        Source::Journal => report.notes.is_empty(),
    };
    of_all && !seen.is_empty() && !seen.iter().any(blind)
}

/// What the daemon says, or where none answers what it noted last, with a line that says so.
pub(crate) fn asked_or_remembered(
    args: &Args,
    daemon: &Daemon,
    now: u64,
) -> Result<StatusReport, Error> {
    let mut report = asked_or_noted(args, daemon)?;
    if report.source == Source::Daemon {
        return Ok(report);
    }
    let when = match report.noted_at {
        Some(at) => format!("this is what it noted {} ago", span(now.saturating_sub(at))),
        None => "it has noted nothing of any cluster".to_owned(),
    };
    let help = "systemctl status vm-autoscale";
    report.problems.insert(0, format!("the daemon does not answer; {when}: {help}"));
    Ok(report)
}

/// What the daemon says, or where none answers what it noted last.
pub(crate) fn asked_or_noted(args: &Args, daemon: &Daemon) -> Result<StatusReport, Error> {
    let Places { socket, journal } = places(args, daemon.control_socket.as_deref())?;
    let missed = match wait(fetch_status(&socket))? {
        Ok(report) => return Ok(report),
        Err(error) if error.exit_code() == 6 => error,
        Err(error) => return Err(error.into()),
    };
    let Some(journal) = journal else { return Err(missed.into()) };
    remembered(&journal).map_err(|why| {
        // Where standard error is gone, the exit code says enough.
        let _ = writeln!(std::io::stderr(), "nor can be read what it noted last: {why}");
        missed.into()
    })
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

    /// "Not looked after" is said only where everything was seen.
    #[test]
    fn a_vm_of_a_cluster_that_was_not_seen_is_not_known_yet() {
        let [known, missing] = [101, 102].map(|number| VmId::try_from(number).unwrap());
        let mut report = StatusReport::default();
        assert!(!is_all_seen(&report), "the helper was not met");
        let cluster = serde_json::json!({
            "name": "a", "answered_by": null, "problem": null, "looks": 1, "look_ms": 1,
            "nodes": [], "vms": [{
                "vmid": 101, "name": null, "node": "pve1", "mode": "full", "vcpus": 2,
                "memory": 4096, "cpu_used": null, "memory_used": null, "cpu": "idle",
                "memory_decision": "idle",
            }],
        });
        report.clusters = vec![serde_json::from_value(cluster).unwrap()];
        report.hosts = ["a", "b"].map(|name| (name.try_into().unwrap(), [].into())).into();
        assert_eq!(narrow(&mut report, &[missing, known]), Some(missing));
        assert!(!is_all_seen(&report), "b was not seen");
        let text = text_of(&mut report, &[known, missing], 0);
        assert!(text.starts_with("VM 102: not known yet\nVM 101 - on pve1"), "{text}");
        report.hosts.pop_last();
        assert!(is_all_seen(&report));
        assert_eq!(narrow(&mut report, &[known]), None);
        report.clusters[0].problem = Some("no answer".to_owned());
        assert!(!is_all_seen(&report));
    }

    #[test]
    fn what_people_were_not_told_is_counted() {
        let mut channel = ChannelStatus { name: "mail".into(), sent: 7, ..Default::default() };
        assert_eq!(untold(&channel), None);
        (channel.failed, channel.unlisted) = (2, 30);
        let said =
            "Messages by mail: 7 sent, 2 not delivered, 0 dropped, 30 only counted, 0 waiting.\n";
        assert_eq!(untold(&channel).as_deref(), Some(said));
        let problem = Some("no answer within 5 s".to_owned());
        let channels = vec![ChannelStatus { problem, ..channel }];
        let report = StatusReport { channels, ..StatusReport::default() };
        assert_eq!(report.ills(), ["messages by mail are not delivered: no answer within 5 s"]);
    }

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
