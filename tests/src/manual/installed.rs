//! Where a page or completion lies on the machine: its line in `deploy/files`.

use std::collections::BTreeMap;
use std::fs;

use crate::pages::root;

const MADE: [&str; 2] = ["deploy/man/", "deploy/completions/"];

/// Writes the lines anew, where the first of them stood, else at the end.
pub(super) fn update(all: &BTreeMap<String, String>) {
    let file = root().join("deploy/files");
    let text = fs::read_to_string(&file).unwrap();
    let is_made = |line: &&str| MADE.iter().any(|directory| line.starts_with(directory));
    let before: Vec<&str> = text.lines().take_while(|line| !is_made(line)).collect();
    let after = text.lines().skip(before.len()).filter(|line| !is_made(line)).map(str::to_owned);
    let before = before.into_iter().map(str::to_owned);
    let lines: Vec<String> = before.chain(all.keys().map(|path| line(path))).chain(after).collect();
    fs::write(file, lines.join("\n") + "\n").unwrap();
}

/// Every file has its line, and every line of such a file is one of them.
pub(super) fn check(all: &BTreeMap<String, String>) {
    let text = fs::read_to_string(root().join("deploy/files")).unwrap();
    let listed = text.lines().filter(|line| MADE.iter().any(|made| line.starts_with(made)));
    let listed: Vec<Vec<&str>> = listed.map(|line| line.split_whitespace().collect()).collect();
    let wanted: Vec<String> = all.keys().map(|path| line(path)).collect();
    let wanted: Vec<Vec<&str>> =
        wanted.iter().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(listed, wanted, "deploy/files: see the head of manual.rs");
}

fn line(path: &str) -> String {
    format!("{path:<46} {:<61} 0644 root:root                 ours", place(path))
}

/// Where it is looked for.
fn place(path: &str) -> String {
    let (directory, name) = path.rsplit_once('/').unwrap();
    let (stem, kind) = name.rsplit_once('.').unwrap();
    match (directory, kind) {
        ("deploy/man", section) => format!("/usr/share/man/man{section}/{name}"),
        (_, "bash") => format!("/usr/share/bash-completion/completions/{stem}"),
        (_, "zsh") => format!("/usr/share/zsh/vendor-completions/_{stem}"),
        (_, "fish") => format!("/usr/share/fish/vendor_completions.d/{name}"),
        _ => panic!("where does {path} go?"),
    }
}
