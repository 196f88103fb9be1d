use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use vm_autoscale_planner::Resource;
use vm_autoscale_protocol::{NodeHealth, NodeState};

use super::*;
use crate::journal::Decided;
use crate::{ClusterStatus, MemoryJournal};

mod dashboards;
#[path = "../../../../tests/support/exposition.rs"]
mod exposition;

/// With something of everything, and so many VMs.
fn board(vms: u32, problem: Option<&str>) -> Board {
    let vm = |number: u32| {
        serde_json::json!({
            "vmid": 100 + number, "name": "a \"name\"\n", "tags": ["secret-tag"], "node": "pve1",
            "mode": "full", "vcpus": 4, "memory": 2048, "cpu_used": 50.0, "memory_used": 25.0,
            "cpu": "", "memory_decision": "", "sample_age": 8, "blocked": [true, false],
            "kinds": ["locked", "within"], "wanted": [5, null],
        })
    };
    let cluster = serde_json::json!({
        "name": "home", "answered_by": "pve1", "problem": problem, "looks": 1, "look_ms": 30,
        "nodes": [{"name": "pve1", "cpu": 20.0, "memory": 60.0, "online": true, "fresh": true,
                   "memory_budget": [1024.0, 4096.0], "vcpus_budget": [4.0, 16.0]}],
        "vms": (0..vms).map(vm).collect::<Vec<_>>(),
    });
    let cluster: ClusterStatus = serde_json::from_value(cluster).unwrap();
    let (board, name) = (Board::default(), cluster.name.clone());
    board.post(cluster.into());
    let way = NodeHealth {
        cluster: name.clone(),
        node: "pve1".try_into().unwrap(),
        state: NodeState::Up,
        since_s: 1,
        error: None,
        hung: 0,
    };
    board.ways(vec![way]);
    board.tells(Arc::new(crate::notify::Tallies::with("mail")));
    board.count(|tally| {
        let kind = "would: high".to_owned();
        let vmid = 101.try_into().unwrap();
        let decided = Decided { vmid, resource: Resource::Cpu, kind, text: String::new() };
        tally.decided(&name, &decided);
        tally.decided(&name, &Decided { kind: "locked".to_owned(), ..decided });
        tally.acted(&name, Resource::Memory, "verified");
    });
    board
}

/// It listens there until the test ends.
async fn serve_on(listen: &str, board: Board) {
    let door = Door::open(&listen.parse().unwrap()).await.unwrap();
    tokio::spawn(serve(door, board, MemoryJournal::default()));
}

/// On a socket in that directory.
async fn serve_in(dir: &tempfile::TempDir, board: Board) -> PathBuf {
    let path = dir.path().join("m.sock");
    serve_on(&format!("unix:{}", path.display()), board).await;
    path
}

