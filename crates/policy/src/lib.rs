//! What `helper.yaml` lets the scheduler do. The scheduler's own limits are a courtesy; these are
//! the control.
//!
//! Pure: rules, what was read of the VMs, and a request in; yes, or which rule of which line says
//! no, out. Who reads the file, and who asks, is dealt with elsewhere.

mod changes;
mod check;
mod known;
mod rates;
mod seen;
mod totals;
mod written;

pub use changes::Changes;
pub use check::check;
pub use known::Known;
pub use rates::Exceeded;
pub use seen::{Pending, Seen, Sizes};
pub use totals::{Mark, Totals};
pub use written::{Cluster, Lines, Policy, Range, Rates, VmRule};
