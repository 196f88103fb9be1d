//! `vm-autoscale selftest`: whether a VM of the user's own can be changed, step by step.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;
use vm_autoscale_planner::Move;
use vm_autoscale_scheduler::{
    ErrandEnd, ErrandKind, ErrandOrder, ErrandStatus, ProgramVersion, fetch_status, fetch_version,
};

use crate::args::{Args, Format, SelftestArgs};
use crate::errand::{begun, follow, planned, told, ways};
use crate::files::places;
use crate::version::System;
use crate::{Error, json, say, wait};

mod transcript;
use transcript::{anonymous, transcript};

/// All of it, for programs and for people to pass on.
#[derive(Debug, Serialize)]
struct Selftest {
    program: ProgramVersion,
    daemon: Option<ProgramVersion>,
    system: System,
    passed: bool,
    /// What is not as it was, and what is to be typed on the node.
    left: Left,
    order: ErrandStatus,
}

/// How the VM is afterwards.
#[derive(Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Left {
    Nothing,
    /// By the commands that undo it.
    These(Vec<String>),
    /// Its config is not known by now.
    NotKnown,
}

/// The exit code.
pub(crate) fn selftest(args: &Args, wanted: &SelftestArgs) -> Result<u8, Error> {
    let socket = places(args, wanted.daemon.control_socket.as_deref())?.socket;
    let order = ErrandOrder {
        kind: ErrandKind::Selftest,
        vmid: wanted.vm,
        cluster: wanted.cluster.clone(),
        begin: false,
    };
    let plan = wait(planned(&socket, &order))??;
    if !wanted.yes {
        return show(args, &plan);
    }
    let begun = wait(begun(&socket, &order))??;
    let is_text = args.output_format == Format::Text;
    if is_text {
        say(&format!("VM {}, step by step:\n{}", begun.vmid, ways(&begun)))?;
    }
    let mut known = 0;
    let ended = wait(follow(&socket, &begun, |status| {
        let new = status.steps.iter().skip(known).map(|step| format!("  done: {}\n", told(step)));
        let text: String = new.collect();
        known = status.steps.len();
        if is_text { say(&text) } else { Ok(()) }
    }))??;
    let now = wait(planned(&socket, &order))?.ok();
    let left = left(&begun, now.as_ref());
    let tested = wait(gather(&socket, ended, left))?;
    if is_text {
        say(&transcript(&tested))?;
    } else {
        json(&tested)?;
    }
    Ok(u8::from(!tested.passed || tested.left != Left::Nothing))
}

fn show(args: &Args, plan: &ErrandStatus) -> Result<u8, Error> {
    let vmid = plan.vmid;
    let is_free = plan.obstacles.is_empty() && plan.waits.is_none();
    let end = if is_free {
        format!("Nothing was changed. To do it: vm-autoscale selftest --vm {vmid} --yes\n")
    } else {
        "Nothing was changed.\n".to_owned()
    };
    match args.output_format {
        Format::Json => json(plan)?,
        Format::Text => say(&format!(
            "VM {vmid} would be changed so, each step verified:\n{}{end}",
            ways(plan)
        ))?,
    }
    Ok(u8::from(!is_free))
}

async fn gather(socket: &Path, mut order: ErrandStatus, left: Left) -> Selftest {
    let mut names = BTreeSet::from([order.node.to_string(), order.cluster.to_string()]);
    names.extend(order.name.clone());
    if let Ok(report) = fetch_status(socket).await {
        for (cluster, nodes) in &report.hosts {
            names.insert(cluster.to_string());
            names.extend(nodes.iter().map(ToString::to_string));
        }
    }
    anonymous(&mut order, &names);
    let all = order.steps.iter().all(|step| step.verified) && !order.steps.is_empty();
    Selftest {
        program: ProgramVersion::own(),
        daemon: fetch_version(socket).await.ok(),
        system: System::here(),
        passed: order.end == Some(ErrandEnd::Done) && all,
        left,
        order,
    }
}

/// By what the VM has at the end in place of what it had.
fn left(before: &ErrandStatus, now: Option<&ErrandStatus>) -> Left {
    let mut commands = Vec::new();
    let firsts = |status: &ErrandStatus, is: fn(&Move) -> bool| {
        status.goals.iter().map(|goal| goal.way).find(is)
    };
    for is in [
        |way: &Move| matches!(way, Move::Cpu { .. }),
        |way: &Move| matches!(way, Move::Memory { .. }),
    ] {
        let Some(had) = firsts(before, is) else { continue };
        match (had, now.and_then(|now| firsts(now, is))) {
            (Move::Cpu { from: had, .. }, Some(Move::Cpu { from, .. })) if from != had => {
                commands.push(format!("qm set {} --vcpus {had}", before.vmid));
            }
            (Move::Memory { from: had, .. }, Some(Move::Memory { from, .. })) if from != had => {
                commands.push(format!("qm set {} --memory {had}", before.vmid));
            }
            (_, Some(_)) => {}
            (_, None) => return Left::NotKnown,
        }
    }
    if commands.is_empty() { Left::Nothing } else { Left::These(commands) }
}

#[cfg(test)]
mod tests;
