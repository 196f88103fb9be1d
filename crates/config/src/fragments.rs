//! `conf.d`: files beside config.yaml that add to it.

use std::ffi::OsStr;
use std::fs::read_dir;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use vm_autoscale_guard::{Error, read_regular_bytes};

use crate::{MAX_FILE, Problem};

/// The directory's name; it stands beside the file that it adds to.
const DIRECTORY: &str = "conf.d";
const ENDING: &str = "yaml";
/// Most files in it.
const MAX_FRAGMENTS: usize = 1_000;
/// Most bytes of all of them together, in files of [`MAX_FILE`].
const MAX_TOTAL: u64 = 2 * MAX_FILE;

/// A file's name, and its bytes or what is wrong with it.
pub(crate) type Read = (PathBuf, Result<Zeroizing<Vec<u8>>, Box<Problem>>);

/// All `*.yaml` of the directory, in the order of their names' bytes. None where it is not there;
/// hidden files and those with other endings are left alone, but for endings that were meant to be
/// this one.
pub(crate) fn read(config: &Path) -> Vec<Read> {
    let directory = config.with_file_name(DIRECTORY);
    let names = match list(&directory) {
        Ok(names) => names,
        Err(problem) => return vec![(directory, Err(problem))],
    };
    let mut left = MAX_TOTAL;
    let mut read = Vec::with_capacity(names.len());
    for path in names {
        if path.extension() != Some(OsStr::new(ENDING)) {
            let problem = Problem::of_file(&path, "its name does not end in .yaml");
            let problem =
                problem.rule("only *.yaml adds to config.yaml: others are without effect");
            read.push((path, Err(Box::new(problem.help("rename it, or move it away")))));
            continue;
        }
        let bytes = read_regular_bytes(&path, MAX_FILE.min(left)).map_err(|error| problem(&error));
        if let Ok(bytes) = &bytes {
            left = left.saturating_sub(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        }
        read.push((path, bytes));
    }
    read
}

fn list(directory: &Path) -> Result<Vec<PathBuf>, Box<Problem>> {
    let unreadable = |source| problem(&Error::Io { path: directory.to_owned(), source });
    let entries = match read_dir(directory) {
        Ok(entries) => entries,
        // A link to nowhere was meant to be there.
        Err(error)
            if error.kind() == ErrorKind::NotFound && directory.symlink_metadata().is_err() =>
        {
            return Ok(Vec::new());
        }
        Err(error) => return Err(unreadable(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        if is_fragment(&path) {
            names.push(path);
        }
        if names.len() > MAX_FRAGMENTS {
            let many = format!("more than {MAX_FRAGMENTS} files end in .yaml here");
            let rule = format!("at most {MAX_FRAGMENTS} files add to config.yaml");
            let problem = Problem::of_file(directory, many).rule(rule);
            return Err(Box::new(problem.help("put some into one")));
        }
    }
    names.sort_by(|a, b| a.as_os_str().as_bytes().cmp(b.as_os_str().as_bytes()));
    Ok(names)
}

/// Whether it is one, or was meant to be one.
fn is_fragment(path: &Path) -> bool {
    let hidden = |name: &OsStr| name.as_bytes().starts_with(b".");
    let meant =
        |ending: &OsStr| ["yaml", "yml"].iter().any(|known| ending.eq_ignore_ascii_case(known));
    path.extension().is_some_and(meant) && !path.file_name().is_some_and(hidden)
}

/// Never as "missing": that is said of files that someone named.
fn problem(error: &Error) -> Box<Problem> {
    let (path, what) = match error {
        Error::TooLong { path, limit } => {
            let what = format!("longer than the {limit} bytes that are left");
            let rule = format!("a file has at most {MAX_FILE} bytes, all of conf.d {MAX_TOTAL}");
            let problem = Problem::of_file(path, what).rule(rule);
            return Box::new(problem.help("move it away, or shorten it"));
        }
        Error::Io { path, source } => (path.as_path(), source.to_string()),
        Error::Access { path, problem, .. } => (path.as_path(), problem.clone()),
    };
    let rule = "every *.yaml in conf.d is a file that can be read";
    let help = "move it away, or let the scheduler read it";
    Box::new(Problem::of_file(path, what).rule(rule).help(help))
}