async fn ask(mut stream: impl Stream, question: &[u8]) -> String {
    // Who is not served may be hung up on before it has asked.
    let _ = stream.write_all(question).await;
    // Nor is all that it asked read: what came before the end counts.
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

async fn get(path: &Path, page: &str) -> String {
    let stream = UnixStream::connect(path).await.unwrap();
    ask(stream, format!("GET {page} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await
}

async fn metrics(board: Board) -> String {
    let dir = tempfile::tempdir().unwrap();
    let answer = get(&serve_in(&dir, board).await, "/metrics").await;
    let (head, page) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with(
            "HTTP/1.1 200 OK\r\nContent-Type: application/openmetrics-text; version=1.0.0"
        ),
        "{head}"
    );
    assert!(head.contains(&format!("Content-Length: {}\r\n", page.len())), "{head}");
    page.to_owned()
}

#[tokio::test]
async fn the_page_says_what_it_is_to_say_in_the_format() {
    let page = metrics(board(2, None)).await;
    let families = exposition::read(&page);
    for line in [
        "vm_autoscale_healthy 1\n",
        "vm_autoscale_unread_lines{cluster=\"home\"} 0\n",
        "vm_autoscale_cycle_age_seconds{cluster=\"home\"} ",
        "vm_autoscale_vm_target_vcpus{cluster=\"home\",id=\"qemu/100\"} 5\n",
        "vm_autoscale_vm_actual_memory_bytes{cluster=\"home\",id=\"qemu/101\"} 2147483648.0\n",
        "vm_autoscale_vm_blocked{cluster=\"home\",id=\"qemu/100\",resource=\"cpu\",reason=\"locked\"} 1\n",
        "vm_autoscale_cycle_duration_seconds_bucket{le=\"0.05\",cluster=\"home\"} 1\n",
        "vm_autoscale_node_ssh_state{cluster=\"home\",node=\"pve1\",state=\"up\"} 1\n",
        "vm_autoscale_actions_total{cluster=\"home\",resource=\"cpu\",outcome=\"recommended\",dry_run=\"true\"} 1\n",
        "vm_autoscale_actions_total{cluster=\"home\",resource=\"memory\",outcome=\"verified\",dry_run=\"false\"} 1\n",
        "vm_autoscale_decisions_total{cluster=\"home\",resource=\"cpu\",outcome=\"hold\",reason=\"locked\"} 1\n",
        "vm_autoscale_notifications_total{channel=\"mail\",result=\"sent\"} 0\n",
        "vm_autoscale_node_budget_bytes{cluster=\"home\",node=\"pve1\",kind=\"limit\"} 4294967296.0\n",
    ] {
        assert!(page.contains(line), "{line} in\n{page}");
    }
    assert!(families.keys().all(|name| name.starts_with("vm_autoscale_")));
    assert!(families.values().all(|family| !family.samples.is_empty()), "{families:?}");
    // Names and tags come from elsewhere, by `id`.
    assert!(!page.contains("name\\") && !page.contains("secret-tag"));
}

#[tokio::test]
async fn five_thousand_vms_are_a_page_of_some_mib() {
    let page = metrics(board(5000, None)).await;
    let series = page.lines().filter(|line| !line.starts_with('#')).count();
    assert!(series > 5000 * 9 && page.len() < 8 << 20, "{series} series, {} bytes", page.len());
}

#[tokio::test]
async fn health_is_told_with_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let board = board(1, Some("no answer:\nit hangs"));
    let path = serve_in(&dir, board.clone()).await;
    let ill = get(&path, "/healthz").await;
    assert!(ill.starts_with("HTTP/1.1 503 "), "{ill}");
    assert!(ill.ends_with("\r\n\r\ncluster home: no answer:\\nit hangs\n"), "{ill}");
    assert!(get(&path, "/metrics").await.contains("vm_autoscale_healthy 0\n"));
    let mut well = board.posted().remove(0);
    well.problem = None;
    board.post(well.into());
    let well = get(&path, "/healthz?verbose").await;
    assert!(well.starts_with("HTTP/1.1 200 OK\r\n") && well.ends_with("\r\n\r\nwell\n"), "{well}");
}

#[tokio::test]
async fn nothing_but_reading_is_served_and_no_more_than_a_head_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = serve_in(&dir, board(1, None)).await;
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(20_000));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(40));
    for (question, status) in [
        ("POST /metrics HTTP/1.1\r\n\r\n", 405),
        ("DELETE / HTTP/1.1\r\n\r\n", 405),
        ("GET /etc/passwd HTTP/1.1\r\n\r\n", 404),
        ("GET /metrics/ HTTP/1.1\r\n\r\n", 404),
        ("\u{0}\u{1}\r\n\r\n", 400),
        (&long, 431),
        (&many, 431),
    ] {
        let stream = UnixStream::connect(&path).await.unwrap();
        let answer = ask(stream, question.as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{question}: {answer}");
    }
    let stream = UnixStream::connect(&path).await.unwrap();
    let head = ask(stream, b"HEAD /metrics HTTP/1.1\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 200 ") && head.ends_with("\r\n\r\n"), "{head}");
    // Piece by piece, too.
    let mut slow = UnixStream::connect(&path).await.unwrap();
    slow.write_all(b"GET /heal").await.unwrap();
    sleep(Duration::from_millis(20)).await;
    assert!(ask(slow, b"thz HTTP/1.0\r\n\r\n").await.ends_with("well\n"));
}

#[tokio::test]
async fn who_asks_nothing_keeps_no_more_places_than_there_are() {
    let dir = tempfile::tempdir().unwrap();
    let path = serve_in(&dir, board(1, None)).await;
    let mut idle = Vec::new();
    for _ in 0..PLACES {
        idle.push(UnixStream::connect(&path).await.unwrap());
    }
    assert_eq!(get(&path, "/healthz").await, "");
    idle.pop();
    while get(&path, "/healthz").await.is_empty() {
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_loopback_address_serves_the_same_and_the_socket_is_for_the_group() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    serve_on(&free.to_string(), board(1, None)).await;
    let address: SocketAddr = free;
    let stream = TcpStream::connect(address).await.unwrap();
    let page = ask(stream, b"GET /metrics HTTP/1.1\r\n\r\n").await;
    exposition::read(page.split_once("\r\n\r\n").unwrap().1);
    let dir = tempfile::tempdir().unwrap();
    let path = serve_in(&dir, board(1, None)).await;
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o660);
}
