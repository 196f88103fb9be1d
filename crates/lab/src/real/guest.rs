//! What the lab asks of a guest.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::error::Error;
use super::machine::Machine;
use super::report::GuestReport;

/// What a guest does with what is plugged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Onlines {
    /// Uses all of it at once, memory so that it can be unplugged again.
    Movable,
    /// Leaves CPUs and memory unused, as Debian does without a rule for udev.
    Nothing,
    /// Uses all of it, memory also for what the kernel cannot move. Some seconds after a plug (see
    /// [`Machine::pinned`]), it is certain to refuse to let go of the newest DIMM;
    /// where more than 4 GiB is free, in the way of [`Machine::releases`].
    KernelZone,
}

impl Onlines {
    /// The guest's word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Movable => "movable",
            Self::Nothing => "nothing",
            Self::KernelZone => "kernel",
        }
    }

    /// The kernel's word for what becomes of DIMMs that are there before the guest can be asked.
    pub(super) fn memory(self) -> &'static str {
        match self {
            Self::Movable => "online_movable",
            Self::Nothing => "offline",
            Self::KernelZone => "online_kernel",
        }
    }
}

/// What a guest can be asked to let go of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Device {
    Cpu,
    Dimm,
}

impl Machine {
    /// Waits until the guest answers.
    pub(crate) async fn booted(&self, patience: Duration) -> Result<(), Error> {
        let deadline = Instant::now() + patience;
        loop {
            match self.agent.ask_for("ping", Duration::from_millis(500)).await {
                Ok(_) => return Ok(()),
                Err(e) if Instant::now() > deadline || !self.running().await => return Err(e),
                Err(_) => sleep(Duration::from_millis(20)).await,
            }
        }
    }

    /// The guest's own figures.
    pub(crate) async fn guest(&self) -> Result<GuestReport, Error> {
        let lines = self.agent.ask("report").await?;
        GuestReport::parse(&lines).ok_or_else(|| Error::Guest {
            vmid: self.vmid,
            request: "report".into(),
            why: format!("a figure is missing in {lines:?}"),
        })
    }

    /// Makes programs in the guest want so many percents of a CPU, and that much memory, in place
    /// of what they wanted before. A program that the guest kills for want of memory stays dead
    /// until the next call.
    pub(crate) async fn load(&self, cpu_percent: u32, mib: u32) -> Result<(), Error> {
        self.agent.ask(&format!("load {cpu_percent} {mib}")).await.map(drop)
    }

    /// Changes what becomes of things that are plugged from now on. CPUs that were left unused
    /// come into use with that; memory does not.
    pub(crate) async fn onlines(&self, onlines: Onlines) -> Result<(), Error> {
        self.agent.ask(&format!("onlines {}", onlines.word())).await.map(drop)
    }

    #[cfg(test)]
    /// Waits until a guest that uses a kernel zone has something unmovable in its newest memory.
    pub(crate) async fn pinned(&self, patience: Duration) -> Result<(), Error> {
        let deadline = Instant::now() + patience;
        loop {
            match self.agent.ask("pinned").await {
                Ok(_) => return Ok(()),
                Err(e) if Instant::now() > deadline => return Err(e),
                Err(_) => sleep(Duration::from_millis(200)).await,
            }
        }
    }

    /// Whether the guest obeys unplug requests from now on, or refuses them at once.
    pub(crate) async fn releases(&self, device: Device, obeys: bool) -> Result<(), Error> {
        let profile = match device {
            Device::Cpu => "processor",
            Device::Dimm => "memory",
        };
        self.agent.ask(&format!("releases {profile} {}", u8::from(obeys))).await.map(drop)
    }

    /// Makes the guest's kernel panic; QEMU stays.
    pub(crate) async fn crash(&self) -> Result<(), Error> {
        match self.agent.ask_for("crash", Duration::from_secs(2)).await {
            // A kernel that is gone does not answer.
            Ok(_) => Err(Error::Guest {
                vmid: self.vmid,
                request: "crash".into(),
                why: "it still lives".into(),
            }),
            Err(_) => Ok(()),
        }
    }
}
