//! What holds by policy, lever and mode, after starts, and while people want it so.

use super::*;

fn by(way: Way, end: u32) -> Story {
    let mut story = Story::until(end);
    story.allowed.vms[0].1.way = way;
    story.allowed.cooldown = 300.0;
    story
}

const ADAPTIVE: Way = Way { rule: Rule::Adaptive, cpu: Cpu::Either, ..Way::PLAIN };
const LOW: Low = Low { cpu: 0.35, memory: 0.45, times: 3, apart: 60.0 };
const MARKS: Way = Way { rule: Rule::Marks(Some(LOW)), ..Way::PLAIN };
const LIVE: Way = Way { cpu: Cpu::Limit, balloon: true, ..ADAPTIVE };

/// One change at that time, by a config that was read a moment before.
fn once(way: Way, at: u32, what: &str) -> Story {
    let mut story = by(way, at + 10);
    story.read(f64::from(at) - 5.0, 1);
    story.set(f64::from(at), what, 1);
    story
}

fn fine(story: Story) {
    assert_eq!(story.judged(&[]), Vec::<String>::new());
}

#[test]
fn a_mode_holds_for_its_vm() {
    for (direction, what, why) in [
        (Direction::None, "--vcpus 4", Some("direction is not allowed")),
        (Direction::Up, "--vcpus 2", Some("direction is not allowed")),
        (Direction::Up, "--vcpus 4", None),
    ] {
        let story = once(Way { direction, ..Way::PLAIN }, 2000, what);
        match why {
            Some(why) => story.breaks("I1", why),
            None => fine(story),
        }
    }
}

#[test]
fn each_lever_for_those_who_have_it() {
    for (way, what) in [
        (Way::PLAIN, "--cpulimit 2"),
        (Way { cpu: Cpu::Vcpus, ..ADAPTIVE }, "--cpulimit 2"),
        (LIVE, "--vcpus 4"),
        (LIVE, "--memory 4608"),
        (ADAPTIVE, "--balloon 3072"),
    ] {
        once(way, 2000, what).breaks("I1", "is not to be changed");
    }
    for (conf, way, what) in [
        (CONF.replace("cpu,", ""), ADAPTIVE, "--vcpus 4"),
        (CONF.replace("numa: 1", "numa: 0"), ADAPTIVE, "--memory 4608"),
        (format!("{CONF}balloon: 2048\n"), ADAPTIVE, "--memory 4608"),
        (CONF.to_owned(), LIVE, "--balloon 3072"),
        (format!("{CONF}balloon: 0\nshares: 0\n"), LIVE, "--balloon 3072"),
    ] {
        let mut story = once(way, 2000, what);
        story.conf = conf;
        story.read(1996.0, 1);
        story.breaks("I1", "cannot be changed");
    }
}

#[test]
fn limits_and_balloons_have_their_bounds() {
    for (what, why) in [
        ("--cpulimit 0.5", "cpulimit 50 is outside 100 to 400"),
        ("--cpulimit 1.1", "no quarter of a core"),
        ("--balloon 1024", "balloon 1024 is outside 2048 to 8192"),
        ("--balloon 5120", "the balloon cannot leave 5120"),
    ] {
        let mut story = once(LIVE, 2000, what);
        story.conf += "shares: 0\n";
        story.read(1996.0, 1);
        story.breaks("I1", why);
    }
    let of_others = format!("{CONF}cpulimit: 1.5\n");
    let mut story = once(ADAPTIVE, 2000, "--cpulimit 2");
    story.conf = of_others;
    story.read(1996.0, 1);
    story.breaks("I1", "its cpulimit is not to be changed");
}

#[test]
fn nothing_is_taken_that_was_used_of_late() {
    let mut steady = once(ADAPTIVE, 2000, "--vcpus 2");
    steady.uses(0..2000, (1.5, 900.0, 800.0));
    fine(steady.clone());
    // A minute and a half of it, eight minutes ago.
    steady.uses(1500..1610, (2.9, 900.0, 800.0));
    steady.told.retain(|(at, told)| {
        !matches!(told, Told::Uses(cores, ..) if *cores < 2.0 && (1500.0..1610.0).contains(at))
    });
    steady.breaks("I1", "were in use of late");

    let mut programs = once(ADAPTIVE, 2000, "--memory 3584");
    programs.uses(0..2000, (1.0, 3900.0, 3000.0));
    fine(programs.clone());
    programs.uses(1900..2000, (1.0, 3900.0, 3700.0));
    programs.told.retain(
        |(at, told)| !matches!(told, Told::Uses(.., mib) if *mib < 3100.0 && *at >= 1900.0),
    );
    programs.breaks("I1", "were in use");
}

