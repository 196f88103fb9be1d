//! Each node's SSH server: who has a known key may log in, and may execute single lines, nothing else.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, HashAlg, PrivateKey, PublicKey};
use russh::server::Config;
use russh::{Disconnect, MethodKind, MethodSet};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use vm_autoscale_proxmox::NodeName;

use crate::{Error, Lab, Options};

mod authorized;
mod handler;
mod stream;
#[cfg(test)]
mod tests;

/// The lab's keys.
#[derive(Debug)]
pub(crate) struct Keys {
    hosts: BTreeMap<NodeName, PrivateKey>,
    client: PrivateKey,
    authorized: Option<PathBuf>,
}

impl Keys {
    pub(crate) fn generate(options: &Options) -> Result<Self, Error> {
        let authorized = options.authorized_keys.clone();
        let mut keys = Self { hosts: BTreeMap::new(), client: key()?, authorized };
        keys.new_host_keys(&options.nodes)?;
        Ok(keys)
    }

    pub(crate) fn new_host_keys(&mut self, nodes: &[NodeName]) -> Result<(), Error> {
        for node in nodes {
            self.hosts.insert(node.clone(), key()?);
        }
        Ok(())
    }
}

/// A new ed25519 key.
///
/// # Errors
/// The system has no randomness.
pub fn key() -> Result<PrivateKey, Error> {
    let mut random = russh::keys::key::safe_rng();
    PrivateKey::random(&mut random, Algorithm::Ed25519).map_err(failed)
}

/// The key as an OpenSSH file.
///
/// # Errors
/// None in practice.
pub fn key_file(key: &PrivateKey) -> Result<String, Error> {
    key.to_openssh(LineEnding::LF).map(|text| text.to_string()).map_err(failed)
}

/// A line of `known_hosts`.
///
/// # Errors
/// None in practice.
pub fn known_hosts_line(address: SocketAddr, key: &PublicKey) -> Result<String, Error> {
    let key = PublicKey::new(key.key_data().clone(), "").to_openssh().map_err(failed)?;
    Ok(format!("[{}]:{} {}\n", address.ip(), address.port(), key.trim_end()))
}

/// The password that a lab takes beside its key: nobody knows it who cannot read the key.
#[must_use]
pub fn password(key: &PrivateKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

impl Lab {
    /// The key that may log in.
    #[must_use]
    pub fn client_key(&self) -> PrivateKey {
        self.keys().client.clone()
    }

    /// Whether that key may log in, too, by the administrator's file as it is now.
    fn lets_in(&self, key: &PublicKey) -> bool {
        let authorized = self.keys().authorized.clone();
        authorized.is_some_and(|path| authorized::has(&path, key))
    }

    /// The host key that new connections to that node meet.
    ///
    /// # Errors
    /// There is no such node.
    pub fn host_key(&self, node: &NodeName) -> Result<PrivateKey, Error> {
        let key = self.keys().hosts.get(node).cloned();
        key.ok_or_else(|| Error::Ssh(format!("there is no node {node}")))
    }
}

/// A listening server; dropped, it closes the port and every connection.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<()>,
}

impl Server {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends every connection; new ones are taken.
    pub fn disconnect_all(&self) {
        self.stop.send_replace(());
    }
}

/// Listens as that node, with its host key or with one of its own.
///
/// # Errors
/// The address cannot be listened on.
pub async fn listen(
    lab: &Lab,
    node: &NodeName,
    address: SocketAddr,
    own_key: Option<PrivateKey>,
) -> Result<Server, Error> {
    let listener = TcpListener::bind(address).await.map_err(Error::io(address))?;
    let address = listener.local_addr().map_err(Error::io(address))?;
    let (stop, stopped) = watch::channel(());
    let at = At { lab: lab.clone(), node: node.clone() };
    tokio::spawn(accept(at, listener, own_key, stopped));
    Ok(Server { address, stop })
}

/// Whose server it is.
#[derive(Debug, Clone)]
struct At {
    lab: Lab,
    node: NodeName,
}

async fn accept(
    at: At,
    listener: TcpListener,
    own_key: Option<PrivateKey>,
    mut stopped: watch::Receiver<()>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            changed = stopped.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return,
            },
        };
        match accepted {
            Ok((stream, _)) => {
                let key = own_key.clone().map_or_else(|| at.lab.host_key(&at.node), Ok);
                let Ok(key) = key else { return };
                tokio::spawn(connection(at.clone(), stream, key, stopped.clone()));
            }
            // Too many open files, most likely: some will close.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// One connection; how it ends is the client's to tell.
async fn connection(at: At, stream: TcpStream, key: PrivateKey, mut stopped: watch::Receiver<()>) {
    let Some(power) = at.lab.power(&at.node) else { return };
    at.lab.count(|stats| stats.connections += 1);
    // Small packets, one at a time; where it cannot be set it is only slower.
    let _ = stream.set_nodelay(true);
    let (stream, authenticated) = stream::counted(stream, at.lab.clone(), power);
    let handler = handler::Session::new(at, authenticated);
    let started = tokio::select! {
        started = russh::server::run_stream(config(key), stream, handler) => started,
        _ = stopped.changed() => return,
    };
    let Ok(session) = started else { return };
    let handle = session.handle();
    tokio::select! {
        _ = session => {}
        _ = stopped.changed() => {
            let _ = handle.disconnect(Disconnect::ByApplication, String::new(), String::new()).await;
        }
    }
}

fn config(key: PrivateKey) -> Arc<Config> {
    Arc::new(Config {
        methods: MethodSet::from(&[MethodKind::PublicKey][..]),
        auth_rejection_time: Duration::from_millis(1),
        keys: vec![key],
        inactivity_timeout: None,
        ..Config::default()
    })
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Ssh(error.to_string())
}
