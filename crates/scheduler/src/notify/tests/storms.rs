//! Every channel keeps the same promises.

use super::servers::{Server, http, smtp};
use super::*;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// A channel's name, its configuration for a server's port, and whether that speaks SMTP.
const CHANNELS: [(&str, &str, bool); 4] = [
    (
        "mail",
        "alerts: {email_enabled: true, email_recipient: a@b.de, smtp_server: 127.0.0.1, smtp_port: PORT}",
        true,
    ),
    ("gotify", "gotify: {enabled: true, server_url: 'http://127.0.0.1:PORT', app_token: t}", false),
    ("ntfy", "ntfy: {enabled: true, server_url: 'http://127.0.0.1:PORT', topic: t}", false),
    ("webhook", "webhook_url: http://127.0.0.1:PORT/", false),
];

fn set_up((_, yaml, is_mail): (&str, &str, bool)) -> (Server, Notifier, ByHand) {
    let server = if is_mail { smtp("127.0.0.1:0", None) } else { http(OK) };
    let yaml = yaml.replace("PORT", &server.address.port().to_string());
    let more = "notify_allow: [127.0.0.1]\ndigest: {at: daily, timezone: UTC}\n";
    let clock = ByHand::new();
    let notifier = clock.notifier(&config(&format!("{yaml}\n{more}")));
    (server, notifier, clock)
}

/// The number before these words.
fn number(text: &str, before: &str) -> u64 {
    let end = text.find(before).unwrap_or_else(|| panic!("no `{before}`: {text}"));
    let digits = text[..end].rsplit(|c: char| !c.is_ascii_digit()).next().unwrap();
    digits.parse().unwrap()
}

/// One message when it changes, one when it is over, and one that sums up.
#[test]
fn every_channel_tells_a_change_of_state_its_end_and_a_digest() {
    for channel in CHANNELS {
        let (server, notifier, clock) = set_up(channel);
        let (cluster, node) = ("lab".try_into().unwrap(), "pve1".try_into().unwrap());
        (0..9).for_each(|_| notifier.node(&cluster, &node, false));
        notifier.flush();
        assert!(server.next().contains("node pve1 of cluster lab is offline"), "{channel:?}");
        (0..9).for_each(|_| notifier.node(&cluster, &node, true));
        notifier.flush();
        assert!(server.next().contains("node pve1 of cluster lab is online again"), "{channel:?}");
        clock.set(&notifier, clock.now() + 86_400);
        let digest = server.next();
        assert!(digest.contains("digest: 0 changes, 1 blocked"), "{digest}");
        assert!(digest.contains("node-back: 1") && digest.contains("node-offline: 1"), "{digest}");
        notifier.stop();
        assert_eq!(server.all(), [""; 0], "{channel:?}");
        let told = notifier.tallies().report().remove(0);
        assert_eq!((told.name.as_str(), told.sent, told.failed, told.queued), (channel.0, 3, 0, 0));
    }
}

/// 1,000 of them in ten moments: at most 60 messages, and together they say how many there were.
#[test]
fn every_channel_survives_a_storm_and_tells_how_much_it_did_not_list() {
    for channel in CHANNELS {
        let (server, notifier, _) = set_up(channel);
        for vmid in 101..1101 {
            let (intent, settled) = vcpus(vmid, 2, 3, Outcome::Unknown);
            notifier.change(&intent, &settled);
            if vmid % 100 == 0 {
                notifier.flush();
            }
        }
        notifier.flush();
        let told: Vec<String> = (0..10).map(|_| server.next()).collect();
        notifier.stop();
        assert_eq!(server.all(), [""; 0], "{channel:?}");
        let all: u64 = told.iter().map(|text| number(text, " of this kind (unknown):")).sum();
        let unlisted: u64 =
            told.iter().map(|text| number(text, " more, which are not listed")).sum();
        let listed = told.iter().flat_map(|text| text.match_indices("- VM ")).count();
        assert_eq!((all, unlisted + u64::try_from(listed).unwrap()), (1000, 1000), "{channel:?}");
        let told = notifier.tallies().report().remove(0);
        assert_eq!((told.sent, told.unlisted), (10, unlisted), "{channel:?}");
    }
}

/// A channel that fails is told by the others, and that it works again; by itself neither.
#[test]
fn a_channel_that_fails_is_told_by_another() {
    let (good, bad) = (http(OK), http("HTTP/1.1 404 no\r\nContent-Length: 0\r\n\r\n"));
    let yaml = format!(
        "gotify: {{enabled: true, server_url: 'http://{}', app_token: t}}\n\
         webhook_url: http://{}/\nnotify_allow: ['127.0.0.1']\nnotification_dedup_seconds: 0\n",
        good.address, bad.address
    );
    let notifier = notifier(&config(&yaml), &Vec::new());
    let (intent, settled) = vcpus(101, 2, 3, Outcome::Applied);
    notifier.change(&intent, &settled);
    notifier.flush();
    bad.next();
    let [first, second] = [good.next(), good.next()];
    assert!(first.contains("VM 101: vcpus 2 -> 3 verified"), "{first}");
    assert!(
        second.contains("messages by webhook are not delivered: the server answered 404"),
        "{second}"
    );
    notifier.stop();
    assert_eq!((good.all().len(), bad.all().len()), (0, 0));
    let told = notifier.tallies().report();
    assert_eq!((told[0].sent, told[1].sent, told[1].failed), (2, 0, 1));
}

#[test]
fn reloads_pauses_and_what_is_stuck_are_told_and_their_end() {
    let (server, notifier, _) = set_up(CHANNELS[1]);
    let (cluster, of) = ("lab".try_into().unwrap(), (VmId::try_from(102).unwrap(), Resource::Cpu));
    let pause = Pause {
        number: 3,
        select: vm_autoscale_config::Selection::of_words(["@tag-web"]).unwrap(),
        reason: "racks".to_owned(),
        uid: 0,
        at: 0,
        until: None,
    };
    // One of before the start is no news.
    notifier.pauses(&[]);
    notifier.reload(None);
    notifier.stuck(&cluster, of, None);
    notifier.pause_file(&cluster, None);
    let said = |is_so: bool| {
        let why = is_so.then_some("because");
        (0..2)
            .for_each(|_| notifier.pauses(if is_so { std::slice::from_ref(&pause) } else { &[] }));
        (0..2).for_each(|_| notifier.reload(why));
        (0..2).for_each(|_| notifier.stuck(&cluster, of, why));
        (0..2).for_each(|_| notifier.pause_file(&cluster, why));
        notifier.flush();
        (0..4).map(|_| server.next()).collect::<String>()
    };
    let begun = said(true);
    for wanted in [
        "\"title\":\"paused: @tag-web: racks\"",
        "the configuration could not be read anew: what was read before holds on\\n\\nbecause",
        "VM 102 wants more vCPUs than it may have: because",
        "cluster lab is paused by its pause file: because",
    ] {
        assert!(begun.contains(wanted), "{wanted}: {begun}");
    }
    let over = said(false);
    for wanted in [
        "no longer paused: @tag-web: racks",
        "the configuration was read anew",
        "VM 102 no longer wants more vCPUs",
        "cluster lab is no longer paused by a file",
    ] {
        assert!(over.contains(wanted), "{wanted}: {over}");
    }
    notifier.stop();
    assert_eq!(server.all(), [""; 0]);
}
