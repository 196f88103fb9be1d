//! The rows of a trace: CSV, plain or gzip by content, with the columns
//! `vm_id,t_s,cpu_cores_used,vcpus,mem_used_mb,mem_total_mb` (the memory columns may be empty).

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use csv::StringRecord;
use flate2::read::MultiGzDecoder;

use crate::Error;

const COLUMNS: [&str; 6] =
    ["vm_id", "t_s", "cpu_cores_used", "vcpus", "mem_used_mb", "mem_total_mb"];

/// No line of a trace is so long.
const MAX_LINE: usize = 64 * 1024;

/// What one VM used for one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row<'a> {
    /// The line, from 1.
    pub line: u64,
    /// The VM's name.
    pub vm: &'a str,
    /// Seconds since some start.
    pub t: f64,
    /// In cores.
    pub cpu: f64,
    /// vCPUs that its owner has, 1 to 4096.
    pub vcpus: f64,
    /// Used memory in MiB.
    pub mem: Option<f64>,
    /// Memory that its owner has, in MiB.
    pub total: Option<f64>,
}

/// Hands every row on, in the file's order.
///
/// # Errors
/// The file cannot be read or is no trace, with the line; what `take` finds wrong.
pub fn each_row(
    path: &Path,
    take: impl FnMut(&Row<'_>) -> Result<(), String>,
) -> Result<(), Error> {
    let file = File::open(path).map_err(Error::io(path.display()))?;
    each_row_of(file, path, take)
}

/// The same of what is read elsewhere; `path` is for messages.
///
/// # Errors
/// As [`each_row`].
pub fn each_row_of(
    input: impl Read,
    path: &Path,
    mut take: impl FnMut(&Row<'_>) -> Result<(), String>,
) -> Result<(), Error> {
    let mut input = BufReader::new(input);
    let start = input.fill_buf().map_err(Error::io(path.display()))?;
    let gzip = start.starts_with(&[0x1f, 0x8b]);
    let plain: Box<dyn Read + '_> =
        if gzip { Box::new(MultiGzDecoder::new(input)) } else { Box::new(input) };
    let bounded = Bounded { inner: plain, since_line: 0 };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bounded);
    let mut record = StringRecord::new();
    let (mut has_head, mut has_rows) = (false, false);
    loop {
        let line = reader.position().line();
        let more = reader.read_record(&mut record);
        let line = record.position().map_or(line, csv::Position::line);
        let wrong = |what: String| broken(path, line, what);
        if !more.map_err(|e| wrong(e.to_string()))? {
            return if has_rows { Ok(()) } else { Err(broken(path, 1, "no rows".into())) };
        }
        if !has_head {
            if record.iter().ne(COLUMNS) {
                return Err(wrong(format!("the first line must be {}", COLUMNS.join(","))));
            }
            has_head = true;
            continue;
        }
        has_rows = true;
        row(&record, line).and_then(|row| take(&row)).map_err(wrong)?;
    }
}

pub(crate) fn broken(path: &Path, line: u64, what: String) -> Error {
    Error::Trace { path: path.display().to_string(), line, what }
}

fn row(record: &StringRecord, line: u64) -> Result<Row<'_>, String> {
    let text = |i: usize| record.get(i).unwrap_or("").trim();
    let number = |i: usize| {
        let value: f64 = text(i).parse().unwrap_or(f64::NAN);
        let fine = (0.0..1e12).contains(&value);
        let name = COLUMNS.get(i).copied().unwrap_or("");
        fine.then_some(value)
            .ok_or_else(|| format!("`{name}` is `{}`, not a number from 0 up", text(i)))
    };
    let maybe = |i: usize| if text(i).is_empty() { Ok(None) } else { number(i).map(Some) };
    let vcpus = number(3)?;
    if !(1.0..=4096.0).contains(&vcpus) {
        return Err("`vcpus` is outside 1 to 4096".into());
    }
    if text(0).is_empty() {
        return Err("`vm_id` is empty".into());
    }
    let (vm, t, cpu) = (text(0), number(1)?, number(2)?);
    Ok(Row { line, vm, t, cpu, vcpus, mem: maybe(4)?, total: maybe(5)? })
}

/// Ends a stream whose line does not end: the reader behind it keeps a line whole.
struct Bounded<R> {
    inner: R,
    since_line: usize,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let new = buffer.get(..count).unwrap_or_default();
        self.since_line = match new.iter().rposition(|&byte| byte == b'\n') {
            Some(last) => count.saturating_sub(last + 1),
            None => self.since_line.saturating_add(count),
        };
        if self.since_line > MAX_LINE {
            return Err(io::Error::other(format!("a line is longer than {MAX_LINE} bytes")));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
