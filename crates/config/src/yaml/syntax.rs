//! What the YAML parser says, as a problem with a place.

use crate::problem::Problem;
use crate::source::{Place, Source};

const RULE: &str = "the file is YAML 1.2, one document, at most 128 deep";

/// A brace ends what stands between brackets.
const QUOTES: &str = "put `${…}` in quotes: \"${NAME}\"";

pub(super) fn problem(source: &Source, error: &serde_yaml::Error) -> Problem {
    let text = error.to_string();
    let at = |line, column| Place { line, column, width: 1 };
    let mut place = error.location().map(|place| at(place.line(), place.column()));
    // Where the text just ends, its beginning says more.
    let begun = text.split_once(", while ").and_then(|(_, context)| place_in(context));
    if place.is_none_or(|place| source.line(place.line).is_none()) {
        let last = source.text.lines().zip(1..).last().filter(|_| place.is_some());
        let end = last.map(|(line, number)| (number, line.chars().count() + 1));
        place = begun.or(end).map(|(line, column)| at(line, column));
    }
    let line = place.and_then(|place| source.line(place.line));
    let indent = line.map(|line| line.split(|c: char| !c.is_whitespace()).next().unwrap_or(line));
    if let (Some(place), Some(tab)) = (place, indent.and_then(|indent| indent.find('\t'))) {
        let place = Place { column: tab + 1, ..place };
        let problem = source.problem(Some(place), "a tab in the indentation");
        return problem.rule("YAML is indented by blanks").help("write blanks instead");
    }
    let problem = source.problem(place, words(&text)).rule(RULE);
    match line {
        Some(line) if line.contains("${") => problem.help(QUOTES),
        _ => problem,
    }
}

/// Whether the text was refused for its size, which others of its kind would share.
pub(super) fn is_too_much(error: &serde_yaml::Error) -> bool {
    let text = error.to_string();
    text.contains("repetition limit") || text.contains(super::tree::TOO_MANY)
}

/// Nothing that could be a value: the parser quotes those only in its messages about types.
fn words(text: &str) -> String {
    if text.contains('"') || text.contains("invalid ") {
        return "a value is not of the type that its tag (`!!name`) says".to_owned();
    }
    if text.contains("recursion limit") {
        return "sections or lists nest too deep here".to_owned();
    }
    if text.contains("repetition limit") || text.contains(super::tree::TOO_MANY) {
        return "too many values, counted with those that aliases (`*name`) stand for".to_owned();
    }
    if text.contains("more than one document") {
        return "more than one document: `---` may stand before the first key only".to_owned();
    }
    let (problem, context) = text.split_once(", while ").unwrap_or((text, ""));
    let end = problem.find(" at line ").unwrap_or(problem.len());
    let problem = problem.get(..end).unwrap_or(problem);
    match context {
        "" => format!("not YAML: {problem}"),
        context => format!("not YAML: {problem}, while {context}"),
    }
}

/// The numbers of `… at line 3 column 1`.
fn place_in(text: &str) -> Option<(usize, usize)> {
    let (_, place) = text.rsplit_once(" at line ")?;
    let (line, column) = place.split_once(" column ")?;
    Some((line.parse().ok()?, column.parse().ok()?))
}
