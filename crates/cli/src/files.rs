//! Where the daemon and its journal are to be found, also by files that hold a mistake: that is
//! when people want to see the status.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use vm_autoscale_config::{Environment, SchedulerConfig};

use crate::Error;
use crate::args::Args;
use crate::environment::environment;

/// The socket that is named on the command line, else the files' own.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn control_socket(args: &Args, named: Option<&Path>) -> Result<PathBuf, Error> {
    match named {
        Some(socket) => Ok(socket.to_owned()),
        None => Ok(leniently(args)?.control_socket),
    }
}

/// The files as they are, or where they hold a mistake the places that they name.
pub(crate) fn leniently(args: &Args) -> Result<SchedulerConfig, Error> {
    let known = environment(args);
    let is_known = known.is_ok();
    let known = known.unwrap_or_else(|_| Environment::of_process().incomplete());
    let checked = SchedulerConfig::check(&args.config, &known)?;
    let entries = checked.entries();
    if let (Ok(config), true) = (checked.finish(), is_known) {
        return Ok(config);
    }
    let hint = "cannot be used as it is, and the daemon does not start with it: see vm-autoscale --validate-only";
    // Where standard error is gone, the answer is worth giving all the same.
    let _ = writeln!(std::io::stderr(), "warning: {}: {hint}", args.config.display());
    let mut places = SchedulerConfig::default();
    for entry in entries {
        match entry.path.as_str() {
            "control_socket" => places.control_socket = entry.shown.into(),
            "journal.path" => places.journal.path = entry.shown.into(),
            _ => {}
        }
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[test]
    fn a_mistake_elsewhere_does_not_hide_the_socket() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("config.yaml");
        let of = |text: &str, named: Option<&str>| {
            std::fs::write(&file, text).unwrap();
            let file = file.display().to_string();
            let args = Args::parse_from(["vm-autoscale", "--config", &file, "status"]);
            control_socket(&args, named.map(Path::new)).unwrap().display().to_string()
        };
        assert_eq!(of("control_socket: /run/a b.sock\n", None), "/run/a b.sock");
        assert_eq!(of("control_socket: /run/a b.sock\nmoed: full\n", None), "/run/a b.sock");
        assert_eq!(of("moed: full\n", None), "/run/vm-autoscale-scheduler/control.sock");
        assert_eq!(of("{", None), "/run/vm-autoscale-scheduler/control.sock");
        assert_eq!(of("{", Some("/x")), "/x");
    }
}
