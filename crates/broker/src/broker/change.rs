//! A change on its way: written down before it is sent, counted until its end is known.

use vm_autoscale_protocol::{HelperError, Request, Rule};
use vm_autoscale_ssh::Link;

use super::Broker;
use crate::ledger::boot_time;

impl Broker {
    /// The last word on a change that the rules allow. Nothing is sent that a later process would
    /// not know of.
    pub(super) fn let_through(&self, request: &Request) -> Result<(), HelperError> {
        let Some(target) = request.target() else { return Ok(()) };
        let now = boot_time();
        let changes = self.known.changes.borrow().with(&self.policy.rates, now, (request, target));
        let changes = changes.map_err(|why| self.wait(why.key(), &why.to_string()))?;
        let written = self.ledger.write(&changes);
        written.map_err(|why| HelperError::Refused {
            rule: Rule::Record,
            message: format!("a change cannot be written down before it is made: {why}"),
        })?;
        self.known.changes.replace(changes);
        if let Request::SetMemory { memory, .. } = request {
            self.known.totals.hold(&target.cluster, target.vmid, *memory);
        }
        Ok(())
    }

    /// Whoever asks, and whatever the rates leave: one change of a VM at a time, and none after one
    /// that hangs.
    pub(super) fn one_at_a_time(link: &Link, request: &Request) -> Result<(), HelperError> {
        let busy = request.target().filter(|target| link.is_changing(target.vmid));
        busy.map_or(Ok(()), |target| {
            let message = format!(
                "an earlier change of VM {} is at work still: it has not ended",
                target.vmid
            );
            Err(HelperError::Refused { rule: Rule::Rates, message })
        })
    }

    fn wait(&self, key: &str, why: &str) -> HelperError {
        let at = self.policy.at(&self.policy.lines, key);
        HelperError::Refused { rule: Rule::Rates, message: format!("{at}: {why}") }
    }

    pub(super) fn has_ended(&self, request: &Request, error: Option<&HelperError>) {
        let Request::SetMemory { target, .. } = request else { return };
        let known =
            !matches!(error, Some(HelperError::Unknown { .. } | HelperError::TooLarge { .. }));
        self.known.totals.ended(&target.cluster, target.vmid, known, boot_time());
    }
}
