use ratatui::style::Color;
use vm_autoscale_scheduler::Source;

use super::*;

/// Who is in the way of whom: what 100 columns show.
#[test]
fn the_table_fits_and_says_what_there_is() {
    let mut locked = vm(102, "db", Some(20.0), None);
    locked["blocked"] = json!([true, true]);
    locked["cpu"] = json!("locked (backup)");
    locked["memory_decision"] = json!("locked (backup)");
    locked["cpu_since"] = json!(700);
    locked["mode"] = json!("up-only");
    let report = report(&[vm(101, "web", Some(60.0), Some(53.1)), locked]);
    let mut model = model(report, (100, 12));
    let mut trail = Trail::default();
    for (hour, used) in trail.cpu.iter_mut().zip([0.0, 15.0, 30.0, 45.0, 55.0, 70.0, 80.0, 99.0]) {
        hour.used = Some(used);
    }
    trail.memory[1].used = Some(99.0);
    trail.memory[3].grew = true;
    trail.cpu[22].shrank = true;
    (trail.cpu[23].grew, trail.memory[23].shrank) = (true, true);
    let key = model.key_at(0).unwrap();
    model.update(Event::Trails(vec![(key, Some(trail))]), 1000);
    assert_eq!(screen(&model, 1000), include_str!("table.txt"));
    press(&mut model, "\n");
    model.update(Event::Size(80, 20), 1000);
    assert_eq!(screen(&model, 1000), include_str!("details.txt"));
}

#[test]
fn what_is_not_well_comes_first_and_the_vms_keep_their_room() {
    let mut report = three();
    report.problems = (1..=9).map(|n| format!("problem {n}")).collect();
    let mut model = model(report, (60, 18));
    assert_eq!(screen(&model, 1000), include_str!("ills.txt"));
    model.update(Event::Lost("no such file".to_owned()), 1004);
    model.update(Event::Lost("refused".to_owned()), 1006);
    let shown = screen(&model, 1010);
    let first = "NOT WELL: no daemon answers for 6 s, this is 10 s old: refuse";
    assert_eq!(shown.lines().next(), Some(first.get(..60).unwrap()), "{shown}");
    assert!(shown.contains(">  103"), "the last picture stays: {shown}");
    model.update(Event::Status(Box::new(three())), 1012);
    assert!(!screen(&model, 1012).contains("NOT WELL"));
}

/// The daemon was not there from the start: the journal has it.
#[test]
fn what_is_noted_says_how_old_it_is() {
    let report = StatusReport { source: Source::Journal, noted_at: Some(400), ..three() };
    let shown = screen(&model(report, (100, 18)), 1000);
    let first =
        "NOT WELL: no daemon answers for 0 s, this is 10 min old: this is what it noted last";
    assert_eq!(shown.lines().next(), Some(first), "{shown}");
}

/// Colours may be off; then the screen holds none, and says the same.
#[test]
fn nothing_is_told_by_colour_alone() {
    let mut report = three();
    report.problems = vec!["x".to_owned()];
    report.clusters[0].vms[0].blocked = [true, false];
    let model = model(report, (100, 18));
    let cells = |colours| {
        let mut terminal = Terminal::new(TestBackend::new(100, 18)).unwrap();
        let look = Look { now: 1000, colours };
        terminal.draw(|frame| draw(&model, look, frame.buffer_mut())).unwrap();
        let buffer = terminal.backend().buffer().clone();
        (lines(&buffer), buffer.content.iter().any(|cell| cell.fg != Color::Reset))
    };
    let ((colourful, some), (plain, any)) = (cells(true), cells(false));
    assert_eq!((colourful, some, any), (plain, true, false));
}

/// Proxmox lets no such name through, and this does not rest on that.
#[test]
fn no_name_steers_the_terminal() {
    let evil = "a\u{1b}[2J\u{9b}1m\nNOT WELL: x\u{7}";
    let mut report = report(&[vm(101, evil, Some(60.0), None)]);
    report.clusters[0].vms[0].cpu = evil.to_owned();
    report.problems = vec![evil.to_owned()];
    let mut model = model(report, (100, 18));
    for keys in ["", "\n", "\u{1b}"] {
        press(&mut model, keys);
        let shown = screen(&model, 1000);
        assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown:?}");
        assert_eq!(shown.lines().filter(|line| line.starts_with("NOT WELL")).count(), 1);
    }
}

#[test]
fn a_picture_has_all_and_says_what_it_leaves_out() {
    let mut model = model(three(), (100, 5));
    model.face = Face::Paper;
    model.places.truncate(2);
    let model = picture::sized(model, 90);
    let text = picture::text(&model, 1000);
    assert_eq!(text, include_str!("picture.txt"));
    let told = serde_json::to_value(picture::told(&model)).unwrap();
    assert_eq!(told["vms"].as_array().unwrap().len(), 2);
    assert_eq!((&told["vms"][0]["vmid"], &told["vms"][0]["pressure"]), (&json!(103), &json!(97.0)));
    assert_eq!((&told["vms"][0]["day"], &told["clusters"][0]["vms"]), (&Value::Null, &json!([])));
}
