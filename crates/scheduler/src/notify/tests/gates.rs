use governor::clock::FakeRelativeClock;

use super::*;

fn gate(dedup: u64) -> (Gate<FakeRelativeClock>, FakeRelativeClock) {
    let clock = FakeRelativeClock::default();
    (Gate::new(Duration::from_secs(dedup), clock.clone()), clock)
}

const fn minutes(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}

/// What the gate makes of one, when its moment is over.
fn told(gate: &mut Gate<FakeRelativeClock>, message: Message) -> Vec<Message> {
    gate.event(message);
    gate.due(true)
}

fn failed(vmid: u32) -> Message {
    let (intent, settled) = vcpus(vmid, 2, 3, Outcome::Unknown);
    Message::of_change(&intent, &settled)
}

#[test]
fn the_same_is_told_once_and_its_number_later() {
    let (mut gate, clock) = gate(3600);
    assert_eq!(told(&mut gate, message(101))[0].text, message(101).text);
    // Other figures are the same message; another outcome, direction or VM is not.
    let of = |(intent, settled): (Intent, Settled)| Message::of_change(&intent, &settled);
    assert_eq!(told(&mut gate, of(vcpus(101, 3, 4, Outcome::Applied))), []);
    for other in [vcpus(101, 3, 4, Outcome::Unknown), vcpus(101, 4, 3, Outcome::Applied)] {
        assert_eq!(told(&mut gate, of(other)).len(), 1);
    }
    assert_eq!(told(&mut gate, message(102)).len(), 1);
    clock.advance(minutes(59));
    assert_eq!(told(&mut gate, message(101)), []);
    clock.advance(minutes(1));
    let again = told(&mut gate, message(101)).remove(0);
    assert!(again.text.contains("\n2 more like this since"), "{}", again.text);
    assert_eq!(told(&mut gate, message(102))[0].text, message(102).text);
}

#[test]
fn without_dedup_everything_is_told() {
    let (mut gate, _clock) = gate(0);
    assert!((0..20).all(|_| told(&mut gate, message(101)).len() == 1));
}

#[test]
fn several_of_one_kind_within_a_moment_are_one_message_with_a_list() {
    let (mut gate, clock) = gate(3600);
    let node =
        |name: &str| Message::of_node(&"lab".try_into().unwrap(), &name.try_into().unwrap(), false);
    gate.event(message(101));
    for name in ["pve1", "pve2", "pve3"] {
        gate.add(node(name));
    }
    let away: ClusterName = "away".try_into().unwrap();
    gate.add(Message::of_node(&away, &"pve1".try_into().unwrap(), false));
    clock.advance(Duration::from_secs(4));
    assert_eq!(gate.due(false), []);
    clock.advance(Duration::from_secs(1));
    let due = gate.due(false);
    assert_eq!(due.iter().map(|one| one.count).collect::<Vec<_>>(), [1, 3, 1]);
    assert_eq!(due[1].title, "node pve1 of cluster lab is offline (and 2 more like this)");
    for name in ["pve1", "pve2", "pve3"] {
        let line = format!("\n- node {name} of cluster lab is offline\n");
        assert!(due[1].text.contains(&line), "{}", due[1].text);
    }
    assert_eq!((due[1].vmid(), &due[1].node, due[0].vmid().is_some()), (None, &None, true));
    assert_eq!(gate.due(true), []);
}

/// A storm of 1,000 different messages an hour, for a day; and one of 1,000 in a second.
#[test]
fn no_hour_has_more_than_60_and_what_is_left_out_is_counted() {
    for step in [4, 0] {
        let (mut gate, clock) = gate(0);
        let (mut sent, mut count, mut listed) = (Vec::new(), 0, 0);
        let mut tell = |second: u64, due: Vec<Message>| {
            for message in due {
                sent.push(second);
                count += message.count;
                let lines = message.text.matches("\n- VM").count();
                assert!(
                    lines == 0 || u64::try_from(lines).unwrap() + message.unlisted == message.count
                );
                if message.unlisted > 0 {
                    let more = format!("\nand {} more, which are not listed", message.unlisted);
                    assert!(message.text.contains(&more), "{}", message.text);
                }
                listed += message.count - message.unlisted;
            }
        };
        let storm = 86_400_u64.checked_div(step).unwrap_or(1000);
        for n in 0..storm {
            gate.event(failed(100 + u32::try_from(n).unwrap()));
            clock.advance(Duration::from_secs(step));
            tell(n * step, gate.due(false));
        }
        clock.advance(minutes(2));
        tell(storm * step + 120, gate.due(false));
        assert_eq!((count, gate.waiting()), (storm, 0));
        for begin in &sent {
            let hour = sent.iter().filter(|at| (*begin..begin + 3600).contains(*at)).count();
            assert!(hour <= 60, "{hour} from second {begin} on");
        }
        // All of a storm that lasts is listed; of one in a second, what has room in a message.
        assert!(if step == 0 { sent.len() == 1 && listed < 100 } else { listed == storm });
    }
}

