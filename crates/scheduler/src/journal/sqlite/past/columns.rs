//! What VMs used, put into columns while it is read.

use rusqlite::Row;
use vm_autoscale_proxmox::ClusterName;

use super::line::Line;
use super::{Found, FoundCluster, Reading};
use crate::VmUse;
use crate::journal::sqlite::fault::Fault;
use crate::journal::sqlite::samples::written;
use crate::journal::sqlite::value::{name, number};
use crate::past::{Column, ColumnUse, PastOrder};
use crate::samples::{Reader, Used};

/// What is added up of one VM in one column.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cell {
    cpu: Sum,
    memory: Sum,
}

/// In percent of what was plugged.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    seconds: f64,
    total: f64,
    most: f64,
    plugged: u32,
    saturated: bool,
}

/// A part of a block: the column, and how many seconds of it.
type Part = (usize, u32);

/// Reads all that touches the time.
pub(super) fn read(reading: &mut Reading<'_>, found: &mut Found) -> Result<(), Fault> {
    let query = "SELECT cluster, moment, wall, seconds, body, sum FROM samples \
                 WHERE wall > ?1 AND wall - seconds < ?2 ORDER BY id";
    let mut statement = reading.connection.prepare(query)?;
    let mut rows = statement.query([number(reading.order.since), number(reading.order.until)])?;
    while let Some(row) = rows.next()? {
        let cluster = row.get(0).map_err(Fault::from).and_then(name::<ClusterName>);
        let Some(cluster) = cluster.ok().filter(|cluster| reading.wants(cluster)) else { continue };
        let to = found.entry(cluster.clone()).or_default();
        if block(reading, row, &cluster, to).is_none() {
            to.unreadable = to.unreadable.saturating_add(1);
        }
    }
    Ok(())
}

/// Adds a row; nothing where it says something else than was written.
fn block(
    reading: &mut Reading<'_>,
    row: &Row<'_>,
    cluster: &ClusterName,
    to: &mut FoundCluster,
) -> Option<()> {
    let (end, seconds, body) = written(row, cluster.as_str())?;
    let begin = end.saturating_sub(u64::from(seconds).max(1));
    let parts = parts(reading.order, begin, end);
    let is_wanted = |vm: &VmUse| reading.wanted.is_empty() || reading.wanted.contains(&vm.vmid);
    let vms = Reader::new(body).ok()?.map(|vm| vm.map(|(vm, _)| vm));
    let vms = vms.filter(|vm| vm.as_ref().map_or(true, is_wanted));
    // All of it is read first, so that a torn one is not believed in part.
    let vms: Vec<VmUse> = vms.collect::<Result<_, _>>().ok()?;
    for vm in vms {
        let line = to.vms.entry(vm.vmid).or_default();
        line.used_by(vm.who, begin);
        if has_cells(reading, line) {
            for part in &parts {
                line.add(&vm, *part);
            }
        }
    }
    Some(())
}

/// Whether there are columns for this VM, which are made where there is room for them.
fn has_cells(reading: &mut Reading<'_>, line: &mut Line) -> bool {
    let points = reading.order.points.try_into().unwrap_or(usize::MAX);
    if line.cells.is_empty() {
        let Some(left) = reading.bounds.columns.checked_sub(points) else {
            reading.truncated = true;
            return false;
        };
        reading.bounds.columns = left;
        line.cells = vec![Cell::default(); points];
    }
    true
}

/// In which columns a block lies. What it says is taken to hold for all of its time.
fn parts(order: &PastOrder, begin: u64, end: u64) -> Vec<Part> {
    let PastOrder { since, until, points, .. } = *order;
    let (span, points) = (until - since, u64::from(points));
    let (begin, end) = (begin.max(since) - since, end.min(until).saturating_sub(since));
    let column = |second: u64| second * points / span;
    // The first second of a column, since `since`.
    let edge = |column: u64| (column * span).div_ceil(points);
    let mut parts = Vec::new();
    if begin >= end {
        return parts;
    }
    for at in column(begin)..=column(end - 1) {
        let seconds = end.min(edge(at + 1)).saturating_sub(begin.max(edge(at)));
        if let (Ok(at), Ok(seconds @ 1..)) = (at.try_into(), seconds.try_into()) {
            parts.push((at, seconds));
        }
    }
    parts
}

