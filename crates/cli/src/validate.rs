//! `--validate-only`: everything that is wrong with the configuration, in one run.

use std::path::Path;

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
    let (mut report, files) = match SchedulerConfig::check(&args.config, &environment) {
        Ok(checked) => {
            let files = checked.files().map(Path::to_owned).collect();
            (checked.into_report(), files)
        }
        Err(error) => (error.into_report(), vec![args.config.clone()]),
    };
    for problem in files.iter().filter_map(|file| too_open(file)) {
        report.push(problem);
    }
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
