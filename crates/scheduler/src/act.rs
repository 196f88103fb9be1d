//! One change: journal the intent, ask, read back, clear what it left pending, journal the
//! outcome. It ends only when the outcome is known.

use std::time::Duration;

use vm_autoscale_planner::Move;
use vm_autoscale_protocol::{Executed, FoundConfig, HelperError, Request, RunningQuery, Target};
use vm_autoscale_proxmox::{
    Digest, Failure, PendingOption, VmConfig, parse_hotpluggable_cpus, parse_memory_size_summary,
};

use crate::outcome::{Found, judge, own_pending};
use crate::{AskError, Clock, Helper, Intent, Journal, Outcome};

/// Between two attempts to learn what became of a change, or to clear what it left.
const RETRY: Duration = Duration::from_secs(10);
/// So long a `qm` that was cut off can go on by itself: the lock, a DIMM, three vCPUs.
const CUT_OFF: Duration = Duration::from_secs(75);
/// Then a node that does not answer is given up; what is left pending stays a duty.
const ATTEMPTS: u32 = 36;
/// Then a revert that fails (a lock that stays) is left for later looks.
const REVERTS: u32 = 3;

/// What became of a change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settled {
    pub(crate) outcome: Outcome,
    pub(crate) reverted: bool,
    /// Whether our value may still stand in `[PENDING]`.
    pub(crate) duty: bool,
}

/// Carries out one change on the config of that digest, unless told to stop before it is sent.
pub(crate) async fn carry_out<C: Clock, H: Helper, J: Journal>(
    (clock, helper, journal): (&C, &H, &J),
    intent: &Intent,
    digest: Digest,
    stopping: impl Fn() -> bool,
) -> Settled {
    let not_sent =
        |why: String| Settled { outcome: Outcome::NotSent(why), reverted: false, duty: false };
    if stopping() {
        return not_sent("stopping".to_owned());
    }
    let id = match journal.intend(intent) {
        Ok(id) => id,
        Err(error) => return not_sent(error.to_string()),
    };
    tracing::info!(vmid = %intent.vmid, node = %intent.node, "{}: {}", intent.step, intent.reason);
    let settled = match helper.execute(&request(intent, digest)).await {
        Err(error) if error.did_nothing() => {
            Settled { outcome: refusal(error), reverted: false, duty: false }
        }
        result => settle(clock, helper, intent, result.ok().as_ref()).await,
    };
    let Settled { outcome, reverted, duty } = &settled;
    journal.settle(id, intent, outcome, *reverted);
    if *outcome == Outcome::Applied {
        tracing::info!(vmid = %intent.vmid, "{}: {outcome}", intent.step);
    } else {
        tracing::warn!(vmid = %intent.vmid, reverted, duty, "{}: {outcome}", intent.step);
    }
    settled
}

/// Clears what an earlier change left, once; whether that worked shows at the next look.
pub(crate) async fn clear<H: Helper>(helper: &H, intent: &Intent, digest: Digest) {
    if revert(helper, intent, digest).await {
        tracing::info!(vmid = %intent.vmid, "reverted what {} left pending", intent.step);
    }
}

fn request(intent: &Intent, digest: Digest) -> Request {
    let target = target(intent, digest);
    match intent.step {
        Move::Cpu { to, .. } => Request::SetVcpus { target, vcpus: to },
        Move::Memory { to, .. } => Request::SetMemory { target, memory: to, balloon: None },
    }
}

fn target(intent: &Intent, digest: Digest) -> Target {
    Target { cluster: intent.cluster.clone(), node: intent.node.clone(), vmid: intent.vmid, digest }
}

fn refusal(error: AskError) -> Outcome {
    match error {
        AskError::Helper(HelperError::Refused { message, .. }) => Outcome::Refused(message),
        other => Outcome::NotSent(other.to_string()),
    }
}

/// Config, its digest, and QEMU's own count where it could be asked.
type Read = (VmConfig, Digest, Option<u32>);

