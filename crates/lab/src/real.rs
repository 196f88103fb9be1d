//! VMs as Proxmox starts them, for real: QEMU with Proxmox's arguments, a Linux kernel inside,
//! hot plug over QMP. What the guest then has is what its own kernel says, not what a model does.
//!
//! CPUs are emulated in software: where the lab itself runs in a VM, nested KVM may open and
//! still fail to run a kernel.

mod agent;
mod archive;
mod arguments;
mod error;
mod guest;
mod hotplug;
mod image;
mod lines;
mod machine;
mod qmp;
mod report;
mod spare;
mod spec;
#[cfg(test)]
pub(crate) mod tests;
mod usage;

#[cfg(test)]
pub(crate) use error::Error;
pub(crate) use guest::{Device, Onlines};
pub(crate) use image::Image;
#[cfg(test)]
pub(crate) use image::missing;
pub(crate) use machine::Machine;
pub(crate) use report::GuestReport;
pub(crate) use spec::Spec;
