//! What is kept of the fuzzing, without a fuzzer: the seeds, and all that ever failed.

#![expect(clippy::unwrap_used, reason = "a test's helpers may fail as loudly as the test itself")]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use vm_autoscale_fuzzed::{ALL, Body};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(name)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The names without their endings.
fn names(folder: &Path) -> BTreeSet<String> {
    let name = |path: &PathBuf| path.file_stem().and_then(OsStr::to_str).unwrap().to_owned();
    entries(folder).iter().map(name).collect()
}

fn run(kind: &str, name: &str, body: Body) -> usize {
    let files = entries(&folder(kind).join(name));
    for file in &files {
        let data = std::fs::read(file).unwrap();
        let held = std::panic::catch_unwind(|| body(&data));
        assert!(held.is_ok(), "{} fails, see above", file.display());
    }
    files.len()
}

#[test]
fn every_seed_and_all_that_ever_failed_holds() {
    for (name, body) in ALL {
        assert!(run("corpus", name, body) > 0, "no seed in fuzz/corpus/{name}");
        run("regressions", name, body);
    }
}

/// A body that no fuzzer runs is found by nobody, nor is a seed that no body gets.
#[test]
fn each_body_has_a_target_and_each_folder_a_body() {
    let bodies: BTreeSet<String> = ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&folder("fuzz_targets")), bodies);
    assert_eq!(names(&folder("corpus")), bodies);
    assert!(names(&folder("regressions")).is_subset(&bodies));
}
