//! What was looked at, and what was found.

use serde::Serialize;

/// One line of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) area: &'static str,
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(crate) state: State,
    pub(crate) said: String,
    /// What to type; of everything that is not well, and of what is only offered.
    pub(crate) help: Option<String>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Ok,
    /// It works, and somebody should know.
    Warning,
    /// It does not work, or guards less than it should.
    Error,
}

impl State {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A check. Its code stays the same for ever, and is of no other check when this one is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code {
    id: &'static str,
    area: &'static str,
    name: &'static str,
}

impl Code {
    pub(super) const fn new(id: &'static str, area: &'static str, name: &'static str) -> Self {
        Self { id, area, name }
    }

    pub(crate) fn ok(self, said: impl Into<String>) -> Finding {
        self.found(State::Ok, said.into(), None)
    }

    pub(crate) fn offer(self, said: impl Into<String>, help: impl Into<String>) -> Finding {
        self.found(State::Ok, said.into(), Some(help.into()))
    }

    pub(crate) fn warning(self, said: impl Into<String>, help: impl Into<String>) -> Finding {
        self.found(State::Warning, said.into(), Some(help.into()))
    }

    pub(crate) fn error(self, said: impl Into<String>, help: impl Into<String>) -> Finding {
        self.found(State::Error, said.into(), Some(help.into()))
    }

    /// Well, unless something is wrong.
    pub(crate) fn unless(self, wrong: Vec<Finding>, well: impl Into<String>) -> Vec<Finding> {
        if wrong.is_empty() { vec![self.ok(well)] } else { wrong }
    }

    fn found(self, state: State, said: String, help: Option<String>) -> Finding {
        let Self { id: code, area, name } = self;
        Finding { area, code, name, state, said, help }
    }
}
