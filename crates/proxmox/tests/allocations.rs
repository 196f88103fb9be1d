//! What reading a look takes of the allocator grows with the VMs and no faster.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

#[path = "../benches/parse/text.rs"]
mod text;

use allocation_counter::{AllocationInfo, measure};
use vm_autoscale_proxmox::ClusterRead;

fn read(vms: u32) -> AllocationInfo {
    let answer = text::cluster(vms);
    let mut read = None;
    let taken = measure(|| read = Some(ClusterRead::parse(&answer)));
    let read = read.unwrap().unwrap();
    let vms = usize::try_from(vms).unwrap();
    assert_eq!((read.vms.len(), read.guests.iter().count(), read.doubted), (vms, vms, 0));
    assert_eq!(read.nodes.len(), 32);
    taken
}

#[test]
fn allocations_are_linear_and_few() {
    let (few, many) = (read(500), read(5000));
    assert!(many.count_total * 10 <= few.count_total * 110, "{few:?} {many:?}");
    assert!(many.bytes_max * 10 <= few.bytes_max * 110, "{few:?} {many:?}");
    // A number and a name in the list, and the maps: the second copy is the same, and not read.
    assert!(many.count_total <= 5000 * 3, "{many:?}");
}
