//! A flaw in words.

use super::document::{Trail, trail};
use super::documents::{Documents, Home};
use super::fault::{What, describe};
use super::known;
use super::tree::{Data, Node};
use crate::problem::Problem;
use crate::render::{quote, visible};
use crate::source::Place;

/// What messages need of the files.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a> {
    pub(crate) documents: &'a Documents,
    pub(crate) root: &'a Node,
}

impl Words<'_> {
    /// In which text it is, and the problem.
    pub(crate) fn problem(self, id: u32, what: &What) -> (usize, Problem) {
        let trail = trail(self.root, id);
        let (at, place) = match (what, trail.key) {
            (What::UnknownKey { .. } | What::KeyNotText | What::Duplicate { .. }, Some(key)) => {
                self.documents.place(key)
            }
            _ => self.place(&trail),
        };
        let said = self.say(at, &trail, what);
        let mut problem = self.documents.problem(at, place, &said.problem);
        (problem.path, problem.rule, problem.suggestion) = (trail.path, said.rule, said.help);
        (at, problem)
    }

    fn say(self, at: usize, trail: &Trail<'_>, what: &What) -> Said {
        let name = match last(&trail.path) {
            "" => "the file".to_owned(),
            name => quote(name),
        };
        let said = match what {
            What::UnknownKey { known } => unknown(trail.key, known),
            What::KeyNotText => Said::new("a key that is no text").rule("a key is a word"),
            What::Duplicate { first } => self.duplicate(at, trail.key, *first),
            What::Missing { key, all } => {
                let all = quoted(all);
                Said::new(format!("`{key}` is missing")).rule(format!("this section needs {all}"))
            }
            What::Unfit { given, wanted } => {
                let said = Said::new(format!("{name} is {given}"));
                said.rule(format!("{name} is {wanted}")).empty(trail)
            }
            What::Choice { given, allowed } => choice(&name, given, allowed, trail),
            What::Refused(message) => {
                let (problem, rule) = split(message);
                let clean = |text: &str| text.chars().map(visible).collect::<String>();
                Said::new(format!("{name}: {}", clean(problem))).rule(clean(rule))
            }
            What::Given(what) => {
                let Said { rule, .. } = self.say(at, trail, what);
                let home = self.documents.home(trail.node.id);
                return Said { rule, ..Said::new(does_not_fit(&name, home)) };
            }
            // No word of it is the value's, so that it can be said of secrets, too.
            What::Variable { problem, rule, help } => {
                let said = Said::new(format!("{name}: {problem}")).rule(*rule);
                return Said { help: Some(help.clone()), ..said };
            }
        };
        if trail.is_secret { said.hidden(&name) } else { said }
    }

    /// Where nothing stands, its key is pointed at.
    pub(crate) fn place(self, trail: &Trail<'_>) -> (usize, Option<Place>) {
        let node = match (trail.key, &trail.node.data) {
            (Some(key), Data::Null) => key,
            _ => trail.node,
        };
        self.documents.place(node)
    }

    fn duplicate(self, at: usize, key: Option<&Node>, first: u32) -> Said {
        let first = trail(self.root, first).key;
        let line = first.map_or_else(|| "0".to_owned(), |key| self.documents.line(at, key));
        let key = key.and_then(Node::text).map(quote).unwrap_or_default();
        Said::new(format!("{key} stands here a second time; first on line {line}"))
            .rule("a key stands once in its section")
    }
}

/// Of a value that a variable gave.
pub(crate) fn does_not_fit(name: &str, home: Home) -> String {
    match home {
        Home::Text(..) => format!("{name}: what its variable gives does not fit"),
        Home::Variable(variable) => format!("{name}: what {variable} gives does not fit"),
    }
}

struct Said {
    problem: String,
    rule: Option<String>,
    help: Option<String>,
}

impl Said {
    fn new(problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), rule: None, help: None }
    }

    fn rule(self, rule: impl Into<String>) -> Self {
        Self { rule: Some(rule.into()), ..self }
    }

    fn empty(self, trail: &Trail<'_>) -> Self {
        if trail.node.data != Data::Null || trail.key.is_none() {
            return self;
        }
        Self { help: Some("write a value, or leave the key out".to_owned()), ..self }
    }

    /// Nothing of the value.
    fn hidden(self, name: &str) -> Self {
        let problem = format!("{name} does not fit; it is not shown, for it may be a secret");
        Self { problem, ..self }
    }
}

fn unknown(key: Option<&Node>, known: &[&'static str]) -> Said {
    let text = key.and_then(Node::text).unwrap_or_default();
    let said = Said::new(format!("unknown key {}", quote(text)));
    let nearest = || known::nearest(text, known).map(|meant| format!("did you mean `{meant}`?"));
    let help = known::moved(text, known).map(str::to_owned).or_else(nearest);
    let rule = match &help {
        Some(_) => "a key that is not known would be without effect".to_owned(),
        None => format!("the keys here are {}", quoted(known)),
    };
    Said { help, ..said.rule(rule) }
}

fn choice(name: &str, given: &str, allowed: &[&'static str], trail: &Trail<'_>) -> Said {
    let given = match &trail.node.data {
        Data::Text(_) => quote(given),
        other => describe(other),
    };
    let nearest = known::nearest(trail.node.text().unwrap_or_default(), allowed);
    let help = nearest.map(|meant| format!("did you mean `{meant}`?"));
    let rule = format!("{name} is one of {}", quoted(allowed));
    Said { help, ..Said::new(format!("{name} is {given}")).rule(rule) }.empty(trail)
}

/// The problem and the rule in what a type says of a value: after a line break, or as
/// `crates/proxmox` words it.
fn split(message: &str) -> (&str, &str) {
    let in_brackets = || message.strip_suffix(')').and_then(|text| text.split_once(" ("));
    message.split_once('\n').or_else(in_brackets).unwrap_or_else(|| {
        let range = message.find(" is outside ").map(|at| at + " is outside ".len());
        (message, range.and_then(|at| message.get(at..)).unwrap_or("a value of its type"))
    })
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}
