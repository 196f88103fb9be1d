//! `--validate-only`: everything that is wrong with the configuration, in one run.

use vm_autoscale_config::{Environment, Report, SchedulerConfig, too_open};

use crate::args::{Args, Format};
use crate::environment::environment;
use crate::{Error, complain, say};

/// The exit code; what is wrong goes to standard error, or as JSON to standard output.
pub(crate) fn validate(args: &Args) -> Result<u8, Error> {
    let (environment, complaint) = match environment(args) {
        Ok(environment) => (environment, None),
        // What is not set may stand in the file that could not be read.
        Err(error) => (Environment::of_process().incomplete(), Some(error.into_report())),
    };
    let mut open = Report::default();
    let mut report = match SchedulerConfig::check(&args.config, &environment) {
        Ok(checked) => {
            checked.files().filter_map(too_open).for_each(|problem| open.push(problem));
            checked.into_report()
        }
        Err(error) => {
            too_open(&args.config).into_iter().for_each(|problem| open.push(problem));
            error.into_report()
        }
    };
    report.append(open);
    report.append(complaint.unwrap_or_default());
    let code = report.exit_code(args.strict);
    match args.output_format {
        Format::Json => say(&format!("{}\n", report.to_json()))?,
        Format::Text => tell(args, report, code)?,
    }
    Ok(code)
}

fn tell(args: &Args, report: Report, code: u8) -> Result<(), Error> {
    if !report.problems().is_empty() {
        complain(Error::Config(report.into()));
    }
    if code == 0 { say(&format!("{}: good\n", args.config.display())) } else { Ok(()) }
}
