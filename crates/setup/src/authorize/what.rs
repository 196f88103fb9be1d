//! What a node is to get.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use crate::error::Error;
use crate::nodes::{Key, Line, Site, connect};
use crate::paths;

/// The gate is far smaller, in bytes.
const LONGEST_GATE: u64 = 256 * 1024 * 1024;

/// What a node is to get.
#[derive(Debug, clap::Args)]
pub(crate) struct What {
    /// Without the gate: whoever has the key has a root shell on the node.
    #[arg(long)]
    pub(crate) no_gate: bool,
    /// The address that this machine has for the node, where it is not the one that it has here.
    /// Can be given again.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) from: Vec<IpAddr>,
    /// The gate's program, to be copied to the node.
    #[arg(long, value_name = "FILE", default_value = paths::GATE)]
    pub(crate) gate: PathBuf,
    /// The helper's configuration.
    #[arg(long, value_name = "FILE", default_value = paths::POLICY)]
    pub(crate) config: PathBuf,
}

impl What {
    /// The line for that node, good from where this machine stands for it.
    ///
    /// # Errors
    /// The node cannot be reached.
    pub(crate) fn line(&self, site: &Site, key: &Key<'_>) -> Result<Line, Error> {
        let here = connect(&site.name, site.address)?.local_addr();
        let here = here.as_ref().map(SocketAddr::ip);
        let own = here.map_err(|error| Error::failed(error.to_string(), "try again"))?;
        let from = if self.from.is_empty() { vec![own] } else { self.from.clone() };
        Line::new(&key.key, from, !self.no_gate)
    }

    /// The gate's program; `None` where it is not wanted.
    ///
    /// # Errors
    /// It is not there.
    pub(crate) fn gate(&self) -> Result<Option<Vec<u8>>, Error> {
        if self.no_gate {
            return Ok(None);
        }
        let bytes = vm_autoscale_guard::read_regular_bytes(&self.gate, LONGEST_GATE);
        let bytes = bytes.map_err(|error| {
            Error::failed(error.problem(), "vm-autoscale-setup install puts the gate there")
        })?;
        Ok(Some(bytes.to_vec()))
    }
}
