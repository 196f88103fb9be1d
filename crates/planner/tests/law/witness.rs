//! Keeps a record of its own of what could be believed, and holds each decision against it.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use vm_autoscale_planner::{Move, Reason, Resource, Sample, Verdict, VmPolicy};
use vm_autoscale_proxmox::Ladder;

use crate::world::{Sight, World};

/// Seconds after which a sample that does not advance is stale.
const STALE: u64 = 30;
/// Seconds after which nobody looked.
const GAP: u64 = 60;
/// Seconds for which a guest's answer counts.
const ANSWER: u64 = 15;
/// Seconds over which the use of vCPUs is smoothed.
const SMOOTHING: f64 = 30.0;
const RESOURCES: [Resource; 2] = [Resource::Cpu, Resource::Memory];

/// Seconds that nobody looked because of a restart and that may be left out of a window: two
/// minutes, and half of one by which a block may end after its last sample.
const LEFT_OUT: u64 = 150;

/// What was believed of one resource.
#[derive(Default)]
struct Record {
    /// Since when without a gap but for restarts, the last of several, and up to when.
    since: Vec<u64>,
    last: u64,
    /// Whether the next gap is that of a restart, and those since then: from when to when.
    restarted: bool,
    left_out: Vec<(u64, u64)>,
    smooth: f64,
    /// When how much was needed.
    needed: Vec<(u64, f64)>,
}

#[derive(Default)]
pub(crate) struct Witness {
    records: [Record; 2],
    /// The last new sample, and when it came.
    news: Option<(Sample, u64)>,
    /// The next new one is across a change.
    pub(crate) across: bool,
    answered: Option<u64>,
    /// Samples that were believed, and moves, grown and shrunk of each resource.
    pub(crate) judged: u64,
    pub(crate) moves: [[u64; 2]; 2],
}

impl Witness {
    /// The planner was started anew, and of what was seen it knows what was until `noted`.
    pub(crate) fn restarted(&mut self, noted: u64) {
        (self.news, self.across, self.answered) = (None, true, None);
        for record in &mut self.records {
            record.needed.retain(|(at, _)| *at <= noted);
            (record.last, record.restarted) = (record.last.min(noted), true);
            record.since.retain(|since| *since < noted);
            // What a killed one left out is not noted, and is a part of what the next leaves out.
            record.left_out.retain(|(_, to)| *to <= noted);
        }
    }

    /// A cycle of which that was seen.
    pub(crate) fn look(
        &mut self,
        world: &World,
        sight: Sight,
        answered: bool,
    ) -> Result<(), TestCaseError> {
        self.answered = if answered { Some(world.now) } else { self.answered };
        let believed = self.believe(world, sight);
        if believed == [true; 2] {
            self.judged += 1;
        }
        for ((index, resource), seen) in RESOURCES.into_iter().enumerate().zip(believed) {
            let choice = world.choice(resource);
            let (Verdict::Act(step) | Verdict::Recommend(step)) = choice.verdict else { continue };
            self.moves[index][usize::from(step.is_shrink())] += 1;
            within(&world.policy, step)?;
            let may_act = seen && !matches!(sight, Sight::Resized(..));
            prop_assert!(
                may_act || self.by_answer(world.now, &choice.reason, sight, step),
                "{step} on what is no evidence: {sight:?} {choice:?}"
            );
            if step.is_shrink() {
                prop_assert!(resource == Resource::Cpu || world.policy.memory_shrink, "{step}");
                self.records[index].bears(world.now, step, &choice.reason)?;
            }
        }
        Ok(())
    }

    /// Memory may be changed by what the guest itself said just now, whatever Proxmox says, as
    /// long as that says anything; and what was taken in error is given back.
    fn by_answer(&self, now: u64, reason: &Reason, sight: Sight, step: Move) -> bool {
        let fresh = self.answered.is_some_and(|at| now - at <= ANSWER) && sight != Sight::Absent;
        let undoes = matches!(reason, Reason::Undo(..)) && step.is_growth();
        step.resource() == Resource::Memory && (fresh || undoes)
    }

