//! An unpacked release, as the tarball has it: what `deploy/files` lists, from this checkout.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::programs::directory;

const FILES: &str = include_str!("../../deploy/files");

/// Puts one into a directory, with the programs of this build; the directory is made.
///
/// All files are copies: a test may write into them.
///
/// # Errors
/// The programs cannot be built, or a file is not there or cannot be written.
pub fn lay_out(release: &Path) -> io::Result<()> {
    let built = directory()?;
    lay_out_with(release, |name, to| fs::copy(built.join(name), to).map(drop))
}

/// The same where `program` puts each program, by its name, to a path: for tests that need no more
/// than something small to install.
///
/// # Errors
/// A file is not there or cannot be written, or `program` fails.
pub fn lay_out_with(
    release: &Path,
    mut program: impl FnMut(&str, &Path) -> io::Result<()>,
) -> io::Result<()> {
    for from in shipped() {
        let to = release.join(from);
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        match from.strip_prefix("bin/") {
            Some(name) => program(name, &to),
            None => fs::copy(checkout().join(from), &to).map(drop),
        }
        .map_err(|error| io::Error::new(error.kind(), format!("{from}: {error}")))?;
    }
    Ok(())
}

/// Where each file is in a release, in the order of the list.
pub fn shipped() -> impl Iterator<Item = &'static str> {
    let lines = FILES.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_whitespace().next())
}

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_the_list_has_is_there() {
        let release = tempfile::tempdir().unwrap();
        let mut programs = Vec::new();
        lay_out_with(release.path(), |name, to| {
            programs.push(name.to_owned());
            fs::write(to, name)
        })
        .unwrap();
        assert!(programs.contains(&"vm-autoscale-setup".to_owned()), "{programs:?}");
        assert!(shipped().count() > 15);
        for from in shipped() {
            assert!(release.path().join(from).is_file(), "{from}");
        }
    }
}
