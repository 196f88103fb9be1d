//! What of a VM outlives a restart.

use std::time::Duration;

use super::State;
use crate::account::Booked;
use crate::guest::GuestSense;
use crate::resource::ResourceState;
use crate::{Kept, Moment, Needed};

impl State {
    /// What is to be known of it after a restart.
    ///
    /// What was seen is learnt again, see [`crate::Past`]. The rest is not kept, and safe without: samples
    /// and judgements are old after any restart, and the first new sample is not believed; what an
    /// addition of vCPUs is on trial for is left as it is, and goes when it was not needed for a
    /// window; what is under way is booked again out of the journal's open intents; a guest's
    /// answer is asked for anew before anything is taken; an order ends; and a change that could
    /// not be begun may be tried at once, as one that nobody has tried yet.
    pub(crate) fn keep(&self) -> Kept {
        let Self { evidence, cpu, memory, .. } = self;
        let (cpu, memory) = (cpu.keep(), memory.keep());
        let kept = Kept {
            size: evidence.size,
            resized: self.resized,
            fights: self.fights,
            ours: evidence.ours,
            checked: self.checked.filter(|_| cpu.low > 0 || memory.low > 0),
            met: self.first_day.since,
            most: self.first_day.most,
            limit: self.limit,
            futile: self.futility.times,
            futile_since: self.futility.since,
            granted: self.booked.keep(),
            cpu,
            memory,
            ..Kept::default()
        };
        self.guest.keep(&kept)
    }

    /// One that is met again after a restart. What was counted goes on where it was soon enough:
    /// the first sample then only sets the new beginning.
    pub(crate) fn again(now: Moment, kept: &Kept, soon: bool) -> Self {
        let mut state = Self::met(true);
        (state.first_day.since, state.first_day.most) = (kept.met, kept.most);
        (state.futility.times, state.futility.since) = (kept.futile, kept.futile_since);
        (state.limit, state.booked) = (kept.limit, Booked::again(kept.granted));
        let Kept { size, resized, fights, ours, checked, mut cpu, mut memory, .. } = *kept;
        (state.evidence.size, state.evidence.ours) = (size, ours);
        (state.resized, state.fights, state.last_seen) = (resized, fights, now);
        if soon {
            (state.checked, state.goes_on) = (checked, true);
        } else {
            (cpu.low, memory.low) = (0, 0);
        }
        (state.cpu, state.memory) = (ResourceState::again(cpu), ResourceState::again(memory));
        state.guest = GuestSense::again(kept);
        // Until it was asked, the policy's cooldown is not known: nothing is forgotten before.
        state.last_cooldown = Duration::MAX;
        state
    }

    /// What was seen before the start belongs to what is seen since. The QEMU runs for so many
    /// seconds.
    pub(super) fn go_on(&mut self, uptime: u64) {
        let Some(past) = &mut self.past else { return };
        let qemu = uptime.try_into().unwrap_or(u32::MAX);
        self.cpu_sense.iter_mut().for_each(|sense| past.teach_cpu(sense, qemu));
        self.memory_sense.iter_mut().for_each(|sense| past.teach_memory(sense, qemu));
        if past.is_over() {
            self.past = None;
        }
    }

    /// What was held to be needed from then until then.
    pub(crate) fn needed(&self, begin: Moment, end: Moment) -> [Option<Needed>; 2] {
        let cpu = self.cpu_sense.as_ref().and_then(|sense| sense.needed(begin, end));
        [cpu, self.memory_sense.as_ref().and_then(|sense| sense.needed(begin, end))]
    }
}
