//! Memory that is taken by somebody's order: the guest has the last word on that, too.

use vm_autoscale_proxmox::MemoryMib;

use super::gate::{LEAST_SHARE, enough};
use super::{GuestAnswer, Said};
use crate::{Moment, Reason};

impl GuestAnswer {
    /// Why a guest that answers so is not to be made so much smaller, whoever wants that. `sampled`
    /// is when Proxmox measured it last, in seconds since 1970 by the node's clock.
    #[must_use]
    pub fn forbids(
        self,
        (from, to): (MemoryMib, MemoryMib),
        sampled: Option<u64>,
    ) -> Option<String> {
        let said = match self {
            Self::Says(says) => Said::of(Moment::default(), says, from, 0.0, sampled),
            Self::Silent => None,
        };
        let Some(said) = said else {
            return Some("the guest does not say what memory it needs: none is taken".to_owned());
        };
        if said.lacks() {
            return Some(Reason::GuestHasLess(said.total, from.get()).to_string());
        }
        match enough(f64::from(to.get()) - said.need, to, LEAST_SHARE) {
            Err(Reason::WouldBeShort { left, least }) => Some(format!(
                "the guest would have {left:.0} MiB available after it, less than {least:.0}"
            )),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GuestSays;

    /// 10 % of what is left, or 128 MiB, stay available; who says nothing gives nothing.
    #[test]
    fn no_order_takes_what_a_guest_needs() {
        let mib = |mib: u32| MemoryMib::try_from(mib).unwrap();
        let of = |total, available| GuestAnswer::Says(GuestSays::new(total, available));
        for (answer, to, word) in [
            (of(3900, 2000), 3584, None),
            (of(3900, 872), 3584, None),
            (of(3900, 868), 3584, Some("would have 356 MiB")),
            (of(2000, 1500), 3584, Some("the guest uses only 2000 of 4096 MiB")),
            (of(5000, 1500), 3584, Some("does not say")),
            (GuestAnswer::Silent, 3584, Some("does not say")),
        ] {
            let said = answer.forbids((mib(4096), mib(to)), None);
            match word {
                Some(word) => assert!(said.as_ref().is_some_and(|s| s.contains(word)), "{said:?}"),
                None => assert_eq!(said, None, "{answer:?}"),
            }
        }
        let old = GuestSays { at: Some(1000), ..GuestSays::new(3900, 3000) };
        let said = GuestAnswer::Says(old).forbids((mib(4096), mib(3584)), Some(1100));
        assert!(said.is_some(), "what it said is of long ago");
    }
}
