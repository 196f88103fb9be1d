//! Env files: `NAME=value` lines with what must not stand in a YAML file.

use std::collections::BTreeMap;
use std::path::Path;

use crate::{Access, Error, Secret, read_checked};

/// The variables of one env file. The process's own environment is never changed.
#[derive(Debug, Clone, Default)]
pub struct EnvFile(BTreeMap<String, Secret>);

impl EnvFile {
    /// Reads a file that only its owner may read.
    ///
    /// # Errors
    /// As [`read_checked`], or a line that is none of an env file's; the line is not repeated.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = read_checked(path, Access::Private)?;
        let mut variables = BTreeMap::new();
        // `from_path_iter` would open the file again, after it was judged.
        for (number, item) in dotenvy::from_read_iter(text.as_bytes()).enumerate() {
            let (name, value) = item.map_err(|_| Error::Syntax {
                path: path.to_owned(),
                line: 0,
                column: 0,
                problem: format!("entry {} is not of the form NAME=value", number + 1),
            })?;
            variables.insert(name, value.into());
        }
        Ok(Self(variables))
    }

    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.0.get(name)
    }
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

        write(&path, "A=one\nhunter2 is no variable\n").unwrap();
        let message = EnvFile::read(&path).unwrap_err().to_string();
        assert!(message.contains("entry 2") && !message.contains("hunter2"), "{message}");
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }
}
