//! Whatever a VM does and whatever is seen of it: what is promised of the adaptive rules holds.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "tests")]

#[path = "law/diary.rs"]
mod diary;
#[path = "law/life.rs"]
mod life;
#[path = "law/witness.rs"]
mod witness;
#[path = "law/world.rs"]
mod world;

use life::{Life, Stretch, policy, restarts, stretches};
use proptest::prelude::*;
use vm_autoscale_planner::{Move, Resource, Verdict, VmPolicy};
use witness::Witness;
use world::{POLICY, Restart, Sight, World};

/// Cycles of 10 s in a day, and in a life.
const DAY: usize = 8640;
const LIFE: usize = 5 * DAY;

/// One life; what the witness has seen of it.
fn live(life: &mut Life, stretches: &[Stretch]) -> Result<Witness, TestCaseError> {
    let mut witness = Witness::default();
    for (stretch, at) in moments(stretches).take(LIFE) {
        let (sight, answered) = life.cycle(stretch, at, [0.0; 2]);
        witness.across |= life.landed;
        witness.look(&life.world, sight, answered)?;
    }
    Ok(witness)
}

/// The same with restarts, each in the next cycle in which no change is under way.
fn live_on(
    life: &mut Life,
    stretches: &[Stretch],
    restarts: &[(usize, Restart)],
) -> Result<Witness, TestCaseError> {
    let (mut witness, mut due) = (Witness::default(), restarts.to_vec());
    due.sort_by_key(|(cycle, _)| *cycle);
    due.reverse();
    for (cycle, (stretch, at)) in moments(stretches).take(LIFE).enumerate() {
        let is_due = due.last().is_some_and(|(at, _)| *at <= cycle && cycle > 0);
        if let Some((_, restart)) = due.pop_if(|_| is_due && life.is_at_rest()) {
            life.world.restart(restart);
            witness.restarted(life.world.noted());
        }
        let (sight, answered) = life.cycle(stretch, at, [0.0; 2]);
        witness.across |= life.landed;
        witness.look(&life.world, sight, answered)?;
    }
    Ok(witness)
}

/// The stretches over and over, cycle by cycle.
fn moments(stretches: &[Stretch]) -> impl Iterator<Item = (&Stretch, usize)> {
    let moments = stretches.iter().cycle();
    moments.flat_map(|stretch| (0..stretch.cycles).map(move |at| (stretch, at)))
}

/// A load that goes on and on.
fn steady(wants: [f64; 2], noise: f64) -> Stretch {
    Stretch { cycles: 1, wants, noise, sight: Sight::Good, blind: 0, takes: 0, succeeds: true }
}

/// To which size it goes.
fn target(world: &World, resource: Resource) -> u32 {
    match (world.choice(resource).verdict, resource) {
        (Verdict::Act(Move::Cpu { to, .. }) | Verdict::Recommend(Move::Cpu { to, .. }), _) => {
            to.get()
        }
        (
            Verdict::Act(Move::Memory { to, .. }) | Verdict::Recommend(Move::Memory { to, .. }),
            _,
        ) => to.get(),
        (_, Resource::Cpu) => world.vcpus(),
        (_, Resource::Memory) => world.mib(),
    }
}

