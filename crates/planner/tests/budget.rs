//! Whatever VMs ask for, in whatever order changes land and whichever fail: what is promised of a
//! node is there.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "tests")]

#[path = "budget/cluster.rs"]
mod cluster;

use cluster::{Cluster, Guest, MOST_USED, OTHERS, guests, plan, plans};
use proptest::prelude::*;
use vm_autoscale_planner::{Move, Reason, Resource};

/// How many cycles of 10 s a cluster is watched: more than the ten minutes that say what is idle.
const CYCLES: usize = 150;

proptest! {
    #[test]
    fn what_is_granted_is_there_at_every_instant(
        guests in guests(2..7), plans in plans(), mib in 8_192u32..40_000, cpus in 2u32..12,
    ) {
        let mut cluster = Cluster::new(guests, plans, f64::from(mib), f64::from(cpus));
        for _ in 0..CYCLES {
            cluster.cycle();
            let grown = cluster.grown;
            // Where nothing is added, others may have more than the node has.
            if grown.memory > 0.0 {
                prop_assert!(cluster.committed() <= cluster.for_guests(), "{}", cluster.told());
                let used = cluster.in_use() + grown.memory;
                prop_assert!(used <= MOST_USED * f64::from(mib), "{}", cluster.told());
            }
            if grown.vcpus > 0.0 {
                prop_assert!(cluster.vcpus() <= cluster.most_vcpus(), "{}", cluster.told());
            }
        }
    }

    #[test]
    fn nobody_is_left_with_less_than_it_needs(
        guests in guests(2..7), plans in plans(), mib in 8_192u32..40_000,
    ) {
        let mut cluster = Cluster::new(guests, plans, f64::from(mib), 64.0);
        for _ in 0..CYCLES {
            cluster.cycle();
            for (guest, step) in cluster.shrunk() {
                let to = f64::from(step.get());
                prop_assert!(guest.most_of_late() <= 0.94 * to, "{to} MiB are left of {guest:?}");
                prop_assert!(to >= f64::from(guest.least()), "{to} MiB are left of {guest:?}");
            }
        }
    }

    /// What shrinks on an empty node shrinks on a full one, of which nothing is known, too.
    #[test]
    fn no_node_holds_back_what_shrinks(guests in guests(1..3), plans in plans()) {
        let mut roomy = Cluster::new(guests.clone(), plans.clone(), 1e9, 1e6);
        let mut full = Cluster::new(guests, plans, 1.0, 1.0);
        for _ in 0..CYCLES {
            roomy.cycle();
            full.follow(&roomy);
            for (index, step) in roomy.acts() {
                if step.is_growth() {
                    continue;
                }
                let choice = full.choice(index, step.resource());
                let waits = matches!(choice.reason, Reason::OneAtATime | Reason::NodeBusy(_));
                let shrinks = choice.act().is_some_and(|step| !step.is_growth());
                prop_assert!(waits || shrinks, "{step}: {choice:?}");
            }
        }
    }

    /// Two nodes that both have enough: nobody can tell how much it is.
    #[test]
    fn a_node_that_is_not_full_changes_nothing(guests in guests(1..3), plans in plans()) {
        let most: f64 = guests.iter().map(Guest::most).sum();
        // What was granted of late counts beside what is in use.
        let mib = (2.0 * most + OTHERS) / MOST_USED + 1.0;
        let mut enough = Cluster::new(guests.clone(), plans.clone(), mib, 64.0);
        let mut plenty = Cluster::new(guests, plans, 1e9, 1e6);
        for _ in 0..CYCLES {
            plenty.cycle();
            enough.follow(&plenty);
            prop_assert_eq!(enough.verdicts(), plenty.verdicts());
        }
    }

    /// Two that differ in nothing but their weight.
    #[test]
    fn who_weighs_more_never_gets_less(
        mut guests in guests(1..2), plan in plan(), mib in 4_096u32..30_000,
        weights in (1u32..50_000, 1u32..50_000),
    ) {
        // Not that one waits for its own vCPUs.
        let light = guests.remove(0).without_cpu();
        guests.extend([light.clone().weighing(weights.0.min(weights.1))]);
        guests.extend([light.weighing(weights.0.max(weights.1))]);
        let mut cluster = Cluster::new(guests, vec![plan.clone(), plan], f64::from(mib), 4.0);
        for _ in 0..CYCLES {
            cluster.cycle();
            let steps = [0, 1].map(|index| cluster.choice(index, Resource::Memory).act());
            let to = steps.map(|step| match step {
                Some(Move::Memory { to, .. }) if step.is_some_and(Move::is_growth) => to.get(),
                _ => 0,
            });
            // Until they differ in what they have.
            prop_assert!(to[1] >= to[0], "{}", cluster.told());
            if to[0] != to[1] {
                break;
            }
        }
    }
}
