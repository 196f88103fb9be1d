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

use vm_autoscale_config::{Checked, Environment, SchedulerConfig};

fn main() {
    let class = |at: u32| format!("- {{name: c{at}, select: ['@tag-{at}'], profile: steady}}\n");
    let classes = (0..50).map(class).collect::<String>();
    // Bounds that cross in every entry, with any of the classes.
    let crossing = classes.replace("profile: steady", "scaling_limits: {min_cores: 9}");
    let schedule = |at: u32| {
        format!(
            "- {{name: s{at}, at: '08:00', for: 1h, scaling_limits: {{max_cores: {}}}}}\n",
            4 + at % 4
        )
    };
    let schedules = (0..32).map(schedule).collect::<String>();
    let scheduled = format!("{classes}schedules:\n{schedules}");
    for (what, from, to, classes) in [
        ("good", "", "", None),
        ("a problem in each VM", "up-only", "up-onyl", None),
        ("good, and 50 classes that each may be of", "", "", Some(&classes)),
        ("crossing with each of 50 classes", "", "", Some(&crossing)),
        ("good, with 50 classes and 32 schedules of 4 kinds", "", "", Some(&scheduled)),
    ] {
        let classes = classes.map(|classes| format!("classes:\n{classes}")).unwrap_or_default();
        let text = large::large(5000).replace(from, to) + &classes;
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
    in_parts();
}

/// The same VMs in a hundred fragments, with a variable in each VM, and every value traced.
fn in_parts() {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("config.yaml");
    std::fs::write(&config, "mode: full\n").unwrap();
    std::fs::create_dir(directory.path().join("conf.d")).unwrap();
    for at in 0..100 {
        let text = large::vms(100 + at * 50, 50).replace("mode: up-only", "mode: ${MODE}");
        std::fs::write(directory.path().join(format!("conf.d/{at:02}.yaml")), text).unwrap();
    }
    let environment = Environment::new([("MODE".to_owned(), "up-only".to_owned())]);
    let check = || SchedulerConfig::check(&config, &environment).unwrap();
    let median = |work: &dyn Fn() -> usize| {
        let mut times: Vec<Duration> = (0..11)
            .map(|_| {
                let begun = Instant::now();
                std::hint::black_box(work());
                begun.elapsed()
            })
            .collect();
        times.sort();
        times[5]
    };
    let good = median(&|| check().finish().unwrap().virtual_machines.len());
    println!("5000 VMs in 100 fragments with variables, good: median {good:?}");
    println!("the same with every value traced: median {:?}", median(&|| check().entries().len()));
}
