//! The host keys that a node shows. Nothing is sent but what every SSH connection begins with.

use std::borrow::Cow;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use russh::Preferred;
use russh::client::{Config, Handler};
use russh::keys::{Algorithm, EcdsaCurve, PublicKey, PublicKeyOrCertificate};

use crate::error::Error;
use crate::nodes::connect;

/// For the node to show its key.
const SHOWING: Duration = Duration::from_secs(10);
/// What the helper trusts; one connection each, as a server shows one key a time.
const KINDS: [&[Algorithm]; 2] = [
    &[Algorithm::Ed25519],
    &[
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
    ],
];

/// Its ed25519 and its ECDSA key, as far as it has them.
///
/// # Errors
/// It does not answer, not in SSH, or has neither.
pub(super) fn fetch(node: &str, address: SocketAddr) -> Result<Vec<PublicKey>, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::failed(error.to_string(), "try again"))?;
    let mut keys = Vec::new();
    for kinds in KINDS {
        let stream = connect(node, address)?;
        let shown = runtime.block_on(shown(stream, kinds));
        keys.extend(shown.map_err(|why| no_ssh(node, address, &why))?);
    }
    if keys.is_empty() {
        return Err(Error::failed(
            format!("{node} shows neither an ed25519 nor an ECDSA key, and no other is trusted"),
            "on the node's console: ssh-keygen -A && systemctl restart ssh",
        ));
    }
    Ok(keys)
}

fn no_ssh(node: &str, address: SocketAddr, why: &str) -> Error {
    let (ip, port) = (address.ip(), address.port());
    Error::unreachable(
        format!("{node}: what listens on port {port} of {ip} does not speak SSH with us: {why}"),
        format!("is it the node's SSH server? ssh-keyscan -p {port} {ip} shows what is there"),
    )
}

/// The key of one of those kinds; `None` where the server has none.
async fn shown(stream: TcpStream, kinds: &[Algorithm]) -> Result<Option<PublicKey>, String> {
    let preferred = Preferred { key: Cow::Owned(kinds.to_vec()), ..Preferred::default() };
    let config = Arc::new(Config { preferred, ..Config::default() });
    let seen = Arc::new(Mutex::new(None));
    stream.set_nonblocking(true).map_err(|error| error.to_string())?;
    let stream = tokio::net::TcpStream::from_std(stream).map_err(|error| error.to_string())?;
    let exchange = russh::client::connect_stream(config, stream, Recorder(seen.clone()));
    let ended = tokio::time::timeout(SHOWING, exchange).await;
    let ended = ended.map_err(|_| "it says nothing within 10 s".to_owned())?;
    let key = seen.lock().map_or(None, |mut seen| seen.take());
    match (key, ended.map(drop)) {
        (Some(key), _) => Ok(Some(key)),
        (None, Err(russh::Error::NoCommonAlgo { kind: russh::AlgorithmKind::Key, .. })) => Ok(None),
        (None, Err(error)) => Err(vm_autoscale_guard::one_line(&error.to_string())),
        (None, Ok(())) => Err("it shows no host key".to_owned()),
    }
}

/// Keeps the key and ends the connection there.
struct Recorder(Arc<Mutex<Option<PublicKey>>>);

impl Handler for Recorder {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<bool, russh::Error> {
        if let (PublicKeyOrCertificate::PublicKey { key, .. }, Ok(mut seen)) =
            (shown, self.0.lock())
        {
            *seen = Some(key.clone());
        }
        Ok(false)
    }
}
