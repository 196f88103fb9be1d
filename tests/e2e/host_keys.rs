//! A host key that was not pinned: no byte of a command leaves, by the server's own count.

use std::path::PathBuf;

use vm_autoscale_lab::Stats;
use vm_autoscale_protocol::HelperError;
use vm_autoscale_scheduler::AskError;
use vm_autoscale_tests::programs::pause;
use vm_autoscale_tests::stage::Stage;

use crate::{await_helper, play, read_cluster, turn};

mod meanwhile;

fn known_hosts(stage: &Stage) -> PathBuf {
    stage.path("lab").join("known_hosts")
}

/// Starts the helper on these pins and asks; what it said, and what the server saw.
fn refused(pins: impl Fn(&str) -> String) -> (String, Stats) {
    let mut stage = Stage::set(&play(2, "")).unwrap();
    let right = std::fs::read_to_string(known_hosts(&stage)).unwrap();
    std::fs::write(known_hosts(&stage), pins(right.trim())).unwrap();
    stage.start_helper().unwrap();
    await_helper(&stage);
    let error = read_cluster(&stage).unwrap_err();
    let AskError::Helper(HelperError::HostKey { message, .. }) = error else { panic!("{error}") };
    let stats = stage.node_stats().unwrap();
    assert_eq!((stats.auth_requests, stats.logins, stats.execs), (0, 0, 0), "something was sent");
    assert!(message.contains(&known_hosts(&stage).display().to_string()), "{message}");
    assert!(message.contains("SHA256:"), "{message}");
    stage.strike().unwrap();
    (message, stats)
}

/// Another key of the same host, as it would stand there.
fn with_other_key(line: &str) -> String {
    let host = line.split(' ').next().unwrap();
    let key = vm_autoscale_lab::ssh::key().unwrap();
    format!("{host} {}", key.public_key().to_openssh().unwrap())
}

#[test]
fn a_changed_key_is_refused() {
    let _turn = turn();
    let (message, _) = refused(|right| format!("# pinned by hand\n{}\n", with_other_key(right)));
    assert!(message.contains("line 2") && message.matches("SHA256:").count() == 2, "{message}");
    // A node that was installed anew is the usual reason.
    assert!(
        message.contains("pvecm updatecerts") && message.contains("trust-host --replace"),
        "{message}"
    );
}

#[test]
fn an_unknown_key_is_refused() {
    let _turn = turn();
    let (message, _) = refused(|right| right.replace("[127.0.0.1]", "[127.0.0.9]") + "\n");
    assert!(message.contains("no line of"), "{message}");
}

#[test]
fn a_revoked_key_is_refused() {
    let _turn = turn();
    let (message, _) = refused(|right| {
        let key = right.split_once(' ').unwrap().1;
        format!("{right}\n@revoked * {key}\n")
    });
    assert!(message.contains("line 2") && message.contains("revokes"), "{message}");
}

#[test]
fn a_key_that_is_revoked_while_the_session_lives_closes_it() {
    let _turn = turn();
    let mut stage = Stage::set(&play(2, "")).unwrap();
    stage.start_helper().unwrap();
    await_helper(&stage);
    read_cluster(&stage).unwrap();
    let right = std::fs::read_to_string(known_hosts(&stage)).unwrap();
    let key = right.trim().split_once(' ').unwrap().1.to_owned();
    std::fs::write(known_hosts(&stage), format!("{right}@revoked * {key}\n")).unwrap();
    let before = stage.node_stats().unwrap();
    let error = read_cluster(&stage).unwrap_err().to_string();
    assert!(error.contains("revokes"), "{error}");
    assert_eq!(stage.node_stats().unwrap().execs, before.execs, "a command was sent");
    // Pinned again, it goes on, by a new login.
    std::fs::write(known_hosts(&stage), right).unwrap();
    pause(std::time::Duration::from_secs(2));
    read_cluster(&stage).unwrap();
    assert_eq!(stage.node_stats().unwrap().logins, before.logins + 1);
    stage.strike().unwrap();
}
