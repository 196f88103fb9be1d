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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn files(ids: &[u32]) -> Vec<ConfigFile> {
        let node: crate::NodeName = "pve1".try_into().unwrap();
        ids.iter()
            .map(|&id| ConfigFile { node: node.clone(), vmid: id.try_into().unwrap() })
            .collect()
    }

    fn header(id: u32) -> String {
        format!("==> /etc/pve/nodes/pve1/qemu-server/{id}.conf <==\n")
    }

    const ANCHOR: &str = "==> /etc/pve/.version <==\n{}\n\n";

    #[test]
    fn cuts_what_tail_prints() {
        let text = format!(
            "{ANCHOR}{}cores: 1\n\n{}\n{}cores: 3\n",
            header(101),
            header(102),
            header(104)
        );
        let cut = split_configs(&files(&[101, 102, 103, 104]), text.as_bytes()).unwrap();
        assert_eq!(cut, [Some(&b"cores: 1\n"[..]), Some(b""), None, Some(b"cores: 3\n")]);
        assert_eq!(split_configs(&files(&[101]), ANCHOR.trim_end().as_bytes()).unwrap(), [None]);
    }

    /// A node may send megabytes, and headers that lead nowhere.
    #[test]
    fn a_long_answer_is_gone_through_once() {
        let ids: Vec<u32> = (101..165).collect();
        let files = files(&ids);
        let headers: Vec<String> = ids.iter().map(|&id| format!("\n{}", header(id))).collect();
        let backwards: Vec<String> = headers.iter().rev().cloned().collect();
        for (text, there) in [
            (String::new(), 0),
            // Each of them, behind the last one.
            (headers[63].clone() + &headers.concat(), 64),
            // The other way round one of each is in its order.
            (backwards.concat(), 2),
        ] {
            let answer = format!("{ANCHOR}{text}{}{text}", "x: 1\n".repeat(1000));
            let (answer, mut looked) = (answer.as_bytes(), 0);
            let (_, cursor) = find_header(answer, 0, VERSION).unwrap();
            let starts = starts(&files, answer, cursor, |from, path| {
                let found = find_header(answer, from, path);
                looked += found.map_or(answer.len(), |(_, content)| content) - from;
                found
            });
            assert_eq!(starts.iter().flatten().count(), there);
            assert!(looked <= answer.len(), "{looked} of {}", answer.len());
        }
    }

    #[test]
    fn without_pmxcfs_no_file_is_missing() {
        assert!(split_configs(&files(&[101]), b"").is_err());
        assert!(split_configs(&files(&[101]), header(101).as_bytes()).is_err());
    }

    #[test]
    fn a_header_inside_a_file_is_content_unless_it_was_asked_for_next() {
        let text =
            format!("{ANCHOR}{}a: 1\n\n{}b: 2\n\n{}c: 3\n", header(101), header(999), header(102));
        let cut = split_configs(&files(&[101, 102]), text.as_bytes()).unwrap();
        assert_eq!(cut[0].unwrap(), format!("a: 1\n\n{}b: 2\n", header(999)).as_bytes());
        assert_eq!(cut[1].unwrap(), b"c: 3\n");
    }

    proptest! {
        /// It is cut as if each file were looked for in all that is left.
        #[test]
        fn what_is_passed_over_is_not_there(pieces in prop::collection::vec(0u32..8, 0..30)) {
            let piece = |piece: u32| match piece {
                0 => "x: 1\n".to_owned(),
                1 => "\n".to_owned(),
                2 => "==> ".to_owned(),
                id => format!("\n{}", header(100 + id)),
            };
            let answer = format!("{ANCHOR}{}", pieces.into_iter().map(piece).collect::<String>());
            let (files, answer) = (files(&[103, 104, 105, 106, 107]), answer.as_bytes());
            let (_, from) = find_header(answer, 0, VERSION).unwrap();
            let found = starts(&files, answer, from, |from, path| find_header(answer, from, path));
            let mut cursor = from;
            for (file, found) in files.iter().zip(found) {
                prop_assert_eq!(found, find_header(answer, cursor, &file.path()));
                cursor = found.map_or(cursor, |(_, content)| content);
            }
        }
    }
}
