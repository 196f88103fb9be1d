use super::*;

/// Every size of a window, also none: nothing panics, and nothing is written beside it.
#[test]
fn no_window_is_too_small() {
    let mut long = three();
    long.problems = (0..20).map(|n| format!("{n}{}", "p".repeat(300))).collect();
    for report in [three(), long, StatusReport::default()] {
        for face in [Face::List, Face::Filter, Face::Details, Face::Help, Face::Paper] {
            for columns in (0..40).chain([80, 300]) {
                for rows in (0..14).chain([50]) {
                    let mut model = model(report.clone(), (columns, rows));
                    model.face = face;
                    model.go(2);
                    model.update(Event::Size(columns, rows), 1000);
                    let text = screen(&model, 1000);
                    assert!(text.lines().count() <= rows.into());
                    assert!(text.lines().all(|line| line.chars().count() <= columns.into()));
                }
            }
        }
    }
}

/// The window may have become another one since the state was told of it.
#[test]
fn a_window_of_another_size_than_was_told_is_no_trouble() {
    for (columns, rows) in [(20, 5), (1, 1), (200, 60)] {
        let model = model(three(), (100, 30));
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        let look = Look { now: 1000, colours: false };
        terminal.draw(|frame| draw(&model, look, frame.buffer_mut())).unwrap();
    }
}

#[test]
fn the_smallest_window_of_use_has_the_vms_under_most_pressure() {
    let shown = screen(&model(three(), (20, 5)), 1000);
    assert_eq!(
        shown,
        "3 VMs; changes: 0 ve\n  VMID STATE\n>  103 cpu 60.0 % us\n   101 cpu 60.0 % us\nq quit  s sort  / fi\n"
    );
}
