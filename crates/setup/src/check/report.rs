//! The answer, for a terminal and for programs.

use std::fmt::Write as _;

use vm_autoscale_config::visible;

use super::finding::{Finding, State};
use crate::error::Error;
use crate::import::wrap;

/// Where the words of a finding begin.
const INDENT: usize = 31;

/// Grouped by area. Commands are not broken, whatever the width.
pub(super) fn text(findings: &[Finding], width: usize) -> String {
    let mut text = String::new();
    let mut area = "";
    for finding in findings {
        if finding.area != area {
            area = finding.area;
            // Writing to a String cannot fail, here and below.
            let _ = writeln!(text, "{area}");
        }
        let said = wrap(&visible(&finding.said), width.saturating_sub(INDENT).max(40));
        for (number, line) in said.iter().enumerate() {
            let head =
                format!("  {:<8}{} {:<15}", finding.state.text(), finding.code, finding.name);
            let head = if number == 0 { head.as_str() } else { "" };
            let _ = writeln!(text, "{}", format!("{head:<INDENT$}{line}").trim_end());
        }
        if let Some(help) = &finding.help {
            let _ = writeln!(text, "          type: {}", visible(help));
        }
    }
    text + &sum(findings)
}

fn sum(findings: &[Finding]) -> String {
    let count = |state| findings.iter().filter(|finding| finding.state == state).count();
    let [ok, warnings, errors] = [State::Ok, State::Warning, State::Error].map(count);
    if warnings + errors == 0 {
        return format!("All is well: {ok} checks.\n");
    }
    format!("{ok} ok, {warnings} to be warned of, {errors} wrong.\n")
}

pub(super) fn json(findings: &[Finding]) -> Result<String, Error> {
    let text = serde_json::to_string(findings).map_err(|error| Error::Output(error.into()))?;
    Ok(format!("{text}\n"))
}