/// Cycles of a life that is lived again up to some sample, which is higher then.
const HISTORY: usize = 3000;

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, failure_persistence: None, ..Default::default() })]

    /// Never outside the bounds or the ladder, never without evidence, nothing that was needed,
    /// and nothing of which not a whole window was seen.
    #[test]
    fn every_move_is_allowed_and_borne_out(
        policy in policy(), stretches in stretches(40), answers in any::<bool>(), seed in any::<u64>(),
    ) {
        let witness = live(&mut Life::new(policy, answers, seed), &stretches)?;
        prop_assert!(witness.judged > 30_000, "{} samples were judged", witness.judged);
    }

    /// The same of a planner that is started anew now and then: a window is a whole one, and what
    /// was needed in it is kept, whatever of it was before a restart.
    #[test]
    fn over_restarts_every_move_is_borne_out(
        policy in policy(), stretches in stretches(40), answers in any::<bool>(), seed in any::<u64>(),
        restarts in restarts(LIFE),
    ) {
        let witness = live_on(&mut Life::new(policy, answers, seed), &stretches, &restarts)?;
        // Restarts and what is not seen may come together.
        prop_assert!(witness.judged > 10_000, "{} samples were judged", witness.judged);
    }

    /// What is taken without a restart is taken as soon with one that was told to stop, in whichever
    /// moment that is: at most the five minutes of a block and a round later.
    #[test]
    fn a_restart_takes_what_none_would_have_taken(
        busy in (2.0f64..12.0, 4000.0f64..24_000.0), quiet in (0.1f64..1.0, 500.0f64..2000.0),
        at in 1usize..178, late in 0usize..8, away in 1u64..4, seed in any::<u64>(),
    ) {
        let restart = Restart { told: true, away, late };
        let [without, with] = [None, Some((at, restart))].map(|mut restart| {
            let (mut life, mut first) = (Life::new(POLICY, true, seed), [None; 2]);
            for cycle in 0..DAY / 4 {
                life.cycle(&steady([busy.0, busy.1], 0.0), cycle, [0.0; 2]);
            }
            let (begun, had) = (life.world.now, [life.world.vcpus(), life.world.mib()]);
            for cycle in 0..400 {
                life.cycle(&steady([quiet.0, quiet.1], 0.0), cycle, [0.0; 2]);
                let has = [life.world.vcpus(), life.world.mib()];
                for ((first, had), has) in first.iter_mut().zip(had).zip(has) {
                    *first = first.or((has < had).then_some(life.world.now - begun));
                }
                let is_due = |(at, _): &(usize, Restart)| cycle >= *at && life.is_at_rest();
                if let Some((_, restart)) = restart.take_if(|restart| is_due(restart)) {
                    life.world.restart(restart);
                }
            }
            first
        });
        for (without, with) in without.into_iter().zip(with) {
            let later = with.zip(without).map(|(with, without)| with.saturating_sub(without));
            prop_assert!(later.is_some_and(|later| later <= 380), "{without:?} {with:?}");
        }
    }

    /// What settles in a day is settled.
    #[test]
    fn a_load_that_stays_moves_nothing(
        cores in 0.01f64..17.0, mib in 100.0f64..34_000.0, noise in prop_oneof![Just(0.0), 0.0f64..0.05],
        in_steps in any::<bool>(), answers in any::<bool>(), seed in any::<u64>(),
    ) {
        let mut life = Life::new(VmPolicy { in_steps, ..POLICY }, answers, seed);
        let (load, mut moves) = (steady([cores, mib], noise), [0, 0]);
        for cycle in 0..3 * DAY {
            life.cycle(&load, cycle, [0.0; 2]);
            if let Some(step) = life.world.act().filter(|_| cycle >= DAY) {
                moves[usize::from(step.resource() == Resource::Memory)] += 1;
            }
        }
        prop_assert!(moves.into_iter().all(|count| count <= 1), "{moves:?} changes in two days");
    }

    /// The same life, lived again up to a sample that is higher then.
    #[test]
    fn a_higher_sample_never_asks_for_less(
        stretches in stretches(12), answers in any::<bool>(), seed in any::<u64>(),
        cuts in prop::collection::vec((0usize..HISTORY, 0.0f64..1.0, any::<bool>()), 12),
    ) {
        let mut first = Life::new(POLICY, answers, seed);
        let targets: Vec<_> = moments(&stretches).take(HISTORY).map(|(stretch, at)| {
            first.cycle(stretch, at, [0.0; 2]);
            ([Resource::Cpu, Resource::Memory].map(|of| target(&first.world, of)), first.world.act())
        }).collect();
        let acted = (0..HISTORY).filter(|cycle| targets[*cycle].1.is_some());
        let acted: Vec<usize> = acted.collect();
        for (index, (cut, share, is_cpu)) in cuts.into_iter().enumerate() {
            // Half of them where something is done, half anywhere.
            let at_act = acted.get(cut % acted.len().max(1)).filter(|_| index % 2 == 0);
            let cut = at_act.copied().unwrap_or(cut);
            let (resource, raise) = if is_cpu {
                (Resource::Cpu, [8.0 * share, 0.0])
            } else {
                (Resource::Memory, [0.0, 8192.0 * share])
            };
            let mut again = Life::new(POLICY, answers, seed);
            for (cycle, (stretch, at)) in moments(&stretches).take(cut + 1).enumerate() {
                again.cycle(stretch, at, if cycle == cut { raise } else { [0.0; 2] });
            }
            let ([cpu, memory], _) = targets[cut];
            let before = if is_cpu { cpu } else { memory };
            let after = target(&again.world, resource);
            let (one, other) = (before, again.world.choice(resource));
            prop_assert!(after >= before, "{raise:?} more in cycle {cut}: {one}, then {other:?}");
        }
    }

    /// Nobody knows how much more a saturated VM wants: it is doubled until that is seen.
    #[test]
    fn a_saturated_vm_has_all_that_it_can_within_five_samples(
        cores in 0.01f64..12.0, noise in 0.0f64..0.3, quiet in 1usize..3000, seed in any::<u64>(),
    ) {
        let mut life = Life::new(VmPolicy { memory: None, ..POLICY }, true, seed);
        for cycle in 0..quiet {
            life.cycle(&steady([cores, 2048.0], noise), cycle, [0.0; 2]);
        }
        // What is under way then ends before.
        while life.world.pending.is_some() || life.landed {
            life.cycle(&steady([cores, 2048.0], noise), 0, [0.0; 2]);
        }
        let mut believed = 0;
        while life.world.vcpus() < 16 {
            life.cycle(&steady([20.0, 2048.0], 0.0), 0, [0.0; 2]);
            believed += usize::from(!life.landed);
            prop_assert!(believed <= 5, "{} vCPUs after {believed} samples", life.world.vcpus());
        }
    }
}
