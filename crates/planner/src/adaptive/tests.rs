//! What is remembered can be copied here, so that each sample can be seen as it is and higher.

use std::time::Duration;

use proptest::prelude::*;
use vm_autoscale_proxmox::{Ladder, MemoryMib};

use super::{CpuSense, MemorySense};
use crate::{CpuLaw, MemoryLaw, Moment};

const CPU: CpuLaw = CpuLaw::BALANCED;
const MEMORY: MemoryLaw = MemoryLaw::BALANCED;

/// Shares that are used for a while, how much they jump, and for how many cycles.
fn loads() -> impl Strategy<Value = Vec<(f64, f64, u64)>> {
    prop::collection::vec((0.0f64..1.1, 0.0f64..0.6, 1u64..300), 1..12)
}

/// When, what is used of a whole, and how much more that could be.
fn samples(loads: &[(f64, f64, u64)], seed: u64) -> Vec<(Moment, f64, f64)> {
    let mut noise = seed | 1;
    let mut chance = move || {
        noise ^= noise << 13;
        noise ^= noise >> 7;
        noise ^= noise << 17;
        f64::from(u32::try_from(noise >> 32).unwrap()) / f64::from(u32::MAX)
    };
    let each = loads
        .iter()
        .cycle()
        .flat_map(|(share, jumps, cycles)| (0..*cycles).map(move |_| (share, jumps)));
    let mut sample = |(cycle, (share, jumps)): (u64, (&f64, &f64))| {
        let used = share * (1.0 + jumps * (2.0 * chance() - 1.0));
        let more = 0.5 * chance() * chance();
        (Moment(Duration::from_secs(10 * cycle)), used.clamp(0.001, 1.0), more)
    };
    (1..=8000u64).zip(each).map(&mut sample).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..Default::default() })]

    #[test]
    fn more_cores_in_use_never_ask_for_fewer(loads in loads(), seed in any::<u64>()) {
        let (mut sense, mut size) = (CpuSense::after(None), 4);
        for (now, share, more) in samples(&loads, seed) {
            let used = (8.0 * share).min(f64::from(size));
            let mut higher = sense;
            sense.see(&CPU, now, used);
            higher.see(&CPU, now, (used + 8.0 * more).min(f64::from(size)));
            let to = sense.judge(&CPU, now, size).map_or(size, |(to, _)| to);
            let higher = higher.judge(&CPU, now, size).map_or(size, |(to, _)| to);
            prop_assert!(higher >= to, "{now:?}: {used} of {size}: {to}, {more} more: {higher}");
            if to != size {
                sense.changed(now, to > size);
                size = to.min(8);
            }
        }
    }

    #[test]
    fn more_memory_in_use_never_asks_for_less(loads in loads(), seed in any::<u64>()) {
        let mut sense = MemorySense::after(None);
        let mut size = MemoryMib::try_from(4096).unwrap();
        let most = Ladder::floor(16_384.try_into().unwrap()).unwrap();
        for (now, share, more) in samples(&loads, seed) {
            let have = 0.99 * f64::from(size.get());
            let used = (16_384.0 * share).min(have);
            let mut higher = sense;
            sense.see(&MEMORY, now, used);
            higher.see(&MEMORY, now, (used + 16_384.0 * more).min(have));
            let to = sense.judge(&MEMORY, now, size).map_or(size, |(to, _)| to);
            let higher = higher.judge(&MEMORY, now, size).map_or(size, |(to, _)| to);
            prop_assert!(higher >= to, "{now:?}: {used} of {size}: {to}, {more} more: {higher}");
            if to != size {
                sense.changed(now, to > size);
                size = to.min(most);
            }
        }
    }
}
