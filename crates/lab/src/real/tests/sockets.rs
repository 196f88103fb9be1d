//! QEMU's monitor and the guest's serial line when they are slow, silent, odd or closed.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::sleep;

use super::super::agent::Agent;
use super::super::qmp::Qmp;
use super::*;

struct Peer(BufReader<UnixStream>);

impl Peer {
    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).await.unwrap();
        line.trim().to_owned()
    }

    async fn say(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).await.unwrap();
    }
}

/// A directory with that socket, and whoever connects to it.
fn listen(name: &str) -> (tempfile::TempDir, impl Future<Output = Peer> + use<>) {
    let dir = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(dir.path().join(name)).unwrap();
    (dir, async move { Peer(BufReader::new(listener.accept().await.unwrap().0)) })
}

/// Through with greeting and capabilities.
async fn greeted() -> (Qmp, Peer) {
    let (dir, peer) = listen("q");
    let serve = async {
        let mut peer = peer.await;
        peer.say("{\"QMP\": {\"capabilities\": []}}\r\n").await;
        assert!(peer.line().await.contains("\"qmp_capabilities\""));
        peer.say("{\"event\": \"RESUME\"}\r\n{\"return\": {}, \"id\": 1}\r\n").await;
        peer
    };
    let (qmp, peer) = tokio::join!(Qmp::connect(id(101), dir.path(), "q"), serve);
    (qmp.unwrap(), peer)
}

fn text<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    result.unwrap_err().to_string()
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_not_taken_for_the_next_one() {
    let (qmp, mut peer) = greeted().await;
    let failed = "VM 101 qmp command 'query-cpus-fast' failed - ";
    assert_eq!(text(qmp.call("query-cpus-fast", json!({})).await), format!("{failed}got timeout"));
    assert!(peer.line().await.contains("\"id\":2"));
    let serve = async {
        assert!(peer.line().await.contains("\"id\":3"));
        peer.say("{\"return\": \"late\", \"id\": 2}\r\n{\"event\": \"STOP\"}\r\n").await;
        // In two parts.
        peer.say("{\"return\": \"in ").await;
        sleep(Duration::from_secs(20)).await;
        peer.say("time\", \"id\": 3}\r\n").await;
    };
    let call = qmp.call("human-monitor-command", json!({}));
    assert_eq!(tokio::join!(call, serve).0.unwrap(), "in time");
}

#[tokio::test]
async fn errors_are_told_in_qemu_s_words() {
    let (qmp, mut peer) = greeted().await;
    peer.say("{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}, \"id\": 2}\r\n").await;
    let told = text(qmp.call("object-add", json!({})).await);
    assert_eq!(told, "VM 101 qmp command 'object-add' failed - no");
    drop(peer);
    let told = text(qmp.call("object-add", json!({})).await);
    assert_eq!(told, "VM 101 qmp command 'object-add' failed - client closed connection");
}

#[tokio::test]
async fn an_endless_line_is_not_kept() {
    let (qmp, mut peer) = greeted().await;
    let part = [b'x'; 8192];
    let flood = async { while peer.0.get_mut().write_all(&part).await.is_ok() {} };
    let call = async {
        let told = text(qmp.call("query-cpus-fast", json!({})).await);
        drop(qmp);
        told
    };
    let (told, ()) = tokio::join!(call, flood);
    assert!(told.ends_with("failed - client closed connection"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn without_a_greeting_there_is_no_waiting() {
    let (dir, peer) = listen("q");
    let (qmp, _peer) = tokio::join!(Qmp::connect(id(101), dir.path(), "q"), peer);
    assert_eq!(qmp.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn the_guest_s_line_finds_its_way_back() {
    let (dir, peer) = listen("101.serial1");
    let agent = Agent::new(id(101), dir.path());
    let (silent, mut peer) = tokio::join!(agent.ask("report"), peer);
    let told = text(silent);
    let start = "the guest of VM 101 did not answer 'report': nothing came within 10 s; see ";
    assert!(told.starts_with(start) && told.ends_with("/101.console"), "{told}");
    assert_eq!((peer.line().await.as_str(), peer.line().await.as_str()), ("", "1 report"));
    // The rest of the first answer, and noise.
    peer.say("=1 old\n.1\n[  1.0] a driver's words\n=2 new\n=2 \n.2\n").await;
    assert_eq!(agent.ask("report").await.unwrap(), ["new", ""]);
    peer.say("!3\n").await;
    assert!(text(agent.ask("load 1 x").await).contains("it says that it failed"));
    drop(peer);
    assert!(text(agent.ask("ping").await).starts_with("the guest of VM 101"));
}
