//! Taking over the host keys of a cluster's other nodes from one that is trusted already.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use russh::keys::ssh_key::Fingerprint;
use russh::keys::{HashAlg, PublicKey};
use vm_autoscale_config::HelperConfig;
use vm_autoscale_node::NodeName;

use super::{Shown, TrustHost, pin};
use crate::authorize::is_pinned;
use crate::error::Error;
use crate::nodes::{Job, Remote, Site, Way, named, note, sites};

/// The others' keys, as the trusted one knows them.
#[derive(Debug, Default)]
struct Known {
    keys: BTreeMap<(String, IpAddr), Vec<PublicKey>>,
    /// Nodes of which it knows none, and why.
    none: Vec<(String, String)>,
}

/// Pins what is confirmed. Where something is in the way of one node, the others are pinned.
///
/// # Errors
/// The trusted node cannot be asked, or not all was pinned.
pub(super) fn take_over(
    arguments: &TrustHost,
    config: &HelperConfig,
    (trusted, target): (&str, &str),
) -> Result<(), Error> {
    let site = named(config, &arguments.config, trusted)?;
    is_pinned(config, &site)?;
    let known = ask(&site, &Way::Ssh(target.to_owned()), config)?;
    let mut failures: Vec<String> =
        known.none.iter().map(|(name, why)| format!("{name}: {why}")).collect();
    for ((name, ip), keys) in &known.keys {
        let (address, in_file) = place(config, &site, name, *ip);
        let node = Shown { node: name, address, known: in_file, keys };
        let question = "Pin these, as the trusted node has them?";
        if let Err(error) = pin(arguments, config, &node, &said(arguments, keys), question) {
            failures.push(format!("{name}: {error}"));
        }
    }
    if failures.is_empty() {
        return Ok(());
    }
    Err(Error::failed(
        format!("not all nodes of the cluster are pinned:\n  {}", failures.join("\n  ")),
        "vm-autoscale-setup trust-host NODE ADDRESS, for each of them",
    ))
}

/// Of the fingerprints that were said only those that are of this node.
fn said(arguments: &TrustHost, keys: &[PublicKey]) -> Vec<Fingerprint> {
    let has =
        |wanted: &&Fingerprint| keys.iter().any(|key| key.fingerprint(HashAlg::Sha256) == **wanted);
    arguments.fingerprint.iter().filter(has).copied().collect()
}

/// Where the helper looks for it: `helper.yaml` knows better than the cluster, which may have a
/// network of its own.
fn place(config: &HelperConfig, trusted: &Site, name: &str, ip: IpAddr) -> (SocketAddr, bool) {
    let all = sites(config);
    let site = all.iter().find(|site| site.cluster == trusted.cluster && site.name == name);
    site.map_or((SocketAddr::new(ip, 22), false), |site| (site.address, true))
}

fn ask(site: &Site, way: &Way, config: &HelperConfig) -> Result<Known, Error> {
    note(&format!("{}: asks for the other nodes' host keys…", site.name));
    let mut remote = Remote::begin(way, site, &config.known_hosts, Job::ReadKeys)?;
    let mut known = Known::default();
    while let Some((word, rest)) = remote.next() {
        match word.as_str() {
            "key" => known.add(&rest),
            "none" => {
                let (name, why) = rest.split_once(' ').unwrap_or((&rest, ""));
                known.none.push((name.to_owned(), why.to_owned()));
            }
            "failed" => {
                drop(remote.ended());
                let help = "vm-autoscale-setup trust-host NODE ADDRESS, for each node";
                return Err(Error::failed(format!("{}: {rest}", site.name), help));
            }
            "ready" => {
                drop(remote.ended());
                return Ok(known);
            }
            _ => {}
        }
    }
    Err(remote.ended())
}

impl Known {
    /// `NAME IP TYPE KEY`; what is none of these is passed over.
    fn add(&mut self, answer: &str) {
        let words: Vec<&str> = answer.split(' ').collect();
        let [name, ip, kind, key] = words.as_slice() else { return };
        let name = NodeName::try_from((*name).to_owned());
        let key = format!("{kind} {key}").parse::<PublicKey>();
        if let (Ok(name), Ok(ip), Ok(key)) = (name, ip.parse(), key) {
            self.keys.entry((name.as_str().to_owned(), ip)).or_default().push(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust_host::pins::tests::key;

    #[test]
    fn what_is_no_key_of_a_node_is_passed_over() {
        let good = key(1).to_openssh().unwrap();
        let mut known = Known::default();
        for answer in [
            format!("pve2 192.0.2.2 {}", good.trim()),
            format!("pve2;id 192.0.2.2 {}", good.trim()),
            format!("pve2 pve2.lan {}", good.trim()),
            "pve2 192.0.2.2 ssh-rsa AAAA".to_owned(),
            "pve2 192.0.2.2 ssh-ed25519".to_owned(),
        ] {
            known.add(&answer);
        }
        let ip = "192.0.2.2".parse().unwrap();
        assert_eq!(known.keys, BTreeMap::from([(("pve2".to_owned(), ip), vec![key(1)])]));
    }
}
