//! `trust-host`: pinning a node's host keys.

mod decide;
mod fetch;
mod from_node;
mod pins;
mod told;
mod words;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use russh::keys::PublicKey;
use russh::keys::ssh_key::Fingerprint;
use vm_autoscale_config::HelperConfig;

use self::decide::{Decision, decide};
use self::pins::File;
use self::told::Told;
use self::words::{Address, address, fingerprint, name};
use crate::args::Format;
use crate::error::Error;
use crate::import;
use crate::nodes::{Site, confirmed, note, policy, sites};
use crate::{paths, say};

const EXAMPLES: &str = "\
Examples:
  vm-autoscale-setup trust-host pve1 192.168.1.11
  vm-autoscale-setup trust-host pve1 192.168.1.11 --fingerprint SHA256:…
  vm-autoscale-setup trust-host pve1 192.168.1.11 --replace
  vm-autoscale-setup trust-host --from-node pve1 --ssh root@pve1

Exit codes: 0 pinned, 1 not pinned, 2 wrong usage, 3 helper.yaml invalid, 5 not root,
6 the node does not answer, 66 no helper.yaml";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct TrustHost {
    /// Proxmox's name of the node, or CLUSTER/NODE.
    #[arg(value_name = "NODE", value_parser = name, required_unless_present = "from_node")]
    node: Option<String>,
    /// Its IP address, as in helper.yaml: `192.168.1.11`, `192.168.1.11:2222`, `[fd00::1]:2222`.
    #[arg(value_name = "ADDRESS[:PORT]", value_parser = address)]
    #[arg(required_unless_present = "from_node")]
    address: Option<Address>,
    /// Pin the key with this fingerprint and ask nothing. Can be given again.
    #[arg(long, value_name = "SHA256:…", value_parser = fingerprint)]
    fingerprint: Vec<Fingerprint>,
    /// Put the key that the node shows now in the place of the one that is pinned.
    #[arg(long)]
    replace: bool,
    /// Take over the keys of the cluster's other nodes from this one, which is pinned already.
    #[arg(long, value_name = "NODE", requires = "ssh", conflicts_with_all = ["node", "address"])]
    from_node: Option<String>,
    /// Your own way into that node, as root.
    #[arg(long, value_name = "[USER@]HOST", requires = "from_node")]
    ssh: Option<String>,
    /// The helper's configuration: it says where the pins are.
    #[arg(long, value_name = "FILE", default_value = paths::POLICY)]
    config: PathBuf,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output_format: Format,
}

pub(crate) fn run(arguments: &TrustHost) -> Result<ExitCode, Error> {
    let config = policy(&arguments.config)?;
    if let (Some(trusted), Some(target)) = (&arguments.from_node, &arguments.ssh) {
        from_node::take_over(arguments, &config, (trusted, target))?;
    } else if let (Some(node), Some(address)) = (&arguments.node, arguments.address) {
        one(arguments, &config, node, address)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// One node, by what it shows.
fn one(
    arguments: &TrustHost,
    config: &HelperConfig,
    node: &str,
    address: Address,
) -> Result<(), Error> {
    let (address, known) = place(config, &arguments.config, node, address)?;
    let keys = fetch::fetch(node, address)?;
    let shown = Shown { node, address, known, keys: &keys };
    pin(arguments, config, &shown, &arguments.fingerprint, "Are they the same?")
}

/// A node and its keys.
struct Shown<'a> {
    node: &'a str,
    address: SocketAddr,
    /// Whether `helper.yaml` has it.
    known: bool,
    keys: &'a [PublicKey],
}

/// Pins what is confirmed.
fn pin(
    arguments: &TrustHost,
    config: &HelperConfig,
    shown: &Shown<'_>,
    wanted: &[Fingerprint],
    question: &str,
) -> Result<(), Error> {
    let file = File::read(&config.known_hosts)?;
    let decision = decide(&file, shown.address, shown.keys, wanted)?;
    let told = Told { shown, file: &file, decision: &decision };
    let Decision::Pin { remove, add } = &decision else {
        return say(&told.already(arguments.output_format));
    };
    if !remove.is_empty() && !arguments.replace {
        return Err(told.changed());
    }
    if wanted.is_empty() {
        note(told.question().trim_end());
        if !confirmed(question, &told.unattended())? {
            return Err(Error::failed("nothing was pinned", told.unattended()));
        }
    }
    file.replace(shown.address, remove, add)?;
    say(&told.pinned(arguments.output_format))
}

/// Where the node is, and whether `helper.yaml` has it.
fn place(
    config: &HelperConfig,
    file: &Path,
    node: &str,
    Address(ip, port): Address,
) -> Result<(SocketAddr, bool), Error> {
    let sites: Vec<Site> = sites(config).into_iter().filter(|site| site.is(node)).collect();
    let fits = |site: &&Site| {
        site.address.ip() == ip && port.is_none_or(|port| port == site.address.port())
    };
    let said = SocketAddr::new(ip, port.unwrap_or(22));
    match (sites.iter().find(fits), sites.first()) {
        (Some(site), _) => Ok((site.address, true)),
        (None, None) => Ok((said, false)),
        (None, Some(other)) => Err(elsewhere(file, node, other.address, said)),
    }
}

fn elsewhere(file: &Path, node: &str, other: SocketAddr, said: SocketAddr) -> Error {
    let file = import::shown(file);
    Error::failed(
        format!("{file} has {node} at {other}, and not at {said}"),
        format!("vm-autoscale-setup trust-host {node} {other}, or first change {file}"),
    )
}
