//! `vm-autoscale restore`: back to the sizes of before our changes.

use std::fmt::Write as _;
use std::path::Path;

use vm_autoscale_scheduler::{
    ErrandAsk, ErrandEnd, ErrandKind, ErrandOrder, ErrandStatus, GoalEnd, cancel_errand,
};

use crate::args::{Args, Format, RestoreArgs};
use crate::errand::{begun, follow, planned, told, ways};
use crate::files::{Places, places};
use crate::{Error, json, say, sizes, wait};

/// The exit code.
pub(crate) fn restore(args: &Args, wanted: &RestoreArgs) -> Result<u8, Error> {
    let Places { socket, journal } = places(args, wanted.daemon.control_socket.as_deref())?;
    if wanted.cancel {
        return cancel(args, wanted, &socket);
    }
    let order = ErrandOrder {
        kind: ErrandKind::Restore,
        vmid: wanted.vm,
        cluster: wanted.cluster.clone(),
        begin: false,
    };
    let plan = match wait(planned(&socket, &order))? {
        Ok(plan) => plan,
        Err(error) if error.exit_code() == 6 && !wanted.yes => {
            return Err(match journal {
                Some(journal) => by_journal(wanted, &journal, error),
                None => error.into(),
            });
        }
        Err(error) => return Err(error.into()),
    };
    let open = plan.goals.iter().any(|goal| goal.end.is_none());
    if !wanted.yes || !open {
        return show(args, &plan, open);
    }
    let begun = wait(begun(&socket, &order))??;
    let text = args.output_format == Format::Text;
    if text {
        say(&format!("{}{}", head(&begun), ways(&begun)))?;
    }
    let mut progress = Progress::default();
    let ended =
        wait(follow(
            &socket,
            &begun,
            |status| {
                if text { say(&progress.news(status)) } else { Ok(()) }
            },
        ))??;
    if text {
        say(&outcome(&ended))?;
    } else {
        json(&ended)?;
    }
    Ok(u8::from(ended.end != Some(ErrandEnd::Done)))
}

fn show(args: &Args, plan: &ErrandStatus, open: bool) -> Result<u8, Error> {
    let vmid = plan.vmid;
    let is_held = plan.waits.is_some() || !plan.obstacles.is_empty();
    let is_back = plan.goals.is_empty() && plan.waits.is_none();
    let end = match (open, is_held) {
        _ if is_back => {
            "  it has the sizes of before our changes, as far as the journal knows\n".to_owned()
        }
        (true, false) => {
            format!("Nothing was changed. To do it: vm-autoscale restore {vmid} --yes\n")
        }
        (false, false) => "Nothing was changed: none of it can be restored now.\n".to_owned(),
        (_, true) => "Nothing was changed.\n".to_owned(),
    };
    match args.output_format {
        Format::Json => json(plan)?,
        Format::Text => say(&format!("{}{}{end}", head(plan), ways(plan)))?,
    }
    Ok(u8::from(!is_back && (is_held || !open)))
}

fn cancel(args: &Args, wanted: &RestoreArgs, socket: &Path) -> Result<u8, Error> {
    let ask = ErrandAsk { vmid: wanted.vm, cluster: wanted.cluster.clone() };
    let status = wait(cancel_errand(socket, &ask))??;
    let text = match &status.end {
        Some(_) => format!("{}: it had ended before\n", status.told()),
        None => format!("{}: taken back; a step under way goes on to its end\n", status.told()),
    };
    match args.output_format {
        Format::Json => json(&status)?,
        Format::Text => say(&text)?,
    }
    Ok(u8::from(status.end.is_some()))
}

/// Without a daemon nothing can be ordered; what would be typed is known all the same.
fn by_journal(wanted: &RestoreArgs, journal: &Path, error: vm_autoscale_scheduler::Error) -> Error {
    match sizes::lines_of(journal, wanted.vm) {
        Ok(lines) if !lines.is_empty() => Error::Silent { error: error.into(), instead: lines },
        _ => error.into(),
    }
}

/// What was told already.
#[derive(Default)]
struct Progress {
    steps: usize,
    waits: Option<String>,
}

impl Progress {
    fn news(&mut self, status: &ErrandStatus) -> String {
        let new = status.steps.iter().skip(self.steps);
        let mut text = String::new();
        for step in new {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  done: {}", told(step));
        }
        self.steps = status.steps.len();
        let waits = status.waits.as_ref().filter(|waits| *waits != "a change is under way");
        if let Some(waits) = waits.filter(|waits| self.waits.as_ref() != Some(*waits)) {
            text = format!("{text}  waits: {waits}\n");
            self.waits = Some(waits.clone());
        }
        text
    }
}

fn head(status: &ErrandStatus) -> String {
    let ErrandStatus { vmid, name, node, cluster, .. } = status;
    let name = name.as_deref().unwrap_or("-");
    format!("VM {vmid} {name} on {node}, cluster {cluster}, to the sizes of before our changes:\n")
}

/// How it ended.
fn outcome(status: &ErrandStatus) -> String {
    let vmid = status.vmid;
    let end = match &status.end {
        Some(ErrandEnd::Done) => "restored, and verified".to_owned(),
        Some(ErrandEnd::Stopped { why }) => format!("stopped: {why}"),
        Some(ErrandEnd::Cancelled { uid }) => format!("taken back by uid {uid}"),
        None => "it has not ended".to_owned(),
    };
    let mut text = format!("VM {vmid}: {end}\n");
    for goal in status.goals.iter().filter(|goal| goal.end != Some(GoalEnd::Reached)) {
        let why = goal.why.as_deref().unwrap_or("not tried any more");
        text = format!("{text}  not reached: {}: {why}\n", goal.way);
    }
    if let Some(number) = status.pause {
        text = format!(
            "{text}It is paused now (pause {number}). To have it scaled again: vm-autoscale resume {number}\n"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::errand::tests::status;

    #[test]
    fn progress_is_told_once_and_the_end_with_what_is_left() {
        let mut order = status(&[
            json!({"resource": "cpu", "from": 4, "to": 2}),
            json!({"resource": "memory", "from": 2048, "to": 1024}),
        ]);
        let step = json!({
            "step": {"resource": "cpu", "from": 4, "to": 2}, "argv": [], "kind": "verified",
            "verified": true, "reverted": false, "text": "verified", "took_ms": 1200,
            "qemu": null, "guest": null,
        });
        order.steps.push(serde_json::from_value(step).unwrap());
        order.waits = Some("cooldown".to_owned());
        let mut progress = Progress::default();
        let news = "  done: vcpus 4 -> 2 verified (1200 ms)\n  waits: cooldown\n";
        assert_eq!((progress.news(&order).as_str(), progress.news(&order)), (news, String::new()));
        order.goals[0].end = Some(GoalEnd::Reached);
        order.goals[1].end = Some(GoalEnd::Missed);
        order.goals[1].why = Some("the guest needs it".to_owned());
        let why = "memory 2048 -> 1024 MiB: the guest needs it".to_owned();
        (order.end, order.pause) = (Some(ErrandEnd::Stopped { why }), Some(3));
        let said = "\
VM 101: stopped: memory 2048 -> 1024 MiB: the guest needs it
  not reached: memory 2048 -> 1024 MiB: the guest needs it
It is paused now (pause 3). To have it scaled again: vm-autoscale resume 3
";
        assert_eq!(outcome(&order), said);
    }
}
