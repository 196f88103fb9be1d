//! `/etc/pve/.rrd`: the last measurement of every guest and node of a cluster, one line each.
//!
//! `key:v0:v1:…`, `U` or nothing where undefined. Proxmox 7 and 8 write `pve2.3-vm/ID` and
//! `pve2-node/NAME`, 9 writes `pve-vm-9.0/ID` and `pve-node-9.0/NAME` with more columns
//! (`pmxcfs/status.c`, `PVE/API2Tools.pm`).

use crate::{NodeName, VmId};

/// One whole line.
#[derive(Debug, Clone, PartialEq)]
pub enum RrdLine {
    /// Of a node.
    Node(NodeName, NodeLine),
    /// Of a VM or a container.
    Vm(VmId, VmLine),
}

/// What pvestatd measured of a guest.
#[derive(Debug, Clone, PartialEq)]
pub struct VmLine {
    /// Age of the QEMU process in seconds; a live migration resets it, a reboot inside the guest does not.
    pub uptime: u64,
    /// Running or not.
    pub status: VmStatus,
    /// Whether it is a template.
    pub template: bool,
    /// When it was measured, in seconds since 1970 by the node's clock.
    pub ctime: u64,
    /// vCPUs by the config.
    pub maxcpu: Option<f64>,
    /// CPU time used per second and vCPU; above 1.0 where I/O threads add to it.
    pub cpu: Option<f64>,
    /// Memory in bytes: what QEMU has where a balloon device answers, else the config's.
    pub maxmem: Option<f64>,
    /// Used memory in bytes, page cache included; the process's resident size without balloon statistics.
    pub mem: Option<f64>,
}

/// Whether a guest runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VmStatus {
    /// It runs.
    Running,
    /// Anything else.
    NotRunning,
}

/// What pvestatd measured of a node.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeLine {
    /// Seconds since boot.
    pub uptime: u64,
    /// When it was measured, in seconds since 1970 by the node's clock.
    pub ctime: u64,
    /// Logical CPUs.
    pub maxcpu: Option<f64>,
    /// Share of them that is busy, 0 to 1.
    pub cpu: Option<f64>,
    /// Memory in bytes.
    pub memtotal: Option<f64>,
    /// Used memory in bytes.
    pub memused: Option<f64>,
}

impl RrdLine {
    /// Whether it speaks of a node or a guest, in whatever format: there are lines of storages, too.
    #[must_use]
    pub fn is_meant(line: &str) -> bool {
        let family = line.split_once('/').map(|(family, _)| family);
        family.is_some_and(|family| family.contains("-vm") || family.contains("-node"))
    }

    /// Reads one line; `None` unless it is whole: a known key, its number of columns, and every
    /// number a finite one that is not negative.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let (key, values) = line.split_once(':')?;
        let (family, name) = key.split_once('/')?;
        let (mut columns, mut count) = ([""; MOST], 0);
        for column in values.split(':') {
            *columns.get_mut(count)? = column;
            count += 1;
        }
        let columns = columns.get(..count)?;
        match (family, count) {
            ("pve2.3-vm", 15) | ("pve-vm-9.0", MOST) => {
                Some(Self::Vm(name.parse().ok()?, VmLine::parse(columns)?))
            }
            ("pve2-node", 15) | ("pve-node-9.0", MOST) => {
                Some(Self::Node(name.try_into().ok()?, NodeLine::parse(columns)?))
            }
            _ => None,
        }
    }
}

impl VmLine {
    fn parse(columns: &[&str]) -> Option<Self> {
        let [uptime, _name, status, template, ctime, rest @ ..] = columns else {
            return None;
        };
        let [maxcpu, cpu, maxmem, mem, ..] = numbers(rest)?;
        Some(Self {
            uptime: uptime.parse().ok()?,
            status: if *status == "running" { VmStatus::Running } else { VmStatus::NotRunning },
            template: *template == "1",
            ctime: ctime.parse().ok()?,
            maxcpu,
            cpu,
            maxmem,
            mem,
        })
    }
}

