//! What an administrator reads when a host key is refused.

use std::fmt;
use std::path::PathBuf;

use russh::keys::ssh_key::Fingerprint;
use russh::keys::{Algorithm, HashAlg, PublicKey};

use super::names::Target;
use super::{Recorded, Verdict};

/// So many recorded keys are written out.
const SHOWN: usize = 4;

const STOLEN: &str = " Either something else answers on the node's address with a stolen key, \
    or the node was never given a new one: look on its console.";
const COMPARE: &str = " Either the node was given a new key, or something else answers on its \
    address. Compare with the node's console (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub, \
    or _ecdsa_) before you change that line. A node that was installed anew: `pvecm updatecerts` \
    there has its cluster know the new key, `vm-autoscale-setup trust-host --replace` here.";
const USABLE: &str = " Record its ssh-ed25519 or ecdsa-sha2-nistp key; others are not supported.";
const PIN: &str = " Add one once the node's own console shows the same fingerprint.";
const NOT_SKIPPED: &str = " Such a line is not skipped, for it may have been meant to revoke: \
    correct or delete it.";
const NO_CERTIFICATES: &str = " Host certificates are not supported: add a line with the node's \
    own ssh-ed25519 key.";

/// Why a connection was not made. Its text is one paragraph: what happened, that nothing was
/// sent, and the commands with which to look closer. There is nothing secret in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    path: PathBuf,
    target: Target,
    offered: Option<(Algorithm, Fingerprint)>,
    verdict: Verdict,
}

impl Refusal {
    /// `key` is `None` if the host was not asked for one.
    pub(super) fn new(
        path: PathBuf,
        target: Target,
        key: Option<&PublicKey>,
        verdict: Verdict,
    ) -> Self {
        Self {
            path,
            target,
            offered: key.map(|key| (key.algorithm(), key.fingerprint(HashAlg::Sha256))),
            verdict,
        }
    }

    /// The verdict behind it, never [`Verdict::Trusted`].
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    fn what_happened(&self) -> String {
        let file = visible(&self.path.to_string_lossy());
        let at = |line: &usize| format!("line {line} of {file}");
        match &self.verdict {
            Verdict::Trusted { line } => format!("{} trusts it.", at(line)),
            Verdict::Revoked { line } => format!("{} revokes this key.{STOLEN}", at(line)),
            Verdict::Changed { recorded } => {
                let recorded = list(recorded);
                format!("{file} records another key of this type: {recorded}.{COMPARE}")
            }
            Verdict::OtherType { line, known } => {
                let (known, at) = (known.join(", "), at(line));
                format!("only other types of key are on record ({known}, first on {at}).{USABLE}")
            }
            Verdict::Unknown => {
                let (name, hint) = (&self.target.name, self.port_hint());
                format!("no line of {file} names {name}.{PIN}{hint}")
            }
            Verdict::Malformed { line, why } => {
                format!("{} names this host, but {why}.{NOT_SKIPPED}", at(line))
            }
            Verdict::CertAuthority { line } => {
                format!("{} is a @cert-authority.{NO_CERTIFICATES}", at(line))
            }
        }
    }

    /// OpenSSH accepts such a line, so that an administrator may wonder.
    fn port_hint(&self) -> &'static str {
        if self.target.has_own_port() {
            " A line that names the host without its port does not count."
        } else {
            ""
        }
    }

    fn look_closer(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port) = (quoted(&self.target.host), self.target.port);
        let file = quoted(&self.path.to_string_lossy());
        write!(f, " What the node shows now: ssh-keyscan -p {port} {host} | ssh-keygen -lf - ;")?;
        match self.verdict {
            // ssh-keygen would not find each of them by this name.
            Verdict::Malformed { line, .. }
            | Verdict::CertAuthority { line }
            | Verdict::Revoked { line } => write!(f, " the line: sed -n {line}p {file}"),
            _ => {
                let name = quoted(&self.target.name);
                write!(f, " what is on record: ssh-keygen -lF {name} -f {file}")
            }
        }
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.target.name;
        match &self.offered {
            Some((algorithm, fingerprint)) => {
                write!(f, "host key of {name} refused (it offered {algorithm} {fingerprint}): ")?;
            }
            None => write!(f, "no host key of {name} could be accepted: ")?,
        }
        f.write_str(&self.what_happened())?;
        f.write_str(match self.offered {
            Some(_) => " Nothing was sent: the connection ended before any login.",
            None => " Nothing was sent: no connection was opened.",
        })?;
        self.look_closer(f)
    }
}

fn list(recorded: &[Recorded]) -> String {
    let one = |Recorded { line, fingerprint }: &Recorded| format!("line {line} has {fingerprint}");
    let shown: Vec<String> = recorded.iter().take(SHOWN).map(one).collect();
    match recorded.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// For a shell. Control characters, which a path may have, are replaced.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", visible(text).replace('\'', r"'\''"))
}

fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}
