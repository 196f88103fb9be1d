//! What became of every key, as a table that fits a terminal.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::keys::Verdict;
use super::row::Row;

/// Narrower nothing can be read.
const NARROWEST: usize = 60;
/// So many lines of the table are shown; the JSON has all.
const MOST: usize = 2_000;
const HEADS: [&str; 4] = ["KEY (LINE)", "SAID", "THE OLD PROGRAM", "NOW"];

/// All rows, those that are the same for several items of a list as one.
pub(crate) fn render(rows: &[Row], width: usize) -> String {
    let widths = widths(width.max(NARROWEST));
    let mut text = String::new();
    line(&mut text, &HEADS.map(str::to_owned), widths);
    let _ = writeln!(text, "{}", "-".repeat(widths.iter().sum::<usize>() + 6));
    let groups = group(rows);
    for Group { row, lines, said } in groups.iter().take(MOST) {
        let verdict = match row.verdict {
            Verdict::Carried => "carried over",
            Verdict::Replaced => "replaced",
            Verdict::Refused => "refused",
        };
        let places = if lines.is_empty() { String::new() } else { format!(" ({})", some(lines)) };
        let key = format!("{}{places}", row.general);
        let cells = [key, some(said), row.did.clone(), format!("{verdict}: {}", row.now)];
        line(&mut text, &cells, widths);
    }
    if let more @ 1.. = groups.len().saturating_sub(MOST) {
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(text, "and {more} more: --output-format json has all of them");
    }
    text
}

/// Rows that are told as one.
struct Group<'a> {
    row: &'a Row,
    lines: Vec<usize>,
    said: Vec<&'a str>,
}

/// The rows that differ in more than their lines, in the order of the first of these; VMIDs, which
/// all differ, together.
fn group(rows: &[Row]) -> Vec<Group<'_>> {
    let mut at: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for row in rows {
        let is_vmid = row.general.ends_with(".vm_id");
        let said = if is_vmid { "" } else { &row.said };
        let number = *at.entry((&row.general, said, &row.now)).or_insert(groups.len());
        match groups.get_mut(number) {
            Some(group) => {
                group.lines.extend(row.line);
                group.said.extend(is_vmid.then_some(row.said.as_str()));
            }
            None => groups.push(Group {
                row,
                lines: row.line.into_iter().collect(),
                said: vec![&row.said],
            }),
        }
    }
    groups
}

/// `31`, `31, 38` or `31, 38, 45 and 3 more`.
fn some<T: ToString>(all: &[T]) -> String {
    const SHOWN: usize = 3;
    let first: Vec<String> = all.iter().take(SHOWN).map(T::to_string).collect();
    match all.len().saturating_sub(SHOWN) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

fn widths(width: usize) -> [usize; 4] {
    let room = width.saturating_sub(6);
    let (key, said) = (room * 26 / 100, room * 16 / 100);
    let did = room * 27 / 100;
    [key, said, did, room - key - said - did]
}

fn line(text: &mut String, cells: &[String; 4], widths: [usize; 4]) {
    let [key, said, did, now] = widths;
    let of = |cell: &String, width: usize| wrap(cell, width).into_iter();
    let [a, b, c, d] = cells;
    let mut columns = [of(a, key), of(b, said), of(c, did), of(d, now)];
    loop {
        let parts = columns.each_mut().map(Iterator::next);
        if parts.iter().all(Option::is_none) {
            return;
        }
        let mut row = String::new();
        for (part, width) in parts.into_iter().zip(widths) {
            let _ = write!(row, "{:<width$}  ", part.unwrap_or_default());
        }
        let _ = writeln!(text, "{}", row.trim_end());
    }
}

/// A text in lines of at most so many characters: broken at blanks and, where a word is too long,
/// behind its dots and slashes or anywhere.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut current = String::new();
    for word in text.split(' ') {
        let length = current.chars().count();
        if length > 0 && length + 1 + word.chars().count() <= width {
            current = format!("{current} {word}");
            continue;
        }
        if length > 0 {
            lines.push(std::mem::take(&mut current));
        }
        let mut pieces = pieces(word, width.max(1));
        current = pieces.pop().unwrap_or_default();
        lines.extend(pieces);
    }
    lines.push(current);
    lines
}

fn pieces(word: &str, width: usize) -> Vec<String> {
    let mut rest: Vec<char> = word.chars().collect();
    let mut pieces = Vec::new();
    while rest.len() > width {
        let mut head = rest.iter().take(width);
        let joint = head.rposition(|c| matches!(c, '.' | '/' | '_')).map(|at| at + 1);
        let tail = rest.split_off(joint.filter(|at| *at * 2 > width).unwrap_or(width));
        pieces.push(rest.into_iter().collect());
        rest = tail;
    }
    pieces.push(rest.into_iter().collect());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: usize, said: &str) -> Row {
        Row {
            key: format!("virtual_machines[{line}].vm_id"),
            general: "virtual_machines[].vm_id".to_owned(),
            line: Some(line),
            said: said.to_owned(),
            did: "a word that is-so-very-long-that-no-column-of-this-table-holds-it in the end"
                .into(),
            verdict: Verdict::Carried,
            now: "config.yaml: virtual_machines[].vm_id".to_owned(),
        }
    }

    #[test]
    fn it_fits_and_loses_nothing() {
        for width in [0, 60, 80, 100, 200] {
            let text = render(&[row(7, &"9".repeat(70))], width);
            let longest = text.lines().map(|line| line.chars().count()).max();
            assert!(longest <= Some(width.max(NARROWEST)), "{width}: {longest:?}\n{text}");
            assert_eq!(text.matches('9').count(), 70, "{text}");
        }
    }

    #[test]
    fn the_same_of_several_items_is_one_line() {
        let mut rows: Vec<Row> = (1..=5).map(|line| row(line, "x")).chain([row(9, "y")]).collect();
        assert_eq!(group(&rows).len(), 1);
        assert!(render(&rows, 200).contains("x, x, x and 3 more"));
        for row in &mut rows {
            row.general = "virtual_machines[].cpu_scaling".to_owned();
        }
        assert_eq!(group(&rows).len(), 2);
        assert_eq!(some(&[1, 2, 3, 4, 5]), "1, 2, 3 and 2 more");
        assert_eq!(some(&[4]), "4");
    }

    #[test]
    fn words_are_broken_where_they_must_be() {
        assert_eq!(wrap("a bc def", 4), ["a bc", "def"]);
        assert_eq!(wrap("scaling_limits.max", 15), ["scaling_limits.", "max"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 3), [""]);
    }
}