    /// Whether what is seen of each resource can be believed; if so it is put on record.
    fn believe(&mut self, world: &World, sight: Sight) -> [bool; 2] {
        // Who was started anew does not know that it is repeated: it is the first one, then.
        let is_news = sight != Sight::Repeated || self.news.is_none();
        let Some(sample) = world.sample.filter(|_| is_news) else {
            return [false; 2];
        };
        let before = self.news.replace((sample, world.now));
        let gap = before.is_some_and(|(_, at)| world.now - at > STALE);
        let restarted = before.is_some_and(|(last, _)| sample.uptime < last.uptime);
        let across = std::mem::take(&mut self.across) || gap || restarted;
        // What someone else changes comes at no known time.
        self.across = matches!(sight, Sight::Resized(..));
        let bad = [Sight::NoCpu, Sight::NoMemory, Sight::OtherSize].contains(&sight);
        if across || bad {
            return [false; 2];
        }
        let [cpu, memory] = &mut self.records;
        cpu.push(world.now, sample.cores_used.unwrap(), SMOOTHING);
        memory.push(world.now, sample.memory_used.unwrap(), 0.0);
        [true; 2]
    }
}

impl Record {
    fn push(&mut self, now: u64, used: f64, smoothing: f64) {
        let (passed, from) = (now - self.last, self.last);
        self.last = now;
        if std::mem::take(&mut self.restarted) && !self.since.is_empty() && passed <= LEFT_OUT {
            if passed > GAP {
                self.left_out.push((from, now));
            }
            self.smooth = used;
            self.needed.push((now, used));
            return;
        }
        if self.since.is_empty() || passed > GAP {
            self.since.push(now);
            self.smooth = used;
            return;
        }
        let passed = f64::from(u32::try_from(passed).unwrap());
        self.smooth += (1.0 - (-passed / smoothing).exp()) * (used - self.smooth);
        self.needed.push((now, self.smooth));
    }

    /// A whole window was seen, and nothing that was needed in it is taken.
    fn bears(&self, now: u64, step: Move, reason: &Reason) -> Result<(), TestCaseError> {
        let Some((window, least)) = window(reason) else { return Ok(()) };
        prop_assert!(window >= least, "{window} s is no window: {reason}");
        // Back to where a whole window was seen, whatever was left out.
        let mut begin = now - window;
        for (from, to) in self.left_out.iter().rev().filter(|(_, to)| *to + 2 * window > now) {
            begin = begin.saturating_sub(if *to > begin { to - from } else { 0 });
        }
        let since = self.since.last().copied().unwrap_or(now);
        prop_assert!(since <= begin, "{step} after {} s: {reason}", now - since);
        let late = self.needed.iter().rev().take_while(|(at, _)| *at >= begin);
        let most = late.map(|(_, needed)| *needed).fold(0.0, f64::max);
        let left = match step {
            Move::Cpu { to, .. } => f64::from(to.get()),
            Move::Memory { to, .. } => f64::from(to.get()),
            other => return Err(TestCaseError::fail(format!("{other} by another lever"))),
        };
        prop_assert!(left >= 0.999 * most, "{step}, and {most} was needed: {reason}");
        Ok(())
    }
}

/// Seconds that a shrink says it rests on, and the least of them; none where it takes back what
/// was not used.
fn window(reason: &Reason) -> Option<(u64, u64)> {
    match reason {
        Reason::Unneeded { span, .. } => Some((span.0.into(), 600)),
        Reason::Spare { span, .. } => Some((span.0.into(), 1800)),
        Reason::By(reason, _) => window(reason),
        Reason::Unused { .. } => None,
        // Nothing else takes anything: no window is long enough.
        _ => Some((0, 1)),
    }
}

/// Never a size that is not the VM's to have.
fn within(policy: &VmPolicy, step: Move) -> Result<(), TestCaseError> {
    let (size, (least, most)) = match step {
        Move::Cpu { to, .. } => (to.get(), policy.vcpus),
        Move::Memory { to, .. } => {
            prop_assert!(Ladder::has(to), "{step} is not on the ladder");
            (to.get(), policy.memory_mib)
        }
        other => return Err(TestCaseError::fail(format!("{other} by another lever"))),
    };
    prop_assert!((least..=most).contains(&size), "{step} of {least} to {most}");
    prop_assert!(step.resource() == Resource::Memory || size <= 16, "{step} of 2 x 8");
    Ok(())
}
