//! The screen, as a buffer of cells: what does not fit is cut, and nothing steers the terminal.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::widgets::{Paragraph, Widget as _, Wrap};
use vm_autoscale_scheduler::Source;

use super::columns::{Column, Row, fitting, state};
use super::head::{Tone, lines};
use super::model::{Face, Model};
use super::order::is_blocked;
use super::{details, help};
use crate::table::state as told_of;

/// When it is drawn, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// Seconds since 1970.
    pub(crate) now: u64,
    /// Whether there are colours; nothing is told by them alone.
    pub(crate) colours: bool,
}

impl Look {
    fn tone(self, tone: Tone) -> Style {
        match (tone, self.colours) {
            (Tone::Plain, _) | (Tone::Warn, false) => Style::new(),
            (Tone::Warn, true) => Style::new().fg(Color::Yellow),
            (Tone::Bad, false) => Style::new().add_modifier(Modifier::BOLD),
            (Tone::Bad, true) => Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
        }
    }
}

/// Draws what is visible.
pub(crate) fn draw(model: &Model, look: Look, buffer: &mut Buffer) {
    let area = buffer.area;
    let geometry = model.geometry();
    let mut y = area.y;
    for (text, tone) in lines(model, look.now).iter().take(geometry.head.into()) {
        put(buffer, (area.x, y), text, look.tone(*tone));
        y += 1;
    }
    let body = Rect { y, height: geometry.title + geometry.rows + geometry.said, ..area };
    match model.face {
        Face::Details => text(&details::text(model, look.now), body, buffer),
        Face::Help => text(help::TEXT, body, buffer),
        Face::List | Face::Filter | Face::Paper => table(model, look, body, buffer),
    }
    if geometry.keys > 0 {
        let style = Style::new().add_modifier(Modifier::REVERSED);
        let said = format!("{:<width$}", help::keys(model), width = area.width.into());
        put(buffer, (area.x, body.bottom()), &said, style);
    }
}

fn table(model: &Model, look: Look, area: Rect, buffer: &mut Buffer) {
    let geometry = model.geometry();
    // The first column has the mark.
    let (columns, state_width) = fitting(area.width.saturating_sub(1));
    let mut y = area.y;
    if geometry.title > 0 {
        let titles = columns.iter().map(|column| column.title.to_owned());
        let (texts, state) = (titles.collect::<Vec<_>>(), ("STATE", state_width));
        cells(buffer, (area.x + 1, y), (&columns, &texts), state, Style::new());
        buffer.set_style(line(area, y), Style::new().add_modifier(Modifier::BOLD));
        y += 1;
    }
    let now = (model.report.source == Source::Daemon).then_some(look.now);
    for (index, cluster, vm) in model.visible() {
        let key = (cluster.name.clone(), vm.vmid);
        let trail = model.trails.get(&key).map(|(_, trail)| trail);
        let row = Row { vm, trail, now };
        let texts: Vec<String> = columns.iter().map(|column| (column.cell)(row)).collect();
        let tone = if is_blocked(vm) { Tone::Warn } else { Tone::Plain };
        let state = state(row);
        let state = (state.as_str(), state_width);
        cells(buffer, (area.x + 1, y), (&columns, &texts), state, look.tone(tone));
        if index == model.cursor && model.face != Face::Paper {
            put(buffer, (area.x, y), ">", Style::new());
            buffer.set_style(line(area, y), Style::new().add_modifier(Modifier::REVERSED));
        }
        y += 1;
    }
    if let (Some((_, vm)), true) = (model.marked(), geometry.said > 0) {
        let name = vm.name.as_deref().unwrap_or("-");
        let said = format!("{} {name} on {}, {}: {}", vm.vmid, vm.node, vm.mode, told_of(vm, now));
        put(buffer, (area.x, area.bottom().saturating_sub(1)), &said, Style::new());
    }
}

/// One row of the table; only its state has a colour.
fn cells(
    buffer: &mut Buffer,
    (mut x, y): (u16, u16),
    (columns, texts): (&[Column], &[String]),
    (state, state_width): (&str, u16),
    style: Style,
) {
    for (column, text) in columns.iter().zip(texts) {
        let (width, length) = (usize::from(column.width), text.chars().count());
        let padding = if column.right { width.saturating_sub(length) } else { 0 };
        let text = format!("{:padding$}{text}", "");
        put_n(buffer, (x, y), (&text, width), Style::new());
        x = x.saturating_add(column.width + 1);
    }
    put_n(buffer, (x, y), (state, state_width.into()), style);
}

/// Lines of which none is cut: their ends say what to do.
fn text(text: &str, area: Rect, buffer: &mut Buffer) {
    Paragraph::new(text).wrap(Wrap { trim: false }).render(area.intersection(buffer.area), buffer);
}

fn line(area: Rect, y: u16) -> Rect {
    Rect { y, height: 1, ..area }
}

fn put(buffer: &mut Buffer, at: (u16, u16), text: &str, style: Style) {
    put_n(buffer, at, (text, usize::MAX), style);
}

/// As far as there is room; control characters are left out.
fn put_n(buffer: &mut Buffer, (x, y): (u16, u16), (text, width): (&str, usize), style: Style) {
    if buffer.area.contains(Position { x, y }) {
        buffer.set_stringn(x, y, text, width, style);
    }
}
