//! The man pages and completions in `deploy/`, made from what the programs themselves say. Only
//! tests have this: no program links it.
//!
//! `UPDATE=1 cargo test -p vm-autoscale-tests --lib manual` writes them anew, and their lines in
//! `deploy/files`; where a key of a configuration changed, after `UPDATE=1 cargo test -p
//! vm-autoscale-config schema`.

mod command;
mod completions;
mod gate;
mod helper;
mod installed;
mod page;
mod programs;
mod reference;
mod rendered;
mod said;
mod shells;

use std::collections::BTreeMap;
use std::fs;

use crate::pages::root;

/// Every file with its text, by its path in the repository.
fn all() -> BTreeMap<String, String> {
    let mut pages = reference::pages();
    pages.push(("vm-autoscale-helper.8".to_owned(), helper::helper()));
    pages.push(("vm-autoscale-gate.8".to_owned(), gate::gate()));
    for program in programs::all() {
        pages.extend(command::pages(&program));
    }
    let pages = pages.into_iter().map(|(name, text)| (format!("deploy/man/{name}"), text));
    pages.chain(completions::all()).collect()
}

/// What lies in the directories of such files.
fn kept() -> Vec<String> {
    let mut kept = Vec::new();
    for directory in ["deploy/man", "deploy/completions"] {
        fs::create_dir_all(root().join(directory)).unwrap();
        for entry in fs::read_dir(root().join(directory)).unwrap() {
            kept.push(format!("{directory}/{}", entry.unwrap().file_name().to_str().unwrap()));
        }
    }
    kept.sort();
    kept
}

#[test]
fn the_pages_and_completions_are_those_of_the_programs() {
    let all = all();
    if std::env::var_os("UPDATE").is_some() {
        for stale in kept().iter().filter(|path| !all.contains_key(*path)) {
            fs::remove_file(root().join(stale)).unwrap();
        }
        for (path, text) in &all {
            fs::write(root().join(path), text).unwrap();
        }
        installed::update(&all);
    }
    assert_eq!(kept(), all.keys().cloned().collect::<Vec<_>>(), "see the head of this file");
    for (path, text) in &all {
        let kept = fs::read_to_string(root().join(path)).unwrap();
        assert!(kept == *text, "{path} is not of the programs: see the head of this file");
    }
    installed::check(&all);
}
