//! What the keys do.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::model::{Face, Model};

/// The longest text to filter by.
const MAX_FILTER: usize = 64;

pub(super) fn press(model: &mut Model, key: KeyEvent) {
    if key.kind == KeyEventKind::Release {
        return;
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        model.over |= matches!(key.code, KeyCode::Char('c' | 'd'));
        return;
    }
    match model.face {
        Face::Filter => write(model, key.code),
        Face::Help => help(model, key.code),
        Face::List | Face::Details | Face::Paper => look(model, key.code),
    }
}

/// In the list, and in a VM's details.
fn look(model: &mut Model, key: KeyCode) {
    let page = model.page().max(1);
    match key {
        KeyCode::Char('q') => model.over = true,
        KeyCode::Char('?' | 'h') => model.face = Face::Help,
        KeyCode::Char(' ') => model.held = !model.held,
        KeyCode::Esc if model.face == Face::Details => model.face = Face::List,
        KeyCode::Esc => filter(model, String::new()),
        KeyCode::Enter => turn(model),
        KeyCode::Char('/') => model.face = Face::Filter,
        KeyCode::Char('s') => sort(model, true),
        KeyCode::Char('S') => sort(model, false),
        KeyCode::Char('r') => {
            model.reversed = !model.reversed;
            model.arrange();
        }
        KeyCode::Up | KeyCode::Char('k') => model.go(model.cursor.saturating_sub(1)),
        KeyCode::Down | KeyCode::Char('j') => model.go(model.cursor.saturating_add(1)),
        KeyCode::PageUp => model.go(model.cursor.saturating_sub(page)),
        KeyCode::PageDown => model.go(model.cursor.saturating_add(page)),
        KeyCode::Home => model.go(0),
        KeyCode::End => model.go(usize::MAX),
        _ => {}
    }
}

/// To the details of the VM that is marked, and back.
fn turn(model: &mut Model) {
    if model.face == Face::Details {
        model.face = Face::List;
    } else if let Some(key) = model.key_at(model.cursor) {
        // It is this VM that is looked at, wherever it goes in the list.
        model.chosen = Some(key);
        model.face = Face::Details;
    }
}

/// Another order begins at its top.
fn sort(model: &mut Model, forth: bool) {
    model.sort = if forth { model.sort.next() } else { model.sort.before() };
    if model.face == Face::List {
        model.go(0);
    }
    model.arrange();
}

fn help(model: &mut Model, key: KeyCode) {
    model.over |= key == KeyCode::Char('q');
    model.face = Face::List;
}

fn write(model: &mut Model, key: KeyCode) {
    let mut text = model.filter.clone();
    match key {
        KeyCode::Enter => model.face = Face::List,
        KeyCode::Esc => {
            model.face = Face::List;
            filter(model, String::new());
        }
        KeyCode::Backspace => {
            text.pop();
            filter(model, text);
        }
        KeyCode::Char(c) if !c.is_control() && text.chars().count() < MAX_FILTER => {
            text.push(c);
            filter(model, text);
        }
        _ => {}
    }
}

fn filter(model: &mut Model, text: String) {
    model.filter = text;
    model.arrange();
}
