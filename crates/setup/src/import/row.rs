//! One key of the old file and what became of it.

use std::collections::BTreeMap;

use serde::Serialize;
use vm_autoscale_config::{quoted, sounds_secret};

use super::keys::{self, Key, Tool, Verdict};
use super::reader::{Reader, Unsaid};

/// One key and what became of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    /// Such as `virtual_machines[0].vm_id`.
    pub(crate) key: String,
    /// The same for every item of a list: `virtual_machines[].vm_id`.
    pub(crate) general: String,
    /// In the old file; none where it says nothing and the old default was written out.
    pub(crate) line: Option<usize>,
    /// Its value there, unless that is a secret.
    pub(crate) said: String,
    /// What the old program did with it.
    pub(crate) did: String,
    pub(crate) verdict: Verdict,
    /// By which key of which file, or why.
    pub(crate) now: String,
}

pub(crate) fn row(key: &Key, path: &str, line: Option<usize>, said: String) -> Row {
    Row {
        key: path.to_owned(),
        general: key.path.to_owned(),
        line,
        said,
        did: key.did.to_owned(),
        verdict: key.verdict,
        now: key.now.to_owned(),
    }
}

/// Its value may be anything, a password under a key that was misspelt for example.
pub(crate) fn unknown(meant: Option<&str>, line: Option<usize>, path: &str, general: &str) -> Row {
    let visible = |text: &str| quoted(text).trim_matches('`').to_owned();
    let meant = meant.map(|meant| format!(" Did you mean `{meant}`?")).unwrap_or_default();
    Row {
        key: visible(path),
        general: visible(general),
        line,
        said: "(not shown)".to_owned(),
        did: "none of the three programs ever read this key".to_owned(),
        verdict: Verdict::Refused,
        now: format!("left out.{meant}"),
    }
}

/// What was found out while the values were read.
pub(crate) fn complete(rows: &mut Vec<Row>, tool: Tool, reader: &Reader) {
    for row in rows.iter_mut() {
        match reader.notes.get(&row.key) {
            Some((None, note)) => row.now = format!("{}; {note}", row.now),
            Some((Some(verdict), text)) => {
                row.verdict = *verdict;
                row.now.clone_from(text);
            }
            None => {}
        }
    }
    for row in rows.iter_mut() {
        without_effect(row, tool);
    }
    let mut there: BTreeMap<String, &mut Row> =
        rows.iter_mut().map(|row| (row.key.clone(), row)).collect();
    let mut added = Vec::new();
    for Unsaid { path, value } in &reader.unsaid {
        let Some(key) = keys::find(&keys::general(path)) else { continue };
        match there.get_mut(path) {
            // It is there and was never read, or is there and empty.
            Some(row) => row.now = format!("{}. Written out instead: {value}", row.now),
            None => added.push(unsaid(key, path, value, tool)),
        }
    }
    rows.extend(added);
}

/// A default that is written out, where the old file has not even the key.
fn unsaid(key: &Key, path: &str, value: &str, tool: Tool) -> Row {
    let said = match key.tools.contains(&tool) {
        true if key.is_demanded_by(tool) => {
            format!(
                "not said; the old program refused to start without it; written out here: {value}"
            )
        }
        true => format!("not said; the old default: {value}"),
        false => format!("not said; the original's default: {value}"),
    };
    let row = row(key, path, None, said);
    Row { did: did(key, tool), ..row }
}

/// A key that only other programs read had no effect, and gets none now.
fn without_effect(row: &mut Row, tool: Tool) {
    let Some(key) = keys::find(&row.general).filter(|key| !key.tools.contains(&tool)) else {
        return;
    };
    row.did = did(key, tool);
    if key.verdict != Verdict::Refused && !sounds_secret(key.path) {
        row.verdict = Verdict::Refused;
        row.now = format!(
            "left out: {} never read it, so it did not hold; write it yourself if you want it",
            tool.name()
        );
    }
}

/// What the program did with it, and else what another one did.
fn did(key: &Key, tool: Tool) -> String {
    match key.tools.first().filter(|_| !key.tools.contains(&tool)) {
        Some(other) => format!("nothing, it never read it; {}: {}", other.name(), key.did),
        None => key.did.to_owned(),
    }
}
