//! For each key one that shows what it does: changed alone, something else is sent.

use super::servers::{Server, http, smtp};
use super::*;

const BASE: &str = "
alerts:
  email_enabled: true
  email_recipient: a@example.com
  smtp_server: 127.0.0.1
  smtp_port: MAIL
  smtp_user: me
  smtp_password: hunter2
gotify:
  enabled: true
  server_url: http://127.0.0.1:WEB/
  app_token: hunter2
  priority: 5
ntfy:
  enabled: true
  server_url: http://127.0.0.1:WEB/ntfy
  topic: one
  access_token: tk_1
webhook_url: http://127.0.0.1:WEB/hook/one
webhook_secret: hunter2hunter2hunter2
uptime_kuma_url: http://127.0.0.1:WEB/push/one
healthchecks_url: http://127.0.0.1:WEB/ping/one
notification_dedup_seconds: 3600
notify_allow: [127.0.0.0/8]
";

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";

/// What arrived.
struct Sent {
    mails: Vec<String>,
    gotify: Vec<String>,
    ntfy: Vec<String>,
    hooks: Vec<String>,
    pushes: Vec<String>,
}

/// Tells the same twice, each time when the one before has gone, and of one cycle.
fn sent(change: (&str, &str)) -> Sent {
    let (mails, other) = (smtp("127.0.0.1:0", None), smtp("127.0.0.1:0", None));
    let port = |server: &Server| server.address.port().to_string();
    let third = smtp(&format!("127.0.0.2:{}", port(&mails)), None);
    let web = http(OK);
    assert!(BASE.contains(change.0), "{}", change.0);
    let yaml = BASE.replace(change.0, change.1).replace("MAIL", &port(&mails));
    let yaml = yaml.replace("OTHER", &port(&other)).replace("WEB", &port(&web));
    let notifier = notifier(&config(&yaml), &Vec::new());
    let (intent, settled) = vcpus(101, 2, 3, Outcome::Applied);
    for _ in 0..2 {
        notifier.change(&intent, &settled);
        notifier.flush();
    }
    notifier.cycle(&intent.cluster, true, 7);
    notifier.stop();
    let at = |mail: String| {
        let name = |(name, server): &(&str, &Server)| {
            mail.starts_with(&format!("at {}\r\n", server.address))
                .then(|| format!("{name} {mail}"))
        };
        let servers = [("main", &mails), ("other", &other), ("third", &third)];
        servers.iter().find_map(name).unwrap()
    };
    let all = [&mails, &other, &third].into_iter().flat_map(Server::all);
    let mails = all.map(at).collect();
    let mut all = web.all();
    let mut taken = |with: &str| -> Vec<String> {
        all.extract_if(.., |text| text.lines().next().unwrap().contains(with)).collect()
    };
    let (pushes, ntfy, hooks) = (taken("GET "), taken("/ntfy"), taken("/hook"));
    Sent { mails, gotify: all, ntfy, hooks, pushes }
}

fn line<'a>(texts: &'a [String], with: &str) -> &'a str {
    let lines = texts.iter().flat_map(|text| text.lines());
    lines.map(str::trim).find(|line| line.contains(with)).unwrap_or("none")
}

type Row = (&'static str, (&'static str, &'static str), fn(&Sent) -> String, [&'static str; 2]);

