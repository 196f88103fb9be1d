//! Decisions: samples, configs, policy and time in; a decision with its reason for every VM out.
//!
//! No I/O, no async, no clock (time is an argument), no text formats. One [`Planner`] a cluster.

mod account;
mod adaptive;
mod bounds;
mod budget;
mod decision;
mod evidence;
mod host;
mod input;
mod kept;
mod law;
mod planner;
mod reason;
mod share;
mod short;
mod state;
mod threshold;

pub use decision::{Choice, Decision, Move, Resource, Verdict};
pub use host::{Amounts, NodeBudget};
pub use input::{Allow, Moment, NodeInput, PlannerConfig, Sample, VmInput, VmPolicy};
pub use kept::{Kept, KeptResource};
pub use law::{CpuLaw, CpuRule, Marks, MemoryLaw, MemoryRule, Windows};
pub use planner::Planner;
pub use reason::Reason;
pub use short::{Limit, Short, Stock};
