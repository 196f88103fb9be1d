//! `trust-host`: pinning a node's host keys.

mod decide;
mod fetch;
mod pins;
mod told;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use russh::keys::ssh_key::Fingerprint;
use vm_autoscale_config::HelperConfig;
use vm_autoscale_node::NodeName;

use self::decide::{Decision, decide};
use self::pins::File;
use self::told::Told;
use crate::args::Format;
use crate::error::Error;
use crate::import::shown;
use crate::nodes::{Site, confirmed, note, policy, sites};
use crate::{paths, say};

const EXAMPLES: &str = "\
Examples:
  vm-autoscale-setup trust-host pve1 192.168.1.11
  vm-autoscale-setup trust-host pve1 192.168.1.11 --fingerprint SHA256:…
  vm-autoscale-setup trust-host pve1 192.168.1.11 --replace

Exit codes: 0 pinned, 1 not pinned, 2 wrong usage, 3 helper.yaml invalid, 5 not root,
6 the node does not answer, 66 no helper.yaml";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct TrustHost {
    /// Proxmox's name of the node, or CLUSTER/NODE.
    #[arg(value_name = "NODE", value_parser = name)]
    node: String,
    /// Its IP address, as in helper.yaml: `192.168.1.11`, `192.168.1.11:2222`, `[fd00::1]:2222`.
    #[arg(value_name = "ADDRESS[:PORT]", value_parser = address)]
    address: Address,
    /// Pin the key with this fingerprint and ask nothing. Can be given again.
    #[arg(long, value_name = "SHA256:…", value_parser = fingerprint)]
    fingerprint: Vec<Fingerprint>,
    /// Put the key that the node shows now in the place of the one that is pinned.
    #[arg(long)]
    replace: bool,
    /// The helper's configuration: it says where the pins are.
    #[arg(long, value_name = "FILE", default_value = paths::POLICY)]
    config: PathBuf,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output_format: Format,
}

/// An address, and a port where one was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Address(IpAddr, Option<u16>);

pub(crate) fn run(arguments: &TrustHost) -> Result<ExitCode, Error> {
    let config = policy(&arguments.config)?;
    let (address, known) = place(arguments, &config)?;
    let file = File::read(&config.known_hosts)?;
    let keys = fetch::fetch(&arguments.node, address)?;
    let decision = decide(&file, address, &keys, &arguments.fingerprint)?;
    let told = Told { node: &arguments.node, address, known, file: &file, decision: &decision };
    let Decision::Pin { remove, add } = &decision else {
        return say(&told.already(arguments.output_format)?).map(|()| ExitCode::SUCCESS);
    };
    if !remove.is_empty() && !arguments.replace {
        return Err(told.changed());
    }
    if arguments.fingerprint.is_empty() {
        note(told.question().trim_end());
        if !confirmed("Are they the same?", &told.unattended())? {
            return Err(Error::failed("nothing was pinned", told.unattended()));
        }
    }
    file.replace(address, remove, add)?;
    say(&told.pinned(arguments.output_format)?).map(|()| ExitCode::SUCCESS)
}

/// Where the node is, and whether `helper.yaml` has it.
fn place(arguments: &TrustHost, config: &HelperConfig) -> Result<(SocketAddr, bool), Error> {
    let Address(ip, port) = arguments.address;
    let sites: Vec<Site> =
        sites(config).into_iter().filter(|site| site.is(&arguments.node)).collect();
    let fits = |site: &&Site| {
        site.address.ip() == ip && port.is_none_or(|port| port == site.address.port())
    };
    let said = SocketAddr::new(ip, port.unwrap_or(22));
    match (sites.iter().find(fits), sites.first()) {
        (Some(site), _) => Ok((site.address, true)),
        (None, None) => Ok((said, false)),
        (None, Some(other)) => Err(elsewhere(arguments, other.address, said)),
    }
}

fn elsewhere(arguments: &TrustHost, other: SocketAddr, said: SocketAddr) -> Error {
    let (node, file) = (&arguments.node, shown(&arguments.config));
    Error::failed(
        format!("{file} has {node} at {other}, and not at {said}"),
        format!("vm-autoscale-setup trust-host {node} {other}, or first change {file}"),
    )
}

fn name(text: &str) -> Result<String, String> {
    let (cluster, node) = text.split_once('/').unwrap_or(("x", text));
    for part in [cluster, node] {
        NodeName::try_from(part.to_owned()).map_err(|error| error.to_string())?;
    }
    Ok(text.to_owned())
}

fn address(text: &str) -> Result<Address, String> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    if let Ok(ip) = bare.parse() {
        return Ok(Address(ip, None));
    }
    let both: Result<SocketAddr, _> = text.parse();
    let both = both.map_err(|_| "an IP address is needed; names are not resolved".to_owned())?;
    Ok(Address(both.ip(), Some(both.port())))
}

fn fingerprint(text: &str) -> Result<Fingerprint, String> {
    let parsed: Option<Fingerprint> = text.parse().ok();
    let sha256 = parsed.filter(|parsed| matches!(parsed, Fingerprint::Sha256(_)));
    sha256.ok_or_else(|| "not as `ssh-keygen -lf FILE` prints it: SHA256:…".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_ips_with_or_without_a_port() {
        let ip = |text: &str| text.parse().unwrap();
        for (text, port) in
            [("192.0.2.1", None), ("192.0.2.1:2222", Some(2222)), ("[192.0.2.1]", None)]
        {
            assert_eq!(address(text), Ok(Address(ip("192.0.2.1"), port)), "{text}");
        }
        assert_eq!(address("fd00::1"), Ok(Address(ip("fd00::1"), None)));
        assert_eq!(address("[fd00::1]:2222"), Ok(Address(ip("fd00::1"), Some(2222))));
        for wrong in ["pve1", "192.0.2.1:x", "", "192.0.2.1:22:22", "192.0.2.1 22"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_and_fingerprints_are_of_their_alphabets() {
        assert!(name("pve1").is_ok() && name("home/pve1").is_ok());
        for wrong in ["", "pve1;id", "a/b/c", "-x", "/pve1"] {
            assert!(name(wrong).is_err(), "{wrong}");
        }
        let good = "SHA256:".to_owned() + &"A".repeat(43);
        assert_eq!(fingerprint(&good).unwrap().to_string(), good);
        for wrong in ["SHA256:AAAA", "MD5:00", &good[7..], &(good.clone() + "=A")] {
            assert!(fingerprint(wrong).is_err(), "{wrong}");
        }
    }
}
