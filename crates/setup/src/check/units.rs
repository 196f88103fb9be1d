//! What systemd makes of the units.

use std::collections::BTreeMap;
use std::path::Path;

use super::codes::{ACTIVE, AUDIT, ENABLED, RELOAD, RESTARTS, SYSTEMD};
use super::finding::Finding;
use super::heard::Heard;
use super::switches;

pub(super) const SCHEDULER: &str = "vm-autoscale.service";
pub(super) const HELPER: &str = "vm-autoscale-helper.service";
pub(super) const SOCKET: &str = "vm-autoscale-helper.socket";
/// The first with all that the units say.
const OLDEST: u32 = 252;
const ASKED: &str = "Id,LoadState,ActiveState,Result,UnitFileState,NeedDaemonReload,NRestarts,\
    DropInPaths,MainPID,IPAddressAllow";

/// A unit's properties.
pub(super) type Unit = BTreeMap<String, String>;

/// What systemd says.
#[derive(Debug, Clone, Default)]
pub(super) struct Units {
    /// Its version, where it is the first process.
    pub(super) systemd: Option<String>,
    pub(super) by_name: BTreeMap<String, Unit>,
    /// Whether there is an audit daemon, and whether it has rules of ours.
    pub(super) audit: (bool, bool),
}

pub(super) fn gather() -> Units {
    let runs = Path::new("/run/systemd/system").is_dir();
    let version = Heard::of("systemctl", &["--version"], 10).out;
    let asked = format!("--property={ASKED},{}", switches::NAMES.join(","));
    let words = ["show", &asked, SCHEDULER, HELPER, SOCKET];
    let rules = std::fs::read_dir("/etc/audit/rules.d").into_iter().flatten().flatten();
    let ours = |name: &str| name.contains("vm-autoscale");
    Units {
        systemd: runs.then(|| version.lines().next().unwrap_or_default().to_owned()),
        by_name: parsed(&Heard::of("systemctl", &words, 20).out),
        audit: (
            Path::new("/usr/sbin/auditctl").exists(),
            rules.take(1000).any(|rule| ours(&rule.file_name().to_string_lossy())),
        ),
    }
}

/// `NAME=VALUE` a line, an empty line between two units.
pub(super) fn parsed(text: &str) -> BTreeMap<String, Unit> {
    let unit = |text: &str| -> Unit {
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let units = text.split("\n\n").map(unit);
    units.filter_map(|unit| Some((unit.get("Id")?.clone(), unit))).collect()
}

impl Units {
    pub(super) fn of(&self, unit: &str, property: &str) -> &str {
        self.by_name.get(unit).and_then(|unit| unit.get(property)).map_or("", String::as_str)
    }
}

pub(super) fn judge(units: &Units) -> Vec<Finding> {
    let Some(version) = &units.systemd else {
        let help = "ps -p 1 -o comm=   (the programs run by hand, too: see README.md)";
        return vec![SYSTEMD.error("systemd is not the first process of this machine", help)];
    };
    let number = version.split_whitespace().nth(1).and_then(|it| it.parse::<u32>().ok());
    let mut found = vec![if number.is_some_and(|number| number >= OLDEST) {
        SYSTEMD.ok(version)
    } else {
        let said = format!("{version}: the units are for {OLDEST} and later");
        SYSTEMD.error(said, "apt-get update && apt-get install systemd")
    }];
    let disabled = [SOCKET, SCHEDULER].into_iter().filter(|unit| !is_enabled(units, unit));
    let disabled = disabled.map(|unit| {
        let said = format!("{unit} does not start with the machine");
        ENABLED.error(said, format!("systemctl enable {unit}"))
    });
    found.extend(ENABLED.unless(disabled.collect(), format!("{SOCKET}, {SCHEDULER}")));
    let down = [SOCKET, HELPER, SCHEDULER].into_iter().filter_map(|unit| down(units, unit));
    found.extend(ACTIVE.unless(down.collect(), "all three"));
    found.extend(told(units));
    found.push(audit(units.audit));
    found.extend(switches::judge(units));
    found
}

fn is_enabled(units: &Units, unit: &str) -> bool {
    units.of(unit, "UnitFileState") == "enabled"
}

fn down(units: &Units, unit: &str) -> Option<Finding> {
    let state = units.of(unit, "ActiveState");
    if units.of(unit, "LoadState") != "loaded" {
        let help = "vm-autoscale-setup install";
        return Some(ACTIVE.error(format!("systemd has no {unit}"), help));
    }
    match state {
        "active" | "reloading" => None,
        "failed" => {
            let said = format!("{unit} has failed: {}", units.of(unit, "Result"));
            Some(ACTIVE.error(said, format!("journalctl --unit {unit} --lines 20")))
        }
        _ => Some(ACTIVE.error(format!("{unit} is {state}"), format!("systemctl start {unit}"))),
    }
}

fn told(units: &Units) -> Vec<Finding> {
    let all = [SOCKET, HELPER, SCHEDULER];
    let stale = all.into_iter().filter(|unit| units.of(unit, "NeedDaemonReload") == "yes");
    let stale = stale.map(|unit| {
        let help = format!("systemctl daemon-reload && systemctl restart {unit}");
        RELOAD.warning(format!("{unit} was changed since systemd read it"), help)
    });
    let mut found = RELOAD.unless(stale.collect(), "systemd knows them as they are");
    let again = all.into_iter().filter(|unit| !["", "0"].contains(&units.of(unit, "NRestarts")));
    let again = again.map(|unit| {
        let said = format!("{unit} was started anew {} times", units.of(unit, "NRestarts"));
        let help = format!("journalctl --unit {unit}   (seen to: systemctl restart {unit})");
        RESTARTS.warning(said, help)
    });
    found.extend(RESTARTS.unless(again.collect(), "none"));
    found
}

/// No fault in any case: not every machine is watched so.
fn audit((is_here, has_rules): (bool, bool)) -> Finding {
    match (is_here, has_rules) {
        (true, true) => AUDIT.ok("auditd has ours"),
        (true, false) => AUDIT.offer("auditd is here and has none of ours", OFFER),
        (false, _) => AUDIT.ok("there is no auditd"),
    }
}

const OFFER: &str = "ls /usr/share/vm-autoscale/audit   (its head says how they are loaded)";
