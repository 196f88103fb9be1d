use std::time::Duration;

use vm_autoscale_planner::{CpuLaw, CpuRule, MemoryLaw, MemoryRule};

use crate::made::{Spy, WORLD, near, rules, run, trace};
use crate::{Ask, Driver, Engine, Figures, Rules, Seen, Trace};

fn adaptive() -> Rules {
    let mut rules = rules();
    rules.policy.cpu = Some(CpuRule::Adaptive(CpuLaw::BALANCED));
    rules.policy.memory = Some(MemoryRule::Adaptive(MemoryLaw::BALANCED));
    (rules.policy.check_interval, rules.policy.rest) = (Duration::ZERO, Duration::ZERO);
    rules
}

fn play(trace: &Trace, rules: &Rules) -> (Figures, Vec<(f64, Ask)>) {
    let engine = Engine::new(trace, WORLD).unwrap();
    let mut all = Vec::new();
    let hear = |t: f64, seen: &[Seen], asks: &[Ask]| {
        assert!(seen.iter().all(|vm| (1..=8).contains(&vm.vcpus)));
        all.extend(asks.iter().map(|ask| (t, *ask)));
    };
    let policy = Driver::new(engine.fleet(), rules).unwrap();
    let figures = engine.run("x", &mut Spy { policy, hear }, &mut |_| ());
    (figures, all)
}

/// A change asked for at the end of a tick is there in the next one, whose sample is believed: the
/// next step is asked for exactly one interval later.
#[test]
fn an_idle_vm_loses_a_vcpu_every_interval() {
    let (figures, asks) = play(&trace(60, &[[0.05]; 60], &[]), &rules());
    let expected = (0..7_u32).map(|n| (10.0 + 300.0 * f64::from(n), Ask::Vcpus(0, 7 - n)));
    assert_eq!(asks, expected.collect::<Vec<_>>());
    near(figures.cpu_acts, 7.0 * 24.0);
}

#[test]
fn a_measured_zero_is_a_measurement() {
    let (_, asks) = play(&trace(60, &[[0.0]; 60], &[]), &rules());
    assert_eq!(asks.len(), 7);
}

#[test]
fn constant_load_comes_to_rest() {
    let rows = vec![[3.3, 0.4, 7.9]; 2880];
    let memory = vec![[3000.0, 600.0, 7000.0]; 2880];
    for rules in [rules(), adaptive()] {
        let (figures, asks) = play(&trace(60, &rows, &memory), &rules);
        let last = asks.last().map_or(0.0, |(t, _)| *t);
        assert!(!asks.is_empty() && last < 86_400.0, "{last}");
        assert!(figures.mem_short_pct + figures.unserved_pct < 1e-9);
    }
}

/// Twenty minutes of 7 cores in every four hours.
#[test]
fn a_square_wave_is_followed_fast_up_and_slowly_down() {
    let row = |at: u32| if at % 240 < 20 { [7.0] } else { [0.2] };
    let rows: Vec<[f32; 1]> = (0..1440).map(row).collect();
    let (figures, asks) = play(&trace(60, &rows, &[]), &adaptive());
    let static_slack = run(&trace(60, &rows, &[]), WORLD, &mut crate::Still).slack_core_h;
    assert!(figures.unserved_pct < 3.0, "{}", figures.unserved_pct);
    assert!(figures.slack_core_h < 0.5 * static_slack, "{}", figures.slack_core_h);
    assert!((12..=60).contains(&asks.len()), "{}", asks.len());
}

/// One VM that goes away for an hour: nothing is asked meanwhile, and the first sample after a
/// gap, when nobody knows when it began, is not believed.
#[test]
fn nothing_is_asked_of_a_vm_that_does_not_run() {
    let row = |at: u32| if (30..90).contains(&at) { [f32::NAN] } else { [7.9] };
    let rows: Vec<[f32; 1]> = (0..120).map(row).collect();
    let mut rules = rules();
    rules.policy.vcpus = (1, 6);
    let (_, asks) = play(&trace(60, &rows, &[]), &rules);
    assert!(asks.iter().all(|(t, _)| !(1801.0..5411.0).contains(t)), "{asks:?}");
}
