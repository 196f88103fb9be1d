//! Orders: to leave VMs alone, and to go on.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use vm_autoscale_config::{Clusters, Selection};
use vm_autoscale_protocol::Reply;
use vm_autoscale_proxmox::ClusterName;

use super::Desk;
use super::gate::May;
use super::order::{PauseOrder, ResumeOrder, Resumed};
use super::rights::ADMINS;
use crate::{Clock, Journal, JournalError, Pause, PauseStatus, wall};

pub(super) const NOT_PERMITTED: &str = "io.github.vm-autoscale.Scheduler.NotPermitted";
pub(super) const NOT_DONE: &str = "io.github.vm-autoscale.Scheduler.NotDone";
/// So many pauses hold at a time: nobody can keep more in mind.
pub(crate) const MAX_PAUSES: usize = 64;
/// Characters of a reason: it stands in a line with other things.
const MAX_REASON: usize = 200;
/// A pause that is meant for longer holds until it is taken back.
const MAX_SECONDS: u64 = 366 * 24 * 3600;

/// Why an order is not carried out.
pub(super) enum Refused {
    NotPermitted(u32),
    NotDone(String),
}

/// Makes the pause durable; from the answer on no change begins on a VM that it names.
pub(super) async fn pause<C: Clock, J: Journal>(
    desk: &Desk<C, J>,
    uid: u32,
    parameters: Option<Value>,
) -> Reply {
    reply(take_pause(desk, uid, parameters).await)
}

/// Ends pauses.
pub(super) async fn resume<C: Clock, J: Journal>(
    desk: &Desk<C, J>,
    uid: u32,
    parameters: Option<Value>,
) -> Reply {
    reply(take_resume(desk, uid, parameters).await)
}

async fn take_pause<C: Clock, J: Journal>(
    desk: &Desk<C, J>,
    uid: u32,
    parameters: Option<Value>,
) -> Result<PauseStatus, Refused> {
    permitted(desk, uid).await?;
    let PauseOrder { select, reason, for_seconds } = read(parameters)?;
    let not_done = |why: &str| Err(Refused::NotDone(why.to_owned()));
    let reason = reason.trim().to_owned();
    if select.is_empty() || select.only_excludes() {
        return not_done("it names no VM: begin with @all or another selector without a hyphen");
    }
    if reason.is_empty() || reason.chars().count() > MAX_REASON || reason.contains(char::is_control)
    {
        return not_done("a reason is one line of at most 200 characters");
    }
    if for_seconds.is_some_and(|seconds| seconds == 0 || seconds > MAX_SECONDS) {
        return not_done("a pause lasts from a second to a year, or until it is taken back");
    }
    if let Some(unknown) = nowhere(&select, &desk.board.hosts()) {
        return Err(Refused::NotDone(unknown));
    }
    opened(desk).await?;
    let now = desk.clock.now();
    if desk.journal.pauses(now).len() >= MAX_PAUSES {
        return not_done("64 pauses hold already: end some with `vm-autoscale resume`");
    }
    let until = for_seconds.map(|seconds| now.after(Duration::from_secs(seconds)));
    let pause = Pause { number: 0, select, reason, uid, at: wall(), until };
    let pause = desk.journal.pause(pause).await?;
    tracing::info!(uid, number = pause.number, select = %pause.select, for_seconds, "paused: {}", pause.reason);
    Ok(PauseStatus::of(&pause, now, pause.at))
}

/// A cluster that there is not: who mistypes it would take for paused what is not. As long as the
/// helper was not met nobody knows.
fn nowhere(select: &Selection, hosts: &Clusters) -> Option<String> {
    let is_not = |name: &&ClusterName| !hosts.is_empty() && !hosts.contains_key(*name);
    let name = select.clusters().find(is_not)?;
    let all: Vec<&str> = hosts.keys().map(ClusterName::as_str).collect();
    Some(format!("no cluster of helper.yaml is called `{name}`: {}", all.join(", ")))
}

async fn take_resume<C: Clock, J: Journal>(
    desk: &Desk<C, J>,
    uid: u32,
    parameters: Option<Value>,
) -> Result<Resumed, Refused> {
    permitted(desk, uid).await?;
    let ResumeOrder { mut numbers, all } = read(parameters)?;
    opened(desk).await?;
    let now = desk.clock.now();
    if all {
        numbers = desk.journal.pauses(now).iter().map(|pause| pause.number).collect();
    }
    let ended = desk.journal.resume(numbers.clone(), Some(uid)).await?;
    for pause in &ended {
        tracing::info!(uid, number = pause.number, select = %pause.select, "resumed");
    }
    let absent = |number: &u64| !ended.iter().any(|pause| pause.number == *number);
    let absent = numbers.into_iter().filter(absent).collect();
    let told = ended.iter().map(|pause| PauseStatus::of(pause, now, wall()));
    Ok(Resumed { ended: told.collect(), absent })
}

/// Only by what the journal has of earlier processes the clock and the pauses are right: it is read
/// before either is asked. To end nothing is the cheapest thing that does so.
async fn opened<C, J: Journal>(desk: &Desk<C, J>) -> Result<(), Refused> {
    desk.journal.resume(Vec::new(), None).await?;
    Ok(())
}

pub(super) async fn permitted<C, J>(desk: &Desk<C, J>, uid: u32) -> Result<(), Refused> {
    match desk.gate.may(uid).await {
        May::Yes => Ok(()),
        May::No => Err(Refused::NotPermitted(uid)),
        May::Unknown => {
            let why = "whether you may give orders is not known: the user database does not answer, or is busy with others\n  help: try again, or as root: sudo";
            Err(Refused::NotDone(why.to_owned()))
        }
    }
}

/// What an order says.
pub(super) fn read<T: DeserializeOwned>(parameters: Option<Value>) -> Result<T, Refused> {
    let read = serde_json::from_value(parameters.unwrap_or_else(|| json!({})));
    read.map_err(|error| Refused::NotDone(format!("the order is not understood: {error}")))
}

/// What came of it.
pub(super) fn reply<T: Serialize>(done: Result<T, Refused>) -> Reply {
    let error = |name: &str, message: String| Reply {
        error: Some(name.to_owned()),
        parameters: json!({"message": message}),
        continues: false,
    };
    match done {
        Ok(done) => {
            Reply::of(&done, false).unwrap_or_else(|problem| error(NOT_DONE, problem.to_string()))
        }
        Err(Refused::NotDone(why)) => error(NOT_DONE, why),
        Err(Refused::NotPermitted(uid)) => {
            let text = format!(
                "uid {uid} may not give orders: only root and members of the group `{ADMINS}` may\n  help: sudo, or as root: usermod -aG vm-autoscale,{ADMINS} USER"
            );
            error(NOT_PERMITTED, text)
        }
    }
}

impl From<JournalError> for Refused {
    fn from(error: JournalError) -> Self {
        Self::NotDone(format!(
            "{error}\n  help: an order that would not outlive a restart is not taken; to stop everything all the same: systemctl stop vm-autoscale"
        ))
    }
}
