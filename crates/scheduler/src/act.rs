//! One change: journal the intent, ask, read back, clear what it left pending, journal the
//! outcome. It ends only when the outcome is known.

use std::sync::OnceLock;
use std::time::Duration;

use vm_autoscale_planner::{Moment, Move};
use vm_autoscale_protocol::{Executed, HelperError, Request, Rule, Target};
use vm_autoscale_proxmox::{Digest, Failure, NodeCommand, PendingOption, VmConfig};

use crate::outcome::{Qemu, own_pending, size};
use crate::{AskError, Clock, Helper, Intent, Journal, Outcome};

mod ask;
mod place;
mod read_back;

use read_back::{Learnt, RETRY, learn, read_config};

/// Then a revert that fails (a lock that stays) is left for later looks.
const REVERTS: u32 = 3;
/// So long an intent may have waited before the helper sent it.
const QUEUED: Duration = Duration::from_secs(15);

/// What became of a change.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// What is there.
    pub outcome: Outcome,
    /// Whether a value of ours was cleared from `[PENDING]`.
    pub reverted: bool,
    /// Whether our value may still stand there.
    pub duty: bool,
}

/// What a change goes by.
struct Way<'a, C, H> {
    clock: &'a C,
    helper: &'a H,
    intent: &'a Intent,
    /// Since when a command whose end was not seen may be at work.
    since: Moment,
    /// Whether the guest's agent answered the first question.
    agent: OnceLock<bool>,
}

impl<C: Clock, H> Way<'_, C, H> {
    async fn wait(&self, time: Duration) {
        self.clock.sleep_until(self.clock.now().after(time)).await;
    }
}

/// Carries out one change on the config of that digest, with its number in the journal, unless
/// there is a reason not to: asked for before the intent is written down, and once more when it
/// would be sent. Also whether the guest's agent answered, where it was asked.
pub(crate) async fn carry_out<C: Clock, H: Helper, J: Journal>(
    (clock, helper, journal): (&C, &H, &J),
    intent: &Intent,
    digest: Digest,
    held: impl Fn() -> Option<String> + Send + Sync,
) -> (Option<u64>, Settled, Option<bool>) {
    let not_sent = |why: String| {
        let outcome = Outcome::NotSent(why);
        (None, Settled { outcome, reverted: false, duty: false }, None)
    };
    if let Some(why) = held() {
        return not_sent(why);
    }
    let id = match journal.intend(clock.now(), intent).await {
        Ok(id) => id,
        Err(error) => return not_sent(error.to_string()),
    };
    let mut agent = None;
    tracing::info!(kind = "asked", change = id, "{}: {}", intent.step, intent.reason);
    let settled = match helper.execute_unless(&request(intent, digest), held).await {
        Err(error) if error.did_nothing() => {
            Settled { outcome: refusal(error), reverted: false, duty: false }
        }
        result => {
            let way = Way { clock, helper, intent, since: clock.now(), agent: OnceLock::new() };
            let settled = settle(&way, result.ok().as_ref()).await;
            agent = way.agent.get().copied();
            settled
        }
    };
    let Settled { outcome, reverted, duty } = &settled;
    journal.settle(clock.now(), id, intent, &settled).await;
    if *outcome == Outcome::Applied {
        tracing::info!(kind = outcome.kind(), change = id, "{}: {outcome}", intent.step);
    } else {
        tracing::warn!(
            kind = outcome.kind(),
            change = id,
            reverted,
            duty,
            "{}: {outcome}",
            intent.step
        );
    }
    (Some(id), settled, agent)
}

/// Settles a change of a process of before by what is there now. It is never asked for again,
/// whatever is there.
pub(crate) async fn reconcile<C: Clock, H: Helper, J: Journal>(
    (clock, helper, journal): (&C, &H, &J),
    (id, intended): (u64, Moment),
    intent: &Intent,
) -> Settled {
    let way = Way { clock, helper, intent, since: intended.after(QUEUED), agent: OnceLock::new() };
    let settled = settle(&way, None).await;
    journal.settle(clock.now(), id, intent, &settled).await;
    let (kind, outcome) = (settled.outcome.kind(), &settled.outcome);
    tracing::warn!(kind, change = id, "{} of before the start: {outcome}", intent.step);
    settled
}

/// Whether QEMU has what the config says of the resource that the intent is about: both, or
/// nothing where QEMU does not run.
pub(crate) async fn compare<C: Clock, H: Helper>(
    (clock, helper): (&C, &H),
    intent: &Intent,
) -> Result<Option<(u32, u32)>, String> {
    let way = Way { clock, helper, intent, since: clock.now(), agent: OnceLock::new() };
    let (config, _) = read_config(helper, intent, (&intent.node, &intent.node))
        .await?
        .ok_or("its config is not there")?;
    match way.qemu().await? {
        Qemu::Has(qemu) => Ok(Some((size(intent.step, &config), qemu))),
        Qemu::NotRunning => Ok(None),
        Qemu::Silent => Err("QEMU did not say what it has".to_owned()),
    }
}

