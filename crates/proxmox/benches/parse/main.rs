//! What it costs to read one look at a cluster: `cargo bench -p vm-autoscale-proxmox`.
#![allow(missing_docs, reason = "a benchmark")]

mod text;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use vm_autoscale_proxmox::{ClusterRead, Error};

fn main() {
    divan::main();
}

/// VMs of a cluster of 32 nodes, all files and both copies.
#[divan::bench(args = [500, 5000])]
fn cluster_read(bencher: Bencher<'_, '_>, vms: u32) {
    let answer = text::cluster(vms);
    bencher
        .counter(ItemsCount::new(vms))
        .counter(BytesCount::of_str(&answer))
        .bench_local(|| -> Result<_, Error> { ClusterRead::parse(black_box(&answer)) });
}
