//! For each key of `config.yaml` a test that changing it changes what is decided, sent or said.
//!
//! The list is the schema's: a new key fails here until it has such a test.

mod case;
mod file;
mod layers;
mod looks;
#[path = "../../../../tests/support/schema_paths.rs"]
mod schema_paths;
mod select;
mod world;

use case::Case;
use schema_paths::{Elsewhere, gaps, schema_paths};

const SCHEMA: &str = "config.schema.json";

const NOTICES: (&str, &str) = (
    "crates/scheduler/src/notify/tests/keys.rs",
    "each_key_of_the_notifications_changes_what_is_sent",
);

const PROGRAM: &str = "tests/e2e/config_keys.rs";

/// What is no decision: tested where it happens.
const ELSEWHERE: &[Elsewhere] = &[
    ("control_socket", PROGRAM, "the_sockets_are_those_of_the_file"),
    ("helper_socket", PROGRAM, "the_sockets_are_those_of_the_file"),
    ("logging.level", PROGRAM, "the_log_is_where_and_as_long_as_the_file_says"),
    ("logging.log_file", PROGRAM, "the_log_is_where_and_as_long_as_the_file_says"),
    (
        "observe_interval",
        "crates/scheduler/src/worker/keys/looks.rs",
        "looks_are_as_far_apart_as_the_file_says",
    ),
];

/// Whom it tells of what happened. TODO before this is merged: into `ELSEWHERE` with `NOTICES`,
/// which come with the branch `notify`.
const PENDING: &[&str] = &[
    "alerts.email_enabled",
    "alerts.email_recipient",
    "alerts.smtp_password",
    "alerts.smtp_port",
    "alerts.smtp_server",
    "alerts.smtp_user",
    "gotify.app_token",
    "gotify.enabled",
    "gotify.priority",
    "gotify.server_url",
    "notification_dedup_seconds",
    "uptime_kuma_url",
];

fn all() -> Vec<Case> {
    [layers::of_the_file(), layers::of_classes(), layers::of_vms(), file::all(), select::all()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn every_key_has_a_test() {
    let all = all();
    let tested = all.iter().map(Case::key).chain(PENDING.iter().map(|key| (*key).to_owned()));
    assert_eq!(gaps(&schema_paths(SCHEMA), tested, ELSEWHERE), [""; 0]);
    let _ = NOTICES;
}

/// A list that is always whole would show nothing.
#[test]
fn a_key_without_a_test_is_found_out() {
    let mut keys = schema_paths(SCHEMA);
    let of = |path: &str| (path.to_owned(), keys.contains(path));
    for path in
        ["mode", "virtual_machines[].thresholds.ram.low", "classes[].scaling_limits.max_cores"]
    {
        assert_eq!(of(path), (path.to_owned(), true));
    }
    let tested: Vec<String> = keys.iter().skip(1).cloned().collect();
    let first = keys.first().unwrap().clone();
    assert_eq!(gaps(&keys, tested.clone(), &[]), [format!("{first} has no test")]);
    keys.remove(&first);
    assert_eq!(gaps(&keys, tested.clone(), &[]), [""; 0]);
    keys.remove("mode");
    assert_eq!(gaps(&keys, tested, &[]), ["mode is no key"]);
    let nowhere = [("select", PROGRAM, "there_is_no_such_test")];
    let tested: Vec<String> = keys.iter().cloned().collect();
    assert_eq!(gaps(&keys, tested, &nowhere).len(), 1);
}

#[test]
fn each_key_of_the_file_changes_what_is_decided() {
    layers::of_the_file().iter().for_each(Case::check);
    file::all().iter().for_each(Case::check);
}

#[test]
fn each_key_of_a_class_changes_what_is_decided_on_its_vms() {
    layers::of_classes().iter().for_each(Case::check);
}

#[test]
fn each_key_of_a_vm_changes_what_is_decided_on_it() {
    layers::of_vms().iter().for_each(Case::check);
}

#[test]
fn each_selector_changes_what_is_looked_after() {
    select::all().iter().for_each(Case::check);
}