impl NodeLine {
    fn parse(columns: &[&str]) -> Option<Self> {
        let [uptime, _sublevel, ctime, rest @ ..] = columns else {
            return None;
        };
        let [_loadavg, maxcpu, cpu, _iowait, memtotal, memused, ..] = numbers(rest)?;
        Some(Self {
            uptime: uptime.parse().ok()?,
            ctime: ctime.parse().ok()?,
            maxcpu,
            cpu,
            memtotal,
            memused,
        })
    }
}

/// Columns that a line has at most.
const MOST: usize = 22;

/// Every column, undefined ones as `None`; `None` altogether when one is no number.
fn numbers(columns: &[&str]) -> Option<[Option<f64>; MOST]> {
    let mut numbers = [None; MOST];
    for (number, text) in numbers.iter_mut().zip(columns) {
        *number = match *text {
            "U" | "" => None,
            text => Some(plain(text)?),
        };
    }
    Some(numbers)
}

/// A finite number that is not negative, in digits.
fn plain(text: &str) -> Option<f64> {
    let is_plain =
        text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    let value: f64 = is_plain.then(|| text.parse().ok())??;
    (value.is_finite() && value >= 0.0).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE9: &str = "pve-node-9.0/pve1:10000::1795297232:0.5:16:0.25:0.01:68719476736:34359738368:0:0:100000000:5000000:1:2:30000000000:0:1.5:0.1:0.0:0.2:0.1";
    const VM9: &str = "pve-vm-9.0/101:500:vm101:running:0:1795297232:2:0.83:2147483648:1900000000:0:0:11:22:33:44:1950000000:12.5:0.3:0:0:3.2:1.1";
    const VM8: &str =
        "pve2.3-vm/102:500:vm102:running:0:1795297232:2:0.13:2147483648:900000000:0:0:11:22:33:44";

    fn vm(line: &str) -> VmLine {
        match RrdLine::parse(line) {
            Some(RrdLine::Vm(_, vm)) => vm,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn both_column_sets() {
        assert_eq!(vm(VM9).cpu, Some(0.83));
        let old = vm(VM8);
        assert_eq!((old.uptime, old.ctime, old.status), (500, 1_795_297_232, VmStatus::Running));
        assert_eq!(
            (old.maxcpu, old.maxmem, old.mem),
            (Some(2.0), Some(2_147_483_648.0), Some(900_000_000.0))
        );
        let Some(RrdLine::Node(name, node)) = RrdLine::parse(NODE9) else { panic!() };
        assert_eq!(
            (name.as_str(), node.cpu, node.memused),
            ("pve1", Some(0.25), Some(34_359_738_368.0))
        );
        let old = NODE9
            .replace("pve-node-9.0", "pve2-node")
            .split(':')
            .take(16)
            .collect::<Vec<_>>()
            .join(":");
        assert!(matches!(RrdLine::parse(&old), Some(RrdLine::Node(..))));
    }

    #[test]
    fn undefined_is_absent_not_zero() {
        let line = vm(&VM8.replace(":0.13:", ":U:").replace(":900000000:", "::"));
        assert_eq!((line.cpu, line.mem), (None, None));
    }

    #[test]
    fn every_column_counts() {
        for (from, to) in [
            (":0.13:", ":0.1x:"),
            (":0.13:", ":-0.1:"),
            (":0.13:", ":nan:"),
            (":0.13:", ":inf:"),
            (":44", ":4 4"),
            (":44", ""),
            (":44", ":44:1"),
            ("/102:", "/1:"),
            ("pve2.3", "pve2.4"),
            (":1795297232:", ":U:"),
            ("102:500:", "102::"),
            (":900000000:", ":1e999:"),
        ] {
            assert_eq!(RrdLine::parse(&VM8.replacen(from, to, 1)), None, "{from} -> {to}");
        }
    }
}
