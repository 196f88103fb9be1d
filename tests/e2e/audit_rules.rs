//! The rules for auditd, by what auditctl and the kernel take. Loaded they were by hand, in a guest
//! with a kernel 6.1 and auditctl 3.0.9: a container has no audit of its own.

use std::collections::{BTreeMap, BTreeSet};

use vm_autoscale_tests::pages::root;

/// Directories that install makes, or every Debian has.
const DIRECTORIES: [&str; 4] = [
    "/etc/systemd/system",
    "/etc/vm-autoscale",
    "/usr/libexec/vm-autoscale",
    "/var/lib/vm-autoscale",
];

fn shipped(name: &str) -> String {
    std::fs::read_to_string(root().join("deploy").join(name)).unwrap()
}

/// Where the files of a release go.
fn installed() -> BTreeSet<String> {
    let files = shipped("files");
    let lines = files.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines.filter_map(|line| line.split_whitespace().nth(1)).map(str::to_owned).collect()
}

/// The fields of each rule by their names, an operator other than `=` with the name.
fn rules() -> Vec<BTreeMap<String, String>> {
    let text = shipped("audit/vm-autoscale.rules");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(fields).collect()
}

fn fields(line: &str) -> BTreeMap<String, String> {
    let rest = line.strip_prefix("-a always,exit").unwrap_or_else(|| panic!("{line}"));
    let mut fields = BTreeMap::new();
    for field in rest.split(" -F ").skip(1) {
        let (name, value) = field.split_once('=').unwrap_or_else(|| panic!("{line}"));
        assert!(!value.is_empty() && !value.contains([' ', '=']), "{line}");
        // The kernel refuses a second `exe`.
        let exe = name.trim_end_matches('!');
        assert!(!fields.contains_key(exe) && !fields.contains_key(&format!("{exe}!")), "{line}");
        fields.insert(name.to_owned(), value.to_owned());
    }
    fields
}

#[test]
fn each_rule_is_one_and_watches_what_there_is() {
    let there = installed();
    let rules = rules();
    assert!(rules.len() > 10);
    for rule in &rules {
        let known = ["dir", "path", "perm", "exe!", "key"];
        assert!(rule.keys().all(|name| known.contains(&name.as_str())), "{rule:?}");
        assert!(rule["key"].starts_with("vm-autoscale-"), "{rule:?}");
        assert!(!rule["perm"].is_empty() && rule["perm"].chars().all(|it| "rwxa".contains(it)));
        match (rule.get("dir"), rule.get("path")) {
            (Some(dir), None) => assert!(DIRECTORIES.contains(&dir.as_str()), "{rule:?}"),
            // The key is made by install.
            (None, Some(path)) => {
                assert!(there.contains(path) || path == "/etc/vm-autoscale/id_ed25519", "{rule:?}");
            }
            _ => panic!("one place: {rule:?}"),
        }
        let exe = rule.get("exe!");
        let systemd = "/usr/lib/systemd/systemd";
        assert!(exe.is_none_or(|exe| there.contains(exe) || exe == systemd), "{rule:?}");
    }
}

#[test]
fn whoever_changes_a_program_a_unit_or_a_file_of_ours_is_seen() {
    let rules = rules();
    let is_watched = |file: &str| {
        rules.iter().any(|rule| {
            let writes = rule["perm"].contains('w') && !rule.contains_key("exe!");
            let below = rule.get("dir").is_some_and(|dir| file.starts_with(&format!("{dir}/")));
            writes && (below || rule.get("path").is_some_and(|path| path == file))
        })
    };
    let ours = ["/usr/bin/", "/usr/sbin/", "/usr/libexec/", "/usr/lib/systemd/system/", "/etc/"];
    let files = installed();
    let files = files.iter().filter(|file| ours.iter().any(|place| file.starts_with(place)));
    let missed: Vec<_> = files.filter(|file| !is_watched(file)).collect();
    assert!(missed.is_empty(), "{missed:?}");
}
