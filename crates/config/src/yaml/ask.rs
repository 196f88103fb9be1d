//! What can be asked of a configuration that was read.

use std::path::Path;

use super::Checked;
use super::document::follow;
use crate::problem::Report;

impl<T> Checked<T> {
    /// The configuration as far as it could be read: ask [`Checked::is_sound`] before a value of
    /// it is believed.
    #[must_use]
    pub fn config(&self) -> Option<&T> {
        self.config.as_ref()
    }

    /// The files that were read, or should have been, in the order in which they hold.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.documents.all.iter().map(|document| document.source.file.as_path())
    }

    /// Whether what the path names is what the files say, or rightly absent.
    #[must_use]
    pub fn is_sound(&self, path: &str) -> bool {
        let Some(root) = &self.root else { return false };
        let found = follow(root, path, &self.findings);
        found.steps.iter().last().is_none_or(|(section, key)| self.findings.is_sound(section, key))
            && found.steps.iter().all(|(section, key)| !self.findings.is_doubtful(section, key))
    }

    /// The configuration, or everything that is wrong with it.
    ///
    /// # Errors
    /// There is a problem. Only where the environment was [`crate::Environment::incomplete`] can
    /// the report be empty.
    pub fn finish(mut self) -> Result<T, Report> {
        if self.problems.is_empty()
            && !self.findings.is_partial()
            && let Some(config) = self.config.take()
        {
            return Ok(config);
        }
        Err(self.into_report())
    }

    /// Everything that is wrong; empty where nothing is.
    #[must_use]
    pub fn into_report(mut self) -> Report {
        self.documents.hide_secrets(self.root.as_ref());
        let sources =
            self.documents.all.iter().map(|document| &document.source).collect::<Vec<_>>();
        Report::of(&sources, self.problems, self.more)
    }
}
