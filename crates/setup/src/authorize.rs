//! `authorize`: letting the helper's key in at a node.

mod put;
mod take;
mod told;
mod what;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use vm_autoscale_config::HelperConfig;
use vm_autoscale_ssh::Pins;

pub(crate) use self::put::{Place, put};
use self::take::remove;
pub(crate) use self::take::take;
pub(crate) use self::take::{Removed, unauthorize};
pub(crate) use self::what::What;
use crate::args::Format;
use crate::error::Error;
use crate::nodes::{Key, Site, Way, identity, named, note, policy};
use crate::say;

const EXAMPLES: &str = "\
Examples:
  vm-autoscale-setup authorize pve1                  prints the line, and what to do with it
  vm-autoscale-setup authorize pve1 --ssh root@pve1  does it, and proves that it works
  vm-autoscale-setup authorize pve1 --local          the same where this machine is the node

With --ssh it is your own ssh that logs in, with your keys, agent or password, and with the pinned
host key. What was put on the node is taken out again unless the proof succeeds.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 helper.yaml invalid, 5 not root,
6 the node does not answer, 66 no helper.yaml";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Authorize {
    /// The node as helper.yaml calls it, or CLUSTER/NODE.
    #[arg(value_name = "NODE")]
    node: String,
    /// Your own way in as root: put the gate and the line there, and prove that they work.
    #[arg(long, value_name = "[USER@]HOST", conflicts_with = "local")]
    ssh: Option<String>,
    /// Take the line away again, and the gate where no other line needs it.
    #[arg(long, conflicts_with_all = ["no_gate", "from"])]
    remove: bool,
    /// This machine is the node: do it here.
    #[arg(long)]
    local: bool,
    #[command(flatten)]
    what: What,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output_format: Format,
}

pub(crate) fn run(arguments: &Authorize) -> Result<ExitCode, Error> {
    let what = &arguments.what;
    let config = policy(&what.config)?;
    let site = named(&config, &what.config, &arguments.node)?;
    if arguments.remove {
        let removed = remove(&config, &site, arguments.way().as_ref())?;
        return say(&removed.told(&site, arguments.output_format)).map(|()| ExitCode::SUCCESS);
    }
    let path = key_path(&site)?;
    let key = Key { key: identity(&path)?, path: &path };
    is_pinned(&config, &site)?;
    let line = what.line(&site, &key)?;
    let Some(way) = arguments.way() else {
        return say(&told::printed(&site, &line, what, arguments.output_format))
            .map(|()| ExitCode::SUCCESS);
    };
    note(&format!("{}: puts the line and the gate there and tries them…", site.name));
    let gate = what.gate()?;
    let place = Place { site: &site, way: &way, pins: &config.known_hosts, gate: gate.as_deref() };
    let done = put(&place, &key, &line)?;
    say(&told::done(&site, &line, &done, arguments.output_format)).map(|()| ExitCode::SUCCESS)
}

impl Authorize {
    fn way(&self) -> Option<Way> {
        let ssh = self.ssh.clone().map(Way::Ssh);
        if self.local { Some(Way::Local) } else { ssh }
    }
}

/// The key that the helper uses there.
///
/// # Errors
/// It uses a password.
pub(crate) fn key_path(site: &Site) -> Result<PathBuf, Error> {
    site.identity.clone().ok_or_else(|| {
        Error::failed(
            format!("cluster {} is logged in to with a password, not a key", site.cluster),
            "in helper.yaml write `identity: /etc/vm-autoscale/id_ed25519` in the place of \
             `password_variable`",
        )
    })
}

/// Before anything is sent anywhere.
///
/// # Errors
/// No host key of the node is pinned, or others can write the pins.
pub(crate) fn is_pinned(config: &HelperConfig, site: &Site) -> Result<(), Error> {
    let help = || format!("vm-autoscale-setup trust-host {} {}", site.name, site.address);
    let path: &Path = &config.known_hosts;
    let (_, hosts) = Pins::new(path.to_owned()).current().map_err(|error| {
        if error.is_missing() {
            return Error::failed(format!("no host key of {} is pinned", site.name), help());
        }
        vm_autoscale_config::Error::from(error).into()
    })?;
    let offerable = hosts.offerable(&site.address.ip(), site.address.port());
    offerable.map(drop).map_err(|refusal| Error::failed(refusal.to_string(), help()))
}
