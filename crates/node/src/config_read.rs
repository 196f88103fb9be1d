//! The answer to `tail -n +1 -v FILE…`: several files in one text.

use std::collections::HashMap;

use crate::command::VERSION;
use crate::{ConfigFile, Error};

/// Cuts the answer into the raw files, in the order asked; `None` for one that is not there.
///
/// It is cut only at headers of the paths that were asked for, in that order, so that no line
/// inside one file passes for another one. Where a file is missing and an earlier or later one holds
/// its header, the digest of what is cut matches no real file, so that nothing can be written by it.
///
/// # Errors
/// `.version` is not there: pmxcfs is down, and the absence of a file means nothing.
pub fn split_configs<'a>(
    files: &[ConfigFile],
    answer: &'a [u8],
) -> Result<Vec<Option<&'a [u8]>>, Error> {
    let down = || Error::format("/etc/pve", "nothing is there: pmxcfs is down");
    let (_, cursor) = find_header(answer, 0, VERSION).ok_or_else(down)?;
    let starts = starts(files, answer, cursor, |from, path| find_header(answer, from, path));
    let mut end = answer.len();
    let mut cut: Vec<Option<&[u8]>> = Vec::with_capacity(files.len());
    for start in starts.into_iter().rev() {
        cut.push(start.and_then(|(_, content)| answer.get(content..end)));
        end = start.map_or(end, |(header, _)| header);
    }
    cut.reverse();
    Ok(cut)
}

/// Where each file's header and its content begin. Only what is still to come is looked for: else
/// all of a long answer would be gone through for each file that is not there.
fn starts(
    files: &[ConfigFile],
    answer: &[u8],
    mut cursor: usize,
    mut find: impl FnMut(usize, &str) -> Option<(usize, usize)>,
) -> Vec<Option<(usize, usize)>> {
    let paths: Vec<String> = files.iter().map(ConfigFile::path).collect();
    let last = last_headers(answer, &paths);
    let start = |path: &String| {
        let (at, content) = match last.get(path.as_bytes()) {
            Some(Some(last)) if *last >= cursor => find(cursor, path)?,
            _ => return None,
        };
        cursor = content;
        Some((at, content))
    };
    paths.iter().map(start).collect()
}

/// Where the last header of each path begins, with the line end before it.
fn last_headers<'a>(answer: &[u8], paths: &'a [String]) -> HashMap<&'a [u8], Option<usize>> {
    let mut last: HashMap<&[u8], _> = paths.iter().map(|path| (path.as_bytes(), None)).collect();
    let mut at = 0_usize;
    for line in answer.split_inclusive(|&byte| byte == b'\n') {
        let path = line.strip_prefix(b"==> ").and_then(|path| path.strip_suffix(b" <==\n"));
        if let Some(known) = path.and_then(|path| last.get_mut(path)) {
            *known = at.checked_sub(1);
        }
        at += line.len();
    }
    last
}

/// Where the header begins (with the blank line that tail puts before all but the first) and
/// where the content after it does.
fn find_header(answer: &[u8], from: usize, path: &str) -> Option<(usize, usize)> {
    let header = format!("==> {path} <==\n");
    if from == 0 && answer.starts_with(header.as_bytes()) {
        return Some((0, header.len()));
    }
    let header = format!("\n{header}");
    let rest = answer.get(from..)?;
    let at = rest.windows(header.len()).position(|window| window == header.as_bytes())? + from;
    Some((at, at + header.len()))
}

#[cfg(test)]
mod tests;
