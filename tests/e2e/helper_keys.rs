//! The keys of `helper.yaml` that decide how a node is reached, and who may ask for it.

use std::fs::read_to_string;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use nix::unistd::{Uid, User};
use vm_autoscale_tests::programs::pause;
use vm_autoscale_tests::stage::Stage;

use crate::{play, read_cluster, turn};

/// What comes of a look by way of `helper.sock` where the helper has such a file.
fn look(stage: &mut Stage, yaml: &str) -> String {
    write(stage, "helper.yaml", yaml);
    let env = stage.path("helper.env").display().to_string();
    stage.start_helper_with(&["--env-file", &env]).unwrap();
    let begun = Instant::now();
    let listens = |stage: &Stage| {
        ["helper.sock", "other.sock"].iter().any(|name| {
            yaml.contains(&format!("/{name}\n")) && UnixStream::connect(stage.path(name)).is_ok()
        })
    };
    while !listens(stage) {
        assert!(begun.elapsed() < Duration::from_secs(20), "{yaml}\n{}", stage.last_words());
        pause(Duration::from_millis(10));
    }
    let answer = read_cluster(stage);
    stage.helper.as_mut().unwrap().stop().unwrap();
    answer.map_or_else(|error| error.to_string(), |()| "good".to_owned())
}

fn write(stage: &Stage, name: &str, text: &str) {
    std::fs::write(stage.path(name), text).unwrap();
    std::fs::set_permissions(stage.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn each_key_of_the_way_to_a_node_changes_what_comes_of_it() {
    let _turn = turn();
    let mut stage = Stage::set(&play(2, "")).unwrap();
    let lab = |stage: &Stage, name: &str| read_to_string(stage.path("lab").join(name)).unwrap();
    let (password, hosts) = (lab(&stage, "password"), lab(&stage, "known_hosts"));
    write(&stage, "helper.env", &format!("RIGHT='{password}'\nWRONG='hunter2'\n"));
    write(&stage, "other_hosts", &hosts.replace("[127.0.0.1]", "[127.0.0.9]"));
    let by_key = read_to_string(stage.path("helper.yaml")).unwrap();
    let identity = by_key.lines().find(|line| line.contains("identity: ")).unwrap();
    let by_password = by_key.replace(identity, "  password_variable: RIGHT");
    let (uid, port) = (Uid::effective().as_raw(), stage.nodes()[0].1.port());
    let user = [uid, uid + 1].map(|uid| format!("scheduler_user: {uid}\n"));
    let name = User::from_uid(Uid::effective()).unwrap().unwrap().name;
    let by_name = by_key.replace(&user[0], &format!("scheduler_user: {name}\n"));
    for good in [&by_key, &by_password, &by_name] {
        assert_eq!(look(&mut stage, good), "good");
    }
    let port = format!("port: {port}");
    for (key, base, from, to, comes) in [
        ("clusters[].user", &by_key, "user: root\n", "user: ann\n", "does not let `ann` in"),
        // A good key, and not the one that the node knows.
        ("clusters[].identity", &by_key, "id_ed25519", "host_key.pve1", "does not let `root` in"),
        ("clusters[].password_variable", &by_password, "RIGHT", "WRONG", "does not let `root` in"),
        ("clusters[].nodes[].address", &by_key, "127.0.0.1", "127.0.0.9", "Connection refused"),
        ("clusters[].nodes[].port", &by_key, &port, "port: 1", "Connection refused"),
        ("known_hosts", &by_key, "lab/known_hosts", "other_hosts", "other_hosts"),
        ("scheduler_user", &by_key, &user[0], &user[1], "does `scheduler_user` in helper.yaml"),
        ("socket", &by_key, "helper.sock", "other.sock", "helper.sock: No such file"),
    ] {
        assert_eq!(base.matches(from).count(), 1, "{key}: {from}");
        let came = look(&mut stage, &base.replace(from, to));
        assert!(came.contains(comes), "{key}: {came}");
    }
    stage.strike().unwrap();
}
