//! The variables that a configuration may name: those of the process, then those of an env file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::{EnvFile, Secret};

/// Variables that hold over what config.yaml says, and the keys that they set.
pub(crate) const OVERRIDING: [(&str, &[&str]); 7] = [
    ("VM_AUTOSCALE_SMTP_PASSWORD", &["alerts", "smtp_password"]),
    ("VM_AUTOSCALE_GOTIFY_TOKEN", &["gotify", "app_token"]),
    ("VM_AUTOSCALE_NTFY_TOKEN", &["ntfy", "access_token"]),
    ("VM_AUTOSCALE_WEBHOOK_URL", &["webhook_url"]),
    ("VM_AUTOSCALE_WEBHOOK_SECRET", &["webhook_secret"]),
    ("VM_AUTOSCALE_UPTIME_KUMA_WEBHOOK", &["uptime_kuma_url"]),
    ("VM_AUTOSCALE_HEALTHCHECKS_URL", &["healthchecks_url"]),
];

/// What `${NAME}` stands for. What the shell knows holds over the file, as with any env file.
/// Every value counts as a secret.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    process: BTreeMap<String, Secret>,
    file: EnvFile,
    unread: Option<PathBuf>,
    is_incomplete: bool,
}

impl Environment {
    /// The variables that the process was started with, without those that are no UTF-8.
    #[must_use]
    pub fn of_process() -> Self {
        let text = |value: std::ffi::OsString| value.into_string().ok();
        let all = std::env::vars_os();
        Self::new(all.filter_map(|(name, value)| text(name).zip(text(value))))
    }

    /// These variables and no others.
    #[must_use]
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let process = variables.into_iter().map(|(name, value)| (name, value.into())).collect();
        Self { process, ..Self::default() }
    }

    /// The same with an env file behind them.
    #[must_use]
    pub fn with_file(self, file: EnvFile) -> Self {
        Self { file, ..self }
    }

    /// The same where the user may not read the env file: messages say so.
    #[must_use]
    pub fn without_file(self, path: &Path) -> Self {
        Self { unread: Some(path.to_owned()), ..self }
    }

    /// The same where the env file is broken and that is said elsewhere: a variable that is not
    /// set may stand in it, so that nothing is said of it, and no configuration is made.
    #[must_use]
    pub fn incomplete(self) -> Self {
        Self { is_incomplete: true, ..self }
    }

    /// A variable's value, which may be empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.process.get(name).or_else(|| self.file.get(name)).map(Secret::expose)
    }

    pub(crate) fn is_incomplete(&self) -> bool {
        self.is_incomplete
    }

    /// What to do about a variable that is not set.
    pub(crate) fn advice(&self, name: &str) -> String {
        let otherwise = format!("write `${{{name}:-default}}`");
        match &self.unread {
            Some(path) => format!("this user may not read {}: ask as root", path.display()),
            None => format!("set it in the file that --env-file names, or {otherwise}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_holds_over_the_file_and_nothing_is_shown() {
        let of = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let file = EnvFile::of([of("A", "hunter2"), of("B", "hunter3"), of("C", "hunter4")]);
        let environment = Environment::new([of("A", "shell"), of("B", "")]).with_file(file);
        assert_eq!(environment.get("A"), Some("shell"));
        // Also where it is empty there: it is set.
        assert_eq!((environment.get("B"), environment.get("C")), (Some(""), Some("hunter4")));
        assert_eq!(environment.get("D"), None);
        let shown = format!("{environment:?}");
        assert!(!shown.contains("hunter") && !shown.contains("shell"), "{shown}");
    }
}