/// Clears what an earlier change left, once; whether that worked shows at the next look.
pub(crate) async fn clear<H: Helper>(helper: &H, intent: &Intent, digest: Digest) {
    if revert(helper, intent, digest).await {
        tracing::info!(kind = "reverted", "reverted what {} left pending", intent.step);
    }
}

fn request(intent: &Intent, digest: Digest) -> Request {
    let target = target(intent, digest);
    match intent.step {
        Move::Cpu { to, .. } => Request::SetVcpus { target, vcpus: to },
        Move::CpuLimit { to, .. } => Request::SetCpuLimit { target, cpulimit: to },
        Move::Memory { to, .. } => Request::SetMemory { target, memory: to, balloon: None },
        Move::Balloon { to, .. } => Request::SetBalloon { target, balloon: to },
    }
}

/// What runs on the node for it.
pub(crate) fn argv(intent: &Intent, digest: &Digest) -> Vec<String> {
    let command = request(intent, digest.clone()).command().ok().flatten();
    let words = command.iter().flat_map(NodeCommand::argv);
    words.map(std::borrow::Cow::into_owned).collect()
}

fn target(intent: &Intent, digest: Digest) -> Target {
    Target { cluster: intent.cluster.clone(), node: intent.node.clone(), vmid: intent.vmid, digest }
}

fn refusal(error: AskError) -> Outcome {
    match error {
        // Not this change, but this moment: it can be asked for again.
        AskError::Helper(HelperError::Refused {
            rule: Rule::Rates | Rule::Digest | Rule::Record | Rule::TotalMemory,
            message,
            ..
        }) => Outcome::NotSent(message),
        AskError::Helper(HelperError::Refused { message, .. }) => Outcome::Refused(message),
        other => Outcome::NotSent(other.to_string()),
    }
}

/// Reads until it is known what is there, then clears what waits in `[PENDING]` of ours.
/// `executed` is `None` when the end of the command was not seen.
async fn settle<C: Clock, H: Helper>(way: &Way<'_, C, H>, executed: Option<&Executed>) -> Settled {
    match learn(way, executed).await {
        Learnt::Found { outcome, config, digest } => clean(way, outcome, (*config, digest)).await,
        Learnt::Ended { outcome, duty } => Settled { outcome, reverted: false, duty },
    }
}

/// Clears what waits of ours until it is gone, or for as often as makes sense.
async fn clean<C: Clock, H: Helper>(
    way: &Way<'_, C, H>,
    outcome: Outcome,
    mut read: (VmConfig, Digest),
) -> Settled {
    let Way { helper, intent, .. } = way;
    let mut reverted = false;
    for _ in 0..REVERTS {
        let (config, digest) = &read;
        if !own_pending(intent.step, config) {
            break;
        }
        if revert(*helper, intent, digest.clone()).await {
            reverted = true;
        } else {
            way.wait(RETRY).await;
        }
        // What is there then decides whether it is cleared.
        match read_config(*helper, intent, (&intent.node, &intent.node)).await {
            Ok(Some((config, _))) if intent.is_another(&config) => {
                return Settled { outcome: Outcome::Replaced, reverted: false, duty: false };
            }
            Ok(Some(found)) => read = found,
            Ok(None) => return Settled { outcome, reverted, duty: true },
            Err(why) => tracing::warn!(kind = "not-read-back", "cannot read back yet: {why}"),
        }
    }
    Settled { outcome, reverted, duty: own_pending(intent.step, &read.0) }
}

/// Clears exactly our own value. A VM that is locked meanwhile is asked again later.
async fn revert<H: Helper>(helper: &H, intent: &Intent, digest: Digest) -> bool {
    let option = match intent.step {
        Move::Cpu { .. } => PendingOption::Vcpus,
        Move::CpuLimit { .. } => PendingOption::Cpulimit,
        Move::Memory { .. } => PendingOption::Memory,
        Move::Balloon { .. } => PendingOption::Balloon,
    };
    let result = helper.execute(&Request::Revert { target: target(intent, digest), option }).await;
    match result {
        Ok(executed) if executed.exit == 0 => true,
        Ok(executed) => {
            tracing::warn!(
                kind = "not-reverted",
                "revert failed: {}",
                Failure::classify(&executed.stderr)
            );
            false
        }
        Err(error) => {
            tracing::warn!(kind = "not-reverted", "revert failed: {error}");
            false
        }
    }
}

#[cfg(test)]
mod tests;
