//! What one cycle of the planner costs: `cargo bench -p vm-autoscale-planner`.
#![allow(missing_docs, reason = "a benchmark")]
#![expect(clippy::expect_used, reason = "a benchmark without its fleet has nothing to measure")]

mod fleet;

use std::cell::RefCell;
use std::io::Write as _;
use std::time::Instant;

use divan::Bencher;
use divan::counter::ItemsCount;
use fleet::Fleet;

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
    cycles(bencher, vms, 0);
}

/// Samples advance, and every tenth VM is saturated: nodes are asked for room, VMs take turns.
#[divan::bench(args = SIZES, sample_size = 1)]
fn busy(bencher: Bencher<'_, '_>, vms: u32) {
    cycles(bencher, vms, SATURATED);
}

fn cycles(bencher: Bencher<'_, '_>, vms: u32, saturated: usize) {
    let fleet = Fleet::new(vms).expect("VM numbers");
    let watch = RefCell::new(fleet.watch(saturated));
    bencher
        .counter(ItemsCount::new(vms))
        .with_inputs(|| watch.borrow_mut().advance())
        .bench_local_values(|()| watch.borrow_mut().plan());
}

/// The medians over 50 cycles.
#[expect(clippy::disallowed_methods, reason = "only the planner itself must not read a clock")]
fn per_vm() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "\n{:>7}  {:>16}  {:>16}  {:>7}",
        "VMs", "steady, ns a VM", "busy, ns a VM", "changes"
    )?;
    for vms in SIZES {
        let fleet = Fleet::new(vms).expect("VM numbers");
        let median = |saturated| {
            let mut watch = fleet.watch(saturated);
            let mut times: Vec<_> = std::iter::repeat_with(|| {
                watch.advance();
                let begun = Instant::now();
                watch.plan();
                begun.elapsed()
            })
            .take(50)
            .collect();
            times.sort_unstable();
            let middle = times.get(25).copied().unwrap_or_default();
            (middle.as_secs_f64() * 1e9 / f64::from(vms), watch.decided().1)
        };
        let ((steady, _), (busy, changes)) = (median(0), median(SATURATED));
        writeln!(out, "{vms:>7}  {steady:>16.0}  {busy:>16.0}  {changes:>7}")?;
    }
    Ok(())
}
