//! What install and uninstall say of themselves.

use serde::Serialize;

use crate::args::Format;
use crate::error::Error;
use crate::root::Root;
use crate::say;
use crate::step::Step;

/// One run, as it is told.
#[derive(Debug, Serialize)]
pub(crate) struct Told {
    #[serde(skip)]
    format: Format,
    dry_run: bool,
    steps: Vec<String>,
    notes: Vec<String>,
    /// What came of it.
    result: String,
    /// What to type next.
    next: Vec<String>,
    /// Whether the steps were shown already.
    #[serde(skip)]
    is_shown: bool,
}

impl Told {
    pub(crate) fn new(format: Format, dry_run: bool) -> Self {
        Self {
            format,
            dry_run,
            steps: Vec::new(),
            notes: Vec::new(),
            result: String::new(),
            next: Vec::new(),
            is_shown: false,
        }
    }

    pub(crate) fn notes(&mut self, notes: impl IntoIterator<Item = String>) {
        self.notes.extend(notes);
    }

    /// What is going to be done, before anything is.
    ///
    /// # Errors
    /// Nobody listens.
    pub(crate) fn ahead(&mut self, root: &Root, steps: &[Step]) -> Result<(), Error> {
        self.is_shown = true;
        self.steps = steps.iter().map(|step| step.sentence(root)).collect();
        self.steps.iter().try_for_each(|step| self.print("- ", step))
    }

    /// Does it, and says each thing just before, where it was not said.
    ///
    /// # Errors
    /// The first step that does not work.
    pub(crate) fn apply(&mut self, root: &Root, steps: &[Step]) -> Result<(), Error> {
        for step in steps {
            if !self.is_shown {
                let sentence = step.sentence(root);
                self.print("- ", &sentence)?;
                self.steps.push(sentence);
            }
            step.apply(root)?;
        }
        Ok(())
    }

    /// The rest of the answer.
    ///
    /// # Errors
    /// Nobody listens.
    pub(crate) fn end(mut self, result: &str, next: Vec<String>) -> Result<(), Error> {
        (self.result, self.next) = (result.to_owned(), next);
        if let Format::Json = self.format {
            let text = serde_json::to_string_pretty(&self).unwrap_or_default();
            return say(&format!("{text}\n"));
        }
        self.notes.iter().try_for_each(|note| self.print("note: ", note))?;
        self.print("", result)?;
        if !self.next.is_empty() {
            self.print("", "next:")?;
        }
        self.next.iter().try_for_each(|step| self.print("    ", step))
    }

    fn print(&self, head: &str, text: &str) -> Result<(), Error> {
        match self.format {
            Format::Text => say(&format!("{head}{text}\n")),
            Format::Json => Ok(()),
        }
    }
}
