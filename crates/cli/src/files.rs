//! Where the daemon and its journal are to be found, also by files that hold a mistake: that is
//! when people want to see the status.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use vm_autoscale_config::{Environment, SchedulerConfig};

use crate::Error;
use crate::args::Args;
use crate::environment::environment;

/// Where a daemon can be met.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) socket: PathBuf,
    /// Nothing where only the socket is known.
    pub(crate) journal: Option<PathBuf>,
}

/// By the files, and by the socket that the command line may name.
///
/// # Errors
/// The file cannot be read, and no socket is named.
pub(crate) fn places(args: &Args, named: Option<&Path>) -> Result<Places, Error> {
    let config = match (leniently(args), named) {
        (Ok(config), _) => config,
        (Err(_), Some(socket)) => {
            return Ok(Places { socket: socket.to_owned(), journal: None });
        }
        (Err(error), None) => return Err(error),
    };
    let socket = named.map_or(config.control_socket, Path::to_owned);
    Ok(Places { socket, journal: Some(config.journal.path) })
}

/// The files as they are, or where they hold a mistake the places that they name.
fn leniently(args: &Args) -> Result<SchedulerConfig, Error> {
    let known = match environment(args) {
        Err(error) if error.is_missing() => return Err(error.into()),
        known => known,
    };
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
            places(&args, named.map(Path::new)).unwrap().socket.display().to_string()
        };
        assert_eq!(of("control_socket: /run/a b.sock\n", None), "/run/a b.sock");
        assert_eq!(of("control_socket: /run/a b.sock\nmoed: full\n", None), "/run/a b.sock");
        assert_eq!(of("moed: full\n", None), "/run/vm-autoscale-scheduler/control.sock");
        assert_eq!(of("{", None), "/run/vm-autoscale-scheduler/control.sock");
        assert_eq!(of("{", Some("/x")), "/x");
    }
}
