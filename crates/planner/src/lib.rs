//! Decisions: samples, configs, policy and time in; a decision with its reason for every VM out.
//!
//! No I/O, no async, no clock (time is an argument), no text formats. One [`Planner`] a cluster.

mod account;
mod adaptive;
mod asked;
mod bounds;
mod budget;
mod caution;
mod decision;
mod evidence;
mod futility;
mod guest;
mod headroom;
mod host;
mod input;
mod kept;
mod law;
mod levers;
mod planner;
mod reason;
mod resource;
mod share;
mod short;
mod state;
mod threshold;

pub use adaptive::{Needed, Past, PastBlock, PastUse};
pub use asked::{Asked, Range, Waits};
pub use decision::{Choice, Decision, Move, Resource, Verdict};
pub use guest::{GuestAnswer, GuestKnown, GuestSays, Shortage};
pub use headroom::{End, Growth, Headroom};
pub use host::{Amounts, CHANGES_PER_NODE, NodeBudget};
pub use input::{Allow, Moment, NodeInput, PlannerConfig, Sample, VmInput, VmPolicy};
pub use kept::{InVain, Kept, KeptResource};
pub use law::{CpuLaw, CpuRule, Marks, MemoryLaw, MemoryRule, Windows};
pub use levers::{CpuLever, MemoryLever};
pub use planner::{Planner, QUESTIONS};
pub use reason::{Reason, Signal};
pub use short::{Limit, Room, Short, Stock};
