//! From a file's text to its type, with the place of what is wrong.

use std::path::Path;

use serde::de::DeserializeOwned;
use validator::{Validate, ValidationErrors, ValidationErrorsKind};

use crate::Error;

/// Parses and then checks what goes across fields; all problems of the second kind at once.
pub(crate) fn parse<T: DeserializeOwned + Validate>(path: &Path, text: &str) -> Result<T, Error> {
    let value: T = serde_yaml::from_str(text).map_err(|error| {
        let place = error.location();
        Error::Syntax {
            path: path.to_owned(),
            line: place.as_ref().map_or(0, serde_yaml::Location::line),
            column: place.as_ref().map_or(0, serde_yaml::Location::column),
            problem: without_place(&error.to_string()),
        }
    })?;
    let mut problems = Vec::new();
    if let Err(errors) = value.validate() {
        collect(&errors, "", &mut problems);
    }
    if problems.is_empty() {
        Ok(value)
    } else {
        Err(Error::Meaning { path: path.to_owned(), problems })
    }
}

/// The parser's own ` at line 1 column 2`, which stands before the text already.
fn without_place(message: &str) -> String {
    message.rfind(" at line ").and_then(|at| message.get(..at)).unwrap_or(message).to_owned()
}

/// Every message with the path of its key, in the order of the keys.
fn collect(errors: &ValidationErrors, path: &str, problems: &mut Vec<String>) {
    let mut fields: Vec<_> = errors.errors().iter().collect();
    fields.sort_by(|a, b| a.0.cmp(b.0));
    for (field, kind) in fields {
        let here = match (path, field.as_ref()) {
            // A rule over a whole section has no field of its own.
            (path, "__all__") => path.to_owned(),
            ("", field) => field.to_owned(),
            (path, field) => format!("{path}.{field}"),
        };
        match kind {
            ValidationErrorsKind::Struct(inner) => collect(inner, &here, problems),
            ValidationErrorsKind::List(items) => {
                for (index, inner) in items {
                    collect(inner, &format!("{here}[{index}]"), problems);
                }
            }
            ValidationErrorsKind::Field(found) => problems.extend(found.iter().map(|error| {
                let message = error.message.as_deref().unwrap_or(&error.code);
                if here.is_empty() { message.to_owned() } else { format!("{here}: {message}") }
            })),
        }
    }
}
