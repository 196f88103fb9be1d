use super::*;

const PEGGED: f64 = 1.0;

fn at(seconds: u64) -> Moment {
    Moment(Duration::from_secs(seconds))
}

fn plug(from: u32, to: u32) -> Move {
    Move::Cpu { from: from.try_into().unwrap(), to: to.try_into().unwrap() }
}

/// One that got a second vCPU in second 0, and since then uses so much, sample by sample of 10 s.
fn grown(used: impl Fn(u64) -> f64) -> Futility {
    let mut futility = Futility::default();
    again(&mut futility, 0, used);
    futility
}

fn again(futility: &mut Futility, from: u64, used: impl Fn(u64) -> f64) {
    futility.judged(PEGGED, 1.0);
    futility.changed(at(from), plug(1, 2));
    for second in (10..=200).step_by(10) {
        futility.see(at(from + second), Some(used(second)));
    }
}

fn back(futility: &Futility, plugged: u32) -> Option<String> {
    futility
        .back(plugged.try_into().unwrap(), true)
        .map(|(step, reason)| format!("{step} ({reason})"))
}

#[test]
fn what_a_pegged_thread_does_not_use_is_taken_back() {
    // As much as the clocks of host and guest differ.
    let futility = grown(|second| if second % 20 == 0 { 0.97 } else { 1.03 });
    let said = "vcpus 2 -> 1 (1 more did not raise its use of 1.00 cores in 180 s)";
    assert_eq!(back(&futility, 2).as_deref(), Some(said));
    // By others, meanwhile.
    assert_eq!(back(&futility, 3), None);
}

/// A change takes three at most: the helper lets no more through.
#[test]
fn much_that_is_not_used_is_taken_back_in_steps() {
    let mut futility = Futility::default();
    futility.judged(4.0, 4.0);
    futility.changed(at(0), plug(4, 9));
    (1..=20).for_each(|sample| futility.see(at(10 * sample), Some(4.0)));
    let said =
        |text: &str| Some(format!("vcpus {text} did not raise its use of 4.00 cores in 180 s)"));
    assert_eq!(back(&futility, 9), said("9 -> 6 (5 more"));
    futility.changed(at(210), plug(9, 6));
    assert_eq!(back(&futility, 6), said("6 -> 4 (2 more"));
    futility.changed(at(220), plug(6, 4));
    assert_eq!(back(&futility, 4), None);
}

#[test]
fn what_is_used_or_not_needed_any_more_is_not_judged() {
    for (what, used) in [
        ("used", [1.8, 1.8, 1.8]),
        ("used once in a while", [1.0, 1.1, 1.0]),
        ("the load has ended", [1.0, 0.2, 0.2]),
        ("the load comes and goes", [1.0, 0.5, 1.0]),
    ] {
        let [first, second, third] = used;
        let futility = grown(|at| match at {
            0..60 => first,
            60..120 => second,
            _ => third,
        });
        assert_eq!((back(&futility, 2), futility.rests(at(210))), (None, None), "{what}");
    }
    let mut unsaturated = Futility::default();
    unsaturated.judged(0.85, 1.0);
    unsaturated.changed(at(0), plug(1, 2));
    (1..=20).for_each(|i| unsaturated.see(at(10 * i), Some(0.85)));
    assert_eq!(back(&unsaturated, 2), None);
}

/// Out of a few samples after a long silence nothing is concluded, nor across a change.
#[test]
fn who_did_not_look_concludes_nothing() {
    let mut futility = Futility::default();
    futility.judged(PEGGED, 1.0);
    futility.changed(at(0), plug(1, 2));
    (0..5).for_each(|i| futility.see(at(3600 + 10 * i), Some(1.0)));
    assert_eq!(back(&futility, 2), None);
    futility.forget();
    (0..20).for_each(|i| futility.see(at(4000 + 10 * i), Some(1.0)));
    assert_eq!(back(&futility, 2), None);
}

#[test]
fn growth_rests_an_hour_then_two_up_to_a_day() {
    let mut futility = grown(|_| 1.0);
    let mut rests = Vec::new();
    let mut now = 180;
    for _ in 0..7 {
        let Some(Reason::GrowthRests(times, wait)) = futility.rests(at(now)) else { panic!() };
        rests.push((times, wait.as_secs() / 3600));
        futility.changed(at(now), plug(2, 1));
        now += wait.as_secs();
        assert_eq!(futility.rests(at(now)), None);
        again(&mut futility, now, |_| 1.0);
        now += 180;
    }
    assert_eq!(rests, [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 24), (7, 24)]);
    // An addition that is used forgets all of it.
    again(&mut futility, now + 100_000, |_| 1.9);
    assert_eq!((futility.times, futility.since), (0, None));
}

/// It was not taken back yet: then it need not be.
#[test]
fn what_comes_to_be_used_stays() {
    let mut futility = grown(|_| 1.0);
    futility.see(at(300), Some(1.7));
    assert_eq!((back(&futility, 2), futility.rests(at(310))), (None, None));
}
