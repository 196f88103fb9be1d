use std::time::Duration;

use proptest::prelude::*;

use super::*;

const LAW: CpuLaw = CpuLaw::BALANCED;
const WALL: u64 = 1_800_000_000;
/// When the last block ends.
const END: u64 = 100_000;

fn at(seconds: u64) -> Moment {
    Moment(Duration::from_secs(seconds))
}

fn block(end: u64, wall: u64, used: PastUse) -> PastBlock {
    let end = at(end);
    PastBlock { end, wall: WALL + wall, seconds: 300, cpu: Some(used), memory: None }
}

/// Half a core, all the time.
fn idle() -> PastUse {
    let needed = Some(Needed { most: 0.5, jumps: 0.0 });
    PastUse { samples: 30, mean: 0.5, most: 0.5, needed }
}

/// What an hour and a half of that taught, as of a VM with vCPUs only.
fn taught(edit: impl Fn(u64, PastUse) -> PastUse) -> Past {
    let taught = Some(Taught::new(LAW, CpuSense::after(None)));
    let mut past = Past { cpu: taught, memory: None };
    for back in (0..18).rev() {
        let end = END - 300 * back;
        past.see(&block(end, end, edit(back, idle())));
    }
    past
}

/// Looks on after `gap`, while half a core is used: after how many seconds since the last block one
/// of four vCPUs is taken.
fn taken_after(past: Past, gap: u64) -> u64 {
    taken_from((past, fresh()), gap, 0, 0)
}

/// The same of what had been `hidden` from the clock that does not see reboots, and with a QEMU that
/// was `born` so many seconds after the last block.
fn taken_from((mut past, mut live): (Past, CpuSense), gap: u64, hidden: u64, born: u64) -> u64 {
    past.end(at(END + gap), WALL + END + gap + hidden);
    for since in (gap..3000).step_by(10) {
        let now = at(END + since);
        live.see(&LAW, now, 0.5);
        past.teach_cpu(&mut live, u32::try_from(hidden + since - born).unwrap());
        if live.judge(&LAW, now, 4).is_ok_and(|(to, _)| to < 4) {
            return since;
        }
    }
    panic!("never")
}

fn fresh() -> CpuSense {
    CpuSense::after(None)
}

#[test]
fn a_window_goes_on_over_a_restart_unless_too_much_of_it_was_not_seen() {
    let all = || taught(|_, used| used);
    for (gap, soon) in [(10, true), (30, true), (31, true), (120, true), (130, false)] {
        let after = taken_after(all(), gap) - gap;
        assert_eq!(after <= 60, soon, "{after} s after {gap}");
        assert!(soon || after >= 600, "{after} s after {gap}");
    }
    // Its QEMU was started meanwhile.
    for (born, soon) in [(0, true), (1, false)] {
        let after = taken_from((all(), fresh()), 100, 0, born) - 100;
        assert_eq!(after <= 60, soon, "{after} s, {born}");
    }
    // It grew meanwhile, or gave something.
    for (took, soon) in [(true, true), (false, false)] {
        let live = CpuSense::after(Some((at(END + 20), took)));
        let after = taken_from((all(), live), 100, 0, 0) - 100;
        assert_eq!(after <= 60, soon, "{after} s, {took}");
    }
}

/// The moments go on over a reboot as if the machine had been off for no time.
#[test]
fn a_gap_after_the_start_is_not_the_restarts() {
    for (gap, soon) in [(60, true), (61, false)] {
        let mut live = fresh();
        live.see(&LAW, at(END + 20), 0.5);
        let after = taken_from((taught(|_, used| used), live), 20 + gap, 0, 0) - gap;
        assert_eq!(after <= 80, soon, "{after} s after {gap}");
    }
}

#[test]
fn what_only_the_wall_has_seen_is_not_seen() {
    for (hidden, soon) in [(0, true), (60, true), (130, false)] {
        let after = taken_from((taught(|_, used| used), fresh()), 20, hidden, 0) - 20;
        assert_eq!(after <= 60, soon, "{after} s, {hidden} s hidden");
        // The same between two blocks.
        let mut past = Past { cpu: Some(Taught::new(LAW, fresh())), memory: None };
        for back in (0..3).rev() {
            let end = END - 300 * back;
            past.see(&block(end, if back == 0 { end + hidden } else { end }, idle()));
        }
        let after = taken_after(past, 10) - 10;
        assert_eq!(after <= 60, soon, "{after} s, {hidden} s hidden between two blocks");
    }
}

/// A time that nobody saw is left out: the window reaches back further by it.
#[test]
fn what_is_left_out_makes_a_window_no_shorter() {
    // More was needed until 500 s before the end: with 80 s that nobody saw it counts for as long
    // as 600 s that somebody did.
    let busy = |back, used: PastUse| {
        let needed = Some(Needed { most: if back >= 2 { 3.0 } else { 0.5 }, jumps: 0.0 });
        PastUse { needed, ..used }
    };
    let [at_once, later] = [0, 80].map(|gap| taken_after(taught(busy), gap + 10));
    assert!((10..=70).contains(&at_once), "{at_once}");
    assert!((90..=150).contains(&later), "{later}");
    let busy = |back, used: PastUse| {
        let needed = Some(Needed { most: if back >= 1 { 3.0 } else { 0.5 }, jumps: 0.0 });
        PastUse { needed, ..used }
    };
    let [at_once, later] = [0, 80].map(|gap| taken_after(taught(busy), gap + 10));
    assert!((300..=370).contains(&at_once), "{at_once}");
    assert!((380..=450).contains(&later), "{later}");
}

/// Where the rule did not see all of a block, its highest sample counts, and no window.
#[test]
fn a_block_that_was_not_all_seen_begins_no_window() {
    let partly = |back, used: PastUse| {
        let needed = used.needed.filter(|_| back != 1);
        PastUse { needed, ..used }
    };
    // The last block's five minutes are seen.
    let after = taken_after(taught(partly), 10);
    assert!((290..=370).contains(&after), "{after}");
}

/// A saturated VM grows as far as what was enough before.
#[test]
fn what_is_recalled_goes_on_over_a_restart() {
    let loaded = |_, _| PastUse {
        samples: 30,
        mean: 9.0,
        most: 10.0,
        needed: Some(Needed { most: 10.0, jumps: 0.1 }),
    };
    let mut past = taught(loaded);
    past.end(at(END + 10), WALL + END + 10);
    let mut live = fresh();
    live.see(&LAW, at(END + 10), 2.0);
    assert_eq!(live.clone().judge(&LAW, at(END + 10), 2).unwrap().0, 4);
    past.teach_cpu(&mut live, u32::MAX);
    let to = live.judge(&LAW, at(END + 10), 2).unwrap().0;
    assert!((12..=14).contains(&to), "{to}");
}

proptest! {
    /// Whatever the samples were, what is said of a block where nobody noted it is no less.
    #[test]
    fn the_jumps_of_a_block_are_never_held_to_be_less(
        used in prop::collection::vec(0.0f64..16.0, 2..40),
    ) {
        let count = f64::from(u32::try_from(used.len()).unwrap());
        let mean = used.iter().sum::<f64>() / count;
        let most = used.iter().copied().fold(0.0, f64::max);
        let samples = u32::try_from(used.len()).unwrap();
        let past = PastUse { samples, mean, most, needed: None };
        let jumps: f64 = used.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
        prop_assert!(past.needed().jumps + 1e-9 >= jumps / count);
        prop_assert!(past.needed().most >= most);
    }
}
