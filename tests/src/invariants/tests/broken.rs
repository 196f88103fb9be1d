//! One broken history an invariant and more.

use super::*;

fn changed(what: &str) -> Story {
    let mut story = Story::until(100);
    story.set(50.0, what, 1);
    story
}

#[test]
fn bounds_ladder_and_steps() {
    changed("--vcpus 5").breaks("I1", "vcpus 5 is outside 1 to 4");
    changed("--memory 1024").breaks("I1", "memory 1024 is outside 2048 to 8192");
    changed("--memory 4097").breaks("I1", "on no step of the ladder");
    changed("--memory 3072").breaks("I1", "from 4096 to 3072 is too much at once");
    changed("--cpulimit 2").breaks("I1", "its cpulimit is not to be changed");
    let mut few = Story::until(100);
    few.allowed.vms[0].1.vcpus = 1..=64;
    few.set(50.0, "--vcpus 9", 1);
    few.breaks("I1", "more than it has cores");
    let mut strange = changed("--vcpus 4");
    strange.allowed.vms.clear();
    strange.breaks("I1", "not one that may be changed");
    let mut much = Story::until(100);
    much.conf = CONF.replace("vcpus: 3", "vcpus: 8");
    much.read(2.0, 1);
    much.set(50.0, "--vcpus 4", 1);
    much.breaks("I1", "from 8 to 4 is too much at once");
    for (direction, what) in [(Direction::Up, "--vcpus 2"), (Direction::None, "--vcpus 4")] {
        let mut story = changed(what);
        story.allowed.direction = direction;
        story.breaks("I1", "direction is not allowed");
    }
    for what in ["--vcpus 2", "--memory 3584"] {
        let mut story = changed(what);
        story.control(2.0, &Control::Load { vmid: vmid(), cores: 2.5, mib: 3900.0 });
        story.breaks("I1", "the guest needs");
    }
}

#[test]
fn how_many() {
    let mut twice = changed("--vcpus 4");
    twice.entries.last_mut().unwrap().end = 60.0;
    twice.set(50.3, "--memory 4608", 1);
    twice.breaks("I2", "another change of it was under way");

    let mut node = Story::until(100);
    for number in [101u32, 102, 103] {
        let at = 50.0 + f64::from(number - 101) / 100.0;
        node.read(at - 0.5, 1);
        node.entries.last_mut().unwrap().showed[0].vmid = number.try_into().unwrap();
        let entry = node.set(at, "--vcpus 4", 1);
        entry.line = entry.line.replace("set 101", &format!("set {number}"));
        (entry.vmid, entry.end) = (Some(number.try_into().unwrap()), 55.0);
    }
    node.breaks("I2", "3 changes at once on its node");

    let mut often = Story::until(100);
    often.allowed.cooldown = 0.0;
    for index in 0..6u8 {
        let at = 50.0 + f64::from(index);
        often.read(at - 0.5, index + 1);
        often.set(at, "--vcpus 4", index + 1);
    }
    often.breaks("I2", "more than 4 changes a minute of the VM");
}

#[test]
fn by_what_was_read() {
    let mut unread = Story::until(100);
    unread.set(50.0, "--vcpus 4", 7);
    unread.breaks("I3", "no reading had shown the config 0707");

    let mut old = Story::until(10);
    old.allowed.look_gap = 1000.0;
    old.set(100.0, "--vcpus 4", 1);
    old.look(101.0);
    old.breaks("I3", "nothing was read of it for half a minute");

    let mut newer = Story::until(100);
    newer.read(30.0, 2);
    newer.set(50.0, "--vcpus 4", 1);
    newer.breaks("I3", "a newer config had been read");
}