/// Key, change, what it changes, and how that is without and with the change.
const KEYS: [Row; 19] = [
    (
        "alerts.email_enabled",
        ("email_enabled: true", "email_enabled: false"),
        |sent| sent.mails.len().to_string(),
        ["1", "0"],
    ),
    (
        "alerts.email_recipient",
        ("a@example.com", "a@example.com, b@example.org"),
        |sent| line(&sent.mails, "To: ").to_owned() + line(&sent.mails, "<b@"),
        ["To: a@example.comnone", "To: a@example.com, b@example.orgRCPT TO:<b@example.org>"],
    ),
    (
        "alerts.smtp_server",
        ("smtp_server: 127.0.0.1", "smtp_server: 127.0.0.2"),
        |sent| line(&sent.mails, " at ").split(' ').next().unwrap().to_owned(),
        ["main", "third"],
    ),
    (
        "alerts.smtp_port",
        ("MAIL", "OTHER"),
        |sent| line(&sent.mails, " at ").split(' ').next().unwrap().to_owned(),
        ["main", "other"],
    ),
    (
        "alerts.smtp_user",
        ("smtp_user: me", "smtp_user: you"),
        |sent| line(&sent.mails, "AUTH").to_owned(),
        ["AUTH PLAIN AG1lAGh1bnRlcjI=", "AUTH PLAIN AHlvdQBodW50ZXIy"],
    ),
    (
        "alerts.smtp_password",
        ("smtp_password: hunter2", "smtp_password: hunter3"),
        |sent| line(&sent.mails, "AUTH").to_owned(),
        ["AUTH PLAIN AG1lAGh1bnRlcjI=", "AUTH PLAIN AG1lAGh1bnRlcjM="],
    ),
    (
        "gotify.enabled",
        ("  enabled: true", "  enabled: false"),
        |sent| sent.gotify.len().to_string(),
        ["1", "0"],
    ),
    (
        "gotify.server_url",
        ("WEB/\n  app_token", "WEB/gotify\n  app_token"),
        |sent| line(&sent.gotify, "POST").to_owned(),
        ["POST /message HTTP/1.1", "POST /gotify/message HTTP/1.1"],
    ),
    (
        "gotify.app_token",
        ("app_token: hunter2", "app_token: hunter3"),
        |sent| line(&sent.gotify, "hunter").to_lowercase(),
        ["x-gotify-key: hunter2", "x-gotify-key: hunter3"],
    ),
    (
        "gotify.priority",
        ("priority: 5", "priority: 10"),
        |sent| line(&sent.gotify, "\"priority\":10").len().min(5).to_string(),
        ["4", "5"],
    ),
    (
        "uptime_kuma_url",
        ("/push/one", "/push/two?status=up"),
        |sent| line(&sent.pushes, "/push").to_owned(),
        ["GET /push/one HTTP/1.1", "GET /push/two?status=up HTTP/1.1"],
    ),
    (
        "healthchecks_url",
        ("/ping/one", "/ping/two"),
        |sent| line(&sent.pushes, "/ping").to_owned(),
        ["GET /ping/one HTTP/1.1", "GET /ping/two HTTP/1.1"],
    ),
    (
        "ntfy.enabled",
        ("ntfy:\n  enabled: true", "ntfy:\n  enabled: false"),
        |sent| sent.ntfy.len().to_string(),
        ["1", "0"],
    ),
    (
        "ntfy.server_url",
        ("WEB/ntfy", "WEB/ntfy/two"),
        |sent| line(&sent.ntfy, "POST").to_owned(),
        ["POST /ntfy HTTP/1.1", "POST /ntfy/two HTTP/1.1"],
    ),
    (
        "ntfy.topic",
        ("topic: one", "topic: two"),
        |sent| line(&sent.ntfy, "\"topic\":\"two\"").len().min(5).to_string(),
        ["4", "5"],
    ),
    (
        "ntfy.access_token",
        ("access_token: tk_1", "access_token: tk_2"),
        |sent| line(&sent.ntfy, "Bearer").to_lowercase(),
        ["authorization: bearer tk_1", "authorization: bearer tk_2"],
    ),
    (
        "webhook_url",
        ("/hook/one", "/hook/two"),
        |sent| line(&sent.hooks, "POST").to_owned(),
        ["POST /hook/one HTTP/1.1", "POST /hook/two HTTP/1.1"],
    ),
    (
        "webhook_secret",
        ("webhook_secret: hunter2hunter2hunter2", ""),
        |sent| line(&sent.hooks, "webhook-signature: v1,").len().min(23).to_string(),
        ["23", "4"],
    ),
    (
        "notification_dedup_seconds",
        ("notification_dedup_seconds: 3600", "notification_dedup_seconds: 0"),
        |sent| format!("{} {}", sent.mails.len(), sent.gotify.len()),
        ["1 1", "2 2"],
    ),
];

#[test]
fn each_key_of_the_notifications_changes_what_is_sent() {
    let base = sent(("", ""));
    for (key, change, what, [without, with]) in KEYS {
        assert_eq!(what(&base), without, "{key}");
        assert_eq!(what(&sent(change)), with, "{key}: {change:?}");
    }
}

#[test]
fn without_the_url_no_sign_of_life_is_given() {
    let none = sent(("uptime_kuma_url: http://127.0.0.1:WEB/push/one", ""));
    assert_eq!((none.pushes.len(), none.mails.len()), (1, 1));
}

#[test]
fn a_mail_and_a_gotify_message_say_the_same() {
    let Sent { mails, gotify, .. } = sent(("", ""));
    for header in [
        "Subject: [vm-autoscale] VM 101: vcpus 2 -> 3 verified",
        "From: vm-autoscale@",
        "Auto-Submitted: auto-generated",
        "X-VM-Autoscale-Kind: verified",
        "X-VM-Autoscale-Cluster: lab",
        "X-VM-Autoscale-Node: pve1",
        "X-VM-Autoscale-Vmid: 101",
        "VM 101: vcpus 2 -> 3 verified (98.8 % used, above 80.0 %)",
    ] {
        assert_ne!(line(&mails, header), "none", "{header}: {mails:?}");
    }
    let json = gotify[0].split_once("\r\n\r\n").unwrap().1;
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(json["title"], "VM 101: vcpus 2 -> 3 verified");
    assert!(json["message"].as_str().unwrap().contains("(98.8 % used, above 80.0 %)"), "{json}");
}
