//! `vm-autoscale version`: which programs work together here.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use vm_autoscale_scheduler::{
    Error as Failed, ProgramVersion, fetch_status, fetch_version, schema_of,
};

use crate::args::{Args, Format, VersionArgs};
use crate::files::{Places, places};
use crate::{Error, json, say, wait};

/// All that is known.
#[derive(Debug, Serialize)]
struct Versions {
    program: ProgramVersion,
    daemon: Option<ProgramVersion>,
    /// Why nothing is known of the daemon.
    #[serde(skip_serializing_if = "Option::is_none")]
    daemon_problem: Option<String>,
    /// Whether they are not of one release.
    differs: bool,
    journal: Option<JournalVersion>,
    system: System,
}

#[derive(Debug, Serialize)]
struct JournalVersion {
    path: PathBuf,
    version: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct System {
    name: Option<String>,
    kernel: Option<String>,
    machine: &'static str,
}

/// The exit code.
pub(crate) fn version(args: &Args, wanted: &VersionArgs) -> Result<u8, Error> {
    let program = ProgramVersion::own();
    let (daemon, journal) = match places(args, wanted.daemon.control_socket.as_deref()) {
        Ok(Places { socket, journal }) => (wait(asked(&socket))?, journal),
        // Without an installation there is a program all the same.
        Err(error) if error.exit_code() == 66 && !args.is_config_named => {
            (Err(error.to_string()), None)
        }
        Err(error) => return Err(error),
    };
    let (daemon, daemon_problem) = match daemon {
        Ok(daemon) => (Some(daemon), None),
        Err(why) => (None, Some(why)),
    };
    let differs = daemon.as_ref().is_some_and(|daemon| is_mixed(&program, daemon));
    let journal = journal.map(journal_version);
    let all =
        Versions { program, daemon, daemon_problem, differs, journal, system: System::here() };
    match args.output_format {
        Format::Json => json(&all)?,
        Format::Text => say(&text(&all))?,
    }
    Ok(u8::from(all.differs))
}

/// What the daemon says; one of before this could be asked says less.
async fn asked(socket: &Path) -> Result<ProgramVersion, String> {
    match fetch_version(socket).await {
        Ok(daemon) => Ok(daemon),
        Err(Failed::Order(_)) => {
            let report = fetch_status(socket).await.map_err(|error| error.to_string())?;
            let (commit, helper) = (None, None);
            Ok(ProgramVersion { version: report.version, commit, protocol: 0, journal: 0, helper })
        }
        Err(error) => Err(error.to_string()),
    }
}

fn is_mixed(program: &ProgramVersion, daemon: &ProgramVersion) -> bool {
    let helper = daemon.helper.as_ref().is_some_and(|helper| *helper != program.version);
    helper || !program.is_same(daemon)
}

fn journal_version(path: PathBuf) -> JournalVersion {
    if !path.exists() {
        let problem = Some("not there, or not to be seen by you".to_owned());
        return JournalVersion { path, version: None, problem };
    }
    match schema_of(&path) {
        Ok(version) => JournalVersion { path, version: Some(version), problem: None },
        Err(error) => JournalVersion { path, version: None, problem: Some(error.to_string()) },
    }
}

impl System {
    pub(crate) fn here() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).ok();
        let pretty = |text: String| {
            let line = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
            Some(line.trim_matches('"').to_owned())
        };
        Self {
            name: read("/etc/os-release").and_then(pretty),
            kernel: read("/proc/sys/kernel/osrelease").map(|text| text.trim().to_owned()),
            machine: std::env::consts::ARCH,
        }
    }

    /// In a line.
    pub(crate) fn told(&self) -> String {
        let Self { name, kernel, machine } = self;
        let known = |it: &Option<String>| it.clone().unwrap_or_else(|| "not known".to_owned());
        format!("{}, Linux {}, {machine}", known(name), known(kernel))
    }
}

fn text(all: &Versions) -> String {
    let mut text = String::new();
    let mut line = |what: &str, is: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{what:<13} {is}");
    };
    line("vm-autoscale", &told(&all.program));
    match (&all.daemon, &all.daemon_problem) {
        (Some(daemon), _) => {
            line("daemon", &told(daemon));
            line("helper", daemon.helper.as_deref().unwrap_or("none answers the daemon"));
        }
        (None, why) => line("daemon", why.as_deref().unwrap_or("not known")),
    }
    if let Some(JournalVersion { path, version, problem }) = &all.journal {
        let is = version.map(|version| format!("version {version}"));
        let is = is.or_else(|| problem.clone()).unwrap_or_default();
        line("journal", &format!("{}: {is}", path.display()));
    }
    line("system", &all.system.told());
    if all.differs {
        text.push_str(
            "They are not of one release: systemctl restart vm-autoscale-helper vm-autoscale\n",
        );
    }
    text
}

/// One program in a line.
pub(crate) fn told(it: &ProgramVersion) -> String {
    let ProgramVersion { version, commit, protocol, journal, .. } = it;
    let commit = commit.as_ref().map(|commit| format!(", commit {commit}")).unwrap_or_default();
    match protocol {
        0 => format!("{version}, which says no more of itself"),
        _ => format!("{version}{commit}, protocol {protocol}, journal {journal}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(daemon: Option<ProgramVersion>) -> Versions {
        let program = ProgramVersion { commit: None, ..ProgramVersion::own() };
        let differs = daemon.as_ref().is_some_and(|daemon| is_mixed(&program, daemon));
        let path = PathBuf::from("/j");
        Versions {
            program,
            daemon_problem: daemon.is_none().then(|| "no answer".to_owned()),
            daemon,
            differs,
            journal: Some(JournalVersion { path, version: Some(2), problem: None }),
            system: System { name: None, kernel: Some("6.1".to_owned()), machine: "x86_64" },
        }
    }

    #[test]
    fn what_is_not_of_one_release_is_said() {
        let own = ProgramVersion { commit: None, ..ProgramVersion::own() };
        let helper = |version: &str| Some(version.to_owned());
        let same = ProgramVersion { helper: helper(&own.version), ..own.clone() };
        for (daemon, differs) in [
            (None, false),
            (Some(own.clone()), false),
            (Some(same), false),
            (Some(ProgramVersion { helper: helper("0.0.9"), ..own.clone() }), true),
            (Some(ProgramVersion { version: "0.0.9".to_owned(), ..own.clone() }), true),
            (Some(ProgramVersion { commit: Some("abc".to_owned()), ..own.clone() }), true),
            (Some(ProgramVersion { protocol: 0, journal: 0, ..own }), true),
        ] {
            let all = all(daemon);
            assert_eq!(all.differs, differs, "{all:?}");
            let told = text(&all);
            assert_eq!(told.contains("systemctl restart vm-autoscale-helper"), differs, "{told}");
            assert!(told.contains("journal       /j: version 2\n"), "{told}");
            assert!(told.lines().all(|line| line.chars().count() <= 100), "{told}");
        }
    }

    #[test]
    fn the_system_is_told_where_it_is_known() {
        let here = System::here();
        assert!(here.kernel.is_some_and(|kernel| !kernel.contains('\n')));
        assert!(text(&all(None)).contains("system        not known, Linux 6.1, x86_64\n"));
    }
}
