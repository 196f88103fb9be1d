//! Points in time in the words of Proxmox's calendar events, such as `mon..fri 08:00`, and how long
//! something holds from each of them on.
//!
//! No clock: what time it is, is an argument, in seconds since 1970. The only thing that is read is
//! a time zone, from the machine's database of them.

mod event;
mod list;
mod parse;
mod span;
mod window;
mod zone;

pub use event::CalendarEvent;
pub use parse::EventError;
pub use span::{Span, SpanError};
pub use window::Window;
pub use zone::{NoZone, Zone};
