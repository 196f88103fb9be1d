//! Which VM a control is about.

use vm_autoscale_proxmox::VmId;

use super::Control;

impl Control {
    /// The VM, where it is about one.
    #[must_use]
    pub fn vmid(&self) -> Option<VmId> {
        match self {
            Self::Lock { vmid, .. }
            | Self::HoldLock { vmid, .. }
            | Self::Backup { vmid, .. }
            | Self::Migrate { vmid, .. }
            | Self::Create { vmid, .. }
            | Self::Destroy { vmid }
            | Self::Recreate { vmid }
            | Self::Stop { vmid }
            | Self::Start { vmid }
            | Self::GuestDies { vmid }
            | Self::Fault { vmid, .. }
            | Self::SlowGuest { vmid, .. }
            | Self::LateCpu { vmid }
            | Self::LateDimm { vmid }
            | Self::Edit { vmid, .. }
            | Self::Pending { vmid, .. }
            | Self::Load { vmid, .. }
            | Self::PageCache { vmid, .. }
            | Self::FreeLoad { vmid }
            | Self::Ha { vmid, .. }
            | Self::Pool { vmid, .. }
            | Self::LeaveOut { vmid, .. } => Some(*vmid),
            _ => None,
        }
    }
}
