//! Whether a page is one for those who read it: to `man`, and on 80 columns.

use std::io::Write as _;
use std::path::Path;
use std::process::Output;

use super::all;
use crate::programs::command;

/// Whether a program is there to be tried with; where nothing may be skipped it must be.
pub(super) fn has(program: &str, misses: &str) -> bool {
    let has =
        ["/usr/bin", "/bin"].iter().any(|directory| Path::new(directory).join(program).exists());
    if !has {
        // Not by `eprintln!`: the test runner would swallow it.
        let said = format!("SKIPPED: {misses}: there is no {program}\n");
        std::io::stderr().write_all(said.as_bytes()).unwrap();
        assert!(std::env::var_os("VM_AUTOSCALE_NO_SKIP").is_none(), "nothing may be skipped here");
    }
    has
}

fn man(page: &Path) -> Output {
    let mut man = command("man");
    man.args(["--warnings=w", "-E", "UTF-8", "-P", "cat", "-l"]).arg(page);
    man.envs([("MANWIDTH", "80"), ("LC_ALL", "C.UTF-8")]).env_remove("MAN_KEEP_FORMATTING");
    man.output().unwrap()
}

#[test]
fn every_page_is_read_on_80_columns_without_a_warning() {
    if !has("man", "whether the pages can be read") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    for (path, page) in all().iter().filter(|(path, _)| path.starts_with("deploy/man/")) {
        let file = directory.path().join(path.rsplit('/').next().unwrap());
        std::fs::write(&file, page).unwrap();
        let Output { status, stdout, stderr } = man(&file);
        let (text, said) = (String::from_utf8(stdout).unwrap(), String::from_utf8_lossy(&stderr));
        assert!(status.success() && said.is_empty(), "{path}: {said}");
        for section in ["NAME", "DESCRIPTION", "SEE ALSO"] {
            assert!(text.lines().any(|line| line == section), "{path} has no {section}\n{text}");
        }
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{path}: {line}");
            // What roff took for its own, or names that nobody made bold; an example may go on.
            let line = line.trim_end_matches(" \\");
            assert!(!line.contains(['`', '\\']), "{path}: {line}");
        }
    }
}
