//! `/usr/libexec/vm-autoscale/gate`, the forced command of vm-autoscale's key on a node: what the
//! key opens is the closed set of [`NodeCommand`], within limits of the node's own.
//!
//! It takes its word from sshd alone (`SSH_ORIGINAL_COMMAND`), and starts no shell.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::process::ExitCode;

use vm_autoscale_node::{Gate, GateVersion, NodeCommand};

mod execute;
mod file;
mod limits;
mod log;
mod verdict;

/// As shells say that something may not be executed, and that it is not there.
const REFUSED: u8 = 126;
const NOT_FOUND: u8 = 127;

const USAGE: &str = "\
vm-autoscale-gate lets a key run the commands of vm-autoscale and nothing else. It is a forced
command in ~/.ssh/authorized_keys:
  restrict,from=\"ADDRESS\",command=\"/usr/libexec/vm-autoscale/gate\" ssh-ed25519 ...
There is no shell behind it.";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).take(2).collect();
    match (arguments.as_slice(), env::var_os("SSH_ORIGINAL_COMMAND")) {
        ([only], _) if only == "--version" => answer(Gate::Installed),
        ([], Some(line)) => guard(&line),
        _ => {
            // Where standard error is gone, the exit code still says it.
            drop(writeln!(std::io::stderr(), "{USAGE}"));
            ExitCode::from(2)
        }
    }
}

/// Does what the line says, or says why not.
fn guard(line: &OsStr) -> ExitCode {
    match verdict::verdict(line, limits::read) {
        Ok(NodeCommand::ReadGate) => answer(Gate::Forced),
        Ok(command) => {
            if command.is_change() {
                log::note(log::NOTICE, &format!("runs {}", command.line()));
            }
            let error = execute::execute(&command);
            let missing = error.kind() == std::io::ErrorKind::NotFound;
            let code = if missing { NOT_FOUND } else { REFUSED };
            refuse(&format!("cannot be executed: {error}"), line, code)
        }
        Err(why) => refuse(&why, line, REFUSED),
    }
}

/// The line goes into the node's log alone: who sent it knows it.
fn refuse(why: &str, line: &OsStr, code: u8) -> ExitCode {
    drop(writeln!(std::io::stderr(), "vm-autoscale-gate: {why}"));
    log::note(log::WARNING, &format!("{why}: {}", log::shown(line)));
    ExitCode::from(code)
}

fn answer(gate: impl FnOnce(GateVersion) -> Gate) -> ExitCode {
    let Ok(version) = GateVersion::try_from(env!("CARGO_PKG_VERSION").to_owned()) else {
        return ExitCode::FAILURE;
    };
    let written = writeln!(std::io::stdout(), "{}", gate(version));
    written.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}
