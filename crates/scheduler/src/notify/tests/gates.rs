use governor::clock::FakeRelativeClock;

use super::*;

fn gate(dedup: u64) -> (Gate<FakeRelativeClock>, FakeRelativeClock) {
    let clock = FakeRelativeClock::default();
    (Gate::new(Duration::from_secs(dedup), clock.clone()), clock)
}

const fn minutes(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}

#[test]
fn the_same_is_told_once_and_its_number_later() {
    let (mut gate, clock) = gate(3600);
    assert_eq!(gate.event(message(101)).unwrap().text, message(101).text);
    // Other figures are the same message; another outcome, direction or VM is not.
    let of = |(intent, settled): (Intent, Settled)| Message::of_change(&intent, &settled);
    assert_eq!(gate.event(of(vcpus(101, 3, 4, Outcome::Applied))), None);
    assert!(gate.event(of(vcpus(101, 3, 4, Outcome::Unknown))).is_some());
    assert!(gate.event(of(vcpus(101, 4, 3, Outcome::Applied))).is_some());
    assert!(gate.event(message(102)).is_some());
    clock.advance(minutes(59));
    assert_eq!(gate.event(message(101)), None);
    clock.advance(minutes(1));
    let again = gate.event(message(101)).unwrap();
    assert!(again.text.contains("\n2 more like this since"), "{}", again.text);
    assert_eq!(gate.event(message(102)).unwrap().text, message(102).text);
}

#[test]
fn without_dedup_everything_is_told() {
    let (mut gate, _clock) = gate(0);
    assert!((0..20).all(|_| gate.event(message(101)).is_some()));
}

/// A storm of 1,000 different messages an hour, for a day.
#[test]
fn no_hour_has_more_than_60_and_what_is_left_out_is_counted() {
    let (mut gate, clock) = gate(0);
    let (mut told, mut noted, mut asked) = (Vec::new(), 0, 0);
    let mut last = 0;
    for second in (0..86_400_u64).step_by(4) {
        asked += 1;
        if let Some(message) = gate.event(message(100 + u32::try_from(second).unwrap())) {
            told.push(second);
            let note = message.text.lines().find_map(|line| line.split_once(" messages were left"));
            noted += note.map_or(0, |(count, _)| count.parse::<usize>().unwrap());
            last = asked;
        }
        clock.advance(Duration::from_secs(4));
    }
    for begin in &told {
        let hour = told.iter().filter(|at| (*begin..begin + 3600).contains(*at)).count();
        assert!(hour <= 60, "{hour} from second {begin} on");
    }
    assert!(told.len() > 24 * 19, "{}", told.len());
    assert_eq!(told.len() + noted, last);
}

/// Every VM changes all the time, and meanwhile changes fail and nodes go.
#[test]
fn what_went_well_leaves_room_for_what_did_not() {
    let (mut gate, clock) = gate(0);
    let (mut well, mut failures, mut states) = (Vec::new(), Vec::new(), 0);
    for second in 0..4 * 3600_u64 {
        let vmid = 100 + u32::try_from(second).unwrap();
        if gate.event(message(vmid)).is_some() {
            well.push(second);
        }
        // Three failures and one node an hour, the worst time after the first flood.
        if second % 1200 == 600 {
            let (intent, settled) = vcpus(vmid, 2, 3, Outcome::Unknown);
            failures.extend(gate.event(Message::of_change(&intent, &settled)));
        }
        let node = Subject::Node("lab".try_into().unwrap(), "pve1".try_into().unwrap());
        states += u32::from(gate.state(node, second / 3600 % 2 == 1).is_some());
        clock.advance(Duration::from_secs(1));
    }
    assert_eq!((failures.len(), states), (12, 3));
    for begin in &well {
        let hour = well.iter().filter(|at| (*begin..begin + 3600).contains(*at)).count();
        assert!(hour <= 40, "{hour} from second {begin} on");
    }
    assert!(well.len() > 4 * 19, "{}", well.len());
}

#[test]
fn what_is_told_no_more_is_forgotten() {
    let (mut gate, clock) = gate(60);
    assert!(gate.event(message(101)).is_some() && gate.event(message(101)).is_none());
    clock.advance(minutes(2));
    assert!(gate.event(message(102)).is_some());
    // It is a new one.
    assert_eq!(gate.event(message(101)).unwrap().text, message(101).text);
}

#[test]
fn a_state_is_told_when_it_changes_and_never_forgotten() {
    let (mut gate, clock) = gate(3600);
    let cluster = Subject::Cluster("lab".try_into().unwrap());
    let mut look = |bad| gate.state(cluster.clone(), bad).is_some();
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
    assert_eq!(gate.state(cluster.clone(), true), None);
    clock.advance(Duration::from_secs(30));
    assert_eq!(gate.state(cluster, true), Some(0));
}

#[test]
fn a_state_beyond_the_hourly_limit_is_told_later() {
    let (mut gate, clock) = gate(3600);
    let mut failed = |vmid| {
        let (intent, settled) = vcpus(vmid, 2, 3, Outcome::Unknown);
        gate.event(Message::of_change(&intent, &settled)).is_some()
    };
    assert!((101..131).all(&mut failed) && !failed(200));
    let node = Subject::Node("lab".try_into().unwrap(), "pve1".try_into().unwrap());
    assert!((0..9).all(|_| gate.state(node.clone(), true).is_none()));
    clock.advance(minutes(2));
    assert_eq!(gate.state(node, true), Some(1));
}
