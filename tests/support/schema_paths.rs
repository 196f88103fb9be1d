//! The keys of a schema in `etc/`, and whether each has a test. Included where such tests stand.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A key whose test stands elsewhere: its path, the file (from the repository's root), the
/// function.
pub(super) type Elsewhere = (&'static str, &'static str, &'static str);

/// Every key of a schema as it is reached from the top: `classes[].thresholds.cpu.high`. A key that
/// holds a section is there by the keys of that section.
pub(super) fn schema_paths(name: &str) -> BTreeSet<String> {
    let schema = read(name);
    let mut paths = BTreeSet::new();
    walk(&schema, &schema, "", &mut paths);
    paths
}

/// A schema.
pub(super) fn read(name: &str) -> Value {
    let text = std::fs::read_to_string(root().join("etc").join(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn walk(schema: &Value, section: &Value, above: &str, paths: &mut BTreeSet<String>) {
    for (key, value) in section["properties"].as_object().unwrap() {
        let path = format!("{above}{key}");
        match section_of(schema, value, &path) {
            Some((section, path)) => walk(schema, section, &format!("{path}."), paths),
            None => drop(paths.insert(path)),
        }
    }
}

/// The section that a key holds, and the path to it.
fn section_of<'a>(schema: &'a Value, value: &'a Value, path: &str) -> Option<(&'a Value, String)> {
    if value["properties"].is_object() {
        return Some((value, path.to_owned()));
    }
    if let Some(reference) = value["$ref"].as_str() {
        let meant = reference.strip_prefix('#').and_then(|pointer| schema.pointer(pointer));
        return section_of(schema, meant.unwrap_or_else(|| panic!("{path}: {reference}")), path);
    }
    if value["items"].is_object() {
        return section_of(schema, &value["items"], &format!("{path}[]"));
    }
    let choices = ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|how| value[how].as_array());
    choices.flatten().find_map(|choice| section_of(schema, choice, path))
}

/// What is wrong with the tests of these keys: a key without one, a test of what is no key, a
/// test that is not where it is said to be.
pub(super) fn gaps(
    keys: &BTreeSet<String>,
    tested: impl IntoIterator<Item = String>,
    elsewhere: &[Elsewhere],
) -> Vec<String> {
    let mut tested: BTreeSet<String> = tested.into_iter().collect();
    let mut gaps = Vec::new();
    for (path, file, function) in elsewhere {
        tested.insert((*path).to_owned());
        let source = std::fs::read_to_string(root().join(file)).unwrap_or_default();
        if !is_test(&source, function) || !source.contains(&format!("\"{path}\"")) {
            gaps.push(format!("{file} has no test `{function}` that names \"{path}\""));
        }
    }
    let untested = keys.difference(&tested).map(|path| format!("{path} has no test"));
    let unknown = tested.difference(keys).map(|path| format!("{path} is no key"));
    gaps.extend(untested.chain(unknown));
    gaps
}

/// Whether the function stands there under `#[test]` or `#[tokio::test]`.
fn is_test(source: &str, function: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let begins = [format!("fn {function}("), format!("async fn {function}(")];
    let named = lines.windows(2).find(|two| begins.iter().any(|begin| two[1].starts_with(begin)));
    named.is_some_and(|two| ["#[test]", "#[tokio::test]"].contains(&two[0]))
}

/// Writes a value (as JSON) into a file; the lists on the way are there, sections need not be.
pub(super) fn set(file: &mut Value, path: &str, value: &str) {
    let mut place = file;
    for step in path.replace('[', ".").replace(']', "").split('.') {
        place = match step.parse::<usize>() {
            Ok(at) => &mut place[at],
            Err(_) => &mut place[step],
        };
    }
    *place = serde_json::from_str(value).unwrap_or_else(|error| panic!("{path}: {error}"));
}
