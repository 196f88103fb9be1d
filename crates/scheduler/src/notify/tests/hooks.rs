use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};

use super::super::channel::Deliver as _;
use super::super::webhook::Webhook;
use super::servers::http;
use super::*;

const BUSY: &str = "HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n";

/// A header's value.
fn header<'t>(text: &'t str, name: &str) -> &'t str {
    let of = |line: &'t str| {
        let (its, value) = line.split_once(": ")?;
        its.eq_ignore_ascii_case(name).then_some(value)
    };
    text.lines().find_map(of).unwrap_or_else(|| panic!("no {name}: {text}"))
}

/// Whoever takes it can tell that it is ours, and that it is the same one once more.
#[test]
fn a_webhook_is_signed_and_known_again_at_every_attempt() {
    let server = http(BUSY);
    let secret = "hunter2hunter2hunter2";
    let yaml = format!(
        "webhook_url: http://{}/\nwebhook_secret: {secret}\nnotify_allow: ['127.0.0.1']\n",
        server.address
    );
    let mut hook = Webhook::of(&config(&yaml), &Vec::new()).unwrap();
    let (one, other) = (message(101), message(101));
    for message in [&one, &one, &other] {
        assert!(hook.deliver(message, 7).unwrap_err().again);
    }
    let all = server.all();
    let ids: Vec<&str> = all.iter().map(|text| header(text, "webhook-id")).collect();
    assert!(ids[0] == ids[1] && ids[0] != ids[2] && ids[0].len() == 32, "{ids:?}");
    for text in &all {
        let body = text.split_once("\r\n\r\n").unwrap().1;
        let (id, time) = (header(text, "webhook-id"), header(text, "webhook-timestamp"));
        assert!(crate::wall().abs_diff(time.parse().unwrap()) < 600);
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{id}.{time}.{body}").as_bytes());
        let wanted = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        assert_eq!(header(text, "webhook-signature"), wanted);
        let json: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(json["id"], id);
        let wanted = ("verified", "routine", "lab", "pve1", 101, 7);
        let told = |key: &str| json[key].as_str().unwrap();
        let numbers = ["vmid", "undelivered_before"].map(|key| json[key].as_u64().unwrap());
        let words = (told("kind"), told("level"), told("cluster"), told("node"));
        assert_eq!((words.0, words.1, words.2, words.3, numbers[0], numbers[1]), wanted);
    }
}
