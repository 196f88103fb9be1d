//! How long a check takes: `cargo bench -p vm-autoscale-config`. Prints, asserts nothing about
//! time.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a benchmark"
)]

#[path = "../tests/support/large.rs"]
mod large;

use std::path::Path;
use std::time::{Duration, Instant};

use vm_autoscale_config::{Checked, SchedulerConfig};

fn main() {
    for (what, from, to) in [("good", "", ""), ("a problem in each VM", "up-only", "up-onyl")] {
        let text = large::large(5000).replace(from, to);
        let mut times: Vec<Duration> = (0..11)
            .map(|_| {
                let begun = Instant::now();
                let checked = Checked::<SchedulerConfig>::new(Path::new("c"), text.as_bytes());
                std::hint::black_box(checked.into_report());
                begun.elapsed()
            })
            .collect();
        times.sort();
        println!("5000 VMs, {} KiB, {what}: median {:?}", text.len() / 1024, times[5]);
    }
}
