//! What one cycle of the planner costs: `cargo bench -p vm-autoscale-planner`.
#![allow(missing_docs, reason = "a benchmark")]
#![expect(clippy::expect_used, reason = "a benchmark without its fleet has nothing to measure")]

mod fleet;

use std::cell::RefCell;
use std::io::Write as _;
use std::time::{Duration, Instant};

use divan::Bencher;
use divan::counter::ItemsCount;
use fleet::{ADAPTIVE, Fleet, THRESHOLD, Watch};
use vm_autoscale_planner::{Moment, Needed, Past, PastBlock, PastUse, VmPolicy};

const SIZES: [u32; 4] = [100, 1000, 10_000, 100_000];
/// Of a hundred VMs, where there is much to do.
const SATURATED: usize = 10;

fn main() {
    divan::main();
    // divan has the rate; the promise is given as its inverse.
    per_vm().expect("standard output is there");
}

/// Samples advance, nothing is to be done.
#[divan::bench(args = SIZES, sample_size = 1)]
fn steady(bencher: Bencher<'_, '_>, vms: u32) {
    cycles(bencher, vms, &THRESHOLD, 0);
}

/// The same by what each VM used.
#[divan::bench(args = SIZES, sample_size = 1)]
fn adaptive(bencher: Bencher<'_, '_>, vms: u32) {
    cycles(bencher, vms, &ADAPTIVE, 0);
}

/// Samples advance, and every tenth VM is saturated: nodes are asked for room, VMs take turns.
#[divan::bench(args = SIZES, sample_size = 1)]
fn busy(bencher: Bencher<'_, '_>, vms: u32) {
    cycles(bencher, vms, &THRESHOLD, SATURATED);
}

/// What each VM is taught at a start: two days, block by block.
#[divan::bench(sample_size = 1)]
fn taught(bencher: Bencher<'_, '_>) {
    const BLOCKS: u32 = 576;
    let block = |number: u32| {
        let most = 1.0 + f64::from(number * 37 % 29) / 10.0;
        let needed = Some(Needed { most, jumps: 0.1 });
        let used = |most| Some(PastUse { samples: 30, mean: most / 2.0, most, needed });
        let (end, wall) = (Moment(number * Duration::from_secs(300)), 300 * u64::from(number));
        let (cpu, memory) = (used(most), used(1000.0 * most));
        PastBlock { end, wall, seconds: 300, cpu, memory }
    };
    let blocks: Vec<PastBlock> = (1..=BLOCKS).map(block).collect();
    bencher
        .counter(ItemsCount::new(BLOCKS))
        .with_inputs(|| Past::new(&ADAPTIVE).expect("its rules learn"))
        .bench_local_refs(|past| blocks.iter().for_each(|block| past.see(block)));
}

fn cycles(bencher: Bencher<'_, '_>, vms: u32, policy: &'static VmPolicy, saturated: usize) {
    let fleet = Fleet::new(vms).expect("VM numbers");
    let watch = RefCell::new(fleet.watch(policy, saturated));
    bencher
        .counter(ItemsCount::new(vms))
        .with_inputs(|| watch.borrow_mut().advance())
        .bench_local_values(|()| watch.borrow_mut().plan());
}

/// The nanoseconds that a VM takes: of a cycle, and on average over six of them, in which each VM's
/// windows are played once. Medians.
fn per_vm() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "\n{:>7}  {:>9}  {:>9}  {:>9}  {:>9}  {:>7}",
        "VMs", "rule", "saturated", "a cycle", "of six", "changes"
    )?;
    for (name, policy) in [("threshold", &THRESHOLD), ("adaptive", &ADAPTIVE)] {
        for (vms, saturated) in SIZES.iter().flat_map(|vms| [(*vms, 0), (*vms, SATURATED)]) {
            let fleet = Fleet::new(vms).expect("VM numbers");
            let mut watch = fleet.watch(policy, saturated);
            let times: Vec<f64> =
                std::iter::repeat_with(|| one(&mut watch) / f64::from(vms)).take(54).collect();
            let sixes = times.chunks(6).map(|six| six.iter().sum::<f64>() / 6.0);
            let (six, one) = (median(sixes.collect()), median(times.clone()));
            let changes = watch.decided().1;
            writeln!(
                out,
                "{vms:>7}  {name:>9}  {saturated:>7} %  {one:>9.0}  {six:>9.0}  {changes:>7}"
            )?;
        }
    }
    Ok(())
}

/// Nanoseconds of one cycle.
#[expect(clippy::disallowed_methods, reason = "only the planner itself must not read a clock")]
fn one(watch: &mut Watch<'_>) -> f64 {
    watch.advance();
    let begun = Instant::now();
    watch.plan();
    begun.elapsed().as_secs_f64() * 1e9
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}
