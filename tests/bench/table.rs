//! Promise, promised, measured.

use std::io::{self, Write};

/// What was found so far.
#[derive(Default)]
pub(crate) struct Table(Vec<Row>);

struct Row {
    promise: String,
    promised: String,
    measured: String,
    kept: Option<bool>,
}

impl Table {
    /// A figure that is to stay at or below a limit.
    pub(crate) fn promise(
        &mut self,
        promise: &str,
        limit: f64,
        unit: &str,
        measured: f64,
        note: &str,
    ) {
        self.0.push(Row {
            promise: promise.to_owned(),
            promised: format!("{limit} {unit}").trim_end().to_owned(),
            measured: format!("{} {unit}", short(measured)).trim_end().to_owned() + note,
            kept: Some(measured <= limit),
        });
    }

    /// A figure that nothing was promised of.
    pub(crate) fn figure(&mut self, what: &str, measured: String) {
        self.0.push(Row { promise: what.to_owned(), promised: "–".into(), measured, kept: None });
    }

    /// Prints it as it can be put into a document.
    pub(crate) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let head = ["promise", "at most", "measured", ""].map(str::to_owned);
        let cells = self.0.iter().map(Row::cells);
        let rows: Vec<[String; 4]> = std::iter::once(head).chain(cells).collect();
        let width = |column: usize| {
            let lengths =
                rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            lengths.max().unwrap_or(0)
        };
        let widths = [0, 1, 2, 3].map(width);
        for (index, row) in rows.iter().enumerate() {
            line(out, row, widths)?;
            if index == 0 {
                line(out, &widths.map(|width| "-".repeat(width.max(3))), widths)?;
            }
        }
        let missed = self.0.iter().filter(|row| row.kept == Some(false));
        let missed: Vec<&str> = missed.map(|row| row.promise.as_str()).collect();
        match missed.as_slice() {
            [] => writeln!(out, "\nEvery promise was kept."),
            missed => writeln!(out, "\nMISSED: {}.", missed.join("; ")),
        }
    }
}

impl Row {
    fn cells(&self) -> [String; 4] {
        let kept = match self.kept {
            Some(true) => "kept",
            Some(false) => "MISSED",
            None => "",
        };
        [self.promise.clone(), self.promised.clone(), self.measured.clone(), kept.to_owned()]
    }
}

fn line(out: &mut impl Write, cells: &[String; 4], widths: [usize; 4]) -> io::Result<()> {
    for (cell, width) in cells.iter().zip(widths) {
        write!(out, "| {cell:<width$} ")?;
    }
    writeln!(out, "|")
}

/// Three digits are as many as such figures are worth.
fn short(value: f64) -> String {
    match value {
        value if value.fract() == 0.0 || value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

/// The middle one.
pub(crate) fn median(mut times: Vec<std::time::Duration>) -> std::time::Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
