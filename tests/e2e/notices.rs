//! What arrives at people's servers when something happens.

use std::time::Duration;

use serde_json::Value;
use vm_autoscale_lab::Control;
use vm_autoscale_tests::programs::{command, directory};
use vm_autoscale_tests::stage::Stage;

use crate::{allowed, load, play, skip, truth, turn, vmid};

// Of the unit tests beside what it serves; some is only for them.
#[allow(dead_code, unreachable_pub, reason = "shared with the scheduler's unit tests")]
#[path = "../../crates/scheduler/src/notify/tests/servers.rs"]
mod servers;
use servers::{Server, http, serve, smtp};

const TIME: Duration = Duration::from_secs(60);
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

fn channels(mail: &Server, web: &Server) -> String {
    format!(
        "mode: full\nalerts: {{email_enabled: true, email_recipient: admin@example.com, \
         smtp_server: 127.0.0.1, smtp_port: {}, smtp_user: me, smtp_password: hunter2}}\n\
         gotify: {{enabled: true, server_url: 'http://{web}', app_token: hunter2}}\n\
         uptime_kuma_url: 'http://{web}/push/hunter2'\nnotify_allow: [127.0.0.1]\n",
        mail.address.port(),
        web = web.address,
    )
}

fn start(config: &str) -> Stage {
    let mut stage = Stage::set(&play(2, config)).unwrap();
    load(&stage, 101, 0.5 * f64::from(truth(&stage, 101).qemu_vcpus.unwrap()), 2000.0);
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    stage
}

/// The first that has this in it.
fn await_text(server: &Server, wanted: &str) -> String {
    loop {
        let text = server.next();
        if text.contains(wanted) {
            return text;
        }
    }
}

/// A change, then a helper that dies and comes back.
#[test]
fn a_change_and_a_lost_cluster_reach_mail_and_gotify() {
    let _turn = turn();
    let (mail, web) = (smtp("127.0.0.1:0", None), http(OK));
    let mut stage = start(&channels(&mail, &web));
    assert!(web.next().starts_with("GET /push/hunter2 "));
    load(&stage, 101, 64.0, 2000.0);
    let text = await_text(&mail, "X-VM-Autoscale-Kind: verified");
    assert!(text.contains("Subject: [vm-autoscale] VM 101: vcpus "), "{text}");
    assert!(text.contains("RCPT TO:<admin@example.com>"), "{text}");
    assert!(text.contains("X-VM-Autoscale-Vmid: 101"), "{text}");
    let text = await_text(&web, "\"title\":\"VM 101: vcpus ");
    assert!(text.starts_with("POST /message ") && text.contains("verified"), "{text}");

    stage.helper.as_mut().unwrap().crash().unwrap();
    await_text(&mail, "Subject: [vm-autoscale] cluster lab cannot be seen");
    await_text(&web, "cluster lab cannot be seen");
    stage.start_helper().unwrap();
    await_text(&mail, "Subject: [vm-autoscale] cluster lab is seen again");
    await_text(&web, "cluster lab is seen again");
    let said = stage.scheduler.as_ref().unwrap().said();
    assert!(!said.contains("hunter2") && !said.contains("not delivered"), "{said}");
    stage.strike().unwrap();
}

