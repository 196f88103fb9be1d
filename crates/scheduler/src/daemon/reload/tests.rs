use std::path::Path;

use vm_autoscale_config::Checked;

use super::*;

fn config(text: &str) -> SchedulerConfig {
    Checked::new(Path::new("config.yaml"), text.as_bytes()).finish().unwrap()
}

#[test]
fn what_cannot_change_stays_and_is_named() {
    let started = config("logging: {level: info}\nmode: observe\n");
    let new = config(
        "control_socket: /c\nhelper_socket: /h\nlogging: {level: debug}\njournal: {path: /j}\nmode: full\n",
    );
    let (taken, later) = staying(&started, new.clone());
    assert_eq!(later, ["control_socket", "helper_socket", "journal.path", "logging.level"]);
    assert_eq!(
        (&taken.control_socket, &taken.logging),
        (&started.control_socket, &started.logging)
    );
    assert_eq!((&taken.helper_socket, &taken.journal), (&started.helper_socket, &started.journal));
    assert_eq!(taken.mode, new.mode);
    let (same, later) = staying(&started, started.clone());
    assert_eq!((same, later), (started, vec![]));
}

#[test]
fn a_long_list_of_keys_is_cut() {
    let keys = |count: usize| vec!["a.b".to_owned(); count];
    assert_eq!(named(&keys(0)), "the files say what they said before");
    assert_eq!(named(&keys(2)), "a.b, a.b");
    assert!(named(&keys(12)).ends_with(", a.b and 2 more"));
}
