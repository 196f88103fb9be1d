//! The ways in: a key, and the lesser one.

use std::os::unix::fs::PermissionsExt as _;

use vm_autoscale_tests::stage::Stage;

use crate::{await_helper, play, read_cluster, turn};

/// A stage whose helper logs in with this password, out of an env file of that mode.
fn with_password(password: &str, mode: u32) -> Stage {
    let mut stage = Stage::set(&play(2, "")).unwrap();
    let node = stage.nodes().remove(0);
    let known_hosts = stage.path("lab").join("known_hosts");
    stage.write_helper_yaml(&[node], "root", "password_variable: LAB", &known_hosts).unwrap();
    let env = stage.path("helper.env");
    std::fs::write(&env, format!("LAB='{password}'\n")).unwrap();
    std::fs::set_permissions(&env, std::fs::Permissions::from_mode(mode)).unwrap();
    stage.start_helper_with(&["--env-file", env.to_str().unwrap()]).unwrap();
    stage
}

fn password(stage: &Stage) -> String {
    std::fs::read_to_string(stage.path("lab").join("password")).unwrap()
}

#[test]
fn a_password_works_and_is_warned_of_and_never_shown() {
    let _turn = turn();
    // The lab's password is known only once it runs: the env file is written again then.
    let mut stage = with_password("wrong", 0o600);
    await_helper(&stage);
    let error = read_cluster(&stage).unwrap_err().to_string();
    assert!(error.contains("does not let `root` in"), "{error}");
    stage.helper.as_mut().unwrap().stop().unwrap();
    let right = password(&stage);
    let env = stage.path("helper.env");
    std::fs::write(&env, format!("LAB='{right}'\n")).unwrap();
    stage.start_helper_with(&["--env-file", env.to_str().unwrap()]).unwrap();
    await_helper(&stage);
    read_cluster(&stage).unwrap();
    let words = stage.last_words();
    assert!(words.contains("logs in with a password"), "{words}");
    assert!(!words.contains(&right) && !words.contains("wrong"), "{words}");
    stage.strike().unwrap();
}

#[test]
fn a_password_that_others_can_read_is_refused() {
    let _turn = turn();
    let mut stage = with_password("hunter2", 0o644);
    let begun = std::time::Instant::now();
    while stage.all_run() {
        assert!(begun.elapsed().as_secs() < 20, "it takes such a file");
    }
    let words = stage.last_words();
    assert!(words.contains("chmod go=") && !words.contains("hunter2"), "{words}");
}
