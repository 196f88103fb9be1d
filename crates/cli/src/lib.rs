//! `vm-autoscale`: what an administrator types. `run` is the daemon itself.

mod args;
mod bundle;
mod config;
mod detail;
mod doctor;
mod environment;
mod errand;
mod explain;
mod files;
mod headroom;
mod history;
mod nodes;
mod notify;
mod past;
mod pause;
mod plain;
mod plan;
mod promote;
mod replay;
mod report;
mod restore;
mod selftest;
mod sizes;
mod status;
mod table;
mod top;
mod validate;
mod version;
mod vmids;
mod when;
mod wrap;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use clap::CommandFactory as _;
use serde::Serialize;
use vm_autoscale_config::SchedulerConfig;
use vm_autoscale_scheduler::{Reread, run, start_log};

use crate::args::{Args, Command, ConfigCommand, NotifyCommand, spelled};
use crate::plain::harmless;

pub use crate::table::table;

/// Why a command did not do what it is for.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Config(#[from] vm_autoscale_config::Error),
    #[error("{}: cannot be written: {source}", .path.display())]
    File { path: std::path::PathBuf, source: std::io::Error },
    #[error("{0}")]
    Journal(String),
    #[error("{}: there is no journal; does `journal.path` name the daemon's?", .0.display())]
    NoJournal(std::path::PathBuf),
    #[error("{}: there is no such bundle", .0.display())]
    NoBundle(std::path::PathBuf),
    #[error("{}: {source}; nothing was written", file.display())]
    Script { file: std::path::PathBuf, source: std::io::Error },
    #[error("the answer cannot be written: {0}")]
    Output(std::io::Error),
    #[error(transparent)]
    Replay(#[from] vm_autoscale_replay::Error),
    #[error(transparent)]
    Scheduler(#[from] vm_autoscale_scheduler::Error),
    #[error("{error}\n  by the journal this is what a node would be told:\n{instead}")]
    Silent { error: Box<vm_autoscale_scheduler::Error>, instead: String },
    #[error("{0}")]
    Usage(String),
}

impl Error {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Config(error) if error.is_missing() => 66,
            Self::Config(_) => 3,
            Self::Replay(error) if error.is_missing() => 66,
            Self::NoJournal(_) | Self::NoBundle(_) => 66,
            Self::Replay(vm_autoscale_replay::Error::World(_)) | Self::Usage(_) => 2,
            Self::Scheduler(error) => error.exit_code(),
            Self::Silent { error, .. } => error.exit_code(),
            Self::File { .. }
            | Self::Journal(_)
            | Self::Output(_)
            | Self::Script { .. }
            | Self::Replay(_) => 1,
        }
    }
}

/// The command line, of which the man pages and completions are made.
#[doc(hidden)]
#[must_use]
pub fn command() -> clap::Command {
    Args::command()
}

/// The program.
#[must_use]
pub fn main() -> ExitCode {
    let line: Vec<_> = std::env::args_os().collect();
    if let Some(args) = vmids::asked(&line) {
        // Whoever pressed a key wants no complaint: where there is trouble, nothing is offered.
        return vmids::offer(&args).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    }
    let args = Args::of(spelled(line.into_iter()));
    if args.command.is_none() && !args.validate_only {
        let kind = clap::error::ErrorKind::MissingSubcommand;
        let error = Args::command().error(
            kind,
            "say what to do: run, status, explain, or another command that --help names",
        );
        // Where standard error is gone, the exit code still says it.
        let _ = error.print();
        return ExitCode::from(2);
    }
    let done = if args.validate_only { validate::validate(&args) } else { execute(&args) };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let code = error.exit_code();
            complain(error);
            ExitCode::from(code)
        }
    }
}

/// On standard error. Where that is gone, the exit code still says it.
fn complain(error: Error) {
    match error {
        Error::Config(error) => error.into_report().tell(),
        // It may have words of a node.
        other => {
            drop(writeln!(std::io::stderr(), "error: {}", harmless(&other.to_string())));
        }
    }
}

fn execute(args: &Args) -> Result<u8, Error> {
    match &args.command {
        Some(Command::Config(ConfigCommand::Show(wanted))) => return config::show(args, wanted),
        Some(Command::Config(ConfigCommand::Diff { control_socket })) => {
            return config::diff(args, control_socket.as_deref());
        }
        Some(Command::Status(daemon)) => return status::status(args, daemon),
        Some(Command::Explain(wanted)) => return explain::explain(args, wanted),
        Some(Command::History(wanted)) => return history::history(args, wanted),
        Some(Command::Headroom(wanted)) => return headroom::headroom(args, wanted),
        Some(Command::Doctor(wanted)) => return doctor::doctor(args, wanted),
        Some(Command::Top(wanted)) => return top::top(args, wanted),
        Some(Command::Pause(wanted)) => return pause::pause(args, wanted),
        Some(Command::Resume(wanted)) => return pause::resume(args, wanted),
        Some(Command::Notify(NotifyCommand::Test(wanted))) => return notify::test(args, wanted),
        Some(Command::Replay(wanted)) => return replay::replay(args, wanted),
        Some(Command::Restore(wanted)) => return restore::restore(args, wanted),
        Some(Command::Selftest(wanted)) => return selftest::selftest(args, wanted),
        Some(Command::Version(wanted)) => return version::version(args, wanted),
        Some(Command::Promote(wanted)) => return promote::promote(args, wanted),
        Some(Command::Report(wanted)) => return report::report(args, wanted),
        Some(Command::Bundle(wanted)) => return bundle::bundle(args, wanted),
        Some(Command::Plan(wanted)) => return plan::plan(args, wanted),
        Some(Command::SizesBefore) => return sizes::before(args),
        _ => {}
    }
    let config = SchedulerConfig::read(&args.config, &environment::environment(args)?)?;
    match &args.command {
        Some(Command::Run) => {
            let _log = start_log(&config.logging)?;
            let same = args.clone();
            // The same variables and rules at every reading.
            let reread: Reread = Arc::new(move || {
                SchedulerConfig::read(&same.config, &environment::environment(&same)?)
            });
            wait(run(config, &args.config, reread))??;
            Ok(0)
        }
        Some(Command::Nodes) => nodes::nodes(&config, args.output_format),
        // Done above; and `main` demands a command where nothing else is asked for.
        _ => Ok(0),
    }
}

/// One value in one line.
fn json(value: &impl Serialize) -> Result<(), Error> {
    let json = serde_json::to_string(value).map_err(|e| Error::Output(e.into()))?;
    say(&format!("{json}\n"))
}

/// As the shell says, else what fits everywhere.
fn terminal_width() -> usize {
    std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(100)
}

fn wait<F: Future>(work: F) -> Result<F::Output, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(vm_autoscale_scheduler::Error::Machine)?;
    let done = runtime.block_on(work);
    // A user database or a file system that hangs holds up no end.
    runtime.shutdown_background();
    Ok(done)
}

fn say(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    // What nodes and guests wrote must not steer the terminal, which may be root's.
    let text = harmless(text);
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Error::Output)
}
