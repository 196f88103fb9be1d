//! What an error text of `qm set` means. Exit codes say only zero or not (seen: 2, 4, 22, 25,
//! 255 for the same things), so the text decides; texts as recorded from 9.2, the same in 8.4
//! and 7.4 but for `missmatch`.

use std::fmt;

/// Why `qm set` failed. A text may hold several; the first known one is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// `balloon` would exceed `memory`; nothing was written.
    BalloonTooLarge,
    /// Memory below the static 1024 MiB.
    BelowStaticMemory,
    /// The CPUs that QEMU has are not those of the config (a late unplug): no plugging until repaired.
    CpuCountDiffers,
    /// The CPU limit could not be set in systemd.
    CpuLimit,
    /// A CPU did not come within 11 s.
    CpuPlug,
    /// The guest did not release a CPU within 6 s.
    CpuUnplug,
    /// Someone changed the config since it was read; nothing was written.
    DigestMismatch,
    /// A DIMM that Proxmox thinks gone is still there: no more memory until a restart.
    DimmLeftover,
    /// The guest did not release a DIMM within 21 s.
    DimmUnplug,
    /// Another task has the config lock (`lock:`); nothing was written.
    Locked,
    /// Another `qm` held the VM's file lock for 10 s; nothing was written.
    LockTimeout,
    /// The VM's config is not on this node: moved or gone.
    NotHere,
    /// QEMU is not running.
    NotRunning,
    /// More memory than this VM's address bits allow.
    OverMaxMemory,
    /// More vCPUs than sockets × cores.
    OverMaxVcpus,
    /// The value is not one that `qm` takes; nothing was written. Ours to blame.
    Parameter,
    /// QEMU's monitor failed or did not answer.
    Qmp,
    /// The cluster filesystem takes no writes: no quorum, or pmxcfs is down.
    ReadOnly,
    /// A text that is not known.
    Unknown,
    /// Nobody saw it end, so that there is no text; never by [`Self::classify`].
    Unseen,
}

impl Failure {
    /// Classifies what stood on standard error, and on standard output where that is mixed in.
    #[must_use]
    pub fn classify(text: &str) -> Self {
        let known = PATTERNS.iter().find(|(pattern, _)| text.contains(pattern));
        known.map_or(Self::Unknown, |(_, failure)| *failure)
    }

    /// Whether `qm` ended before it wrote anything: whatever is there or pending is not its doing.
    #[must_use]
    pub fn wrote_nothing(self) -> bool {
        matches!(
            self,
            Self::BalloonTooLarge
                | Self::DigestMismatch
                | Self::Locked
                | Self::LockTimeout
                | Self::NotHere
                | Self::Parameter
        )
    }

    /// Who holds the lock, by the text of [`Self::Locked`]: `backup`, `migrate` …
    #[must_use]
    pub fn lock_holder(text: &str) -> Option<&str> {
        let (_, rest) = text.split_once(LOCKED)?;
        let (name, _) = rest.split_once(')')?;
        let plain = |b: u8| b.is_ascii_lowercase() || b == b'-';
        ((1..=32).contains(&name.len()) && name.bytes().all(plain)).then_some(name)
    }
}

const LOCKED: &str = "VM is locked (";

