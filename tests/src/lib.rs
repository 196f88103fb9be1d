//! Starts all programs together: for the demo and for the end-to-end tests.

pub mod demo;
pub mod fault_proxy;
pub mod guest;
pub mod invariants;
pub mod listing;
pub mod machine;
#[cfg(test)]
mod manual;
pub mod near;
pub mod pages;
pub mod programs;
pub mod reaction;
pub mod release;
pub mod scaled;
#[cfg(test)]
mod size;
pub mod soak;
pub mod stage;
pub mod verdict;