/// Nobody answers at either of them: the loop goes on, the log says it once each, without a word
/// of the secrets, and the end does not wait for them.
#[test]
fn servers_that_hang_and_fail_hold_up_no_cycle() {
    let _turn = turn();
    let hangs = serve("127.0.0.1:0", |stream, _| std::mem::forget(stream));
    let fails = http("HTTP/1.1 500 hunter2\r\nContent-Length: 0\r\n\r\n");
    let config = channels(&hangs, &fails) + "notification_dedup_seconds: 0\n";
    let mut stage = start(&config);
    stage.control(Control::Load { vmid: vmid(101), cores: 64.0, mib: 2000.0 }).unwrap();
    let begun = stage.until(TIME, |status| status.counts.verified >= 1).unwrap();
    let looks = begun.clusters[0].looks + 16;
    stage.until(TIME, |s| s.clusters[0].looks >= looks && s.counts.verified >= 2).unwrap();
    let memory = stage.scheduler.as_ref().unwrap().memory("VmHWM").unwrap();
    assert!(memory < 64.0 * 1024.0, "{memory} KiB");
    let mut scheduler = stage.scheduler.take().unwrap();
    scheduler.stop().unwrap();
    let said = scheduler.said();
    for name in ["mail", "gotify", "uptime_kuma_url"] {
        let line = format!("{name}: not delivered: ");
        assert_eq!(said.matches(&line).count(), 1, "{name}: {said}");
    }
    assert!(said.contains("mail: not delivered: no answer within 5 s"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    stage.strike_checked(allowed()).unwrap();
}

#[test]
fn a_node_that_goes_and_comes_back_is_told() {
    let _turn = turn();
    let (mail, web) = (smtp("127.0.0.1:0", None), http(OK));
    let mut play = play(3, &channels(&mail, &web));
    play.nodes = 3;
    play.scenario =
        Some("- at: 4\n  node-down: {node: pve3}\n- at: 14\n  node-up: {node: pve3}\n".to_owned());
    let mut stage = Stage::set(&play).unwrap();
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    let text = await_text(&mail, "X-VM-Autoscale-Kind: node-offline");
    assert!(text.contains("Subject: [vm-autoscale] node pve3 of cluster lab is offline"), "{text}");
    assert!(text.contains("X-VM-Autoscale-Node: pve3"), "{text}");
    await_text(&mail, "Subject: [vm-autoscale] node pve3 of cluster lab is online again");
    await_text(&web, "node pve3 of cluster lab is online again");
    stage.strike().unwrap();
}

/// The body of a request.
fn body(text: &str) -> Value {
    serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap()
}

/// What `notify test` says, and its exit code.
fn try_messages(stage: &Stage, more: &[&str]) -> (Value, Option<i32>) {
    let mut program = command(directory().unwrap().join("vm-autoscale"));
    let arguments = [&["notify", "test", "--output-format", "json"][..], more].concat();
    let config = stage.path("config.yaml");
    let output = program.args(arguments).arg("--config").arg(config).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (serde_json::from_slice(&output.stdout).unwrap_or(said.into()), output.status.code())
}

/// A change, a lost cluster and its return, and what `status` counts of it.
#[test]
fn a_change_and_a_lost_cluster_reach_a_webhook_and_ntfy() {
    let _turn = turn();
    let (hook, ntfy, health) = (http(OK), http(OK), http(OK));
    let mut stage = start(&format!(
        "mode: full\nwebhook_url: http://{}/hunter2\nwebhook_secret: hunter2hunter2hunter2\n\
         ntfy: {{enabled: true, server_url: 'http://{}', topic: ops, access_token: tk_hunter2}}\n\
         healthchecks_url: http://{}/ping/hunter2\nnotify_allow: [127.0.0.1]\n",
        hook.address, ntfy.address, health.address
    ));
    assert!(health.next().starts_with("GET /ping/hunter2 HTTP/1.1"));
    load(&stage, 101, 64.0, 2000.0);
    let text = await_text(&hook, "\"kind\":\"verified\"");
    assert!(
        text.starts_with("POST /hunter2 ") && text.contains("webhook-signature: v1,"),
        "{text}"
    );
    let told = body(&text);
    assert_eq!((&told["vmid"], &told["cluster"]), (&101.into(), &"lab".into()), "{told}");
    assert!(text.contains(&format!("webhook-id: {}\r\n", told["id"].as_str().unwrap())), "{text}");
    let told = body(&await_text(&ntfy, "verified"));
    assert_eq!((&told["topic"], &told["priority"]), (&"ops".into(), &2.into()), "{told}");

    stage.helper.as_mut().unwrap().crash().unwrap();
    await_text(&health, "GET /ping/hunter2/fail HTTP/1.1");
    let told = body(&await_text(&hook, "\"kind\":\"cluster-unseen\""));
    assert_eq!(told["level"], "trouble", "{told}");
    assert_eq!(body(&await_text(&ntfy, "cannot be seen"))["priority"], 4);
    stage.start_helper().unwrap();
    await_text(&hook, "\"kind\":\"cluster-seen\"");
    await_text(&ntfy, "cluster lab is seen again");
    let channels = stage.status().unwrap().channels;
    let sent: Vec<_> =
        channels.iter().map(|one| (one.name.as_str(), one.failed, one.sent > 1)).collect();
    assert_eq!(sent, ["healthchecks_url", "ntfy", "webhook"].map(|name| (name, 0, true)));
    let said = stage.scheduler.as_ref().unwrap().said();
    assert!(!said.contains("hunter2") && !said.contains("not delivered"), "{said}");
    stage.strike().unwrap();
}

/// By the daemon, and by the command itself where there is none.
#[test]
fn a_test_message_says_of_every_channel_whether_it_arrived() {
    let _turn = turn();
    let (hook, ntfy) = (http("HTTP/1.1 500 hunter2\r\nContent-Length: 0\r\n\r\n"), http(OK));
    let mut stage = start(&format!(
        "webhook_url: http://{}/hunter2\nnotify_allow: [127.0.0.1]\n\
         ntfy: {{enabled: true, server_url: 'http://{}', topic: ops}}\n",
        hook.address, ntfy.address
    ));
    stage.until(TIME, |status| !status.clusters.is_empty()).unwrap();
    if !nix::unistd::Uid::effective().is_root() {
        return skip("a test message by the daemon: only root may order one");
    }
    for is_daemon in [true, false] {
        let (said, code) = try_messages(&stage, &[]);
        assert_eq!((&said["by_daemon"], code), (&is_daemon.into(), Some(1)), "{said}");
        let of = |at: usize, key: &str| said["channels"][at][key].clone();
        assert_eq!((of(0, "channel"), of(0, "delivered")), ("ntfy".into(), true.into()), "{said}");
        assert_eq!(of(1, "why"), "the server answered 500", "{said}");
        assert!(body(&await_text(&ntfy, "a test message"))["message"].is_string());
        assert_eq!(try_messages(&stage, &["--channel", "ntfy"]).1, Some(0));
        await_text(&ntfy, "a test message");
        let (said, code) = try_messages(&stage, &["--channel", "mail"]);
        assert!(said.to_string().contains("no channel `mail` is switched on"), "{said}");
        assert_eq!(code, Some(if is_daemon { 1 } else { 2 }), "{said}");
        if let Some(mut scheduler) = stage.scheduler.take() {
            scheduler.stop().unwrap();
        }
    }
    stage.strike().unwrap();
}
