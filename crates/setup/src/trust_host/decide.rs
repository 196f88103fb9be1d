//! What becomes of the keys that a node shows.

use std::net::SocketAddr;

use russh::keys::ssh_key::Fingerprint;
use russh::keys::{HashAlg, PublicKey};
use vm_autoscale_ssh::known_hosts::Verdict;

use super::pins::{File, Pinned};
use crate::error::Error;

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// A key that it shows is pinned, and none that it shows is another one.
    Already(Vec<PublicKey>),
    /// Take these lines out, and put these keys in.
    Pin {
        /// Other keys that are pinned for the node. None for one that is new.
        remove: Vec<Pinned>,
        /// Never empty.
        add: Vec<PublicKey>,
    },
}

/// # Errors
/// A key is revoked, a line of the file cannot be understood, or no key has a wanted fingerprint.
pub(super) fn decide(
    file: &File,
    address: SocketAddr,
    shown: &[PublicKey],
    wanted: &[Fingerprint],
) -> Result<Decision, Error> {
    let chosen = chosen(shown, wanted)?;
    let hosts = file.hosts();
    let (mut trusted, mut changed) = (Vec::new(), false);
    // Also one that nobody chose: who shows a revoked key is not the node.
    for key in shown {
        match hosts.verify(&address.ip(), address.port(), key) {
            Verdict::Trusted { .. } => trusted.push(key.clone()),
            Verdict::Revoked { .. } | Verdict::Malformed { .. } => {
                return Err(refused(file, address, key));
            }
            Verdict::Changed { .. } => changed = true,
            Verdict::OtherType { .. } | Verdict::Unknown | Verdict::CertAuthority { .. } => {}
        }
    }
    let add: Vec<PublicKey> =
        chosen.into_iter().filter(|key| !trusted.contains(key)).cloned().collect();
    let agrees = !trusted.is_empty() && !changed;
    if add.is_empty() || (agrees && wanted.is_empty()) {
        return Ok(Decision::Already(trusted));
    }
    let others = |pinned: &Pinned| !agrees && !trusted.contains(&pinned.key);
    Ok(Decision::Pin { remove: file.of(address).into_iter().filter(others).collect(), add })
}

/// All that are shown, or those that have the wanted fingerprints.
fn chosen<'a>(shown: &'a [PublicKey], wanted: &[Fingerprint]) -> Result<Vec<&'a PublicKey>, Error> {
    let has = |key: &PublicKey, wanted: &Fingerprint| key.fingerprint(HashAlg::Sha256) == *wanted;
    if let Some(stray) = wanted.iter().find(|wanted| !shown.iter().any(|key| has(key, wanted))) {
        let shown: Vec<String> = shown.iter().map(named).collect();
        return Err(Error::failed(
            format!(
                "no key of the node has this fingerprint, and nothing was pinned\n  \
                 you said {stray}\n  it shows {}",
                shown.join("\n  it shows ")
            ),
            "look on the node's own console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\n  \
             Where that says what you said, something else answers on the node's address.",
        ));
    }
    let all = wanted.is_empty();
    Ok(shown.iter().filter(|key| all || wanted.iter().any(|wanted| has(key, wanted))).collect())
}

/// Fingerprint and type.
pub(super) fn named(key: &PublicKey) -> String {
    format!("{}  {}", key.fingerprint(HashAlg::Sha256), key.algorithm())
}

fn refused(file: &File, address: SocketAddr, key: &PublicKey) -> Error {
    let refusal = file.hosts().check(&address.ip(), address.port(), key);
    let why = refusal.err().map(|refusal| refusal.to_string()).unwrap_or_default();
    Error::failed(why, "such a line is never changed by this command: decide about it yourself")
}

#[cfg(test)]
mod tests;
