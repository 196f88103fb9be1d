//! Env files: `NAME=value` lines with what must not stand in a YAML file.

use std::collections::BTreeMap;
use std::path::Path;

use crate::{Access, Error, Problem, Report, Secret, read_checked};

/// The variables of one env file. The process's own environment is never changed.
#[derive(Debug, Clone, Default)]
pub struct EnvFile(BTreeMap<String, Secret>);

impl EnvFile {
    /// Reads a file that only its owner may read.
    ///
    /// # Errors
    /// As [`read_checked`], or every line that is none of an env file's; no line is repeated.
    pub fn read(path: &Path) -> Result<Self, Error> {
        Self::parse(path, &read_checked(path, Access::Private)?)
    }

    /// As [`EnvFile::read`], for a look: root may look at a file of another user that nobody
    /// else can access, such as the scheduler's. That user decides what stands in it, so that
    /// nothing may rest on it but what is said to whoever asked.
    ///
    /// # Errors
    /// As [`EnvFile::read`].
    pub fn inspect(path: &Path) -> Result<Self, Error> {
        Self::parse(path, &read_checked(path, Access::PrivateOfAnyone)?)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        let (mut variables, mut report, mut above) = (BTreeMap::new(), Report::default(), 0);
        // `from_path_iter` would open the file again, after it was judged.
        for item in dotenvy::from_read_iter(text.as_bytes()) {
            match item {
                Ok((name, value)) => drop(variables.insert(name, value.into())),
                Err(error) => {
                    let problem = Problem::of_file(path, "a line that is not NAME=value");
                    let line = line_of(&error, text, above);
                    above = line.unwrap_or(above);
                    let rule = "NAME=value, one a line; single quotes keep $, # and blanks";
                    report.push(Problem {
                        line: line.unwrap_or(0),
                        column: line.map_or(0, |_| 1),
                        ..problem.rule(rule)
                    });
                }
            }
        }
        if report.problems().is_empty() { Ok(Self(variables)) } else { Err(report.into()) }
    }

    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.0.get(name)
    }
}

#[cfg(test)]
impl EnvFile {
    /// As if a file had these.
    pub(crate) fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name, value.into())).collect())
    }
}

/// Which line an error is about, counted from 1: one after those before it.
fn line_of(error: &dotenvy::Error, text: &str, above: usize) -> Option<usize> {
    let dotenvy::Error::LineParse(line, _) = error else { return None };
    let line = line.lines().next().unwrap_or_default().trim();
    let mut below = text.lines().enumerate().skip(above);
    below.find(|(_, other)| other.trim() == line).map(|(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn secrets_are_read_and_never_shown() {
        let path = tempfile::tempdir().unwrap().keep().join("helper.env");
        write(&path, "# comment\nA=one\nexport B='two words'\n").unwrap();
        set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let env = EnvFile::read(&path).unwrap();
        assert_eq!(env.get("B").map(Secret::expose), Some("two words"));
        assert!(!format!("{env:?}").contains("two"));

        write(&path, "A=one\nhunter2 is no variable\n\n# x\nA='open\n").unwrap();
        let message = EnvFile::read(&path).unwrap_err().to_string();
        for said in ["helper.env:2:1: a line", "helper.env:5:1: a line"] {
            assert!(message.contains(said) && !message.contains("hunter2"), "{message}");
        }
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    /// With their examples uncommented, too; the scheduler's has all overriding variables.
    #[test]
    fn the_examples_are_env_files() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("env");
        let etc = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../etc");
        for (name, variable) in crate::environment::OVERRIDING
            .map(|(variable, _)| ("scheduler.env", variable))
            .into_iter()
            .chain([("helper.env", "VM_AUTOSCALE_SSH_PASSWORD")])
        {
            let example = std::fs::read_to_string(etc.join(name)).unwrap();
            for (text, is_set) in [(example.clone(), false), (example.replace("\n#", "\n"), true)] {
                // Prose is no variable.
                let lines =
                    text.lines().filter(|line| line.starts_with('#') || line.contains("='"));
                write(&path, lines.collect::<Vec<_>>().join("\n")).unwrap();
                set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
                let env = EnvFile::read(&path).unwrap();
                assert_eq!(env.get(variable).is_some(), is_set, "{variable} in {name}");
            }
        }
    }
}
