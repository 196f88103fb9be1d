use super::contention::{Claim, divide};
use crate::made::{Script, Spy, WORLD, near, rules, run, tight, trace};
use crate::{Ask, Driver, Engine, Still, World};

#[test]
fn left_alone_everything_is_served() {
    let figures = run(&trace(60, &[[5.0]; 60], &[]), WORLD, &mut Still);
    near(figures.slack_core_h, 3.0);
    near(figures.slack_pct, 37.5);
    near(figures.cost, 8.0);
    assert!(figures.unserved_core_h.abs() + figures.sat_time_pct + figures.acts_vm_day < 1e-9);
}

/// Four ticks that want 2 cores, of which the two in the middle have 1 vCPU; by hand.
#[test]
fn the_figures_of_cpu_are_these() {
    let script = vec![(10.0, Ask::Vcpus(0, 1)), (30.0, Ask::Vcpus(0, 2)), (40.0, Ask::Vcpus(0, 9))];
    let mut script = Script { asks: script, ..Script::default() };
    let mut trace = trace(10, &[[2.0]; 4], &[]);
    trace.vms[0].vcpus = 2.0;
    let figures = run(&trace, WORLD, &mut script);
    let vcpus: Vec<u32> = script.seen.iter().map(|(_, seen)| seen[0].vcpus).collect();
    let used: Vec<f64> = script.seen.iter().map(|(_, seen)| seen[0].cpu_used).collect();
    assert_eq!((vcpus, used), (vec![2, 1, 1, 2], vec![2.0, 1.0, 1.0, 2.0]));
    near(figures.alloc_core_h, 60.0 / 3600.0);
    near(figures.used_core_h, 60.0 / 3600.0);
    near(figures.slack_pct, 0.0);
    near(figures.unserved_core_h, 20.0 / 3600.0);
    near(figures.unserved_pct, 25.0);
    near(figures.sat_time_pct, 50.0);
    near(figures.vms_bad_pct, 100.0);
    near(figures.cpu_acts, 2.0 / (40.0 / 86_400.0));
    near(figures.flips_vm_day, 1.0 / (40.0 / 86_400.0));
    near(figures.cost, (60.0 + 20.0 * 20.0) / 3600.0 + 2.0 * 0.02);
    near(figures.against(&run(&trace, WORLD, &mut Still)).rel_cost, (460.0 / 3600.0 + 0.04) * 45.0);
}

/// 256 MiB are the guest's own. It keeps 128 free, so that it does not give back all of what is
/// asked first; later it lacks 220.
#[test]
fn the_figures_of_memory_are_these() {
    let asks = vec![(10.0, Ask::Memory(0, 1024)), (50.0, Ask::Memory(0, 1500))];
    let mut script = Script { asks, ..Script::default() };
    let mut memory = [[1000.0_f32]; 12];
    (memory[9], memory[10], memory[11]) = ([1500.0], [1500.0], [f32::NAN]);
    let figures = run(&trace(10, &[[1.0]; 12], &memory), WORLD, &mut script);
    let sizes: Vec<u32> = script.seen.iter().map(|(_, seen)| seen[0].memory).collect();
    let busy: Vec<bool> = script.seen.iter().map(|(_, seen)| seen[0].mem_busy).collect();
    // A size between two steps becomes the one above, 30 s later.
    assert_eq!(sizes, [vec![8192; 8], vec![1536; 4]].concat());
    let [t, f] = [true, false];
    assert_eq!(busy, [f, t, t, t, f, t, t, t, f, f, f, f]);
    let (had, used) = (8.0 * 8192.0 + 4.0 * 1536.0, 9.0 * 1256.0 + 2.0 * 1536.0 + 256.0);
    let gb_h = |mib_ticks: f64| mib_ticks * 10.0 / 1024.0 / 3600.0;
    near(figures.mem_slack_gb_h, gb_h(had - used));
    near(figures.mem_slack_pct, 100.0 * (had - used) / had);
    near(figures.mem_short_gb_h, gb_h(2.0 * 220.0));
    near(figures.mem_short_pct, 100.0 * 2.0 / 12.0);
    near(figures.mem_risk_pct, 100.0 * 2.0 / 12.0);
    let a_day = 86_400.0 / 120.0;
    near(figures.mem_fail, a_day);
    near(figures.mem_acts, a_day);
    near(figures.cost_mem, gb_h(had + 50.0 * 440.0) + 0.25);
    near(figures.cost, figures.cost_cpu + 0.13 * figures.cost_mem);
}

#[test]
fn the_first_hours_of_a_long_trace_do_not_count() {
    let warm = |length: f64| World { warmup: None, ..WORLD }.warm(length);
    for (length, uncounted) in [(43_199.0, 0.0), (43_200.0, 3600.0), (432_000.0, 86_400.0)] {
        near(warm(length), uncounted);
    }
    let world = World { warmup: Some(300.0), ..WORLD };
    near(run(&trace(60, &[[5.0]; 10], &[]), world, &mut Still).alloc_core_h, 8.0 * 300.0 / 3600.0);
}

