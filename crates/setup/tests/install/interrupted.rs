//! A run that ends at any of its system calls, and is repeated, ends as one that nobody disturbed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Output, Stdio};

use crate::site::{Site, command, setup, skip, without_times};

/// So many points of each call where not all are played.
const SAMPLE: usize = 4;
/// All that changes a file, as the C library and Rust's own call it.
const CALLS: [&str; 12] = [
    "copy_file_range",
    "fchmod",
    "chmod",
    "fchmodat",
    "fchown",
    "fchownat",
    "fsync",
    "mkdir",
    "rename",
    "rmdir",
    "unlink",
    "write",
];
/// Those that take room.
const FILLS: [&str; 5] = ["copy_file_range", "write", "mkdir", "fsync", "rename"];
const MORE: [&str; 3] = ["lchown", "unlinkat", "sendfile"];

fn calls() -> impl Iterator<Item = &'static str> {
    CALLS.into_iter().chain(MORE)
}

fn can_trace() -> bool {
    let works = command("strace").args(["-qq", "true"]).output();
    let works = works.is_ok_and(|output| output.status.success());
    if !works {
        skip("interrupted installations: strace does not work here");
    }
    works
}

/// A run under strace with these of its options. Of the program itself alone: what it starts, ends.
fn traced(site: &Site, options: &[&str], words: &[&str]) -> Output {
    let mut strace = command("strace");
    strace.args(["-qq", "-o"]).arg(site.release().join("log")).args(options);
    strace.arg(setup()).args(site.line(words)).stdin(Stdio::null()).output().unwrap()
}

/// How often an undisturbed run calls each of them.
fn counts(site: &Site, words: &[&str]) -> Vec<(&'static str, usize)> {
    let all = calls().collect::<Vec<_>>().join(",");
    let output = traced(site, &["-e", &format!("trace={all}")], words);
    assert!(output.status.success(), "{output:?}");
    let log = std::fs::read_to_string(site.release().join("log")).unwrap();
    let count = |name: &&'static str| {
        log.lines().filter(|line| line.starts_with(&format!("{name}("))).count()
    };
    calls().map(|name| (name, count(&name))).filter(|(_, count)| *count > 0).collect()
}

/// What is there, but for the key, which is another one each time.
fn state(site: &Site) -> BTreeMap<PathBuf, String> {
    let mut state = without_times(&site.listing());
    for (path, what) in &mut state {
        if path.to_string_lossy().contains("id_ed25519") {
            // Its rights stay.
            *what = what.split(' ').take(2).collect::<Vec<_>>().join(" ");
        }
    }
    state
}

/// Before the run that is disturbed.
fn prepared(words: &[&str]) -> Site {
    let site = Site::new().unwrap();
    if words[0] == "uninstall" {
        site.ok(&["install"]);
        site.write("/var/lib/vm-autoscale/journal.db", "x");
    }
    site
}

/// All of them, or so many of each call, spread evenly.
fn chosen(count: usize) -> impl Iterator<Item = usize> {
    let all = std::env::var_os("VM_AUTOSCALE_KILLS").is_some();
    let step = if all { 1 } else { count.div_ceil(SAMPLE) };
    (1..=count).step_by(step.max(1)).chain((!all && count > 1).then_some(count))
}

/// Kills a run at each of its calls, and repeats it.
fn sweep(words: &[&str], least: usize) {
    let undisturbed = prepared(words);
    let counted = counts(&undisturbed, words);
    let whole = state(&undisturbed);
    let all: usize = counted.iter().map(|(_, count)| count).sum();
    assert!(all > least, "only {all} calls: {counted:?}");
    for (name, count) in &counted {
        for nth in chosen(*count) {
            let site = prepared(words);
            let fault = format!("{name}:signal=KILL:when={nth}");
            let output = traced(&site, &["-e", &format!("inject={fault}")], words);
            assert!(!output.status.success(), "{fault}: {output:?}");
            let again = site.run(words);
            assert!(again.status.success(), "{fault}: {again:?}");
            let found = state(&site);
            let other: Vec<_> = whole
                .keys()
                .chain(found.keys())
                .filter(|path| whole.get(*path) != found.get(*path))
                .collect();
            assert!(other.is_empty(), "{fault}: {other:?}");
        }
    }
}

/// A sample in CI; with `VM_AUTOSCALE_KILLS` in the environment, all calls.
#[test]
fn killed_anywhere_an_installation_is_completed_by_the_next() {
    if Site::new().is_some() && can_trace() {
        sweep(&["install"], 300);
    }
}

#[test]
fn killed_anywhere_its_end_is_completed_by_the_next() {
    if Site::new().is_some() && can_trace() {
        sweep(&["uninstall", "--yes", "--purge"], 50);
    }
}

/// Where the disk is full, it is said which file had no room, and what to type.
#[test]
fn a_full_disk_is_said_and_what_was_begun_is_completed() {
    if Site::new().is_none() || !can_trace() {
        return;
    }
    let counted = counts(&prepared(&["install"]), &["install"]);
    for (name, count) in counted.iter().filter(|(name, _)| FILLS.contains(name)) {
        let mut told = 0;
        for nth in [1, count / 2, *count].into_iter().filter(|nth| *nth > 0) {
            let site = prepared(&["install"]);
            let inject = format!("inject={name}:error=ENOSPC:when={nth}+");
            let output = traced(&site, &["-e", &inject], &["install"]);
            let complaint = String::from_utf8(output.stderr).unwrap();
            if complaint.contains("there is no room left for it") {
                assert!(
                    complaint.contains("df -h /") && complaint.contains("image/"),
                    "{complaint}"
                );
                told += 1;
            }
            site.ok(&["install"]);
            assert_eq!(site.ok(&["install"]), "nothing to do: everything is in its place\n");
        }
        // What it says itself has no room, either, where nothing can be written.
        assert!(told > 0 || *name == "write", "{name}");
    }
}