/// Text to meaning; earlier lines win, so the particular stands before the general.
const PATTERNS: &[(&str, Failure)] = &[
    (LOCKED, Failure::Locked),
    ("can't lock file", Failure::LockTimeout),
    ("checksum mismatch", Failure::DigestMismatch),
    ("checksum missmatch", Failure::DigestMismatch),
    (".conf' does not exist", Failure::NotHere),
    ("balloon value too large", Failure::BalloonTooLarge),
    ("vcpus in running vm does not match its configuration", Failure::CpuCountDiffers),
    ("can't add more vcpus than maxcpus", Failure::OverMaxVcpus),
    ("error hotplugging cpu", Failure::CpuPlug),
    ("error unplugging cpu", Failure::CpuUnplug),
    ("error unplug memory module", Failure::DimmUnplug),
    ("attempt to add duplicate property 'mem-dimm", Failure::DimmLeftover),
    ("memory can't be lower than", Failure::BelowStaticMemory),
    ("cannot add more memory than max mem", Failure::OverMaxMemory),
    ("Permission denied", Failure::ReadOnly),
    ("cluster not ready - no quorum", Failure::ReadOnly),
    ("ipcc_send_rec", Failure::ReadOnly),
    ("Connection refused", Failure::ReadOnly),
    ("Net::DBus::Error", Failure::CpuLimit),
    ("qmp command", Failure::Qmp),
    ("qmp socket", Failure::Qmp),
    ("got timeout", Failure::Qmp),
    ("not running", Failure::NotRunning),
    ("type check (", Failure::Parameter),
    ("value must have a m", Failure::Parameter),
    ("unable to parse option", Failure::Parameter),
    ("no options specified", Failure::Parameter),
];

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BalloonTooLarge => "the balloon's minimum is above the new memory",
            Self::BelowStaticMemory => "memory cannot go below the static 1024 MiB",
            Self::CpuCountDiffers => "QEMU has other vCPUs than the config says",
            Self::CpuLimit => "systemd on the node did not take the CPU limit",
            Self::CpuPlug => "QEMU did not plug a vCPU",
            Self::CpuUnplug => "refused by the guest: it did not release a vCPU",
            Self::DigestMismatch => "the config was changed by someone else",
            Self::DimmLeftover => "a DIMM that left late blocks its slot until the VM is restarted",
            Self::DimmUnplug => "refused by the guest: it did not release a DIMM",
            Self::Locked => "the VM is locked by another task",
            Self::LockTimeout => "another qm held the VM's lock for 10 s",
            Self::NotHere => "the VM is not on this node",
            Self::NotRunning => "the VM is not running",
            Self::OverMaxMemory => "more memory than the VM's CPU type can address",
            Self::OverMaxVcpus => "more vCPUs than sockets x cores",
            Self::Parameter => "qm did not take the value",
            Self::Qmp => "QEMU's monitor failed",
            Self::ReadOnly => {
                "the cluster filesystem takes no writes (no quorum, or pmxcfs is down)"
            }
            Self::Unknown => "an error text that is not known",
            Self::Unseen => "how it ended was not seen",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_named_and_nothing_else_is() {
        assert_eq!(
            Failure::lock_holder("x\nVM is locked (snapshot-delete)\n"),
            Some("snapshot-delete")
        );
        for bad in
            ["", "VM is locked (", "VM is locked ()", "VM is locked (\u{1b}[2J)", "locked (backup)"]
        {
            assert_eq!(Failure::lock_holder(bad), None, "{bad:?}");
        }
        let long = format!("VM is locked ({})", "a".repeat(33));
        assert_eq!(Failure::lock_holder(&long), None);
    }

    #[test]
    fn recorded_texts() {
        let param = "400 Parameter verification failed.\n";
        for (text, expected) in [
            ("VM is locked (backup)\n", Failure::Locked),
            (
                "trying to acquire lock...\ncan't lock file '/var/lock/qemu-server/lock-103.conf' - got timeout\n",
                Failure::LockTimeout,
            ),
            (
                "Configuration file 'nodes/pve1/qemu-server/201.conf' does not exist\n",
                Failure::NotHere,
            ),
            ("checksum mismatch (file change by other user?)\n", Failure::DigestMismatch),
            ("checksum missmatch (file change by other user?)\n", Failure::DigestMismatch),
            (
                "balloon value too large (must be smaller than assigned memory)\n",
                Failure::BalloonTooLarge,
            ),
            (
                "vcpus: hotplug problem - 400 Parameter verification failed.\nvcpus: error hotplugging cpu3\n",
                Failure::CpuPlug,
            ),
            (
                "vcpus: hotplug problem - 400 Parameter verification failed.\nvcpus: error unplugging cpu2\n",
                Failure::CpuUnplug,
            ),
            (
                "vcpus: hotplug problem - you can't add more vcpus than maxcpus\n",
                Failure::OverMaxVcpus,
            ),
            (
                "vcpus: hotplug problem - vcpus in running vm does not match its configuration\n",
                Failure::CpuCountDiffers,
            ),
            (
                "vcpus: hotplug problem - VM 101 qmp command 'human-monitor-command' failed - client closed connection\n",
                Failure::Qmp,
            ),
            (
                "memory: hotplug problem - 400 Parameter verification failed.\ndimm1: error unplug memory module\n",
                Failure::DimmUnplug,
            ),
            (
                "memory: hotplug problem - memory can't be lower than 1024 MB at /usr/share/perl5/PVE/QemuServer/Memory.pm line 219.\n",
                Failure::BelowStaticMemory,
            ),
            (
                "memory: hotplug problem - you cannot add more memory than max mem 524288 MB!\n",
                Failure::OverMaxMemory,
            ),
            (
                "memory: hotplug problem - VM 101 qmp command 'object-add' failed - attempt to add duplicate property 'mem-dimm3' to object (type 'container')\n",
                Failure::DimmLeftover,
            ),
            (
                "Operation \"ne\": no method found,\n\tleft argument in overloaded package Net::DBus::Error,\n",
                Failure::CpuLimit,
            ),
            ("vcpus: type check ('integer') failed - got 'abc'\n", Failure::Parameter),
            ("vcpus: value must have a minimum value of 1\n", Failure::Parameter),
            ("cpulimit: value must have a maximum value of 128\n", Failure::Parameter),
            (
                "unable to open file '/etc/pve/nodes/pve1/qemu-server/101.conf.tmp.1' - Permission denied\n",
                Failure::ReadOnly,
            ),
            ("VM 101 not running\n", Failure::NotRunning),
            ("perl: warning: Setting locale failed.\n", Failure::Unknown),
        ] {
            assert_eq!(
                Failure::classify(&format!("{param}{text}\nqm set <vmid> [OPTIONS]\n")),
                expected,
                "{text}"
            );
        }
    }
}
