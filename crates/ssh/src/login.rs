//! How the helper proves to a node who it is.

use std::sync::Arc;

use russh::keys::{Algorithm, PrivateKey, decode_secret_key};
use vm_autoscale_guard::Secret;

/// A user with a key or, the lesser way, a password.
pub struct Login {
    /// Whom the node knows.
    pub user: String,
    /// That it is so.
    pub proof: Proof,
}

/// What a node is shown.
pub enum Proof {
    /// A key: nothing secret leaves this machine.
    Key(Arc<PrivateKey>),
    /// A password, which the node gets to see.
    Password(Secret),
}

/// Why a key is not used. Never with a word of the file: it may hold parts of the key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// Nobody is there to type it.
    #[error("the key has a passphrase, and nobody is there to type it")]
    Passphrase,
    /// It is of another type than those that are used.
    #[error("a key of type {0}; only ed25519 and ECDSA are used")]
    Type(String),
    /// It is none, or broken.
    #[error("not a private key that can be used")]
    Unreadable,
}

/// Reads an ed25519 or ECDSA key in OpenSSH's form.
///
/// # Errors
/// It is none of these.
pub fn private_key(text: &str) -> Result<PrivateKey, BadKey> {
    let key = decode_secret_key(text, None).map_err(|error| match error {
        russh::keys::Error::KeyIsEncrypted => BadKey::Passphrase,
        _ => BadKey::Unreadable,
    })?;
    match key.algorithm() {
        Algorithm::Ed25519 | Algorithm::Ecdsa { .. } => Ok(key),
        other => Err(BadKey::Type(other.to_string())),
    }
}
