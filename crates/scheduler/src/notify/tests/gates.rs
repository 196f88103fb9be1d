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
    assert_eq!(gate.event(message(101)), Some(message(101)));
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
    assert!((0..30).all(|_| gate.event(message(101)).is_some()));
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
    assert!(told.len() > 24 * 29, "{}", told.len());
    assert_eq!(told.len() + noted, last);
}

#[test]
fn a_state_is_told_when_it_changes_and_never_forgotten() {
    let (mut gate, clock) = gate(3600);
    let cluster = Subject::Cluster("lab".try_into().unwrap());
    let mut look = |bad| gate.state(cluster.clone(), bad).is_some();
    // It begins well, and that is no news.
    assert!(!look(false) && look(true) && !look(true) && look(false) && !look(false));
    // It flaps: the same is not told again within the hour.
    assert!(!look(true) && !look(false) && !look(true));
    clock.advance(minutes(59));
    assert!(!look(true));
    // What is still so afterwards is: nobody keeps an old picture.
    clock.advance(minutes(1));
    assert!(look(true) && !look(true) && look(false));
}

#[test]
fn a_state_beyond_the_hourly_limit_is_told_later() {
    let (mut gate, clock) = gate(3600);
    assert!((101..131).all(|vmid| gate.event(message(vmid)).is_some()));
    let node = Subject::Node("lab".try_into().unwrap(), "pve1".try_into().unwrap());
    assert_eq!((gate.event(message(200)), gate.state(node.clone(), true)), (None, None));
    clock.advance(minutes(2));
    assert_eq!(gate.state(node, true), Some(1));
}
