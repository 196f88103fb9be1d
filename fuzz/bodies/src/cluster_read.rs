//! What a node says of its cluster.

use vm_autoscale_node::Listing;
use vm_autoscale_proxmox::{
    ClusterRead, GuestKind, Members, NodeLine, PmxcfsVersion, RrdLine, VmId, VmLine, VmList,
};

const RRD: &str = "/etc/pve/.rrd:";

/// # Panics
/// A figure is believed that is none, of no VM, or that only one of the two copies has.
pub fn cluster_read(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    parts(&text);
    let listed = listing(&text);
    let Ok(read) = ClusterRead::parse(&text) else { return };
    if let Some(list) = listed {
        let of =
            |list: &VmList| list.iter().map(|(id, entry)| (id, entry.clone())).collect::<Vec<_>>();
        assert_eq!(of(&list), of(&read.guests), "the helper and the scheduler see the same guests");
    }
    let lines: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix(RRD)).collect();
    let copies = |wanted: &RrdLine| {
        lines.iter().filter(|line| RrdLine::parse(line).as_ref() == Some(wanted)).count()
    };
    for (id, line) in &read.vms {
        assert_eq!(read.guests.get(*id).map(|guest| guest.kind), Some(GuestKind::Qemu));
        assert!(copies(&RrdLine::Vm(*id, line.clone())) >= 2, "{id} {line:?}");
    }
    for (name, line) in &read.nodes {
        assert!(copies(&RrdLine::Node(name.clone(), line.clone())) >= 2, "{name} {line:?}");
    }
    // A banner before the answer and noise behind it say nothing.
    let noisy = format!("Welcome\n/etc/motd:{{\n{text}\nConnection closed\n");
    assert_eq!(ClusterRead::parse(&noisy), Ok(read));
}

/// What the helper makes of it as it passes, in whatever pieces of whole lines.
fn listing(text: &str) -> Option<VmList> {
    let (mut whole, mut lines) = (Listing::default(), Listing::default());
    whole.take(text);
    text.split_inclusive('\n').for_each(|line| lines.take(line));
    let (whole, lines) = (whole.end(), lines.end());
    assert_eq!(whole, lines);
    Some(whole?.1)
}

/// Each file by itself, and each line.
fn parts(text: &str) {
    let _ = (Members::parse(text), PmxcfsVersion::parse(text));
    if let Ok(list) = VmList::parse(text) {
        let with_itself = list.clone().agreed(&list);
        assert!(list.iter().all(|(id, entry)| with_itself.get(id) == Some(entry)));
        let with_none = list.clone().agreed(&VmList::default());
        assert_eq!(with_none.iter().count(), 0);
        assert!(list.iter().all(|(id, _)| with_none.names(id)), "what one copy has is not gone");
    }
    for line in text.lines() {
        rrd_line(line.strip_prefix(RRD).unwrap_or(line));
    }
}

fn rrd_line(line: &str) {
    let figures = match RrdLine::parse(line) {
        None => return,
        Some(RrdLine::Node(_, NodeLine { maxcpu, cpu, memtotal, memused, .. })) => {
            [maxcpu, cpu, memtotal, memused]
        }
        Some(RrdLine::Vm(id, VmLine { maxcpu, cpu, maxmem, mem, .. })) => {
            assert!(VmId::try_from(id.get()).is_ok());
            [maxcpu, cpu, maxmem, mem]
        }
    };
    assert!(figures.into_iter().flatten().all(|figure| figure.is_finite() && figure >= 0.0));
    let cut = line.rsplit_once(':').map_or("", |(begin, _)| begin);
    for other in [cut, &format!("{line}:0")] {
        assert_eq!(RrdLine::parse(other), None, "a line without its number of columns");
    }
}
