//! Room for CPUs that come and go.
//!
//! QEMU's software emulation keeps a record of every CPU thread for good, has as many records as
//! there can be CPUs, and aborts when they are used up (`tcg_register_thread`, in 10.0): a VM
//! of 4 CPUs would die of its fourth plug. So QEMU is told of more sockets than the VM has, and
//! nobody else is.

use super::spec::Spec;

/// The highest number that a CPU of this machine type can have, 255 being for all of them.
const MOST: u32 = 254;

impl Spec {
    /// CPUs that the VM can have.
    pub(super) fn most_cpus(&self) -> u32 {
        self.sockets.saturating_mul(self.cores)
    }

    /// Sockets that QEMU is told of.
    pub(super) fn all_sockets(&self) -> u32 {
        if !self.hotplug.cpu {
            return self.sockets;
        }
        // The numbers of a socket's CPUs begin at a power of two.
        let numbers = self.cores.max(1).checked_next_power_of_two().unwrap_or(u32::MAX);
        self.sockets.max(MOST / numbers)
    }

    /// CPU threads that QEMU can start in its life.
    pub(super) fn threads(&self) -> u32 {
        self.all_sockets().saturating_mul(self.cores)
    }

    /// What `info hotpluggable-cpus` would print of the VM's own sockets.
    pub(super) fn own_cpus(&self, text: &str) -> String {
        const START: &str = "  type:";
        let mut parts = text.split(START);
        let head = parts.next().unwrap_or_default();
        let own = parts.filter(|part| socket(part).is_none_or(|socket| socket < self.sockets));
        own.fold(head.to_owned(), |text, part| text + START + part)
    }
}

fn socket(part: &str) -> Option<u32> {
    part.split_once("socket-id: \"")?.1.split('"').next()?.parse().ok()
}