#[test]
fn who_does_not_run_is_not_counted_and_not_changed() {
    let asks = vec![(60.0, Ask::Vcpus(0, 1)), (120.0, Ask::Vcpus(0, 2))];
    let mut script = Script { asks, ..Script::default() };
    let rows = [[4.0], [f32::NAN], [4.0]];
    let figures = run(&trace(60, &rows, &[]), WORLD, &mut script);
    near(figures.alloc_core_h, (8.0 + 1.0) * 60.0 / 3600.0);
    near(figures.unserved_core_h, 3.0 * 60.0 / 3600.0);
    let away = &script.seen[9].1[0];
    assert!(!away.active && away.cpu_used.abs() < 1e-9 && away.vcpus == 1);
}

#[test]
fn cores_are_divided_by_shares_and_nobody_gets_more_than_he_can_use() {
    let claim = |most, shares| Claim { most, shares, has: 0.0 };
    let mut claims = [claim(2.0, 1.0), claim(10.0, 1.0), claim(10.0, 2.0)];
    divide(11.0, &mut claims);
    for (claim, has) in claims.iter().zip([2.0, 3.0, 6.0]) {
        near(claim.has, has);
    }
}

/// Four VMs of 8 vCPUs on one host of 16 cores: each gets 4, though it has vCPUs for more.
#[test]
fn what_a_host_cannot_give_is_lost_there() {
    let mut world = tight(1);
    world.hosts.as_mut().unwrap().mixed_shares = false;
    let figures = run(&trace(60, &[[6.0, 6.0, 6.0, 6.0]; 10], &[]), world, &mut Still);
    near(figures.used_core_h, 16.0 / 6.0);
    near(figures.host_lost_pct, 100.0 * 2.0 / 6.0);
    near(figures.unserved_pct, 100.0 * 2.0 / 6.0);
    assert!(figures.sat_time_pct < 1e-9, "its vCPUs were enough");
}

/// At first each has the 4608 MiB that are the last step within 57 % of 8 GiB, of 19 660 on their
/// host: 3584 more do not fit, until another gives as much back in the same tick.
#[test]
fn a_host_denies_what_it_does_not_have() {
    let ask = |at, vm, mib| (at, Ask::Memory(vm, mib));
    let asks = vec![ask(10.0, 0, 8192), ask(50.0, 1, 1024), ask(50.0, 0, 8192), ask(80.0, 0, 8192)];
    let mut script = Script { asks, ..Script::default() };
    let rows = [[100.0_f32; 4]; 12];
    let figures = run(&trace(10, &[[1.0; 4]; 12], &rows), tight(1), &mut script);
    let last = &script.seen.last().unwrap().1;
    assert_eq!(last.iter().map(|vm| vm.memory).collect::<Vec<_>>(), [8192, 1024, 4608, 4608]);
    near(figures.denied, 2.0 / (4.0 * 120.0 / 86_400.0));
}

/// The planner is told of hosts that may be filled ten times, so that only they themselves refuse.
#[test]
fn growing_vms_never_have_more_than_their_hosts() {
    let rows: Vec<[f32; 6]> = (0..200_u8).map(|at| [2000.0 + 29.0 * f32::from(at); 6]).collect();
    let trace = trace(60, &[[1.0; 6]; 200], &rows);
    let engine = Engine::new(&trace, tight(2)).unwrap();
    let (fleet, mut grown) = (engine.fleet().clone(), 0);
    let hear = |_: f64, seen: &[crate::Seen], asks: &[Ask]| {
        grown += asks.len();
        for (at, host) in fleet.hosts.iter().enumerate() {
            let here = fleet.vms.iter().zip(seen).filter(|(vm, _)| vm.host == at);
            let sum: f64 = here.map(|(_, seen)| f64::from(seen.memory)).sum();
            assert!(sum <= host.memory.unwrap(), "{sum} of {host:?}");
        }
    };
    let mut rules = rules();
    rules.planner.max_host_memory = 1000.0;
    rules.planner.memory_overcommit = 10.0;
    let policy = Driver::new(engine.fleet(), &rules).unwrap();
    let figures = engine.run("x", &mut Spy { policy, hear }, &mut |_| ());
    assert!(grown > 0 && figures.mem_acts > 0.0 && figures.denied > 0.0);
}

#[test]
fn a_world_that_cannot_be_is_refused() {
    let trace = trace(60, &[[1.0, 1.0]], &[]);
    for (world, text) in [
        (World { tick: 31, ..WORLD }, "a tick of 31 s: 1 to 30 s"),
        (World { tick: 0, ..WORLD }, "a tick of 0 s"),
        (tight(0), "0 hosts: 1 to 2"),
        (tight(3), "3 hosts: 1 to 2"),
    ] {
        let error = Engine::new(&trace, world).unwrap_err().to_string();
        assert!(error.starts_with(text), "{error}");
    }
}
