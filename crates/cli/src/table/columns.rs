//! The VMs' lines: columns as wide as they must be, and where they do not fit, without what is
//! needed least.

use vm_autoscale_scheduler::{ClusterStatus, VmStatus};

use super::cells;

/// What the last column has at least: it says what is wrong.
const LEAST: usize = 24;
/// A name that is longer is cut.
const NAME: usize = 16;

type Cell = fn(&VmStatus, Option<u64>) -> String;

/// A column but for the last one.
struct Column {
    head: &'static str,
    cell: Cell,
    /// Whether numbers stand below each other.
    right: bool,
    /// The lowest goes first where there is no room; the highest never does.
    need: u8,
}

const COLUMNS: [Column; 8] = [
    Column { head: "VMID", cell: |vm, _| vm.vmid.to_string(), right: true, need: 9 },
    Column { head: "NAME", cell: |vm, _| cells::name(vm), right: false, need: 5 },
    Column { head: "NODE", cell: |vm, _| vm.node.to_string(), right: false, need: 4 },
    Column { head: "MODE", cell: |vm, _| vm.mode.clone(), right: false, need: 3 },
    Column { head: "vCPU", cell: |vm, _| cells::vcpus(vm), right: false, need: 7 },
    Column { head: "GiB", cell: |vm, _| cells::memory(vm), right: false, need: 6 },
    Column { head: "SIGNAL", cell: |vm, _| cells::signal(vm), right: false, need: 1 },
    Column { head: "LAST", cell: cells::last, right: false, need: 2 },
];

/// A head and a line for each VM; the last column is as long as it is.
pub(super) fn lines(cluster: &ClusterStatus, width: usize, now: Option<u64>) -> Vec<String> {
    let mut columns: Vec<(&Column, Vec<String>, usize)> = COLUMNS
        .iter()
        .map(|column| {
            let cells: Vec<String> = cluster.vms.iter().map(|vm| (column.cell)(vm, now)).collect();
            let most = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or_default();
            (column, cells, most.max(column.head.len()))
        })
        .collect();
    shorten_names(&mut columns, width);
    while taken(&columns) + LEAST > width && columns.len() > 1 {
        let least = columns.iter().map(|(column, ..)| column.need).min().unwrap_or_default();
        columns.retain(|(column, ..)| column.need != least);
    }
    let head = columns.iter().map(|(column, _, wide)| padded(column.head, *wide, column.right));
    let head = head.chain(["STATE".to_owned()]).collect::<Vec<_>>().join(" ");
    let line = |(at, vm): (usize, &VmStatus)| {
        let cells = columns.iter().map(|(column, cells, wide)| {
            padded(cells.get(at).map_or("", String::as_str), *wide, column.right)
        });
        cells.chain([cells::state(vm, now)]).collect::<Vec<_>>().join(" ")
    };
    std::iter::once(head).chain(cluster.vms.iter().enumerate().map(line)).collect()
}

/// Before anything is left out; ten letters still tell names apart.
fn shorten_names(columns: &mut [(&Column, Vec<String>, usize)], width: usize) {
    let over = (taken(columns) + LEAST).saturating_sub(width);
    let Some((_, names, wide)) = columns.iter_mut().find(|(column, ..)| column.need == 5) else {
        return;
    };
    let most = wide.saturating_sub(over).clamp(10, NAME);
    for name in names {
        *name = name.chars().take(most).collect();
    }
    *wide = (*wide).min(most);
}

fn taken(columns: &[(&Column, Vec<String>, usize)]) -> usize {
    columns.iter().map(|(_, _, wide)| wide + 1).sum()
}

fn padded(text: &str, wide: usize, right: bool) -> String {
    if right { format!("{text:>wide$}") } else { format!("{text:<wide$}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::cells::tests::vm;

    fn cluster(vms: Vec<VmStatus>) -> ClusterStatus {
        let cluster = serde_json::json!({
            "name": "home", "answered_by": null, "problem": null, "looks": 1, "look_ms": 1,
            "nodes": [], "vms": [],
        });
        ClusterStatus { vms, ..serde_json::from_value(cluster).unwrap() }
    }

    #[test]
    fn what_is_needed_least_goes_first() {
        let of = |width| lines(&cluster(vec![vm("53.1 % used", "60.0 % used")]), width, Some(1000));
        assert_eq!(
            of(105),
            [
                "     VMID NAME       NODE MODE      vCPU         GiB      SIGNAL     LAST        STATE",
                "999999999 a-name-tha pve1 recommend 128 (1..128) ? (4..8) balloon 8s +1 vCPU 14m cpu 53.1 % used | mem 60.0 % used",
            ]
        );
        for (width, without) in [
            (100, "SIGNAL"),
            (90, "LAST"),
            (80, "MODE"),
            (70, "NODE"),
            (60, "NAME"),
            (50, "GiB"),
            (40, "vCPU"),
        ] {
            let head = of(width).remove(0);
            assert!(!head.contains(without), "{width}: {head}");
            assert!(head.contains("VMID") && head.ends_with("STATE"), "{head}");
        }
        let wide = of(160).remove(1);
        assert!(wide.contains("a-name-that-is-t"), "{wide}");
    }
}
