use super::*;

#[test]
fn the_order_changes_by_key_and_begins_at_its_top() {
    let mut model = model(three(), (100, 30));
    assert_eq!(order(&model), [-103, 101, 102]);
    press(&mut model, "s");
    assert_eq!((order(&model), model.sort.told()), (vec![-101, 102, 103], "vCPU use"));
    press(&mut model, "s");
    assert_eq!(order(&model), [-103, 101, 102], "what is not known comes last");
    press(&mut model, "sss");
    assert_eq!((order(&model), model.sort.told()), (vec![-102, 103, 101], "name"));
    press(&mut model, "Sr");
    assert_eq!((order(&model), model.sort.told()), (vec![-103, 102, 101], "VMID"));
    for _ in 0..7 {
        press(&mut model, "s");
    }
    assert_eq!(model.sort.told(), "VMID", "they go round");
}

#[test]
fn the_cursor_stays_with_its_vm_and_at_the_top_it_stays_there() {
    let mut model = model(three(), (100, 30));
    press(&mut model, "↓");
    assert_eq!(order(&model), [103, -101, 102]);
    let other = report(&[
        vm(101, "web", Some(1.0), Some(1.0)),
        vm(102, "db", Some(20.0), None),
        vm(103, "mail", Some(5.0), Some(7.0)),
    ]);
    model.update(Event::Status(Box::new(other.clone())), 1002);
    assert_eq!(order(&model), [102, 103, -101]);
    press(&mut model, "kkkkk");
    assert_eq!(order(&model), [-102, 103, 101]);
    model.update(Event::Status(Box::new(three())), 1004);
    assert_eq!(order(&model), [-103, 101, 102]);
    // One that goes leaves the cursor where there is somebody.
    press(&mut model, "jjjj");
    model.update(Event::Status(Box::new(report(&[vm(700, "x", None, None)]))), 1006);
    assert_eq!(order(&model), [-700]);
    model.update(Event::Status(Box::default()), 1008);
    press(&mut model, "jk\n\n");
    assert_eq!(order(&model), Vec::<i64>::new());
}

#[test]
fn the_filter_takes_what_is_written_and_escape_drops_it() {
    let mut model = model(three(), (100, 30));
    press(&mut model, "/Ma");
    assert_eq!((order(&model), model.face), (vec![-103], Face::Filter));
    assert!(screen(&model, 1000).contains("filter: Ma_"), "{}", screen(&model, 1000));
    // Letters are the filter's now, not orders.
    press(&mut model, "q");
    assert!(!model.over && order(&model).is_empty());
    press(&mut model, "\u{1b}");
    assert_eq!((order(&model).len(), model.face), (3, Face::List));
    press(&mut model, "/prod\n");
    assert_eq!((order(&model).len(), model.face, model.filter.as_str()), (3, Face::List, "prod"));
    press(&mut model, "\u{1b}/102\n");
    assert_eq!(order(&model), [-102]);
}

#[test]
fn what_is_held_does_not_change_until_it_goes_on() {
    let mut model = model(three(), (100, 30));
    press(&mut model, " ");
    model.update(Event::Status(Box::new(report(&[]))), 1010);
    model.update(Event::Lost("gone".to_owned()), 1012);
    assert_eq!(order(&model), [-103, 101, 102]);
    assert!(screen(&model, 1012).starts_with("HELD: this is 12 s old;"));
    press(&mut model, " ");
    model.update(Event::Status(Box::new(report(&[]))), 1014);
    assert_eq!(order(&model), Vec::<i64>::new());
}

#[test]
fn it_ends_by_key_and_by_signal() {
    let control = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
    for event in [
        Event::Key(KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE)),
        Event::Key(control('c')),
        Event::Stop,
    ] {
        let mut model = model(three(), (100, 30));
        press(&mut model, "x");
        model.update(Event::Key(control('x')), 1000);
        assert!(!model.over);
        model.update(event, 1000);
        assert!(model.over);
    }
}

#[test]
fn the_past_is_asked_for_of_those_on_the_screen_and_no_sooner_than_it_changes() {
    let many: Vec<Value> = (1..=5000).map(|n| vm(100 + n, "x", Some(50.0), None)).collect();
    let mut model = model(report(&many), (100, 30));
    let wanted = model.wanted(1000);
    assert_eq!(wanted.len(), model.page());
    assert!((15..30).contains(&model.page()), "{}", model.page());
    let trail =
        Trail { cpu: [Hour { used: Some(99.0), ..Hour::default() }; 24], ..Trail::default() };
    let told = wanted.iter().map(|key| (key.clone(), Some(trail.clone()))).collect();
    model.update(Event::Trails(told), 1000);
    assert_eq!(model.wanted(1059), []);
    assert_eq!(model.wanted(1060), wanted);
    // Nobody can say: what is known stays, and is not asked for at once again.
    model.update(Event::Trails(wanted.iter().map(|key| (key.clone(), None)).collect()), 1060);
    assert_eq!(model.wanted(1060), []);
    assert_eq!(model.trails.get(&wanted[0]).unwrap().1, trail);
    model.update(Event::Key(KeyEvent::new(KeyCode::End, KeyModifiers::NONE)), 1060);
    assert_eq!(model.wanted(1060).len(), model.page());
    assert_eq!(order(&model).last(), Some(&-5100));
    // Who is gone is forgotten.
    model.update(Event::Status(Box::new(report(&[]))), 1062);
    assert!(model.trails.is_empty());
}
