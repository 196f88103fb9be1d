//! What the broker is given at its start by the program that read root's files: all that it will
//! ever know beside the known hosts, so that it needs neither those files nor what can read them.

use std::collections::BTreeSet;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, Serializer};
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
    #[serde(serialize_with = "in_the_clear")]
    Key(Secret),
    /// The password.
    #[serde(serialize_with = "in_the_clear")]
    Password(Secret),
}

/// Into memory that only this program and the one that it becomes ever see.
fn in_the_clear<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

impl Orders {
    /// Reads them; nothing of a text that is none is repeated.
    pub(crate) fn read(from: impl Read) -> Result<Self, String> {
        let mut text = Zeroizing::new(Vec::new());
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
