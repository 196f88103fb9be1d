//! `--validate-only`: everything that would keep the helper from its work, in one run. Nothing is
//! listened on and no node is asked.

use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::ExitCode;

use vm_autoscale_broker::harden;
use vm_autoscale_config::{
    Checked, Cluster, EnvFile, FileError, HelperConfig, Problem, Report, check_directories,
};
use vm_autoscale_ssh::Pins;
use vm_autoscale_ssh::known_hosts::KnownHosts;

use crate::args::Args;
use crate::error::{Error, MAKE_KEY};
use crate::keys;

pub(crate) fn validate(args: &Args) -> ExitCode {
    let report = match harden() {
        Ok(()) => examine(&args.config, args.env_file.as_deref()),
        Err(error) => return fail(&error.to_string()),
    };
    let code = report.exit_code(args.strict);
    let good = format!("{}: good\n", args.config.display());
    let mut stderr = std::io::stderr();
    let (out, complaints) = match (args.json, code) {
        (true, _) => (format!("{}\n", report.to_json()), String::new()),
        (false, code) => {
            let colours = std::io::IsTerminal::is_terminal(&stderr);
            (if code == 0 { good } else { String::new() }, report.render(colours))
        }
    };
    // Where standard error is gone, the exit code still says it.
    let _ = stderr.write_all(complaints.as_bytes());
    match std::io::stdout().write_all(out.as_bytes()) {
        Ok(()) => ExitCode::from(code),
        Err(error) => fail(&format!("the answer cannot be written: {error}")),
    }
}

fn fail(text: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "error: {text}");
    ExitCode::FAILURE
}

/// All problems of helper.yaml and of the files that it names.
fn examine(path: &Path, env_file: Option<&Path>) -> Report {
    let mut others = Report::default();
    let env = match env_file.map(EnvFile::read).transpose() {
        Ok(env) => Some(env.unwrap_or_default()),
        Err(error) => {
            others.append(error.into_report());
            None
        }
    };
    let mut checked = match HelperConfig::check(path) {
        Ok(checked) => checked,
        Err(error) => {
            let mut report = error.into_report();
            report.append(others);
            return report;
        }
    };
    let mut found = Vec::new();
    if let Some(config) = checked.config() {
        let pins = checked.is_sound("known_hosts").then(|| pins(config, &mut others)).flatten();
        found.extend(runtime_directory(path, config));
        for (at, cluster) in config.clusters.iter().enumerate() {
            let name = format!("clusters[{at}]");
            found.extend(proof(path, &name, cluster, env.as_ref()));
            found.extend(pins.iter().flat_map(|pins| nodes(path, &name, cluster, pins, &checked)));
        }
    }
    for (key, problem) in found {
        if checked.is_sound(&key) {
            checked.object(&key, problem);
        }
    }
    let mut report = checked.into_report();
    report.append(others);
    report
}

fn pins(config: &HelperConfig, report: &mut Report) -> Option<std::rc::Rc<KnownHosts>> {
    match Pins::new(config.known_hosts.clone()).current() {
        Ok((_, hosts)) => Some(hosts),
        Err(error) => {
            report.append(vm_autoscale_config::Error::from(error).into_report());
            None
        }
    }
}

/// What would keep the helper from writing its changes down. One that is missing is made at the
/// start, where there is a directory to make it in.
fn runtime_directory(path: &Path, config: &HelperConfig) -> Option<(String, Problem)> {
    let directory = &config.runtime_directory;
    let below = match directory.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => directory.clone(),
        _ => directory.join("changes.json"),
    };
    let (problem, help) = match check_directories(&below) {
        Ok(()) if below == *directory || directory.is_dir() => return None,
        Ok(()) => {
            (format!("{}: is no directory", directory.display()), "name another one".to_owned())
        }
        Err(error) => parted(&error, "make the directory that it is in"),
    };
    let rule = "a directory of the helper's own: without its last changes nothing is changed";
    let problem = Problem::of_file(path, problem).rule(rule).help(help);
    Some(("runtime_directory".to_owned(), problem))
}

/// What is wrong with how the helper would log in; `None` for the env file where it is not known.
fn proof(
    path: &Path,
    name: &str,
    cluster: &Cluster,
    env: Option<&EnvFile>,
) -> Option<(String, Problem)> {
    let problem = |text: String| Problem::of_file(path, text);
    if let Some(identity) = &cluster.identity {
        let problem = match keys::key(identity).err()? {
            Error::Identity { path, problem: text } => {
                problem(format!("{}: {text}", path.display())).help(MAKE_KEY)
            }
            Error::Config(vm_autoscale_config::Error::File(error)) => {
                let (text, help) = parted(&error, "ssh-keygen -t ed25519 -N '' -f FILE makes one");
                problem(text).help(help)
            }
            other => problem(other.to_string()),
        };
        let rule = "an ed25519 or ECDSA key in OpenSSH's form, without a passphrase, mode 0600";
        return Some((format!("{name}.identity"), problem.rule(rule)));
    }
    let variable = cluster.password_variable.as_ref()?;
    let key = format!("{name}.password_variable");
    if keys::password(variable, env?).is_some() {
        let rule = "a key that the node ties to one command is safer";
        return Some((key, problem("logs in with a password".to_owned()).rule(rule).warning()));
    }
    // Not by its name: an administrator may have written the password itself.
    let missing = problem("the env file has no variable of the name that stands here".to_owned());
    let help = "add it to the file that --env-file names, or use `identity`, which is safer";
    Some((key, missing.rule("the name of a variable in the helper's env file").help(help)))
}

/// What is wrong with a file, and what mends it: its own help, or what is said else.
fn parted(error: &FileError, other: &str) -> (String, String) {
    let help = match error {
        FileError::Access { help, .. } => help,
        _ => other,
    };
    (error.problem(), help.to_owned())
}

/// The nodes whose host key the helper would refuse whatever it is.
fn nodes(
    path: &Path,
    name: &str,
    cluster: &Cluster,
    pins: &KnownHosts,
    checked: &Checked<HelperConfig>,
) -> Vec<(String, Problem)> {
    let mut found = Vec::new();
    for (at, node) in cluster.nodes.iter().enumerate() {
        let key = format!("{name}.nodes[{at}].address");
        // Which host it is depends on both.
        if checked.is_sound(&format!("{name}.nodes[{at}].port"))
            && let Err(refusal) = pins.offerable(&node.address, node.port)
        {
            let rule = "a node's own key stands in `known_hosts`";
            found.push((key, Problem::of_file(path, refusal.to_string()).rule(rule)));
        }
    }
    found
}
