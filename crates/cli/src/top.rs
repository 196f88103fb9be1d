//! `vm-autoscale top`: the VMs as they are now, on a screen or in one picture.

use std::io::IsTerminal as _;

use vm_autoscale_scheduler::wall;

use crate::args::{Args, Format, TopArgs};
use crate::files::places;
use crate::status::asked_or_noted;
use crate::{Error, json, say, terminal_width};

mod columns;
mod details;
mod draw;
mod feed;
mod geometry;
mod head;
mod help;
mod keys;
mod list;
mod model;
mod order;
mod picture;
mod screen;
mod trail;

use feed::Feed;
use model::{Face, Model};
pub(crate) use order::Sort;

/// The exit code.
pub(crate) fn top(args: &Args, wanted: &TopArgs) -> Result<u8, Error> {
    // Here, where a complaint still has a place to stand.
    let now = wall();
    let report = asked_or_noted(args, &wanted.daemon)?;
    let feed = Feed::new(places(args, wanted.daemon.control_socket.as_deref())?);
    let mut model = Model::new(report, (wanted.sort, &wanted.filter), now);
    let is_screen = !wanted.once && std::io::stdout().is_terminal();
    if is_screen && args.output_format == Format::Text {
        screen::show(model, feed, wanted.interval)?;
        return Ok(0);
    }
    model.face = Face::Paper;
    model.places.truncate(wanted.rows.into());
    let model = picture::sized(model, terminal_width().try_into().unwrap_or(u16::MAX));
    let model = feed.fill(model, now);
    match args.output_format {
        Format::Json => json(&picture::told(&model))?,
        Format::Text => say(&picture::text(&model, now))?,
    }
    Ok(0)
}

#[cfg(test)]
mod tests;
