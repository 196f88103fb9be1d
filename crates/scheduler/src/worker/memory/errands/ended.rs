//! What became of a step of an order.

use std::time::Duration;

use vm_autoscale_planner::Moment;
use vm_autoscale_proxmox::Failure;

use super::Errand;
use crate::act::Settled;
use crate::errand::{ErrandKind, ErrandStep, smaller};
use crate::worker::Memory;
use crate::{Intent, Outcome};

/// Before what did not come about is tried again.
const RETRY: Duration = Duration::from_secs(10);
/// So often in a row a guest is asked for the same, or a command tried again.
const TRIES: u32 = 3;

/// What was heard beside the outcome.
#[derive(Debug, Default)]
pub(in crate::worker) struct Heard {
    /// What ran on the node.
    pub(in crate::worker) argv: Vec<String>,
    /// Whether the guest cannot do without what was to be taken: nothing was sent.
    pub(in crate::worker) is_needed: bool,
    pub(in crate::worker) qemu: Option<u32>,
    pub(in crate::worker) guest: Option<u32>,
}

impl Memory {
    /// A step of an order has ended.
    pub(in crate::worker) fn errand_stepped(
        &mut self,
        now: Moment,
        intent: &Intent,
        settled: &Settled,
        heard: Heard,
    ) {
        let Some(errand) = self.errands.all.get_mut(&intent.vmid) else { return };
        let begun = errand.stepped.take().unwrap_or(now);
        let Settled { outcome, reverted, .. } = settled;
        let is_needed = heard.is_needed;
        errand.status.steps.push(ErrandStep {
            step: intent.step,
            argv: heard.argv,
            kind: outcome.kind().to_owned(),
            verified: *outcome == Outcome::Applied,
            reverted: *reverted,
            text: outcome.to_string(),
            took_ms: now.since(begun).as_millis().try_into().unwrap_or(u64::MAX),
            qemu: heard.qemu,
            guest: heard.guest,
        });
        if is_needed {
            return errand.tried(now, outcome.to_string());
        }
        errand.judge(now, intent, outcome);
    }
}

impl Errand {
    fn judge(&mut self, now: Moment, intent: &Intent, outcome: &Outcome) {
        match outcome {
            Outcome::Applied => self.went_on(now),
            // It has it, and that is what was ordered.
            Outcome::NoEffect { .. } => {
                self.went_on(now);
                if let Some(goal) = self.status.goal() {
                    goal.why = Some(outcome.to_string());
                }
            }
            Outcome::Locked(_)
            | Outcome::NotSent(_)
            | Outcome::Moved { tried: false, .. }
            | Outcome::Failed(Failure::DigestMismatch | Failure::Locked | Failure::LockTimeout) => {
                self.wait(now, outcome.to_string());
            }
            // It may be at work still: whoever ordered it looks first.
            Outcome::Failed(Failure::Unseen) | Outcome::AppliedInPart(_, Some(Failure::Unseen)) => {
                self.fatal = Some(outcome.to_string());
            }
            Outcome::Failed(_) | Outcome::AppliedInPart(..) => {
                self.tried(now, outcome.to_string());
            }
            Outcome::Refused(why) => match smaller(intent.step) {
                Some(reach) => self.reach = Some(reach),
                None => self.miss(why.clone()),
            },
            _ => self.fatal = Some(outcome.to_string()),
        }
    }

    fn went_on(&mut self, now: Moment) {
        (self.progressed, self.tries) = (now, 0);
    }

    /// Nothing was done, and nothing speaks against it.
    fn wait(&mut self, now: Moment, why: String) {
        self.not_before = now.after(RETRY);
        self.status.waits = Some(why);
    }

    /// It was done in vain, or in part.
    fn tried(&mut self, now: Moment, why: String) {
        self.progressed = now;
        self.tries = self.tries.saturating_add(1);
        let most = if self.status.kind == ErrandKind::Selftest { 1 } else { TRIES };
        if self.tries >= most { self.miss(why) } else { self.wait(now, why) }
    }
}