impl Line {
    fn add(&mut self, vm: &VmUse, (column, seconds): Part) {
        let Some(cell) = self.cells.get_mut(column) else { return };
        cell.cpu.add(vm.cpu, 1000.0, seconds);
        cell.memory.add(vm.memory, 1.0, seconds);
    }
}

impl Cell {
    pub(super) fn told(&self) -> Column {
        Column { cpu: self.cpu.told(), memory: self.memory.told() }
    }
}

impl Sum {
    fn add(&mut self, used: Option<Used>, parts: f64, seconds: u32) {
        let Some(Used { mean, most, plugged, saturated, .. }) = used else { return };
        let (whole, seconds) = (f64::from(plugged) * parts / 100.0, f64::from(seconds));
        // Nothing was plugged: there is nothing to be a part of.
        if plugged == 0 {
            return;
        }
        self.seconds += seconds;
        self.total += f64::from(mean) / whole * seconds;
        self.most = self.most.max(f64::from(most) / whole);
        self.plugged = plugged;
        self.saturated |= saturated;
    }

    fn told(&self) -> Option<ColumnUse> {
        let Self { seconds, total, most, plugged, saturated } = *self;
        let tenth = |percent: f64| (percent * 10.0).round() / 10.0;
        let told =
            || ColumnUse { mean: tenth(total / seconds), most: tenth(most), plugged, saturated };
        (seconds > 0.0).then(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(since: u64, until: u64, points: u32) -> PastOrder {
        let (vms, cluster, events, decisions) = (vec![], None, false, false);
        PastOrder { vms, cluster, since, until, points, events, decisions, limit: 0 }
    }

    #[test]
    fn every_second_of_a_block_is_in_one_column() {
        let hour = order(1000, 4600, 12);
        assert_eq!(parts(&hour, 1000, 1300), [(0, 300)]);
        assert_eq!(parts(&hour, 1200, 1500), [(0, 100), (1, 200)]);
        assert_eq!(parts(&hour, 700, 1001), [(0, 1)]);
        assert_eq!(parts(&hour, 4500, 9000), [(11, 100)]);
        assert_eq!((parts(&hour, 700, 1000), parts(&hour, 4600, 4900)), (vec![], vec![]));
        // Columns that are no whole seconds wide, and narrower than a block.
        let odd = parts(&order(0, 100, 7), 0, 100);
        assert_eq!(odd.iter().map(|(_, seconds)| seconds).sum::<u32>(), 100);
        assert_eq!(odd.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6]);
        assert!(odd.iter().all(|(_, seconds)| (14..=15).contains(seconds)), "{odd:?}");
    }

    #[test]
    fn a_column_says_the_mean_by_time_and_the_highest() {
        let used = |mean, most, plugged, saturated| {
            Some(Used { samples: 30, mean, most, plugged, saturated })
        };
        let mut sum = Sum::default();
        assert_eq!(sum.told(), None);
        sum.add(None, 1000.0, 300);
        sum.add(used(10, 20, 0, true), 1000.0, 300);
        assert_eq!(sum.told(), None);
        // 1 of 2 vCPUs for 300 s, then 1 of 4 for 100 s.
        sum.add(used(1000, 1900, 2, true), 1000.0, 300);
        sum.add(used(1000, 1200, 4, false), 1000.0, 100);
        let told = ColumnUse { mean: 43.8, most: 95.0, plugged: 4, saturated: true };
        assert_eq!(sum.told(), Some(told));
    }
}
