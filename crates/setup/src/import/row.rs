//! One key of the old file and what became of it.

use serde::Serialize;
use vm_autoscale_config::quoted;

use super::keys::{self, Key, Tool, Verdict};
use super::reader::Reader;

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
    rows.extend(reader.unsaid.iter().filter_map(|unsaid| {
        let general = general(&unsaid.path);
        let key = keys::find(&general)?;
        let whose = if key.tools.contains(&tool) { "old" } else { "original's" };
        let said = format!("not said; the {whose} default: {}", unsaid.value);
        Some(row(key, &unsaid.path, None, said))
    }));
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
        let foreign = keys::find(&row.general).filter(|key| !key.tools.contains(&tool));
        if let Some(other) = foreign.and_then(|key| key.tools.first()) {
            let did = std::mem::take(&mut row.did);
            row.did = format!("nothing, it never read it; {}: {did}", other.name());
        }
    }
}

/// `a[3].b` as `a[].b`.
fn general(path: &str) -> String {
    let mut parts = path.split('[');
    let mut general = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        general.push('[');
        general.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    general
}
