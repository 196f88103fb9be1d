//! For each key of `config.yaml` a test that changing it changes what is decided, sent or said.
//!
//! The list is the schema's: a new key fails here until it has such a test.

mod case;
mod figures;
mod file;
mod hours;
mod layers;
mod looks;
#[path = "../../../../tests/support/schema_paths.rs"]
mod schema_paths;
mod select;
mod world;

use case::Case;
use schema_paths::{Elsewhere, gaps, read, schema_paths};

const SCHEMA: &str = "config.schema.json";

const PROGRAM: &str = "tests/e2e/config_keys.rs";
const METRICS: &str = "tests/e2e/metrics.rs";
const ROTATED: &str = "crates/scheduler/src/logging/rotated/tests.rs";

/// What is no decision: tested where it happens.
const ELSEWHERE: &[Elsewhere] = &[
    ("control_socket", PROGRAM, "the_sockets_are_those_of_the_file"),
    ("helper_socket", PROGRAM, "the_sockets_are_those_of_the_file"),
    (
        "journal.keep_days",
        "crates/scheduler/src/journal/sqlite/tests/size.rs",
        "what_is_older_than_the_days_goes_at_most_hourly",
    ),
    (
        "journal.keep_samples_days",
        "crates/scheduler/src/journal/sqlite/tests/size.rs",
        "what_vms_used_is_kept_for_days_of_its_own",
    ),
    (
        "journal.max_size_mb",
        "crates/scheduler/src/journal/sqlite/tests/size.rs",
        "a_smaller_bound_makes_the_file_smaller",
    ),
    (
        "doctor.ignore",
        "crates/scheduler/src/control/doctor/tests.rs",
        "what_the_file_ignores_is_only_counted",
    ),
    ("journal.path", PROGRAM, "the_journal_is_where_the_file_says"),
    ("logging.format", PROGRAM, "the_log_is_where_and_as_long_as_the_file_says"),
    ("logging.keep", ROTATED, "a_full_file_is_renamed_and_the_last_one_goes"),
    ("logging.level", PROGRAM, "the_log_is_where_and_as_long_as_the_file_says"),
    ("logging.log_file", PROGRAM, "the_log_is_where_and_as_long_as_the_file_says"),
    ("logging.max_size_mb", ROTATED, "a_full_file_is_renamed_and_the_last_one_goes"),
    ("metrics.enabled", METRICS, "a_loopback_address_is_served_and_without_the_key_nothing_is"),
    ("metrics.listen", METRICS, "a_loopback_address_is_served_and_without_the_key_nothing_is"),
    (
        "observe_interval",
        "crates/scheduler/src/worker/keys/looks.rs",
        "looks_are_as_far_apart_as_the_file_says",
    ),
    // Whom it tells of what happened.
    of_notices("alerts.email_enabled"),
    of_notices("alerts.email_recipient"),
    of_notices("alerts.smtp_password"),
    of_notices("alerts.smtp_port"),
    of_notices("alerts.smtp_server"),
    of_notices("alerts.smtp_user"),
    of_notices("gotify.app_token"),
    of_notices("gotify.enabled"),
    of_notices("gotify.priority"),
    of_notices("gotify.server_url"),
    of_notices("healthchecks_url"),
    of_notices("notification_dedup_seconds"),
    of_notices("ntfy.access_token"),
    of_notices("ntfy.enabled"),
    of_notices("ntfy.server_url"),
    of_notices("ntfy.topic"),
    of_notices("uptime_kuma_url"),
    of_notices("webhook_secret"),
    of_notices("webhook_url"),
    of_digests("digest.at"),
    of_digests("digest.timezone"),
    ("notify_allow", "crates/config/src/rules/targets.rs", "what_the_list_names_is_a_target"),
];

const fn of_digests(path: &'static str) -> Elsewhere {
    let file = "crates/scheduler/src/notify/tests/digests.rs";
    (path, file, "each_key_of_the_digest_changes_when_it_comes")
}

const fn of_notices(path: &'static str) -> Elsewhere {
    let file = "crates/scheduler/src/notify/tests/keys.rs";
    (path, file, "each_key_of_the_notifications_changes_what_is_sent")
}

fn all() -> Vec<Case> {
    let layers = [layers::of_the_file(), layers::of_classes(), layers::of_vms()];
    let others = [file::all(), select::all(), hours::all()];
    layers.into_iter().chain(others).flatten().collect()
}

#[test]
fn every_key_has_a_test() {
    let all = all();
    let tested = all.iter().map(Case::key).chain(figures::keys());
    assert_eq!(gaps(&schema_paths(SCHEMA), tested, ELSEWHERE), [""; 0]);
}

/// Of the keys that take one of some words, each word is one of a case's two.
#[test]
fn every_word_has_a_test() {
    let all = all();
    let schema = read(SCHEMA);
    let kinds = schema["$defs"].as_object().unwrap().iter();
    // These change nothing of what is decided.
    let kinds = kinds.filter(|(name, _)| !["DoctorCode", "LogFormat"].contains(&name.as_str()));
    let words = kinds.filter_map(|(_, kind)| kind["oneOf"].as_array()).flatten();
    let words: Vec<String> = words.map(|word| word["const"].to_string()).collect();
    assert!(words.contains(&"\"up-only\"".to_owned()), "{words:?}");
    for word in words {
        let tested = all.iter().any(|case| case.values.contains(&word.as_str()));
        assert!(tested, "{word} has no test");
    }
}

/// A list that is always whole would show nothing.
#[test]
fn a_key_without_a_test_is_found_out() {
    let mut keys = schema_paths(SCHEMA);
    for path in
        ["classes[].scaling_limits.max_cores", "mode", "virtual_machines[].thresholds.ram.low"]
    {
        assert!(keys.contains(path), "{path}");
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
fn each_key_of_a_schedule_changes_what_is_decided() {
    hours::all().iter().for_each(Case::check);
}

#[test]
fn each_selector_changes_what_is_looked_after() {
    select::all().iter().for_each(Case::check);
}