/// Reads until it is known what is there, then clears what waits in `[PENDING]` of ours.
/// `executed` is `None` when the end of the command was not seen.
async fn settle<C: Clock, H: Helper>(
    clock: &C,
    helper: &H,
    intent: &Intent,
    executed: Option<&Executed>,
) -> Settled {
    let left = |outcome, reverted| Settled { outcome, reverted, duty: true };
    let (outcome, mut read) = match learn(clock, helper, intent, executed).await {
        Ok(learnt) => learnt,
        Err(outcome) => return left(outcome, false),
    };
    let mut reverted = false;
    for _ in 0..REVERTS {
        let (config, digest, _) = &read;
        if !own_pending(intent.step, config) {
            break;
        }
        if revert(helper, intent, digest.clone()).await {
            reverted = true;
        } else {
            clock.sleep_until(clock.now().after(RETRY)).await;
        }
        // What is there then decides whether it is cleared.
        match read_back(helper, intent).await {
            Ok(Some(found)) => read = found,
            Ok(None) => return left(outcome, reverted),
            Err(why) => tracing::warn!(vmid = %intent.vmid, "cannot read back yet: {why}"),
        }
    }
    Settled { outcome, reverted, duty: own_pending(intent.step, &read.0) }
}

/// Reads until the outcome can be told; a command that was cut off may be at work still.
async fn learn<C: Clock, H: Helper>(
    clock: &C,
    helper: &H,
    intent: &Intent,
    executed: Option<&Executed>,
) -> Result<(Outcome, Read), Outcome> {
    let exit_zero = executed.map(|executed| executed.exit == 0);
    let failure = executed.filter(|e| e.exit != 0).map(|e| Failure::classify(&e.stderr));
    let cut_off_until = clock.now().after(CUT_OFF);
    for _ in 0..ATTEMPTS {
        match read_back(helper, intent).await {
            Ok(Some((config, digest, qemu))) => {
                let found = Found { config: &config, qemu };
                let outcome = judge(intent.step, exit_zero, failure, &found);
                let at_work = executed.is_none() && clock.now() < cut_off_until;
                if !at_work || outcome == Outcome::Applied {
                    return Ok((outcome, (config, digest, qemu)));
                }
            }
            Ok(None) => return Err(Outcome::Moved),
            Err(why) => tracing::warn!(vmid = %intent.vmid, "cannot read back yet: {why}"),
        }
        clock.sleep_until(clock.now().after(RETRY)).await;
    }
    Err(Outcome::Unknown)
}

/// Clears exactly our own value. A VM that is locked meanwhile is asked again later.
async fn revert<H: Helper>(helper: &H, intent: &Intent, digest: Digest) -> bool {
    let option = match intent.step {
        Move::Cpu { .. } => PendingOption::Vcpus,
        Move::Memory { .. } => PendingOption::Memory,
    };
    let result = helper.execute(&Request::Revert { target: target(intent, digest), option }).await;
    match result {
        Ok(executed) if executed.exit == 0 => true,
        Ok(executed) => {
            tracing::warn!(vmid = %intent.vmid, "revert failed: {}", Failure::classify(&executed.stderr));
            false
        }
        Err(error) => {
            tracing::warn!(vmid = %intent.vmid, "revert failed: {error}");
            false
        }
    }
}

/// Config and QEMU's own count, both asked of the node that ran the change; nothing when the
/// config is not there any more.
async fn read_back<H: Helper>(helper: &H, intent: &Intent) -> Result<Option<Read>, String> {
    let request = Request::ReadConfigs {
        cluster: intent.cluster.clone(),
        node: intent.node.clone(),
        owner: intent.node.clone(),
        vmids: vec![intent.vmid],
    };
    let mut replies = helper.read_configs(&request).await.map_err(|e| e.to_string())?;
    let Some(FoundConfig { digest, text }) = replies.pop().and_then(|reply| reply.found) else {
        return Ok(None);
    };
    let config = VmConfig::parse(&text).map_err(|e| e.to_string())?;
    let query = match intent.step {
        Move::Cpu { .. } => RunningQuery::Vcpus,
        Move::Memory { .. } => RunningQuery::Memory,
    };
    let request = Request::ReadRunning {
        cluster: intent.cluster.clone(),
        node: intent.node.clone(),
        vmid: intent.vmid,
        query,
    };
    let text = helper.execute(&request).await.map_err(|e| e.to_string())?.stdout;
    let qemu = match intent.step {
        Move::Cpu { .. } => parse_hotpluggable_cpus(&text).ok().map(u32::from),
        Move::Memory { .. } => parse_memory_size_summary(&text).ok(),
    };
    Ok(Some((config, digest, qemu)))
}

#[cfg(test)]
mod tests;
