//! What a node has too little of.

use std::fmt;

/// So much of something is taken, of so much: MiB, vCPUs or percent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stock {
    /// By those who have it, and by what is granted.
    pub taken: f64,
    /// At most.
    pub of: f64,
}

impl Stock {
    /// What is left; below 0 where more is taken than there may be.
    #[must_use]
    pub fn free(self) -> f64 {
        self.of - self.taken
    }
}

/// Which of a node's limits leaves no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The memory that its guests have, used or not, in MiB.
    Committed,
    /// The memory that is in use, in MiB.
    Used,
    /// The vCPUs of its VMs.
    Vcpus,
    /// How busy its CPUs are, in percent.
    Busy,
}

/// What a node has too little of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Short {
    /// Which limit it is.
    pub limit: Limit,
    /// How it stands.
    pub stock: Stock,
    /// How much more was wanted, in MiB or vCPUs.
    pub wanted: f64,
}

/// What a node has for who grows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Room {
    /// Which limit leaves least.
    pub limit: Limit,
    /// How it stands before.
    pub stock: Stock,
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (free, of) = (self.stock.free().max(0.0), self.stock.of);
        match self.limit {
            Limit::Vcpus => write!(f, "its node has {free:.0} of {:.0} vCPUs free", of.floor()),
            Limit::Busy => write!(f, "its node is busy to {:.1} %", self.stock.taken),
            Limit::Committed | Limit::Used => {
                write!(f, "its node has {:.1} of {:.1} GiB free", free / 1024.0, of / 1024.0)
            }
        }
    }
}

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, stock, wanted } = self;
        let free = stock.free().max(0.0);
        let gib = |mib: f64| mib / 1024.0;
        match limit {
            Limit::Committed => write!(
                f,
                "wants {wanted:.0} MiB more, node has {:.1} of {:.1} GiB free for guests",
                gib(free),
                gib(stock.of)
            ),
            Limit::Used => write!(
                f,
                "wants {wanted:.0} MiB more, node has {:.1} of {:.1} GiB unused",
                gib(free),
                gib(stock.of)
            ),
            Limit::Vcpus => write!(
                f,
                "wants {wanted:.0} vCPUs more, node has {free:.0} of {:.0} free",
                stock.of.floor()
            ),
            Limit::Busy => {
                write!(f, "wants more, node would be at {:.1} % of {:.1} %", stock.taken, stock.of)
            }
        }
    }
}
