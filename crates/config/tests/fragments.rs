//! `conf.d`: what is split reads as what is whole, and nothing in the directory does harm.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "tests")]

use std::fs::{create_dir, write};
use std::os::unix::fs::symlink;
use std::path::Path;

use proptest::prelude::*;
use serde_yaml::{Mapping, Value};
use vm_autoscale_config::{Checked, Environment, Report, SchedulerConfig};

const FULL: &str = include_str!("good/full.yaml");

/// A directory with these files, `config.yaml` first, the others in `conf.d`.
fn place(texts: &[impl AsRef<[u8]>]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    create_dir(directory.path().join("conf.d")).unwrap();
    for (at, text) in texts.iter().enumerate() {
        let name = if at == 0 { "config.yaml".into() } else { format!("conf.d/{at:04}.yaml") };
        write(directory.path().join(name), text).unwrap();
    }
    directory
}

fn check(directory: &Path) -> Checked<SchedulerConfig> {
    SchedulerConfig::check(&directory.join("config.yaml"), &Environment::default()).unwrap()
}

/// The rule in its shortest form.
fn naive(first: Value, second: Value) -> Value {
    match (first, second) {
        (Value::Mapping(mut all), Value::Mapping(more)) => {
            for (key, value) in more {
                let merged = match all.remove(&key) {
                    Some(before) => naive(before, value),
                    None => value,
                };
                all.insert(key, merged);
            }
            Value::Mapping(all)
        }
        (Value::Sequence(all), Value::Sequence(more)) => all.into_iter().chain(more).collect(),
        (all @ (Value::Mapping(_) | Value::Sequence(_)), Value::Null) => all,
        (_, last) => last,
    }
}

/// A value's parts for each of several files, as chance says; what a later file says beside it
/// may stand in an earlier one.
fn split(
    value: &Value,
    files: usize,
    chance: &mut impl FnMut(usize) -> usize,
) -> Vec<Option<Value>> {
    let mut parts = vec![None; files];
    match value {
        Value::Mapping(pairs) => {
            for (key, value) in pairs {
                for (at, part) in split(value, files, chance).into_iter().enumerate() {
                    let Some(part) = part else { continue };
                    let all = parts[at].get_or_insert_with(|| Value::Mapping(Mapping::new()));
                    all.as_mapping_mut().unwrap().insert(key.clone(), part);
                }
            }
        }
        Value::Sequence(items) => {
            let mut at = 0;
            for item in items {
                at = (at + chance(2)).min(files - 1);
                let all = parts[at].get_or_insert_with(|| Value::Sequence(Vec::new()));
                all.as_sequence_mut().unwrap().push(item.clone());
            }
        }
        other => {
            let last = chance(files);
            parts[last] = Some(other.clone());
            for part in parts.iter_mut().take(last) {
                let before = [None, None, Some(Value::Null), Some(7.into())];
                part.clone_from(&before[chance(4)]);
            }
        }
    }
    // Nothing below a key adds nothing.
    let first = parts.iter().position(Option::is_some).unwrap_or(files);
    if !matches!(value, Value::Mapping(_) | Value::Sequence(_)) {
        return parts;
    }
    for part in parts.iter_mut().skip(first).filter(|part| part.is_none()) {
        *part = (chance(4) == 0).then_some(Value::Null);
    }
    parts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_configuration_in_parts_reads_as_the_whole(files in 1..6_usize, chances in prop::collection::vec(any::<u8>(), 64)) {
        let mut chances = chances.iter().cycle().enumerate();
        // Not the same again when the list is at its end.
        let mut chance = |most: usize| chances.next().map_or(0, |(at, n)| (at / 64 + usize::from(*n)) % most);
        let whole: Value = serde_yaml::from_str(FULL).unwrap();
        let parts = split(&whole, files, &mut chance);
        let parts = parts.into_iter().map(|part| part.unwrap_or(Value::Mapping(Mapping::new())));
        let texts: Vec<String> = parts.map(|part| serde_yaml::to_string(&part).unwrap()).collect();
        let again = texts.iter().map(|text| serde_yaml::from_str::<Value>(text).unwrap());
        let merged = again.reduce(naive).unwrap();
        prop_assert_eq!(&merged, &whole);

        let directory = place(&texts);
        let ours = check(directory.path());
        // Each value stands where the last file says it.
        for entry in ours.entries() {
            prop_assert_eq!(ours.origin(&entry.path), Some(entry.origin));
        }
        let plain = Checked::<SchedulerConfig>::new(Path::new("c"), serde_yaml::to_string(&merged).unwrap().as_bytes());
        prop_assert_eq!(ours.finish().unwrap(), plain.finish().unwrap());
    }
}

