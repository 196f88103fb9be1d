//! What a policy would have done: recorded loads are played to the real planner, and what came of
//! it is summed up.
//!
//! The world that it is played in, and every figure, is that of a reference simulator of recorded
//! loads, so that its figures and these can be put side by side; [`pipe`] is the same planner as a
//! policy of that simulator.

mod driver;
mod engine;
mod error;
#[cfg(test)]
mod made;
mod num;
mod observed;
mod past;
mod pipe;
mod random;
mod report;
mod rows;
mod table;
mod trace;
mod world;

pub use driver::{Driver, Rules};
pub use engine::Engine;
pub use error::Error;
pub use observed::{Ask, Fleet, Host, Owned, Policy, Seen, Still};
pub use past::{AsItWas, Block, Past, Span};
pub use pipe::pipe;
pub use report::Figures;
pub use rows::{Row, each_row, each_row_of};
pub use table::table;
pub use trace::{Trace, TraceVm};
pub use world::{Hosts, World};
