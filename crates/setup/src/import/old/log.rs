//! The log.

use crate::import::keys::Verdict;
use crate::import::reader::Reader;
use crate::import::section::Section;

/// The only directory that the unit may write a log to.
const LOGS: &str = "/var/log/vm-autoscale/";

#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) level: &'static str,
    pub(crate) file: String,
}

pub(super) fn read(reader: &mut Reader, root: &Section<'_>) -> Log {
    let log = root.section("logging");
    let said = reader.text(&log, "level").map(|level| level.to_ascii_lowercase());
    let level = match said.as_deref() {
        Some("debug") => Some("debug"),
        Some("info") => Some("info"),
        Some("warning" | "warn") => Some("warn"),
        Some("error" | "critical" | "fatal") => Some("error"),
        _ => None,
    };
    if said.is_some() && level.is_none() {
        let problem = log.problem("level", "this is no level");
        let rule = "DEBUG, INFO, WARNING, ERROR or CRITICAL";
        reader.refuse(problem.rule(rule));
    }
    if let Some(level) = level.filter(|level| said.as_deref() != Some(*level)) {
        reader.note(log.path_of("level"), format!("`{level}` there"));
    }
    let level = reader.or(&log, "level", level, "info");
    Log { level, file: file(reader, &log) }
}

fn file(reader: &mut Reader, log: &Section<'_>) -> String {
    let path = reader.text(log, "log_file");
    let path = reader.or(log, "log_file", path, "/var/log/vm_autoscale.log".to_owned());
    let name = path.strip_prefix(LOGS).unwrap_or_default();
    if !name.is_empty() && name != "." && name != ".." && !name.contains('/') {
        return path;
    }
    let instead = format!("{LOGS}vm-autoscale.log");
    let now = format!("config.yaml: logging.log_file: {instead}; the unit may write nowhere else");
    reader.instead(log.path_of("log_file"), Verdict::Replaced, now);
    instead
}
