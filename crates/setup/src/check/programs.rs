//! Whether all programs are of one release, also those that run.

use std::os::unix::fs::MetadataExt as _;

use super::codes::{ON_DISK, RUNNING, VERSIONS};
use super::finding::Finding;
use super::heard::Heard;
use super::units::{HELPER as HELPER_UNIT, SCHEDULER as SCHEDULER_UNIT, Units};
use crate::paths::{GATE, HELPER, SCHEDULER};

/// What the helper's process becomes.
const BROKER: &str = "/usr/libexec/vm-autoscale/vm-autoscale-broker";
const OWN: &str = env!("CARGO_PKG_VERSION");
const AGAIN: &str = "systemctl restart vm-autoscale-helper vm-autoscale";

/// What the programs say of themselves.
#[derive(Debug, Clone, Default)]
pub(super) struct Programs {
    /// What is at each path says that it is of this version.
    pub(super) versions: Vec<(&'static str, Option<String>)>,
    /// Whether what runs under a unit is what is at its path; nothing where nothing runs.
    pub(super) same: Vec<(&'static str, Option<bool>)>,
}

pub(super) fn gather(units: &Units) -> Programs {
    let version = |path| (path, version(&Heard::of(path, &["--version"], 10).out));
    let same = |unit, path| (unit, is_same(units.of(unit, "MainPID"), path));
    Programs {
        versions: [SCHEDULER, HELPER, GATE].map(version).to_vec(),
        same: vec![same(SCHEDULER_UNIT, SCHEDULER), same(HELPER_UNIT, BROKER)],
    }
}

/// The first word that begins with a digit.
pub(super) fn version(said: &str) -> Option<String> {
    let words = said.lines().next()?.split_whitespace();
    let mut versions = words.filter(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    versions.next().map(str::to_owned)
}

fn is_same(pid: &str, path: &str) -> Option<bool> {
    let pid: u32 = pid.parse().ok().filter(|pid| *pid > 0)?;
    let running = std::fs::metadata(format!("/proc/{pid}/exe")).ok()?;
    let file = std::fs::metadata(path).ok();
    Some(file.is_some_and(|file| (file.dev(), file.ino()) == (running.dev(), running.ino())))
}

pub(super) fn judge(programs: &Programs) -> Vec<Finding> {
    let mixed = programs.versions.iter().filter_map(|(path, version)| {
        let said = match version.as_deref() {
            Some(OWN) => return None,
            Some(other) => format!("{path} is of version {other}, and this program of {OWN}"),
            None => format!("{path} does not say its version"),
        };
        Some(VERSIONS.error(said, "vm-autoscale-setup install   (of one release)"))
    });
    let mut found = VERSIONS.unless(mixed.collect(), OWN);
    let old = programs.same.iter().filter(|(_, same)| *same == Some(false)).map(|(unit, _)| {
        let said = format!("{unit} still runs a program that is no more on the disk");
        ON_DISK.error(said, AGAIN)
    });
    if programs.same.iter().any(|(_, same)| same.is_some()) {
        found.extend(ON_DISK.unless(old.collect(), "what runs is what is installed"));
    }
    found
}

/// Of what runs: one that speaks the same protocol works, and is still not what was installed.
pub(super) fn running(scheduler: Option<&str>, helper: Option<&str>) -> Vec<Finding> {
    let all = [(SCHEDULER_UNIT, scheduler), (HELPER_UNIT, helper)];
    let told = all.iter().filter_map(|(unit, version)| {
        let version = version.filter(|version| *version != OWN)?;
        let said = format!("{unit} runs version {version}, and {OWN} is installed");
        Some(RUNNING.warning(said, AGAIN))
    });
    let told: Vec<Finding> = told.collect();
    let known: Vec<&str> =
        all.iter().filter(|(_, version)| version.is_some()).map(|(unit, _)| *unit).collect();
    // Of what does not answer nothing is known, which is told where it was asked.
    if known.is_empty() {
        told
    } else {
        RUNNING.unless(told, format!("{OWN}: {}", known.join(", ")))
    }
}
