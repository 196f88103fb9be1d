//! The columns of the table, and which of them a narrow screen has room for.

use vm_autoscale_scheduler::VmStatus;

use super::trail::{HOURS, Trail};
use crate::table::{self, gib};

/// What a row is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) vm: &'a VmStatus,
    pub(crate) trail: Option<&'a Trail>,
    /// Seconds since 1970; nothing where the report is not of now.
    pub(crate) now: Option<u64>,
}

/// One column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) title: &'static str,
    pub(crate) width: u16,
    pub(crate) right: bool,
    /// The lower, the sooner it goes where there is no room.
    keep: u8,
    pub(crate) cell: fn(Row<'_>) -> String,
}

/// The least that the state has.
const STATE: u16 = 11;
/// `HOURS` as a width.
const TRAIL: u16 = 24;
const _: () = assert!(HOURS == 24);

const COLUMNS: [Column; 11] = [
    column("VMID", 5, true, 9, |row| row.vm.vmid.to_string()),
    column("NAME", 10, false, 6, |row| row.vm.name.clone().unwrap_or_else(|| "-".to_owned())),
    column("NODE", 7, false, 1, |row| row.vm.node.to_string()),
    column("MODE", 5, false, 2, |row| mode(&row.vm.mode).to_owned()),
    column("vCPU", 4, true, 8, |row| number(row.vm.vcpus)),
    column("min..max", 8, false, 3, |row| bounds(row.vm.vcpus_bounds, |n| n.to_string())),
    column("USE", 4, true, 7, |row| percent(row.vm.cpu_used)),
    column("GiB", 5, true, 8, |row| row.vm.memory.map_or_else(unknown, gib)),
    column("min..max", 9, false, 3, |row| bounds(row.vm.memory_bounds, gib)),
    column("USE", 4, true, 7, |row| percent(row.vm.memory_used)),
    column("USE IN 24 h, ▲▼ CHANGED", TRAIL, false, 5, |row| {
        row.trail.map(Trail::line).unwrap_or_default()
    }),
];

const fn column(
    title: &'static str,
    width: u16,
    right: bool,
    keep: u8,
    cell: fn(Row<'_>) -> String,
) -> Column {
    Column { title, width, right, keep, cell }
}

/// Those that fit, and how wide the state is after them.
pub(crate) fn fitting(width: u16) -> (Vec<Column>, u16) {
    let mut columns = COLUMNS.to_vec();
    let taken = |columns: &[Column]| columns.iter().map(|column| column.width + 1).sum::<u16>();
    while taken(&columns) + STATE > width {
        let least = columns.iter().map(|column| column.keep).min().unwrap_or_default();
        if columns.len() <= 1 {
            break;
        }
        columns.retain(|column| column.keep > least);
    }
    let state = width.saturating_sub(taken(&columns));
    (columns, state)
}

/// What is done or would be, or why nothing is, beginning with what matters where it is cut.
pub(crate) fn state(row: Row<'_>) -> String {
    let VmStatus { cpu, memory_decision, blocked: [cpu_blocked, memory_blocked], .. } = row.vm;
    let both = [(cpu, cpu_blocked), (memory_decision, memory_blocked)];
    let moves = both.iter().any(|(text, _)| text.contains(" -> "));
    let blocked = both.iter().find(|(_, blocked)| **blocked && !moves);
    blocked.map_or_else(|| table::state(row.vm, row.now), |(text, _)| (*text).clone())
}

/// Short enough for a column.
fn mode(mode: &str) -> &str {
    match mode {
        "observe" => "obs",
        "recommend" => "rec",
        "up-only" => "up",
        other => other,
    }
}

fn unknown() -> String {
    "?".to_owned()
}

fn number(number: Option<u32>) -> String {
    number.map_or_else(unknown, |number| number.to_string())
}

fn percent(percent: Option<f64>) -> String {
    percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent:.0}%"))
}

fn bounds(bounds: Option<(u32, u32)>, told: impl Fn(u32) -> String) -> String {
    bounds.map(|(min, max)| format!("({}..{})", told(min), told(max))).unwrap_or_default()
}