/// Every VM changes all the time, and meanwhile changes fail.
#[test]
fn what_went_well_leaves_room_for_what_did_not() {
    let (mut gate, clock) = gate(0);
    let (mut well, mut failures) = (Vec::new(), 0);
    for second in 0..4 * 3600_u64 {
        let vmid = 100 + u32::try_from(second).unwrap();
        gate.event(message(vmid));
        // Three an hour, the worst time after the first flood.
        if second % 1200 == 600 {
            gate.event(failed(vmid));
        }
        for message in gate.due(false) {
            if message.kind == "verified" {
                well.push(second);
            } else {
                assert!(second % 1200 <= 606, "it waited: {second}");
                failures += 1;
            }
        }
        clock.advance(Duration::from_secs(1));
    }
    assert_eq!(failures, 12);
    for begin in &well {
        let hour = well.iter().filter(|at| (*begin..begin + 3600).contains(*at)).count();
        assert!(hour <= 40, "{hour} from second {begin} on");
    }
    assert!(well.len() > 4 * 19, "{}", well.len());
}

#[test]
fn what_is_told_no_more_is_forgotten() {
    let (mut gate, clock) = gate(60);
    assert!(gate.event(message(101)) && !gate.event(message(101)));
    clock.advance(minutes(2));
    assert!(gate.event(message(102)));
    gate.due(true);
    // It is a new one.
    assert_eq!(told(&mut gate, message(101))[0].text, message(101).text);
}

#[test]
fn a_state_is_told_when_it_changes_and_never_forgotten() {
    let (mut gate, clock) = gate(3600);
    let cluster = Subject::Cluster("lab".try_into().unwrap());
    let mut look = |bad| gate.state(cluster.clone(), bad, false);
    // It begins well, and that is no news.
    assert!(!look(false));
    // One blip is none, nor are two; the third in a row is one, once.
    assert!(!look(true) && !look(true) && !look(false));
    assert!(!look(true) && !look(true) && look(true) && !look(true));
    assert!(look(false) && !look(false));
    // A real outage after it is never silent.
    assert!(!look(true) && !look(true) && look(true));
    // It flaps: to be well it is told again after the hour, and those who were told so last know
    // of the next outage.
    assert!(!look(false) && !look(true) && !look(true) && !look(true) && !look(false));
    clock.advance(minutes(59));
    assert!(!look(false));
    clock.advance(minutes(1));
    assert!(look(false) && !look(false) && !look(true) && !look(true) && look(true));
}

/// Looks may be far apart, or take long.
#[test]
fn what_is_not_well_for_30_s_is_told_without_a_third_look() {
    let (mut gate, clock) = gate(3600);
    let cluster = Subject::Cluster("lab".try_into().unwrap());
    assert!(!gate.state(cluster.clone(), true, false));
    clock.advance(Duration::from_secs(30));
    assert!(gate.state(cluster, true, false));
    // What is sure needs no second look.
    assert!(gate.state(Subject::Reload, true, true));
}

/// And what joins it meanwhile is told with it.
#[test]
fn what_is_beyond_the_hourly_limit_is_told_later() {
    let (mut gate, clock) = gate(3600);
    assert!((101..131).all(|vmid| told(&mut gate, failed(vmid)).len() == 1));
    let node =
        |name: &str| Message::of_node(&"lab".try_into().unwrap(), &name.try_into().unwrap(), false);
    gate.add(node("pve1"));
    assert_eq!((gate.due(true), gate.waiting()), (vec![], 1));
    clock.advance(minutes(1));
    gate.add(node("pve2"));
    assert_eq!(gate.due(false), []);
    clock.advance(minutes(1));
    assert_eq!(gate.due(false)[0].count, 2);
}
