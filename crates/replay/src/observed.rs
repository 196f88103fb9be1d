//! What a policy sees of a world and asks of it.

/// A VM as its owner has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Owned {
    /// Fewest and most vCPUs.
    pub vcpus: (u32, u32),
    /// Least and most memory in MiB; `None` where memory is not part of the world.
    pub memory: Option<(u32, u32)>,
    /// On which host.
    pub host: usize,
    /// Its weight against the others of its host.
    pub shares: f64,
}

/// A host; without a figure it has no end of it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Host {
    /// Cores.
    pub cores: Option<f64>,
    /// Memory in MiB.
    pub memory: Option<f64>,
}

/// All VMs and their hosts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fleet {
    /// The VMs.
    pub vms: Vec<Owned>,
    /// The hosts.
    pub hosts: Vec<Host>,
}

/// A VM as a host can see it after a tick.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Seen {
    /// Whether it runs.
    pub active: bool,
    /// Cores that it used, over the tick.
    pub cpu_used: f64,
    /// vCPUs that it had.
    pub vcpus: u32,
    /// Whether a change of them is under way.
    pub cpu_busy: bool,
    /// Memory that it used, in MiB.
    pub mem_used: f64,
    /// Memory that it had, in MiB.
    pub memory: u32,
    /// Whether a change of that is under way.
    pub mem_busy: bool,
}

/// What a policy wants of one VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// So many vCPUs: the VM's place, and how many.
    Vcpus(usize, u32),
    /// So much memory: the VM's place, and MiB.
    Memory(usize, u32),
}

/// Who decides.
pub trait Policy {
    /// Looks at all VMs at a time, in seconds since the start; what it wants goes into `asks`.
    fn step(&mut self, t: f64, seen: &[Seen], asks: &mut Vec<Ask>);
}

/// Leaves every VM as its owner has it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Still;

impl Policy for Still {
    fn step(&mut self, _: f64, _: &[Seen], _: &mut Vec<Ask>) {}
}
