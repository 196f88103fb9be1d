//! What a test message says of servers of every kind.

use std::io::Write as _;

use super::super::trial::try_trusting;
use super::servers::{Server, answer_one, http, serve, smtp};
use super::*;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

fn all_at(mail: &Server, web: &Server) -> SchedulerConfig {
    config(&format!(
        "alerts: {{email_enabled: true, email_recipient: a@b.de, smtp_server: 127.0.0.1, smtp_port: {}}}\n\
         gotify: {{enabled: true, server_url: 'http://{web}', app_token: hunter2}}\n\
         ntfy: {{enabled: true, server_url: 'http://{web}', topic: t, access_token: hunter2}}\n\
         webhook_url: http://{web}/hunter2\n\
         uptime_kuma_url: http://{web}/api/push/hunter2\n\
         healthchecks_url: http://{web}/ping/hunter2\n\
         notify_allow: [127.0.0.1]\n",
        mail.address.port(),
        web = web.address,
    ))
}

fn tried(mail: &Server, web: &Server) -> Vec<Tried> {
    try_trusting(&all_at(mail, web), &Vec::new(), None, true).unwrap()
}

#[test]
fn every_channel_is_tried_and_its_message_is_a_test() {
    let (mail, web) = (smtp("127.0.0.1:0", None), http(OK));
    let tried = tried(&mail, &web);
    let names = ["mail", "gotify", "ntfy", "webhook", "uptime_kuma_url", "healthchecks_url"];
    assert_eq!(tried.iter().map(|one| one.channel.as_str()).collect::<Vec<_>>(), names);
    assert!(tried.iter().all(|one| one.delivered == Some(true)), "{tried:?}");
    assert!(mail.next().contains("Subject: [vm-autoscale] a test message"));
    let mut all = web.all();
    all.sort();
    let firsts: Vec<&str> = all.iter().map(|text| text.lines().next().unwrap()).collect();
    let wanted = [
        "GET /api/push/hunter2?status=up&msg=vm-autoscale+notify+test&ping= HTTP/1.1",
        "GET /ping/hunter2/log HTTP/1.1",
        "POST / HTTP/1.1",
        "POST /hunter2 HTTP/1.1",
        "POST /message HTTP/1.1",
    ];
    assert_eq!(firsts, wanted);
}

/// One is enough, one that there is not is told with those that there are, and nobody hears that
/// the daemon lives from who is not it.
#[test]
fn one_channel_alone_is_tried_and_no_sign_of_life_is_given_without_a_daemon() {
    let (mail, web) = (smtp("127.0.0.1:0", None), http(OK));
    let config = all_at(&mail, &web);
    let of = |name: &str| try_trusting(&config, &Vec::new(), Some(name), false);
    assert_eq!(of("gotify").unwrap().len(), 1);
    assert!(web.next().starts_with("POST /message "));
    let why = of("sms").unwrap_err();
    assert!(why.contains("no channel `sms` is switched on: there is mail, gotify"), "{why}");
    assert_eq!(of("healthchecks_url").unwrap()[0].delivered, Some(true));
    assert!(web.next().starts_with("GET /ping/hunter2/log "));
    let kuma = of("uptime_kuma_url").unwrap().remove(0);
    assert!(kuma.delivered.is_none() && kuma.why.unwrap().contains("that the daemon lives"));
    assert_eq!(web.all(), [""; 0]);
}

/// Servers that hang, fail, send elsewhere and flood; and no word of a secret.
#[test]
fn it_says_of_every_channel_why_it_does_not_deliver() {
    let hang = || serve("127.0.0.1:0", |stream, _| std::mem::forget(stream));
    let flood =
        || serve("127.0.0.1:0", |mut stream, _| while stream.write_all(&[b'x'; 4096]).is_ok() {});
    let answer = |answer: &'static str| {
        move || serve("127.0.0.1:0", move |stream, say| answer_one(stream, answer, say))
    };
    let refuses =
        || serve("127.0.0.1:0", |mut stream, _| drop(stream.write_all(b"554 hunter2\r\n")));
    let kinds: [(Server, Server, &str, &str); 4] = [
        (hang(), hang(), "no answer within 5 s", "no answer within 5 s"),
        (flood(), flood(), "the server's answer does not end", "the server's answer is no HTTP"),
        (
            refuses(),
            answer("HTTP/1.1 500 hunter2\r\nContent-Length: 0\r\n\r\n")(),
            "the mail server answered 554",
            "the server answered 500",
        ),
        (
            refuses(),
            answer("HTTP/1.1 302 x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")(
            ),
            "the mail server answered 554",
            "the server answered 302: redirects are not followed, give the last address",
        ),
    ];
    let all: Vec<_> = kinds
        .into_iter()
        .map(|(mail, web, of_mail, of_web)| {
            std::thread::spawn(move || (tried(&mail, &web), of_mail, of_web))
        })
        .collect();
    for thread in all {
        let (tried, of_mail, of_web) = thread.join().unwrap();
        assert_eq!(tried.len(), 6);
        for one in tried {
            let wanted = if one.channel == "mail" { of_mail } else { of_web };
            assert_eq!(
                (one.delivered, one.why.as_deref()),
                (Some(false), Some(wanted)),
                "{}",
                one.channel
            );
        }
    }
}
