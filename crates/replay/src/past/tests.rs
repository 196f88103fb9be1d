use super::*;
use crate::{Engine, Figures, Still};

const BEGIN: u64 = 1_800_000_000;

fn block(at: u64, mean: f64, most: f64, vcpus: u32) -> Block {
    let cpu = Some(Span { mean, most, plugged: vcpus });
    let memory = Some(Span { mean: 1000.0, most: 1100.0, plugged: 2048 });
    Block { begin: BEGIN + at, seconds: 300, cpu, memory }
}

fn past(blocks: &[Block]) -> Past {
    Past::new("101", blocks, (4, 4096)).unwrap()
}

fn cores(past: &Past) -> Vec<f32> {
    (0..past.trace().steps()).map(|step| past.trace().cpu(step)[0]).collect()
}

#[test]
fn mean_and_highest_of_each_block_are_what_was_measured() {
    let past = past(&[block(0, 0.5, 1.5, 2), block(300, 1.0, 1.0, 2)]);
    let cores = cores(&past);
    assert_eq!(cores.len(), 60);
    for (block, (mean, most)) in cores.chunks(30).zip([(0.5, 1.5), (1.0, 1.0)]) {
        assert!((block.iter().sum::<f32>() / 30.0 - mean).abs() < 1e-5, "{block:?}");
        assert!((block.iter().copied().fold(0.0, f32::max) - most).abs() < 1e-6, "{block:?}");
    }
    let memory: Vec<f32> = (0..60).map(|step| past.trace().memory(step)[0]).collect();
    // The world adds what a guest needs beside its programs, which the journal's figure has.
    assert!((memory[0] - 844.0).abs() < 1e-3 && memory[1] < 744.0, "{memory:?}");
    assert_eq!((past.trace().vms[0].vcpus, past.trace().vms[0].memory), (4.0, 4096.0));
    assert!((past.measured() - 600.0).abs() < 1e-9);
}

#[test]
fn a_gap_is_a_gap() {
    let past = past(&[block(0, 0.5, 0.5, 2), block(1500, 0.5, 0.5, 2)]);
    let cores = cores(&past);
    assert_eq!((cores.len(), cores.iter().filter(|cores| cores.is_nan()).count()), (180, 120));
    assert!(cores[30..150].iter().all(|cores| cores.is_nan()));
    assert!((past.measured() - 600.0).abs() < 1e-9);
}

#[test]
fn what_was_told_already_or_not_measured_is_left_out() {
    let unmeasured = Block { cpu: None, ..block(600, 0.0, 0.0, 2) };
    let set_back = block(100, 9.0, 9.0, 2);
    let past = past(&[block(0, 0.5, 0.5, 2), block(300, 0.5, 0.5, 2), unmeasured, set_back]);
    assert_eq!((past.left_out(), past.trace().steps()), (2, 60));
    assert!(Past::new("101", &[unmeasured], (4, 4096)).is_err());
    let late = Block { begin: u64::MAX, ..block(0, 0.5, 0.5, 2) };
    let apart = Past::new("101", &[block(0, 0.5, 0.5, 2), late], (4, 4096)).unwrap_err();
    assert!(apart.to_string().contains("a clock was set"), "{apart}");
}

fn played(past: &Past) -> [Figures; 2] {
    let world = World { tick: 10, warmup: Some(300.0), cache_fill: 0.0, hosts: None };
    let engine = Engine::new(past.trace(), world).unwrap();
    let still = engine.run("static", &mut Still, &mut |_| ());
    [still, engine.run("as it was", &mut past.as_it_was(), &mut |_| ())]
}

/// Nothing that was used was not to be had, whichever way its size went.
#[test]
fn the_sizes_of_then_serve_what_was_used_then() {
    let blocks: Vec<Block> = (0..40)
        .map(|at| {
            let (used, vcpus) = if at % 10 < 5 { (0.9, 1) } else { (2.9, 3) };
            block(at * 300, used, used, vcpus)
        })
        .collect();
    let past = Past::new("101", &blocks, (1, 1024)).unwrap();
    let [still, was] = played(&past);
    assert_eq!((still.unserved_pct, was.unserved_pct), (0.0, 0.0));
    // Three times up and three times down, and one block later each time down.
    let days = 11_700.0 / 86_400.0;
    assert!((was.cpu_acts * days - 7.0).abs() < 1e-6, "{was:?}");
    let hours = |vcpus: f64, blocks: f64| vcpus * blocks * 300.0 / 3600.0;
    let had = hours(1.0, 4.0 + 3.0 * 4.0) + hours(3.0, 20.0 + 3.0);
    assert!((was.alloc_core_h - had).abs() < 0.01, "{} {had}", was.alloc_core_h);
    assert!(still.alloc_core_h > was.alloc_core_h);
}
