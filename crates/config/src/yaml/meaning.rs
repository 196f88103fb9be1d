//! What `validator` says of the whole, as problems of single places.

use serde::{Deserialize, Serialize};
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

/// One broken rule, as a rule's function packs it into the one error that it may return.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Broken {
    /// The keys that it is about, from the section on; the first is pointed at, and `{line}` in
    /// the problem is the line of the second.
    pub(crate) keys: Vec<String>,
    pub(crate) problem: String,
    pub(crate) rule: String,
    pub(crate) help: Option<String>,
}

impl Broken {
    pub(crate) fn new(keys: &[&str], problem: impl Into<String>, rule: impl Into<String>) -> Self {
        let keys = keys.iter().map(|&key| key.to_owned()).collect();
        Self { keys, problem: problem.into(), rule: rule.into(), help: None }
    }
}

const PARAMETER: &str = "broken";

/// What a rule's function returns.
pub(crate) fn all(broken: &[Broken]) -> Result<(), ValidationError> {
    if broken.is_empty() {
        return Ok(());
    }
    let mut error = ValidationError::new("broken");
    error.add_param(PARAMETER.into(), &broken);
    Err(error)
}

/// Every broken rule with its keys' full paths, in the order of the keys.
pub(crate) fn collect(errors: &ValidationErrors, path: &str, into: &mut Vec<Broken>) {
    let mut fields: Vec<_> = errors.errors().iter().collect();
    fields.sort_by(|a, b| a.0.cmp(b.0));
    for (field, kind) in fields {
        // A rule over a whole section has no field of its own.
        let here = if field == "__all__" { path.to_owned() } else { join(path, field) };
        match kind {
            ValidationErrorsKind::Struct(inner) => collect(inner, &here, into),
            ValidationErrorsKind::List(items) => {
                for (index, inner) in items {
                    collect(inner, &format!("{here}[{index}]"), into);
                }
            }
            ValidationErrorsKind::Field(found) => {
                for error in found {
                    unpack(error, &here, into);
                }
            }
        }
    }
}

fn unpack(error: &ValidationError, here: &str, into: &mut Vec<Broken>) {
    let packed = error.params.get(PARAMETER).cloned();
    let Some(packed) = packed.and_then(|all| serde_json::from_value::<Vec<Broken>>(all).ok())
    else {
        let name = here.rsplit('.').next().unwrap_or(here);
        let value = error.params.get("value").map(ToString::to_string).unwrap_or_default();
        let rule = error.message.as_deref().unwrap_or(&error.code);
        let rule = format!("`{name}` is {rule}");
        into.push(Broken::new(&[here], format!("`{name}` is {value}"), rule));
        return;
    };
    into.extend(packed.into_iter().map(|broken| {
        let keys = broken.keys.iter().map(|key| join(here, key)).collect();
        Broken { keys, ..broken }
    }));
}

fn join(path: &str, key: &str) -> String {
    match (path, key) {
        ("", _) => key.to_owned(),
        (_, "") => path.to_owned(),
        _ => format!("{path}.{key}"),
    }
}
