//! Others than the scheduler's user, and files that others have a hand in.

use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::unistd::Uid;
use serde_json::json;
use vm_autoscale_tests::programs::{Program, command, directory, pause};
use vm_autoscale_tests::stage::Stage;

use super::policy::two_clusters;
use super::{Site, call};
use crate::{play, skip, turn};

/// Nobody's, on every Linux.
const NOBODY: u32 = 65534;

fn set_mode(stage: &Stage, name: &str, mode: u32) {
    std::fs::set_permissions(stage.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Asks as that user of that group: the exit code, what came back, and what went wrong.
fn ask_as(site: &Site, uid: u32, gid: u32) -> (Option<i32>, String, String) {
    let request = call("ReadCluster", &json!({"cluster": "home"})).to_string() + "\0";
    let mut speak = command(site.stage.path("speak"));
    speak.arg(site.stage.path("helper.sock")).uid(uid).gid(gid).current_dir("/");
    speak.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut speaks = speak.spawn().unwrap();
    // Who is not let in ends before it has read anything.
    let _ = speaks.stdin.take().unwrap().write_all(request.as_bytes());
    let said = speaks.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (said.status.code(), text(&said.stdout), text(&said.stderr))
}

#[test]
fn only_the_schedulers_user_is_heard_whatever_group_others_are_in() {
    let _turn = turn();
    if !Uid::effective().is_root() {
        return skip("that other users are not heard: it takes root to be them");
    }
    let mut site = Site::set(two_clusters());
    std::fs::copy(directory().unwrap().join("speak"), site.stage.path("speak")).unwrap();
    set_mode(&site.stage, "speak", 0o755);
    set_mode(&site.stage, "", 0o711);
    // By its group another user may open the socket, and is told nothing.
    assert_eq!(ask_as(&site, NOBODY, 0), (Some(0), String::new(), String::new()));
    let said = site.stage.helper.as_ref().unwrap().said();
    let told = |line: &str| line.contains("only uid 0 is heard") && line.contains("uid=65534");
    assert!(said.lines().any(told), "{said}");
    // Outside of it not even that.
    let (code, heard, why) = ask_as(&site, NOBODY, NOBODY);
    assert_eq!((code, heard.as_str()), (Some(3), ""), "{why}");
    let stats = site.stage.node_stats().unwrap();
    assert_eq!((stats.connections, stats.execs), (0, 0));
    // The same words by the right user are answered.
    let (code, heard, _) = ask_as(&site, 0, 0);
    assert!(code == Some(0) && heard.contains("/etc/pve/.version"), "{heard}");
    site.asker.ask(&call("ReadNodes", &json!({})).to_string());
    site.stage.strike().unwrap();
}

/// Starts the helper, which must end with exit code 3; its last words.
fn refuses_to_start(stage: &Stage) -> String {
    let config = stage.path("helper.yaml").display().to_string();
    let dir = tempfile::tempdir().unwrap();
    let mut helper =
        Program::start("vm-autoscale-helper", &["--config", &config], dir.path()).unwrap();
    let begun = Instant::now();
    while helper.runs() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it starts: {}", helper.said());
        pause(Duration::from_millis(10));
    }
    assert_eq!(helper.stop().unwrap().code(), Some(3), "{}", helper.said());
    assert!(!stage.path("helper.sock").exists(), "it listened");
    helper.said()
}

/// Policy, key and pins: each is named, and what is wrong with it.
#[test]
fn files_that_others_have_a_hand_in_keep_the_helper_from_starting() {
    let _turn = turn();
    let stage = Stage::set(&play(2, "")).unwrap();
    for name in ["helper.yaml", "lab/id_ed25519", "lab/known_hosts"] {
        let (path, right) = (stage.path(name), stage.path("right"));
        // Others may read all of them but the key.
        let private: &[u32] = if name.ends_with("id_ed25519") { &[0o640, 0o604] } else { &[] };
        let told = |said: &str, what: &str| {
            let named = said.contains(&format!("{}: ", path.display()));
            assert!(named && said.contains(what), "{name}: {what}: {said}");
        };
        for mode in [0o620, 0o602, 0o666].iter().chain(private) {
            set_mode(&stage, name, *mode);
            told(&refuses_to_start(&stage), &format!("(mode {mode:o})"));
        }
        set_mode(&stage, name, 0o600);
        std::fs::rename(&path, &right).unwrap();
        symlink(&right, &path).unwrap();
        told(&refuses_to_start(&stage), "is a symbolic link");
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        told(&refuses_to_start(&stage), "is not a regular file");
        std::fs::remove_dir(&path).unwrap();
        std::fs::rename(&right, &path).unwrap();
        if Uid::effective().is_root() {
            chown(&path, Some(NOBODY), None).unwrap();
            told(&refuses_to_start(&stage), &format!("belongs to uid {NOBODY}"));
            chown(&path, Some(0), None).unwrap();
        } else {
            skip("a file of another owner: it takes root to make one");
        }
    }
    let stats = stage.node_stats().unwrap();
    assert_eq!(stats.connections, 0);
    stage.strike().unwrap();
}
