//! The answer to `tail -n +1 -v FILE…`: several files in one text.

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
    let (_, mut cursor) = find_header(answer, 0, VERSION).ok_or_else(down)?;
    let mut starts: Vec<Option<(usize, usize)>> = Vec::with_capacity(files.len());
    for file in files {
        let found = find_header(answer, cursor, &file.path());
        if let Some((_, content)) = found {
            cursor = content;
        }
        starts.push(found);
    }
    let mut end = answer.len();
    let mut cut: Vec<Option<&[u8]>> = Vec::with_capacity(files.len());
    for start in starts.into_iter().rev() {
        cut.push(start.and_then(|(_, content)| answer.get(content..end)));
        end = start.map_or(end, |(header, _)| header);
    }
    cut.reverse();
    Ok(cut)
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
}
