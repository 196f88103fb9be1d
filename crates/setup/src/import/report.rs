//! What became of the old file: for a terminal, for import.txt and for programs.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;
use vm_autoscale_config::visible;

use super::keys::Tool;
use super::row::Row;
use super::steps::Step;
use super::table;
use crate::error::Error;

/// Characters a line of import.txt has at most.
pub(crate) const KEPT_WIDTH: usize = 120;

/// What no old key says, and what is written all the same.
const ADDED: [(&str, &str); 2] = [
    (
        "config.yaml: mode: observe",
        "looks and says what it would do, changes nothing; `recommend`, `up-only` and `full` follow. \
         In `observe` and `recommend` there is no change that a mail or Gotify could tell",
    ),
    (
        "config.yaml: memory_shrink: false",
        "the old program took memory back by `qm set` whatever the guest said. A guest often refuses \
         to give up a DIMM: try it with yours first",
    ),
];

/// All that is told.
#[derive(Debug)]
pub(crate) struct Told<'a> {
    pub(crate) tool: Tool,
    pub(crate) source: &'a Path,
    pub(crate) output: &'a Path,
    pub(crate) rows: &'a [Row],
    /// Units of the old program that run here.
    pub(crate) running: Vec<&'static str>,
    pub(crate) steps: Vec<Step>,
}

impl Told<'_> {
    /// A table and what is to be done, at most so wide, but for commands and paths.
    pub(crate) fn text(&self, width: usize) -> String {
        let mut text = format!(
            "{}: read as a file of {}.\n\n{}\n",
            shown(self.source),
            self.tool.name(),
            table::render(self.rows, width)
        );
        // Writing to a String cannot fail, here and below.
        text.push_str("Written though no old key says it:\n");
        for (what, why) in ADDED {
            paragraph(&mut text, "  ", &format!("{what}: {why}"), width);
        }
        let _ = writeln!(
            text,
            "\nWritten into {}: config.yaml, helper.yaml, import.txt",
            shown(self.output)
        );
        for unit in &self.running {
            text.push('\n');
            paragraph(&mut text, "", &warning(unit), width);
        }
        text.push_str("\nWhat is left to do:\n");
        for (number, (title, commands)) in (1..).zip(&self.steps) {
            paragraph(&mut text, "  ", &format!("{number}. {title}:"), width);
            for command in commands {
                let _ = writeln!(text, "       {command}");
            }
        }
        text
    }

    /// The same as one JSON value.
    pub(crate) fn json(&self) -> Result<String, Error> {
        let steps: Vec<_> = self
            .steps
            .iter()
            .map(|(title, commands)| json!({"title": title, "commands": commands}))
            .collect();
        let added: Vec<_> =
            ADDED.iter().map(|(what, why)| json!({"what": what, "why": why})).collect();
        let warnings: Vec<String> = self.running.iter().map(|unit| warning(unit)).collect();
        let value = json!({
            "tool": self.tool,
            "file": self.source,
            "output": self.output,
            "keys": self.rows,
            "added": added,
            "warnings": warnings,
            "steps": steps,
        });
        let text = serde_json::to_string(&value).map_err(|error| Error::Output(error.into()))?;
        Ok(format!("{text}\n"))
    }
}

/// Every character of a name visible.
pub(crate) fn shown(path: &Path) -> String {
    visible(&path.display().to_string())
}

fn warning(unit: &str) -> String {
    format!(
        "warning: {unit} runs on this machine. Two autoscalers fight over every VM: before the mode \
         is anything but `observe` or `recommend`, systemctl disable --now {unit}"
    )
}

fn paragraph(text: &mut String, indent: &str, words: &str, width: usize) {
    // All lines but the first stand two characters further in.
    let lines = table::wrap(words, width.saturating_sub(indent.len() + 2).max(40));
    for (number, line) in lines.iter().enumerate() {
        let more = if number > 0 { "  " } else { "" };
        let _ = writeln!(text, "{indent}{more}{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_is_as_wide_as_it_may_be_and_no_wider() {
        for width in [60, 80, 100] {
            let mut text = String::new();
            paragraph(&mut text, "  ", &"word ".repeat(100), width);
            let longest = text.lines().map(str::len).max();
            assert!((Some(width - 5)..=Some(width)).contains(&longest), "{text}");
        }
    }
}
