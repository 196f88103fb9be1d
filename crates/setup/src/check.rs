//! `check`: the installation's own doctor. It changes nothing.
//!
//! Each part first gathers what is so, then judges it: judging asks nobody, so that tests make up
//! every fault.

mod accounts;
mod answers;
mod codes;
mod entry;
mod files;
mod finding;
mod heard;
mod machine;
mod nodes;
mod places;
mod programs;
mod report;
mod settings;
mod switches;
#[cfg(test)]
mod tests;
mod units;

use std::io::Write as _;
use std::process::ExitCode;

use crate::args::Format;
use crate::error::Error;
use crate::import::terminal_width;
use finding::{Finding, State};

/// What is looked at, and how it is told.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Check {
    /// Warnings count, too.
    #[arg(long)]
    strict: bool,
    /// Who belongs into the groups vm-autoscale and vm-autoscale-admin. Can be given again.
    #[arg(long, value_name = "USER")]
    member: Vec<String>,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output_format: Format,
}

const EXAMPLES: &str = "\
Examples:
  vm-autoscale-setup check
  vm-autoscale-setup check --strict --member anna
  vm-autoscale-setup check --output-format json

It asks every node, which takes up to 16 s where a clock seems behind. It changes nothing.

Exit codes: 0 nothing is wrong, 1 something is, 4 a warning under --strict, 5 not as root";

/// Looks at everything.
///
/// # Errors
/// It is not root who asks, or the answer cannot be written.
pub(crate) fn run(arguments: &Check) -> Result<ExitCode, Error> {
    if !nix::unistd::Uid::effective().is_root() {
        let what = "check looks at what only root may see";
        return Err(Error::not_permitted(what, "sudo vm-autoscale-setup check"));
    }
    let facts = gather()?;
    let findings = judge(&facts, &arguments.member);
    crate::say(&match arguments.output_format {
        Format::Text => report::text(&findings, terminal_width()),
        Format::Json => report::json(&findings)?,
    })?;
    Ok(ExitCode::from(exit_code(&findings, arguments.strict)))
}

fn exit_code(findings: &[Finding], strict: bool) -> u8 {
    match findings.iter().map(|finding| finding.state).max() {
        Some(State::Error) => 1,
        Some(State::Warning) if strict => 4,
        _ => 0,
    }
}

/// All that is known.
#[derive(Debug, Clone, Default)]
struct Facts {
    accounts: accounts::Accounts,
    files: files::Files,
    settings: settings::Settings,
    places: places::Places,
    units: units::Units,
    programs: programs::Programs,
    answers: answers::Answers,
    machine: machine::Machine,
}

fn gather() -> Result<Facts, Error> {
    let (accounts, files) = (accounts::gather(), files::gather()?);
    let settings = settings::gather();
    let places = places::gather(&settings.keys);
    let units = units::gather();
    let programs = programs::gather(&units);
    // Nobody wonders why it takes so long. Where standard error is gone, nobody wonders at all.
    let _ = writeln!(std::io::stderr(), "Asking the helper for every node …");
    let answers = answers::gather(&settings);
    let machine = machine::gather();
    Ok(Facts { accounts, files, settings, places, units, programs, answers, machine })
}

fn judge(facts: &Facts, known: &[String]) -> Vec<Finding> {
    let Facts { accounts, files, settings, places, units, programs, answers, machine } = facts;
    let mut found = accounts::judge(accounts, known);
    found.extend(files::judge(files, accounts));
    found.extend(settings::judge(settings));
    found.extend(places::judge(places, accounts));
    found.extend(units::judge(units));
    found.extend(switches::addresses(units, &settings.nodes));
    found.extend(programs::judge(programs));
    let probe = answers.probe();
    let helper = probe.as_ref().map(|probe| probe.helper.version.as_str());
    let scheduler = answers.status();
    let scheduler = scheduler.as_ref().map(|status| status.version.as_str());
    found.extend(programs::running(scheduler, helper));
    found.extend(answers::judge(answers, settings, accounts));
    if let Some(probe) = &probe {
        found.extend(nodes::judge(probe, settings, machine.synchronized));
    }
    found.extend(machine::judge(machine));
    // Each part has its own order; a reader goes by areas, which the codes are in the order of.
    found.sort_by_key(|finding| finding.code);
    found
}