fn said(report: &Report) -> Vec<String> {
    let problems = report.problems().iter();
    problems.map(|p| format!("{}: {}", p.file.file_name().unwrap().display(), p.problem)).collect()
}

/// What is no file is named, hangs nothing and hides nothing.
#[test]
fn links_directories_and_pipes_are_refused_by_name() {
    let directory = place(&["mode: full", "select: [101]"]);
    let conf = directory.path().join("conf.d");
    symlink("loop.yaml", conf.join("loop.yaml")).unwrap();
    symlink("nowhere", conf.join("gone.yaml")).unwrap();
    symlink("/dev/zero", conf.join("zero.yaml")).unwrap();
    symlink(conf.join("0001.yaml"), conf.join("good-link.yaml")).unwrap();
    create_dir(conf.join("directory.yaml")).unwrap();
    create_dir(conf.join("sub")).unwrap();
    write(conf.join("off.yml"), "select: [-101]").unwrap();
    write(conf.join("notes.txt"), "no YAML").unwrap();
    nix::unistd::mkfifo(&conf.join("pipe.yaml"), nix::sys::stat::Mode::S_IRUSR).unwrap();
    write(conf.join("z.yaml"), "mode: ful").unwrap();
    let checked = check(directory.path());
    let selected = serde_json::to_value(&checked.config().unwrap().select).unwrap();
    assert_eq!(selected, serde_json::json!(["101", "101"]));
    let report = checked.into_report();
    let said = said(&report);
    let expected = [
        "directory.yaml: is not a regular file",
        "gone.yaml: No such file",
        "loop.yaml: Too many levels of symbolic links",
        "off.yml: its name does not end in .yaml",
        "pipe.yaml: is not a regular file",
        "z.yaml: `mode` is `ful`",
        "zero.yaml: is not a regular file",
    ];
    assert!(
        said.len() == expected.len() && said.iter().zip(expected).all(|(s, e)| s.starts_with(e)),
        "{said:#?}"
    );
    // Nobody named one of them.
    assert_eq!(report.exit_code(false), 3);
}

#[test]
fn a_thousand_fragments_are_read_and_more_are_refused() {
    let texts: Vec<String> =
        (0..1001).map(|at| format!("virtual_machines: [{{vm_id: {}}}]", 100 + at)).collect();
    let directory = place(&texts);
    let config = check(directory.path()).finish().unwrap();
    assert_eq!(config.virtual_machines.len(), 1001);
    assert!(config.virtual_machines.is_sorted_by_key(|vm| vm.vm_id));
    write(directory.path().join("conf.d/x.yaml"), "").unwrap();
    let report = check(directory.path()).into_report();
    assert_eq!(said(&report), ["conf.d: more than 1000 files end in .yaml here"]);
}

/// All together have a limit, so that many files are no way around that of one.
#[test]
fn what_is_too_much_together_is_refused() {
    let large = "#".repeat(4 * 1024 * 1024);
    let report = check(place(&["{}", &large, &large, "mode: full"]).path()).into_report();
    assert!(report.to_string().contains("0003.yaml: longer than the 0 bytes"), "{report}");
    assert_eq!(report.problems().len(), 1, "{report}");

    let list = format!("&a [{}]", "x, ".repeat(1000));
    let bomb = format!("a: [{list}, {}]", "*a, ".repeat(600));
    let report = check(place(&vec![bomb; 900]).path()).into_report();
    let (first, last) = (&said(&report)[0], said(&report).pop().unwrap());
    assert!(first.starts_with("config.yaml: unknown key `a`"), "{first}");
    assert!(last.starts_with("0001.yaml: too many values"), "{report}");
}

#[test]
fn a_broken_directory_is_told_of_and_an_absent_one_is_fine() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path().join("config.yaml"), "mode: full").unwrap();
    assert!(check(directory.path()).finish().is_ok());
    write(directory.path().join("conf.d"), "").unwrap();
    let report = check(directory.path()).into_report();
    assert!(said(&report)[0].starts_with("conf.d: Not a directory"), "{report}");
}
