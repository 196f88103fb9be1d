//! Every key of the old file, read or not: none is lost silently.

use std::collections::BTreeMap;

use serde::Serialize;
use vm_autoscale_config::{Entry, Foreign, Problem, Value, quoted};

use super::keys::{self, Key, Tool, Verdict};
use super::reader::Reader;
use super::said::said;

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

/// What the walk finds.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) rows: Vec<Row>,
    pub(crate) problems: Vec<Problem>,
}

/// A key's place in words: of this item, and of any item.
#[derive(Debug, Clone, Copy)]
struct At<'a> {
    path: &'a str,
    general: &'a str,
}

/// All keys with what their table says of them.
pub(crate) fn walk(file: &Foreign) -> Found {
    let mut found = Found::default();
    let root = file.root();
    if root.value() == Value::Section {
        found.section(root, At { path: "", general: "" });
    } else {
        let problem = root.problem("", "this is no configuration: it has no keys");
        found.problems.push(problem.rule("a section of keys and values"));
    }
    found
}

impl Found {
    /// What was found out while the values were read.
    pub(crate) fn complete(&mut self, tool: Tool, reader: &Reader) {
        self.rows.extend(reader.unsaid.iter().filter_map(|unsaid| {
            let general = general(&unsaid.path);
            let key = keys::find(&general)?;
            let whose = if key.tools.contains(&tool) { "old" } else { "original's" };
            let said = format!("not said; the {whose} default: {}", unsaid.value);
            Some(row(key, &unsaid.path, None, said))
        }));
        for row in &mut self.rows {
            match reader.notes.get(&row.key) {
                Some((None, note)) => row.now = format!("{}; {note}", row.now),
                Some((Some(verdict), text)) => {
                    row.verdict = *verdict;
                    row.now.clone_from(text);
                }
                None => {}
            }
        }
        for row in &mut self.rows {
            let foreign = keys::find(&row.general).filter(|key| !key.tools.contains(&tool));
            if let Some(other) = foreign.and_then(|key| key.tools.first()) {
                let did = std::mem::take(&mut row.did);
                row.did = format!("nothing, it never read it; {}: {did}", other.name());
            }
        }
    }

    fn section(&mut self, entry: Entry<'_>, at: At<'_>) {
        let mut first: BTreeMap<&str, usize> = BTreeMap::new();
        for (key, value) in entry.pairs() {
            let Value::Text(name) = key.value() else {
                let problem = key.problem(at.path, "a key that is no text");
                self.problems.push(problem.rule("keys are text"));
                continue;
            };
            let (path, general) = (join(at.path, name), join(at.general, name));
            if let Some(line) = first.get(name) {
                let problem = format!("{} stands here twice: first on line {line}", quoted(name));
                let help = "the old program took the last one: delete the others";
                self.problems
                    .push(key.problem(&path, problem).rule("a key stands once").help(help));
                continue;
            }
            first.insert(name, key.line());
            self.pair(name, key, value, At { path: &path, general: &general }, at);
        }
    }

    fn pair(&mut self, name: &str, key: Entry<'_>, value: Entry<'_>, at: At<'_>, above: At<'_>) {
        let line = Some(key.line()).filter(|line| *line > 0);
        if name == "<<" {
            let problem = key.problem(at.path, "a merge key, which this program does not read");
            self.problems.push(problem.rule("every key is written out"));
        } else if let Some(known) = keys::find(at.general) {
            self.rows.push(row(known, at.path, line, said(known, value)));
        } else if keys::is_section(at.general) {
            self.inside(value, at);
        } else {
            let meant = self.suggest(name, above);
            self.rows.push(unknown(meant, line, at));
        }
    }

    /// The key that may have been meant; in a file of nothing but unknown keys nobody reads them all.
    fn suggest(&self, name: &str, above: At<'_>) -> Option<&'static str> {
        const MOST: usize = 10_000;
        (self.rows.len() < MOST).then(|| keys::nearest(above.general, name)).flatten()
    }

    /// What is below a key that has keys or items below it.
    fn inside(&mut self, value: Entry<'_>, at: At<'_>) {
        let items = format!("{}[]", at.general);
        let rule =
            if keys::is_section(&items) { "a list of sections" } else { "a section of keys" };
        match value.value() {
            Value::Null => {}
            Value::Section if !keys::is_section(&items) => self.section(value, at),
            Value::List if keys::is_section(&items) => {
                for (number, item) in value.items().enumerate() {
                    let path = format!("{}[{number}]", at.path);
                    if item.value() == Value::Section {
                        self.section(item, At { path: &path, general: &items });
                    } else {
                        self.problems.push(item.problem(&path, "this is no section").rule(rule));
                    }
                }
            }
            _ => {
                let problem = format!("`{}` is none", at.path);
                self.problems.push(value.problem(at.path, problem).rule(rule));
            }
        }
    }
}

fn row(key: &Key, path: &str, line: Option<usize>, said: String) -> Row {
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
fn unknown(meant: Option<&str>, line: Option<usize>, at: At<'_>) -> Row {
    let visible = |text: &str| quoted(text).trim_matches('`').to_owned();
    let meant = meant.map(|meant| format!(" Did you mean `{meant}`?")).unwrap_or_default();
    Row {
        key: visible(at.path),
        general: visible(at.general),
        line,
        said: "(not shown)".to_owned(),
        did: "none of the three programs ever read this key".to_owned(),
        verdict: Verdict::Refused,
        now: format!("left out.{meant}"),
    }
}

fn join(section: &str, name: &str) -> String {
    if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") }
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
