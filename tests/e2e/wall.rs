//! What is not a request closes the connection, and harms nobody else.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use serde_json::json;
use vm_autoscale_lab::{Control, Reply, Request};
use vm_autoscale_protocol::INTERFACE;
use vm_autoscale_proxmox::{NodeCommand, Pools};
use vm_autoscale_tests::stage::Stage;

use crate::{await_helper, play, read_cluster, turn, vmid};

/// Sends bytes; what came back until the helper hung up.
pub(crate) fn say(stage: &Stage, bytes: &[u8]) -> String {
    let mut stream = UnixStream::connect(stage.path("helper.sock")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // The helper may hang up in the middle of it.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

#[test]
fn what_is_no_request_closes_the_connection() {
    let _turn = turn();
    let mut stage = Stage::set(&play(2, "")).unwrap();
    stage.start_helper().unwrap();
    await_helper(&stage);
    let d = "0".repeat(40);
    let set = |name: &str, target: serde_json::Value, extra: serde_json::Value| {
        let mut parameters = json!({"target": target});
        parameters.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        json!({"method": format!("{INTERFACE}.{name}"), "parameters": parameters}).to_string()
            + "\0"
    };
    let target = json!({"cluster": "lab", "node": "pve1", "vmid": 101, "digest": d});
    let mut evil = target.clone();
    evil["node"] = json!("pve1; reboot");
    for bytes in [
        b"GET / HTTP/1.1\r\n\r\n\0".to_vec(),
        vec![b'x'; 5000],
        b"\xff\xfe\0".to_vec(),
        b"{}\0".to_vec(),
        b"\0".to_vec(),
        set("SetVcpus", target.clone(), json!({"vcpus": 2, "skiplock": 1})).into_bytes(),
        set("SetArgs", target.clone(), json!({"args": "-hda /dev/sda"})).into_bytes(),
        set("SetVcpus", evil, json!({"vcpus": 2})).into_bytes(),
        b"{\"method\":\"half a mess".to_vec(),
    ] {
        let answer = say(&stage, &bytes);
        assert!(answer.is_empty() || answer.contains("BadRequest"), "{answer}");
    }
    // A whole request of a config that the helper never read is refused, and nothing is sent.
    let mut stream = UnixStream::connect(stage.path("helper.sock")).unwrap();
    stream.write_all(set("SetVcpus", target, json!({"vcpus": 2})).as_bytes()).unwrap();
    let mut answer = [0; 400];
    let length = stream.read(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
    assert!(answer.contains("Refused") && answer.contains("digest"), "{answer}");
    let stats = stage.node_stats().unwrap();
    assert_eq!((stats.connections, stats.execs), (0, 0));
    assert!(stage.all_run(), "{}", stage.last_words());
    stage.strike().unwrap();
}

/// Of `user.cfg` pools' names and their guests' numbers leave the helper, and of listed clusters
/// and nodes only; lines that the node prints beside them do not.
#[test]
fn of_user_cfg_only_pools_are_told() {
    let _turn = turn();
    let mut stage = Stage::set(&play(4, "")).unwrap();
    stage.start_helper().unwrap();
    await_helper(&stage);
    let tags = (vmid(101), "tags".to_owned(), Some("web;prod".to_owned()));
    stage.control(Control::Edit { vmid: tags.0, key: tags.1, value: tags.2 }).unwrap();
    stage.control(Control::Pool { vmid: vmid(101), pool: Some("web/shop".to_owned()) }).unwrap();
    let ask = |name: &str, cluster: &str, node: &str, extra: &str| {
        let call = format!(
            r#"{{"method":"{INTERFACE}.{name}","parameters":{{"cluster":"{cluster}","node":"{node}"{extra}}}}}"#
        );
        let mut stream = UnixStream::connect(stage.path("helper.sock")).unwrap();
        stream.write_all(format!("{call}\0").as_bytes()).unwrap();
        let mut answer = Vec::new();
        let mut bytes = std::io::BufReader::new(stream).bytes();
        while let Some(byte) = bytes.next().transpose().unwrap().filter(|byte| *byte != 0) {
            answer.push(byte);
        }
        String::from_utf8(answer).unwrap()
    };
    for (cluster, node, why) in
        [("other", "pve1", "clusters"), ("lab", "pve9", "nodes"), ("lab", "pve1;id", "BadRequest")]
    {
        let answer = ask("ReadPools", cluster, node, "");
        assert!(answer.contains("error") && answer.contains(why), "{answer}");
    }
    let extra = ask("ReadPools", "lab", "pve1", r#","path":"/etc/pve/priv""#);
    assert!(extra.contains("BadRequest"), "{extra}");
    assert_eq!(stage.node_stats().unwrap().execs, 0);

    let answer = ask("ReadPools", "lab", "pve1", "");
    let reply: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let text = reply["parameters"]["text"].as_str().unwrap();
    let pools = Pools::parse(text);
    assert_eq!((pools.of(vmid(101)), pools.iter().count()), (Some("web/shop"), 4));
    assert!(text.lines().all(|line| line.starts_with("/etc/pve/user.cfg:pool:")), "{text}");
    // The lab's node prints Ann's line, as a real one would.
    let printed = stage.ask_lab(&Request::Exec { line: NodeCommand::ReadPools.line(), node: None });
    let Reply::Answer(printed) = printed.unwrap() else { panic!("no answer") };
    for private in ["ann@pve", "example.com", "Vanderpool", "carpool"] {
        assert!(!answer.contains(private), "{answer}");
    }
    assert!(printed.stdout.contains("ann@example.com"), "{}", printed.stdout);
    stage.strike().unwrap();
}

#[test]
fn another_user_is_not_heard() {
    let _turn = turn();
    let mut stage = Stage::set(&play(2, "")).unwrap();
    let path = stage.path("helper.yaml");
    let own = format!("scheduler_user: {}\n", nix::unistd::Uid::effective());
    let other = format!("scheduler_user: {}\n", nix::unistd::Uid::effective().as_raw() + 1);
    std::fs::write(&path, std::fs::read_to_string(&path).unwrap().replace(&own, &other)).unwrap();
    stage.start_helper().unwrap();
    await_helper(&stage);
    let error = read_cluster(&stage).unwrap_err().to_string();
    assert!(error.contains("scheduler_user"), "{error}");
    assert!(stage.last_words().contains("refused: only uid"), "{}", stage.last_words());
    assert_eq!(stage.node_stats().unwrap().connections, 0);
    stage.strike().unwrap();
}
