//! How much code stands between the scheduler and a VM: what has to be read to believe it.

use std::collections::BTreeSet;
use std::path::Path;

use crate::pages::root;

/// Lines of code of a package: without tests, blank lines and comments.
fn lines(package: &str) -> usize {
    let mut waiting = vec![root().join("crates").join(package).join("src")];
    let mut count = 0;
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).unwrap();
            waiting
                .extend(entries.map(|entry| entry.unwrap().path()).filter(|path| !is_test(path)));
        } else {
            count += of_file(&std::fs::read_to_string(&path).unwrap());
        }
    }
    count
}

/// A file or directory of tests alone: its module is declared under `#[cfg(test)]`.
fn is_test(path: &Path) -> bool {
    let stem = path.file_stem().unwrap().to_str().unwrap();
    let directory = path.parent().unwrap();
    let parent =
        [directory.with_extension("rs"), directory.join("lib.rs"), directory.join("mod.rs")];
    let declared = format!("#[cfg(test)]\nmod {stem};");
    parent
        .iter()
        .any(|file| std::fs::read_to_string(file).is_ok_and(|text| text.contains(&declared)))
}

fn of_file(text: &str) -> usize {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let counts = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
    code.lines().filter(counts).count()
}

/// The packages of ours that one links, itself among them.
fn linked(package: &str) -> BTreeSet<String> {
    let (mut waiting, mut found) = (vec![package.to_owned()], BTreeSet::new());
    while let Some(package) = waiting.pop() {
        let manifest = root().join("crates").join(&package).join("Cargo.toml");
        let text = std::fs::read_to_string(manifest).unwrap();
        let own = text.split("\n[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
        let ours = own.lines().filter_map(|line| line.strip_prefix("vm-autoscale-"));
        waiting.extend(ours.map(|line| line.split(' ').next().unwrap().to_owned()));
        found.insert(package);
    }
    found
}

/// What runs as root and hears the scheduler holds no reader of YAML and nothing of the scheduler.
#[test]
fn the_broker_links_what_it_needs_and_no_more() {
    let ours = ["broker", "guard", "node", "policy", "protocol", "sandbox", "ssh"];
    assert_eq!(linked("broker"), ours.map(str::to_owned).into());
}

/// Who is heard and what becomes of a request is read in one sitting, and what all of it rests on
/// in a day.
#[test]
fn the_wall_is_small() {
    let wall = lines("broker");
    let all: usize = linked("broker").iter().map(|package| lines(package)).sum();
    assert!((500..=1500).contains(&wall), "{wall} lines");
    assert!((2000..=6200).contains(&all), "{all} lines");
}
