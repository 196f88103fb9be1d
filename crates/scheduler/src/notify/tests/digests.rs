use vm_autoscale_calendar::{CalendarEvent, Zone};

use super::super::digest::When;
use super::servers::{Server, http};
use super::*;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const AT: &str = "digest: {at: 'mon..fri 08:00', timezone: Europe/Berlin}";

fn told(server: &Server, clock: &ByHand, digest: &str) -> Notifier {
    let yaml = format!(
        "gotify: {{enabled: true, server_url: 'http://{}', app_token: t}}\n\
         notify_allow: ['127.0.0.1']\n{digest}\n",
        server.address
    );
    clock.notifier(&config(&yaml))
}

/// The next two times, and a moment before each.
fn times(clock: &ByHand, event: &str, zone: &str) -> [i64; 4] {
    let (event, zone): (CalendarEvent, _) = (event.parse().unwrap(), Zone::named(zone).unwrap());
    let first = event.next_after(clock.now(), &zone).unwrap();
    let second = event.next_after(first, &zone).unwrap();
    [first - 1, first, second - 1, second]
}

/// By a simulated clock: what was changed, what is blocked, what was not delivered.
#[test]
fn a_digest_comes_by_calendar_and_begins_anew() {
    let (server, clock) = (http(OK), ByHand::new());
    let notifier = told(&server, &clock, AT);
    let [before, first, later, second] = times(&clock, "mon..fri 08:00", "Europe/Berlin");
    for (from, to, outcome) in
        [(2, 3, Outcome::Applied), (3, 5, Outcome::Applied), (5, 6, Outcome::Unknown)]
    {
        let (intent, settled) = vcpus(101, from, to, outcome);
        notifier.change(&intent, &settled);
    }
    (0..3).for_each(|_| {
        notifier.node(&"lab".try_into().unwrap(), &"pve2".try_into().unwrap(), false);
    });
    clock.set(&notifier, before);
    clock.set(&notifier, first);
    let text = server.next();
    for wanted in [
        "\"title\":\"digest: 2 changes, 1 blocked\"",
        "VM 101 of lab: vcpus 2 -> 5, in 2 changes\\n",
        "What is blocked now:\\n- VM 140 of lab: locked (backup)\\n",
        "- node-offline: 1\\n- unknown: 1\\n- verified: 2\\n",
        "gotify: 0 sent, 0 not delivered, 0 dropped",
        "08:00\\n",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    clock.set(&notifier, later);
    clock.set(&notifier, second);
    let text = server.next();
    for wanted in ["digest: 0 changes, 1 blocked", "What was changed:\\n- nothing\\n"] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    notifier.stop();
    let others = server.all();
    assert!(!others.iter().any(|text| text.contains("digest")), "{others:?}");
}

/// `"digest.at"` and `"digest.timezone"`: each changed alone, it comes at another time.
#[test]
fn each_key_of_the_digest_changes_when_it_comes() {
    let comes = |digest: &str, time: i64| {
        let due = |digest| When::of(digest, time - 1).is_due(time);
        config(digest).digest.as_ref().is_some_and(due)
    };
    let clock = ByHand::new();
    let [_, berlin, ..] = times(&clock, "mon..fri 08:00", "Europe/Berlin");
    let [_, tokyo, ..] = times(&clock, "mon..fri 08:00", "Asia/Tokyo");
    let [_, noon, ..] = times(&clock, "mon..fri 12:00", "Europe/Berlin");
    for (digest, wanted) in [
        (AT, [true, false, false]),
        ("digest: {at: 'mon..fri 08:00', timezone: Asia/Tokyo}", [false, true, false]),
        ("digest: {at: 'mon..fri 12:00', timezone: Europe/Berlin}", [false, false, true]),
        ("{}", [false; 3]),
    ] {
        assert_eq!([berlin, tokyo, noon].map(|time| comes(digest, time)), wanted, "{digest}");
    }
}
