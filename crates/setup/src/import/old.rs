//! What the old file means: its values, with the old defaults where it says nothing.

mod address;
mod hosts;
mod limits;
mod log;
mod marks;
mod messages;
mod vms;

use std::collections::BTreeMap;
use std::net::IpAddr;

use vm_autoscale_config::{Environment, Foreign};

pub(crate) use self::hosts::Host;
pub(crate) use self::log::Log;
pub(crate) use self::messages::{Alerts, Gotify};
pub(crate) use self::vms::Vm;
use super::keys::{Tool, Verdict};
use super::reader::Reader;
use super::section::Section;

/// Where the addresses of names come from.
pub(crate) struct Names<'a> {
    /// Those that were given, by the host's name or address in the old file.
    pub(crate) given: BTreeMap<String, IpAddr>,
    /// Asks the resolver of this machine.
    pub(crate) resolve: &'a dyn Fn(&str) -> Vec<IpAddr>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Marks {
    pub(crate) high: f64,
    pub(crate) low: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Limits {
    pub(crate) cores: (u32, u32),
    pub(crate) ram: (u32, u32),
}

/// The whole of it.
#[derive(Debug)]
pub(crate) struct Old {
    /// Where it says so.
    pub(crate) dry_run: Option<bool>,
    pub(crate) cpu: Marks,
    pub(crate) ram: Marks,
    pub(crate) limits: Limits,
    pub(crate) check_interval: u32,
    pub(crate) scale_cooldown: u32,
    pub(crate) scale_down_after_cycles: u32,
    pub(crate) max_host_cpu: f64,
    pub(crate) max_host_ram: f64,
    pub(crate) hosts: Vec<Host>,
    pub(crate) vms: Vec<Vm>,
    pub(crate) log: Log,
    pub(crate) alerts: Option<Alerts>,
    pub(crate) gotify: Option<Gotify>,
    pub(crate) dedup: u32,
}

impl Old {
    /// What will be in the env file, of which nothing is known but that it must be there.
    pub(crate) fn secrets(&self) -> Environment {
        let alerts = self.alerts.iter().flat_map(Alerts::secrets);
        messages::environment(alerts.chain(self.gotify.iter().flat_map(Gotify::secrets)))
    }
}

/// Reads all of it; what is wrong is noted in the reader.
pub(crate) fn read(file: &Foreign, tool: Tool, names: &Names<'_>, reader: &mut Reader) -> Old {
    let root = Section::root(file.root());
    let marks = root.section("scaling_thresholds");
    let (cpu, ram) = (marks.section("cpu"), marks.section("ram"));
    let (cpu, ram) =
        (marks::read(reader, &cpu, (80.0, 20.0)), marks::read(reader, &ram, (85.0, 25.0)));
    let limits = limits::read(reader, &root);
    let hosts = hosts::read(reader, &root, names);
    let gate = root.section("host_limits");
    Old {
        dry_run: dry_run(reader, &root),
        cpu,
        ram,
        limits,
        check_interval: number(reader, &root, "check_interval", 86_400, 300),
        scale_cooldown: number(reader, &root, "scale_cooldown", 86_400, 300),
        scale_down_after_cycles: number(reader, &root, "scale_down_after_cycles", 1_000_000, 2),
        max_host_cpu: percent(reader, &gate, "max_host_cpu_percent", 90.0),
        max_host_ram: percent(reader, &gate, "max_host_ram_percent", 90.0),
        vms: vms::read(reader, &root, tool, &hosts, &vms::Above { cpu, ram, limits }),
        hosts,
        log: log::read(reader, &root),
        alerts: messages::alerts(reader, &root),
        gotify: messages::gotify(reader, &root),
        dedup: dedup(reader, &root),
    }
}

fn number(reader: &mut Reader, root: &Section<'_>, key: &str, max: u32, default: u32) -> u32 {
    let said = reader.integer(root, key, &(0..=max));
    if said == Some(0) {
        let now = format!("config.yaml: {key}: 1, the least there is");
        reader.instead(key.to_owned(), Verdict::Replaced, now);
    }
    reader.or(root, key, said, default).max(1)
}

fn percent(reader: &mut Reader, section: &Section<'_>, key: &str, default: f64) -> f64 {
    let said = reader.percent(section, key);
    reader.or(section, key, said, default)
}

fn dry_run(reader: &mut Reader, root: &Section<'_>) -> Option<bool> {
    let said = reader.boolean(root, "dry_run")?;
    let note = if said {
        "nothing is changed, whatever any `mode` says, and what would be is said by `plan` and the \
         log: no message tells it by mail or Gotify"
    } else {
        "but `mode: observe` changes nothing either: `full` is what the old program did; go there by \
         `recommend` and `up-only`"
    };
    reader.note("dry_run".to_owned(), note);
    Some(said)
}

fn dedup(reader: &mut Reader, root: &Section<'_>) -> u32 {
    let said = reader.integer(root, "notification_dedup_seconds", &(0..=604_800));
    reader.or(root, "notification_dedup_seconds", said, 900)
}
