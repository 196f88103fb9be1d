//! `${NAME}` and `${NAME:-default}` in values, replaced once: what a variable gives is never
//! looked into again.

use super::fault::{Fault, What};
use super::reader::Findings;
use super::tree::{Data, Expanded, Node};
use crate::render::quote;
use crate::{Environment, MAX_FILE, Secret};

const RULE: &str = "`${NAME}` or `${NAME:-default}`; a name is letters, digits and `_`, and \
                    `$${` stands for `${` itself";

/// What becomes of variables.
#[derive(Clone, Copy)]
pub(crate) enum Variables<'a> {
    Known(&'a Environment),
    /// The file is read as it stands.
    None,
}

/// Replaces the variables in all values of a tree; keys stay as they are.
pub(super) fn expand(root: &mut Node, variables: Variables<'_>, findings: &Findings) {
    let mut left = usize::try_from(MAX_FILE).unwrap_or(usize::MAX);
    walk(root, variables, findings, &mut left);
}

fn walk(node: &mut Node, variables: Variables<'_>, findings: &Findings, left: &mut usize) {
    match &mut node.data {
        Data::List(items) => {
            for item in items {
                walk(item, variables, findings, left);
            }
        }
        Data::Map(pairs) => {
            for (_, value) in pairs {
                walk(value, variables, findings, left);
            }
        }
        Data::Text(text) if text.contains("${") => match replaced(text, variables, left) {
            Ok(data) => node.data = data,
            Err(Some(what)) => drop(findings.keep(node, Fault::New(what))),
            Err(None) => findings.leave_out(node.id),
        },
        _ => {}
    }
}

/// The text's value; without any variable in it plain text. An error without words is one that
/// was said before, or is to be said elsewhere.
fn replaced(text: &str, variables: Variables<'_>, left: &mut usize) -> Result<Data, Option<What>> {
    let Variables::Known(environment) = variables else { return Err(Some(not_here())) };
    let (mut value, mut rest, mut missing, mut is_plain) = (String::new(), text, Vec::new(), true);
    while let Some(at) = rest.find("${") {
        let before = rest.get(..at).unwrap_or_default();
        let behind = rest.get(at + 2..).unwrap_or_default();
        if let Some(before) = before.strip_suffix('$') {
            (value, rest) = (value + before + "${", behind);
            continue;
        }
        is_plain = false;
        let (inside, behind) = behind.split_once('}').ok_or_else(unclosed)?;
        let (name, default) = parse(inside)?;
        let given = environment.get(name).filter(|value| default.is_none() || !value.is_empty());
        let Some(given) = given.or(default) else {
            missing.push(name);
            rest = behind;
            continue;
        };
        value = value + before + given;
        rest = behind;
        if value.len() > *left {
            return Err(too_long(left));
        }
    }
    if !missing.is_empty() {
        return Err((!environment.is_incomplete()).then(|| unset(&missing, environment)));
    }
    value.push_str(rest);
    let remaining = left.checked_sub(value.len()).filter(|remaining| *remaining > 0);
    *left = remaining.ok_or_else(|| too_long(left))?;
    if is_plain {
        return Ok(Data::Text(value.into()));
    }
    let (value, written) = (Secret::from(value), text.into());
    Ok(Data::Expanded(Box::new(Expanded { value, written })))
}

/// The name and the default of what stands in the braces.
fn parse(inside: &str) -> Result<(&str, Option<&str>), What> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_name =
        name.starts_with(is_first) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let problem = match default {
        _ if !is_name => "no variable has such a name",
        Some(default) if default.contains("${") => "a variable in another one's default",
        _ => return Ok((name, default)),
    };
    let help = "write `$${` where no variable is meant".to_owned();
    Err(What::Variable { problem: problem.to_owned(), rule: RULE, help })
}

fn unclosed() -> What {
    let help = "close it, or write `$${` where no variable is meant".to_owned();
    What::Variable { problem: "a `${` without its `}`".to_owned(), rule: RULE, help }
}

/// Names that no variable would have are not repeated: a password may hold a `${`.
fn unset(missing: &[&str], environment: &Environment) -> What {
    const SHOWN: usize = 8;
    let is_usual = |name: &&str| !name.chars().any(|c| c.is_ascii_lowercase());
    let mut names: Vec<&str> = Vec::new();
    for name in missing.iter().copied().filter(is_usual) {
        if names.len() < SHOWN && !names.contains(&name) {
            names.push(name);
        }
    }
    let rule = "a variable is set, or has a default";
    let Some(first) = names.first() else {
        let problem = "a variable in it is not set".to_owned();
        return What::Variable { problem, rule, help: environment.advice("NAME") };
    };
    let shown = names.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ");
    let (word, is) = if names.len() == 1 { ("variable", "is") } else { ("variables", "are") };
    let problem = format!("the {word} {shown} {is} not set");
    What::Variable { problem, rule, help: environment.advice(first) }
}

/// Said once: from then on nothing is left.
fn too_long(left: &mut usize) -> Option<What> {
    (std::mem::take(left) > 0).then(|| What::Variable {
        problem: "with what the variables before it gave, this is too long".to_owned(),
        rule: "4 MiB of values with variables in them, all together",
        help: "set shorter ones, or use fewer".to_owned(),
    })
}

fn not_here() -> What {
    What::Variable {
        problem: "a variable, which this file cannot have".to_owned(),
        rule: "helper.yaml says all by itself what the helper may do: `${…}` is not replaced",
        help: "write the value; a password goes into helper.env, and its variable's name here as \
               `password_variable`"
            .to_owned(),
    }
}