#[test]
fn marks_must_have_been_low_for_a_while() {
    let mut low = once(MARKS, 2000, "--vcpus 2");
    low.uses(0..2000, (0.8, 900.0, 800.0));
    fine(low);
    let mut short = once(MARKS, 2000, "--vcpus 2");
    short.uses(0..1940, (1.9, 900.0, 800.0));
    short.uses(1940..2000, (0.8, 900.0, 800.0));
    short.breaks("I1", "it was low 2 times, and not 3");
    let mut used = once(MARKS, 2000, "--memory 3584");
    used.uses(0..2000, (0.8, 3700.0, 800.0));
    used.breaks("I1", "were in use");
}

#[test]
fn whoever_knows_of_no_window_takes_nothing() {
    for (what, at, why) in [
        ("--vcpus 2", 500, "500 s after the start"),
        ("--memory 3584", 1500, "1500 s after the start"),
    ] {
        let story = |told| {
            let mut story = once(ADAPTIVE, 3000 + at, what);
            story.told(3000.0, told);
            story
        };
        story(Told::Loses).breaks("I1", why);
        // Another process knows what was seen before.
        fine(story(Told::Starts));
    }
    // But what it gave itself and is not used.
    let mut back = by(ADAPTIVE, 600);
    back.read(195.0, 1);
    back.set(200.0, "--vcpus 4", 1);
    back.conf = CONF.replace("vcpus: 3", "vcpus: 4");
    back.read(201.0, 2);
    back.set(400.0, "--vcpus 3", 2);
    fine(back);
}

/// A change, and the next one of the same resource so much later.
fn twice(way: Way, first: &str, (after, second): (f64, &str)) -> Story {
    let mut story = by(way, 6000);
    story.read(2998.0, 1);
    story.set(3000.0, first, 1);
    let size = first.trim_start_matches("--").replace(' ', ": ");
    let key = size.split(':').next().unwrap();
    let others = CONF.lines().filter(|line| !line.starts_with(key));
    story.conf = others.chain([&*size]).flat_map(|line| [line, "\n"]).collect();
    story.read(3001.0, 2);
    story.set(3000.1 + after, second, 2);
    story
}

#[test]
fn each_rule_has_its_rests() {
    let soon = |story: Story| story.breaks("I8", "after the last change");
    soon(twice(MARKS, "--vcpus 4", (290.0, "--vcpus 3")));
    fine(twice(MARKS, "--vcpus 4", (310.0, "--vcpus 3")));
    fine(twice(ADAPTIVE, "--vcpus 2", (15.0, "--vcpus 4")));
    soon(twice(ADAPTIVE, "--vcpus 2", (5.0, "--vcpus 4")));
    soon(twice(ADAPTIVE, "--vcpus 4", (100.0, "--vcpus 2")));
    fine(twice(ADAPTIVE, "--vcpus 4", (130.0, "--vcpus 2")));
    soon(twice(ADAPTIVE, "--memory 4608", (1700.0, "--memory 4096")));
    fine(twice(ADAPTIVE, "--memory 4608", (1850.0, "--memory 4096")));
    // Of what was given and is gone again nothing is left to rest from.
    let back = |given: &str, taken: &str, next: &str| {
        let mut story = by(ADAPTIVE, 6000);
        let changes = [(3000.0, given, By::Itself), (3030.0, taken, By::Order)];
        let all = changes.into_iter().chain([(3060.0, next, By::Itself)]);
        for ((at, size, by), number) in all.zip(1..) {
            let to = size.parse().unwrap();
            let intended = Intended { vmid: vmid(), key: "memory", to, at: at - 0.1, by };
            story.allowed.intents.push(intended);
            story.read(at - 2.0, number);
            story.set(at, &format!("--memory {size}"), number);
            story.conf = CONF.replace("memory: 4096", &format!("memory: {size}"));
        }
        story
    };
    fine(back("4608", "4096", "3584"));
    soon(back("5120", "4608", "4096"));
    // Either lever is its CPU.
    soon(twice(ADAPTIVE, "--vcpus 4", (100.0, "--cpulimit 2")));
    fine(twice(ADAPTIVE, "--vcpus 4", (100.0, "--memory 4608")));
    let failed = |first, (after, second)| {
        let mut story = twice(ADAPTIVE, first, (after, second));
        let set = story.entries.iter_mut().find(|entry| entry.kind == "SetVcpus");
        set.unwrap().exit = 255;
        story
    };
    soon(failed("--vcpus 4", (250.0, "--vcpus 3")));
    soon(failed("--vcpus 2", (50.0, "--vcpus 4")));
    fine(failed("--vcpus 2", (70.0, "--vcpus 4")));
    soon(failed("--vcpus 2", (250.0, "--vcpus 1")));
}

