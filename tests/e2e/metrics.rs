//! What Prometheus is shown of a running daemon, and what its log says meanwhile.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use serde_json::Value;
use vm_autoscale_tests::programs::pause;
use vm_autoscale_tests::stage::Stage;

use crate::{allowed_anew, await_helper, load, play, turn};

#[path = "../support/exposition.rs"]
mod exposition;

const TIME: Duration = Duration::from_secs(30);

/// The status, and what stands below the head.
fn ask(mut stream: impl Read + Write, page: &str) -> (u16, String) {
    stream.write_all(format!("GET {page} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

fn get(stage: &Stage, page: &str) -> (u16, String) {
    ask(UnixStream::connect(stage.path("metrics.sock")).unwrap(), page)
}

/// Waits until the answer of `/healthz` is such a one.
fn health(stage: &Stage, wanted: impl Fn(u16, &str) -> bool) {
    let begun = Instant::now();
    loop {
        let (status, body) = get(stage, "/healthz");
        if wanted(status, &body) {
            return;
        }
        assert!(begun.elapsed() < TIME, "{status} {body}");
        pause(Duration::from_millis(50));
    }
}

fn stage(more: &str) -> Stage {
    let mut stage = Stage::set(&play(2, "")).unwrap();
    let metrics = more.replace("DIR", stage.path("").to_str().unwrap().trim_end_matches('/'));
    stage.write_config_yaml(&format!("{}mode: full\n{metrics}", play(2, "").config)).unwrap();
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    stage
}

#[test]
fn a_scrape_shows_what_is_done_and_health_what_is_wrong() {
    let _turn = turn();
    let log = "logging: {format: json, log_file: DIR/log.json}\n";
    let mut stage =
        stage(&format!("metrics: {{enabled: true, listen: \"unix:DIR/metrics.sock\"}}\n{log}"));
    load(&stage, 101, 64.0, 1000.0);
    stage.until(TIME, |status| status.counts.verified >= 1).unwrap();
    health(&stage, |status, body| status == 200 && body == "well\n");
    let (status, page) = get(&stage, "/metrics");
    let families = exposition::read(&page);
    let value = |family: &str, wanted: &[(&str, &str)]| -> f64 {
        let wanted: BTreeMap<String, String> =
            wanted.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let all = families[family].samples.iter().filter(|(_, labels, _)| {
            wanted.iter().all(|(name, value)| labels.get(name) == Some(value))
        });
        all.map(|(_, _, value)| value).sum()
    };
    assert_eq!(status, 200);
    assert!(value("vm_autoscale_actions", &[("outcome", "verified"), ("dry_run", "false")]) >= 1.0);
    assert!(
        value("vm_autoscale_vm_actual_vcpus", &[("id", "qemu/101"), ("cluster", "lab")]) >= 1.0
    );
    assert!(value("vm_autoscale_decisions", &[("outcome", "does")]) >= 1.0);
    assert!(value("vm_autoscale_cluster_up", &[("cluster", "lab")]) > 0.5);

    stage.helper.take().unwrap().stop().unwrap();
    health(&stage, |status, body| status == 503 && body.starts_with("cluster lab: "));
    assert!(get(&stage, "/metrics").1.contains("vm_autoscale_healthy 0\n"));
    stage.start_helper().unwrap();
    await_helper(&stage);
    health(&stage, |status, _| status == 200);

    let log = std::fs::read_to_string(stage.path("log.json")).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let done = lines.iter().find(|line| line["kind"] == "verified").expect(&log);
    for (field, value) in [("vmid", "101"), ("cluster", "lab"), ("level", "INFO")] {
        assert_eq!(done[field], value, "{done}");
    }
    assert!(done["node"].is_string() && done["change"].is_string(), "{done}");
    stage.strike_checked(allowed_anew()).unwrap();
}

/// `"metrics.enabled"` and `"metrics.listen"`.
#[test]
fn a_loopback_address_is_served_and_without_the_key_nothing_is() {
    let _turn = turn();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut stage = stage(&format!("metrics: {{enabled: true, listen: \"{free}\"}}\n"));
    stage.until(TIME, |status| !status.clusters.is_empty()).unwrap();
    let (status, page) = ask(TcpStream::connect(free).unwrap(), "/metrics");
    assert!(status == 200 && exposition::read(&page).len() > 20, "{page}");
    // It is off where nothing switches it on.
    stage.scheduler.take().unwrap().stop().unwrap();
    stage
        .write_config_yaml(&format!("{}metrics: {{listen: \"{free}\"}}\n", play(2, "").config))
        .unwrap();
    stage.start_scheduler().unwrap();
    stage.until(TIME, |status| !status.clusters.is_empty()).unwrap();
    assert!(TcpStream::connect(free).is_err());
    stage.strike().unwrap();
}
