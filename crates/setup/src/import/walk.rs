//! Every key of the old file, read or not: none is lost silently.

use std::collections::BTreeMap;

use vm_autoscale_config::{Foreign, Part, Problem, Value, quoted, without_secret};

use super::keys;
use super::row::{Row, row, unknown};
use super::said::said;

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
    fn section(&mut self, entry: Part<'_>, at: At<'_>) {
        let mut first: BTreeMap<&str, usize> = BTreeMap::new();
        for (key, value) in entry.pairs() {
            let Value::Text(name) = key.value() else {
                let problem = key.problem(at.path, "a key that is no text");
                self.problems.push(problem.rule("keys are text"));
                continue;
            };
            // A key that nobody knows may be a mistyped pair of a key and its secret.
            let shown = if keys::is_name(name) { name.to_owned() } else { without_secret(name) };
            let (path, general) = (join(at.path, &shown), join(at.general, &shown));
            if let Some(line) = first.get(name) {
                let problem = format!("{} stands here twice: first on line {line}", quoted(&shown));
                let help = "the old program took the last one: delete the others";
                self.problems
                    .push(key.problem(&path, problem).rule("a key stands once").help(help));
                continue;
            }
            first.insert(name, key.line());
            self.pair(name, key, value, At { path: &path, general: &general }, at);
        }
    }

    fn pair(&mut self, name: &str, key: Part<'_>, value: Part<'_>, at: At<'_>, above: At<'_>) {
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
            self.rows.push(unknown(meant, line, at.path, at.general));
        }
    }

    /// The key that may have been meant; in a file of nothing but unknown keys nobody reads them all.
    fn suggest(&self, name: &str, above: At<'_>) -> Option<&'static str> {
        const MOST: usize = 10_000;
        (self.rows.len() < MOST).then(|| keys::nearest(above.general, name)).flatten()
    }

    /// What is below a key that has keys or items below it.
    fn inside(&mut self, value: Part<'_>, at: At<'_>) {
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

fn join(section: &str, name: &str) -> String {
    if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") }
}