#[test]
fn after_a_start_without_memory_nothing_acts() {
    for told in [Told::HelperStarts, Told::Loses] {
        for (at, is_fine) in [(2010, true), (2250, false), (2310, true)] {
            let mut story = once(ADAPTIVE, at, "--vcpus 4");
            story.told(2000.0, told.clone());
            if is_fine {
                fine(story);
            } else {
                story.breaks("I8", "250 s after a start without memory");
            }
        }
    }
    // A start of the scheduler ends what one of the helper began, and not what a loss did.
    for told in [Told::HelperStarts, Told::Loses] {
        let mut story = once(ADAPTIVE, 2250, "--vcpus 4");
        story.told(2000.0, told.clone());
        story.told(2100.0, Told::Starts);
        if matches!(told, Told::Loses) {
            story.breaks("I8", "250 s after a start without memory");
        } else {
            fine(story);
        }
    }
    // What was taken in error is given back all the same.
    let mut undone = twice(ADAPTIVE, "--memory 3584", (200.0, "--memory 4096"));
    undone.told(3020.0, Told::HelperStarts);
    fine(undone);
    // As a whole where it was taken step by step, and no more than that.
    for (back, is_fine) in [("4096", true), ("4608", false)] {
        let mut steps = twice(MARKS, "--memory 3584", (400.0, "--memory 3072"));
        steps.conf = CONF.replace("memory: 4096", "memory: 3072");
        steps.read(3402.0, 3);
        steps.set(3450.0, &format!("--memory {back}"), 3);
        if is_fine {
            fine(steps);
        } else {
            steps.breaks("I8", "after the last change of its memory");
        }
    }
}

#[test]
fn a_pause_holds_from_its_answer_on() {
    let stop = |from| Stop { vms: 101..=120, from, until: 2500.0 };
    let mut story = once(ADAPTIVE, 2000, "--vcpus 4");
    story.told(1999.0, Told::Pauses(stop(1999.0)));
    story.clone().breaks("I4", "paused by an order since 1999.0 s");
    story.told(1999.5, Told::Resumes);
    fine(story);
    let mut over = once(ADAPTIVE, 2600, "--vcpus 4");
    over.told(1999.0, Told::Pauses(stop(1999.0)));
    fine(over);
}

#[test]
fn other_bounds_hold_soon_after_a_reload() {
    let narrow = Bounds { vcpus: 1..=3, memory: 2048..=8192, way: ADAPTIVE };
    for (at, is_fine) in [(2010, true), (2100, false)] {
        let mut story = once(ADAPTIVE, at, "--vcpus 4");
        story.told(2000.0, Told::Reloads(vec![(100..=199, narrow.clone())]));
        if is_fine {
            fine(story);
        } else {
            story.breaks("I1", "vcpus 4 is outside 1 to 3");
        }
    }
}

#[test]
fn an_order_holds_over_what_was_seen_and_over_nothing_else() {
    let ordered = |what: &str, (key, to)| {
        let mut story = once(Way { direction: Direction::None, ..ADAPTIVE }, 2000, what);
        let by = |at, by| Intended { vmid: vmid(), key, to, at, by };
        // What the VM itself was to have before was never sent.
        story.allowed.intents = vec![by(1900.0, By::Itself), by(1999.0, By::Order)];
        story.uses(0..2000, (2.9, 3900.0, 3900.0));
        story.control(1700.0, &Control::LeaveOut { vmid: vmid(), on: true });
        story
    };
    fine(ordered("--vcpus 5", ("vcpus", 5)));
    fine(ordered("--vcpus 2", ("vcpus", 2)));
    ordered("--vcpus 9", ("vcpus", 9)).breaks("I1", "more than it has cores");
    ordered("--memory 4097", ("memory", 4097)).breaks("I1", "on no step of the ladder");
}

/// After a loss of the journal nobody knows whose value that is.
#[test]
fn what_was_lost_is_nobodys() {
    let left = "cores: 8\nvcpus: 3\n\n[PENDING]\nvcpus: 4\n";
    let mut story = once(ADAPTIVE, 2000, "--vcpus 4");
    assert_eq!(story.clone().judged(&[info(left)]).len(), 1);
    story.told(2005.0, Told::Loses);
    story.look(2008.0);
    assert_eq!(story.judged(&[info(left)]), Vec::<String>::new());
}
