//! Starts all programs together: for the demo and for the end-to-end tests.

pub mod demo;
pub mod near;
pub mod fault_proxy;
pub mod programs;
pub mod reaction;
pub mod scaled;
pub mod stage;
