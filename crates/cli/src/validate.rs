//! `--validate-only`: everything that is wrong with the configuration, in one run.

use vm_autoscale_config::{EnvFile, Report, SchedulerConfig, too_open};

use crate::args::{Args, Format};
use crate::{Error, complain, say};

/// The exit code; what is wrong goes to standard error, or as JSON to standard output.
pub(crate) fn validate(args: &Args) -> Result<u8, Error> {
    let mut report = match SchedulerConfig::check(&args.config) {
        Ok(checked) => checked.into_report(),
        Err(error) => error.into_report(),
    };
    if let Some(problem) = too_open(&args.config) {
        report.push(problem);
    }
    if let Some(Err(error)) = args.env_file.as_deref().map(EnvFile::read) {
        report.append(error.into_report());
    }
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