#[test]
fn what_is_to_be_left_alone() {
    for (conf, why) in [
        ("lock: backup\n", "by its own config it is locked"),
        ("template: 1\n", "it is a template"),
        ("\n[PENDING]\ncores: 8\n", "cores is pending"),
    ] {
        let mut story = Story::until(100);
        story.conf += conf;
        story.read(2.0, 2);
        story.set(50.0, "--vcpus 4", 2);
        story.breaks("I4", why);
    }
    let vmid = vmid();
    let text = |text: &str| Some(text.to_owned());
    for (control, why) in [
        (Control::Lock { vmid, lock: text("backup") }, "Locked since 2.1"),
        (Control::Edit { vmid, key: "template".into(), value: text("1") }, "Template"),
        (Control::Pending { vmid, key: "cores".into(), value: text("8") }, "Pending"),
        (Control::Stop { vmid }, "Stopped"),
        (Control::Destroy { vmid }, "Stopped"),
        (Control::Ha { vmid, state: text("migrate"), target: None }, "HaMoves"),
        (Control::Pause { text: text("moving racks\n") }, "Paused"),
        (Control::Quorum { lost: true }, "NoQuorum"),
        (Control::NodeDown { node: "pve1".try_into().unwrap() }, "NodeDown"),
    ] {
        let mut story = changed("--vcpus 4");
        story.control(2.0, &control);
        story.breaks("I4", why);
    }
    let mut majority = changed("--vcpus 4");
    for node in ["pve2", "pve3"] {
        majority.control(2.0, &Control::NodeDown { node: node.try_into().unwrap() });
    }
    majority.breaks("I4", "NoQuorum");
    let mut task = changed("--vcpus 4");
    task.add("Task", "backup: lock", 2.0).vmid = Some(vmid);
    task.breaks("I4", "Locked");
    // What comes between a decision and its writing cannot be known.
    let mut raced = changed("--vcpus 4");
    raced.control(44.0, &Control::Stop { vmid });
    assert_eq!(raced.judged(&[]), Vec::<String>::new());
}

#[test]
fn never_twice_without_a_look() {
    let mut story = Story::until(200);
    story.set(50.0, "--vcpus 4", 1);
    story.set(150.0, "--vcpus 4", 1);
    story.breaks("I5", "the same again without a reading");

    let mut story = changed("--vcpus 4");
    let at = |at| Intended { vmid: vmid(), key: "vcpus", to: 4, at, by: By::Itself };
    story.allowed.intents = vec![at(49.9)];
    assert_eq!(story.clone().judged(&[]), Vec::<String>::new());
    story.allowed.intents = vec![at(51.0)];
    story.breaks("I5", "no intent of it was durable");
}

#[test]
fn nothing_of_ours_stays() {
    let left = "cores: 8\nvcpus: 3\n\n[PENDING]\nvcpus: 4\n";
    let found = changed("--vcpus 4").judged(&[info(left)]);
    assert_eq!(found, ["I6: VM 101: our vcpus 4 still waits"]);
    // While it is locked nobody can.
    let locked = format!("lock: backup\n{left}");
    assert_eq!(changed("--vcpus 4").judged(&[info(&locked)]), Vec::<String>::new());

    let mut foreign = Story::until(100);
    foreign.conf += "\n[PENDING]\nvcpus: 7\n";
    foreign.read(2.0, 2);
    foreign.set(50.0, "--revert vcpus", 2);
    foreign.breaks("I6", "it reverts what we did not ask for");
}

#[test]
fn figures_that_do_not_advance() {
    let vmid = vmid();
    for control in [
        Control::Pvestatd { node: None, running: false },
        Control::Pvestatd { node: Some("pve1".try_into().unwrap()), running: false },
        Control::LeaveOut { vmid, on: true },
    ] {
        let mut story = Story::until(200);
        story.control(2.0, &control);
        story.set(150.0, "--vcpus 4", 1);
        story.breaks("I7", "not measured since 2.1 s");
    }
}

#[test]
fn rest_and_looks_and_words() {
    let mut story = changed("--vcpus 4");
    story.read(51.0, 2);
    story.set(80.0, "--vcpus 3", 2);
    story.breaks("I8", "29.90 s after the last change of its CPU");

    let mut blind = Story::until(50);
    blind.look(80.0);
    blind.breaks("I9", "30.0 s without a look");

    let mut word = Story::until(50);
    word.add("Refused", "reboot", 12.0);
    word.breaks("I11", "not a command");

    let mut many = changed("--vcpus 4");
    for _ in 0..200 {
        many.add("ReadMonitor", "", 60.0);
    }
    many.breaks("I12", "200 questions for 1 changes");
}
