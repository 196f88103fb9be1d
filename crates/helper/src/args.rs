//! The command line: so short that a parser would be the larger part of this program.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// What `--help` says; the man page is made of it.
pub const HELP: &str = "\
vm-autoscale-helper: changes VMs for vm-autoscale, within the rules of helper.yaml

Usage: vm-autoscale-helper [--config FILE] [--env-file FILE] [--validate-only [--strict] [--json]]

Listens on the socket that systemd passes, or on the one that helper.yaml names.

Options:
  --config FILE      its rules [default: /etc/vm-autoscale/helper.yaml]
  --env-file FILE    passwords, where helper.yaml names a variable
  --validate-only    check rules, keys, passwords and known hosts, say everything that is wrong
                     with them, and exit
  --strict           with it: warnings count, too
  --json             with it: the problems as a JSON list
  --help             this text
  --version          the version

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 configuration invalid,
4 warnings under --strict, 66 file missing
";

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Args {
    pub(crate) config: PathBuf,
    pub(crate) env_file: Option<PathBuf>,
    pub(crate) validate_only: bool,
    pub(crate) strict: bool,
    pub(crate) json: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    Run(Args),
    Print(String),
    Wrong(String),
}

pub(crate) fn parse(words: impl Iterator<Item = OsString>) -> Parsed {
    let mut args = Args {
        config: "/etc/vm-autoscale/helper.yaml".into(),
        env_file: None,
        validate_only: false,
        strict: false,
        json: false,
    };
    let mut words = words;
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("--help" | "-h") => return Parsed::Print(HELP.to_owned()),
            Some("--version" | "-V") => {
                return Parsed::Print(format!(
                    "vm-autoscale-helper {}\n",
                    env!("CARGO_PKG_VERSION")
                ));
            }
            Some("--validate-only") => args.validate_only = true,
            Some("--strict") => args.strict = true,
            Some("--json") => args.json = true,
            Some(option @ ("--config" | "--env-file")) => match words.next() {
                Some(file) if option == "--config" => args.config = file.into(),
                Some(file) => args.env_file = Some(file.into()),
                None => return Parsed::Wrong(format!("{option} needs a file")),
            },
            _ => return Parsed::Wrong(format!("unknown argument {}", word.display())),
        }
    }
    if (args.strict || args.json) && !args.validate_only {
        return Parsed::Wrong("--strict and --json go with --validate-only".to_owned());
    }
    Parsed::Run(args)
}

pub(crate) fn print(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

pub(crate) fn complain(text: &str) -> ExitCode {
    // Where standard error is gone, the exit code still says it.
    let _ = writeln!(std::io::stderr(), "vm-autoscale-helper: {text}\nTry --help.");
    ExitCode::from(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Parsed {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn words_are_taken_or_refused() {
        let Parsed::Run(args) = of("--config a --env-file b --validate-only") else { panic!() };
        assert_eq!((args.config, args.env_file), ("a".into(), Some("b".into())));
        assert!(args.validate_only);
        assert!(matches!(of("--help"), Parsed::Print(text) if text.contains("--env-file")));
        for wrong in ["--config", "--konfig x", "run", "--validate-only x", "--strict"] {
            assert!(matches!(of(wrong), Parsed::Wrong(_)), "{wrong}");
        }
    }
}
