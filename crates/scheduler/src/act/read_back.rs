//! What is there after a change: the config of the node that ran it, then whoever knows best
//! whether it is in effect.

use std::time::Duration;

use vm_autoscale_protocol::{Executed, FoundConfig, Request};
use vm_autoscale_proxmox::{Digest, Failure, Identity, NodeName, VmConfig};

use super::{Way, ask, place};
use crate::outcome::{Found, judge};
use crate::said::Said;
use crate::{Clock, Helper, Intent, Outcome, Purpose};

/// Between two attempts to learn what became of a change, or to clear what it left.
pub(super) const RETRY: Duration = Duration::from_secs(10);
/// So long a `qm` that was cut off can go on by itself: the lock, a DIMM, three vCPUs.
const CUT_OFF: Duration = Duration::from_secs(75);
/// Then a node that does not answer is given up; what is left pending stays a duty.
const ATTEMPTS: u32 = 36;

/// What was learnt of a change.
pub(super) enum Learnt {
    /// By what is there.
    Found { outcome: Outcome, config: Box<VmConfig>, digest: Digest },
    /// There is nothing of ours to read or to clear, now or at all.
    Ended { outcome: Outcome, duty: bool },
}

/// Reads until the outcome can be told; a command that was cut off may be at work still.
pub(super) async fn learn<C: Clock, H: Helper>(
    way: &Way<'_, C, H>,
    executed: Option<&Executed>,
) -> Learnt {
    let cut_off_until = way.since.after(CUT_OFF);
    // What a node that hung was doing then goes on when the node does.
    let mut at_work_until = cut_off_until;
    let mut said = Said::default();
    for _ in 0..ATTEMPTS {
        match look(way, executed).await {
            Ok(Learnt::Found { outcome, .. })
                if outcome != Outcome::Applied
                    && executed.is_none()
                    && way.clock.now() < at_work_until => {}
            Ok(learnt) => return learnt,
            Err(why) => {
                at_work_until = way.clock.now().after(CUT_OFF);
                if said.is_new(&why) {
                    tracing::warn!(kind = "not-read-back", "cannot read back yet: {why}");
                }
                // A node that is silent for so long may be dead, and the VM run elsewhere.
                let long = way.clock.now() >= cut_off_until;
                if long && let Ok(learnt) = place::look_for(way, true).await {
                    return learnt;
                }
            }
        }
        way.wait(RETRY).await;
    }
    Learnt::Ended { outcome: Outcome::Unknown, duty: true }
}

async fn look<C: Clock, H: Helper>(
    way: &Way<'_, C, H>,
    executed: Option<&Executed>,
) -> Result<Learnt, String> {
    let Way { helper, intent, .. } = way;
    let exit_zero = executed.map(|executed| executed.exit == 0);
    let failure = executed.filter(|e| e.exit != 0).map(|e| Failure::classify(&e.stderr));
    let refused = failure.filter(|failure| failure.wrote_nothing());
    let Some((config, digest)) = read_config(*helper, intent, (&intent.node, &intent.node)).await?
    else {
        return place::look_for(way, refused.is_none()).await;
    };
    if intent.is_another(&config) {
        return Ok(Learnt::Ended { outcome: Outcome::Replaced, duty: false });
    }
    // What is there then is the doing of others, and so is what is pending.
    if let Some(failure) = refused {
        let stderr = executed.map_or("", |executed| &executed.stderr);
        return Ok(Learnt::Ended { outcome: refusal(failure, stderr, &config), duty: false });
    }
    let (qemu, guest) = ask::effect(way, &config).await?;
    let outcome = judge(intent.step, exit_zero, failure, &Found { config: &config, qemu, guest });
    Ok(Learnt::Found { outcome, config: Box::new(config), digest })
}

/// A change that `qm` did not begin; a lock by its name where that is known. Whoever sets it
/// between the reading and the change has changed the config, too.
fn refusal(failure: Failure, stderr: &str, config: &VmConfig) -> Outcome {
    let holder = Failure::lock_holder(stderr).map(str::to_owned).or_else(|| config.lock.clone());
    match (failure, holder) {
        (Failure::DigestMismatch | Failure::Locked | Failure::LockTimeout, Some(holder)) => {
            Outcome::Locked(holder)
        }
        _ => Outcome::Failed(failure),
    }
}

/// The VM's config in that node's directory, asked of the node that ran the change; nothing when
/// it is not there.
pub(super) async fn read_config<H: Helper>(
    helper: &H,
    intent: &Intent,
    (at, owner): (&NodeName, &NodeName),
) -> Result<Option<(VmConfig, Digest)>, String> {
    let request = Request::ReadConfigs {
        cluster: intent.cluster.clone(),
        node: at.clone(),
        owner: owner.clone(),
        vmids: vec![intent.vmid],
    };
    let mut replies =
        helper.read_configs(&request, Purpose::Change).await.map_err(|e| e.to_string())?;
    let Some(FoundConfig { digest, text }) = replies.pop().and_then(|reply| reply.found) else {
        return Ok(None);
    };
    let config = VmConfig::parse(&text).map_err(|e| e.to_string())?;
    // An answer that was cut short lacks it: it stands near the end of the file.
    if Identity::is_less(intent.identity.as_ref(), config.identity.as_ref()) {
        return Err("its config says nothing of who it is, or is not whole".to_owned());
    }
    Ok(Some((config, digest)))
}
