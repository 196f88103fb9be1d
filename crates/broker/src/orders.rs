//! What the broker is given at its start by the program that read root's files: all that it will
//! ever know beside the known hosts, so that it needs neither those files nor what can read them.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vm_autoscale_guard::Secret;
use vm_autoscale_node::{ClusterName, NodeName};
use vm_autoscale_policy::Policy;
use vm_autoscale_sandbox::Needs;
use zeroize::Zeroizing;

/// The longest orders, in bytes: several times the longest helper.yaml.
const MAX: u64 = 32 * 1024 * 1024;

/// On standard input, as JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Orders {
    /// Of the program that gives them: the broker takes those of its own version only.
    pub version: String,
    /// What may be done.
    pub policy: Policy,
    /// Who is heard.
    pub scheduler: User,
    /// Where, if systemd does not pass a socket.
    pub socket: PathBuf,
    /// The pinned keys: read again whenever they change.
    pub known_hosts: PathBuf,
    /// What outlives a restart.
    pub runtime_directory: PathBuf,
    /// How the clusters are reached.
    pub ways: Vec<Way>,
}

/// The scheduler's user.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Only this one is heard.
    pub uid: u32,
    /// Its group, as far as there is such a user.
    pub gid: Option<u32>,
}

/// The way into one cluster.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// Which.
    pub cluster: ClusterName,
    /// The login user.
    pub user: String,
    /// What that user proves itself by.
    pub proof: Proof,
    /// Its nodes.
    pub nodes: Vec<(NodeName, SocketAddr)>,
}

/// A private key in OpenSSH's form, or a password.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The key's text.
    #[serde(serialize_with = "to_hex", deserialize_with = "from_hex")]
    Key(Secret),
    /// The password.
    #[serde(serialize_with = "to_hex", deserialize_with = "from_hex")]
    Password(Secret),
}

/// Into memory that only this program and the one that it becomes ever see. Not as it is: what has
/// to be unescaped passes through a buffer of `serde_json`'s that nobody wipes.
fn to_hex<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    let bytes = secret.expose().as_bytes();
    let mut text = Zeroizing::new(String::with_capacity(bytes.len().saturating_mul(2)));
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    text.extend(digits.filter_map(|digit| char::from_digit(digit.into(), 16)));
    serializer.serialize_str(&text)
}

fn from_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    let bad = || D::Error::custom("no hexadecimal digits");
    let text = <&str>::deserialize(deserializer)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / 2));
    for pair in text.as_bytes().chunks(2) {
        let pair = std::str::from_utf8(pair).map_err(|_| bad())?;
        bytes.push(u8::from_str_radix(pair, 16).map_err(|_| bad())?);
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| bad())?;
    Ok(Secret::from(Zeroizing::new(text.to_owned())))
}

impl Orders {
    /// Reads them; nothing of a text that is none is repeated.
    pub(crate) fn read(from: File) -> Result<Self, String> {
        // As long as they are at once: one that had to grow would leave copies behind.
        let length = from.metadata().map_or(0, |metadata| metadata.len().min(MAX));
        let room = usize::try_from(length).unwrap_or_default().saturating_add(64);
        let mut text = Zeroizing::new(Vec::with_capacity(room));
        from.take(MAX).read_to_end(&mut text).map_err(|error| error.to_string())?;
        let orders: Self = serde_json::from_slice(&text)
            .map_err(|_| "it is started by vm-autoscale-helper, not by itself".to_owned())?;
        let own = env!("CARGO_PKG_VERSION");
        if orders.version != own {
            let other = orders.version;
            return Err(format!(
                "vm-autoscale-helper is {other}, this is {own}: install both of one version"
            ));
        }
        Ok(orders)
    }

    /// What of the machine is needed to carry them out.
    pub(crate) fn needs(&self) -> Needs {
        let nodes = self.ways.iter().flat_map(|way| &way.nodes);
        Needs {
            reads: BTreeSet::from([directory_of(&self.known_hosts)]),
            writes: BTreeSet::from([self.runtime_directory.clone()]),
            ports: nodes.map(|(_, address)| address.port()).collect(),
            ..Needs::default()
        }
    }
}

/// Where a file is.
pub(crate) fn directory_of(file: &Path) -> PathBuf {
    // That of a bare name is the empty path, which nothing opens.
    let directory = file.parent().filter(|directory| !directory.as_os_str().is_empty());
    directory.unwrap_or(Path::new(".")).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_pass_as_they_are_and_without_anything_to_unescape() {
        for text in ["", "hunter2", "a\n\"b\\c\u{1}", "Grüße"] {
            let json = serde_json::to_string(&Proof::Password(text.to_owned().into())).unwrap();
            let digits =
                json.strip_prefix("{\"password\":\"").unwrap().strip_suffix("\"}").unwrap();
            assert!(digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{json}");
            let Proof::Password(read) = serde_json::from_str(&json).unwrap() else { panic!() };
            assert_eq!(read.expose(), text);
        }
        for bad in ["x", "6g", "ff"] {
            let json = format!("{{\"key\":\"{bad}\"}}");
            assert!(serde_json::from_str::<Proof>(&json).is_err(), "{bad}");
        }
    }
}
