//! How the helper proves to a node who it is.

use std::path::Path;
use std::sync::Arc;

use russh::keys::{Algorithm, PrivateKey, decode_secret_key};
use vm_autoscale_config::{Access, Cluster, EnvFile, Secret, read_checked};

use crate::error::Error;

/// A user with a key or, the lesser way, a password.
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) proof: Proof,
}

pub(crate) enum Proof {
    Key(Arc<PrivateKey>),
    Password(Secret),
}

impl Login {
    pub(crate) fn of(cluster: &Cluster, env: &EnvFile) -> Result<Self, Error> {
        let proof = match (&cluster.identity, &cluster.password_variable) {
            (Some(path), _) => Proof::Key(Arc::new(key(path)?)),
            (None, Some(variable)) => {
                let cluster = cluster.name.as_str();
                let missing = || Error::NoPassword {
                    cluster: cluster.to_owned(),
                    variable: variable.clone(),
                };
                let password = password(variable, env).cloned().ok_or_else(missing)?;
                tracing::warn!(
                    cluster,
                    "logs in with a password: a key that the node ties to one command is safer"
                );
                Proof::Password(password)
            }
            // The config demands exactly one of them.
            (None, None) => {
                let (cluster, variable) = (cluster.name.to_string(), String::new());
                return Err(Error::NoPassword { cluster, variable });
            }
        };
        Ok(Self { user: cluster.user.clone(), proof })
    }
}

/// The password where one is asked for: one for all clusters holds over the named variable's.
/// Only from the env file: systemd shows the process's own variables to everyone.
pub(crate) fn password<'a>(variable: &str, env: &'a EnvFile) -> Option<&'a Secret> {
    let all = env.get("VM_AUTOSCALE_SSH_PASSWORD").filter(|password| !password.expose().is_empty());
    all.or_else(|| env.get(variable))
}

/// An ed25519 or ECDSA key in OpenSSH's form, readable by nobody else.
pub(crate) fn key(path: &Path) -> Result<PrivateKey, Error> {
    let refuse = |problem: String, help: &str| Error::Identity {
        path: path.to_owned(),
        problem,
        help: help.to_owned(),
    };
    let make = "ssh-keygen -t ed25519 -N '' -f FILE makes one that is";
    let text = read_checked(path, Access::Private)?;
    let key = decode_secret_key(&text, None).map_err(|error| match error {
        russh::keys::Error::KeyIsEncrypted => {
            refuse("the key has a passphrase, and nobody is there to type it".to_owned(), make)
        }
        // The parser's own words can hold parts of the file.
        _ => refuse("not a private key that can be used".to_owned(), make),
    })?;
    match key.algorithm() {
        Algorithm::Ed25519 | Algorithm::Ecdsa { .. } => Ok(key),
        other => {
            Err(refuse(format!("a key of type {other}; only ed25519 and ECDSA are used"), make))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_is_no_usable_key_is_refused_without_a_word_of_it() {
        let path = tempfile::tempdir().unwrap().keep().join("id");
        write(
            &path,
            "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n-----END OPENSSH PRIVATE KEY-----\n",
        )
        .unwrap();
        set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let message = key(&path).unwrap_err().to_string();
        assert!(message.contains("not a private key") && !message.contains("hunter2"), "{message}");
        set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let message = key(&path).unwrap_err().to_string();
        assert!(message.contains("chmod go="), "{message}");
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[test]
    fn one_password_for_all_holds_over_the_named_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("helper.env");
        let of = |text: &str| {
            write(&path, text).unwrap();
            set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            let env = EnvFile::read(&path).unwrap();
            password("HOME_PASSWORD", &env).map(|password| password.expose().to_owned())
        };
        let (own, all) = ("HOME_PASSWORD=own\n", "VM_AUTOSCALE_SSH_PASSWORD=all\n");
        assert_eq!(of(own).as_deref(), Some("own"));
        assert_eq!(of(&(own.to_owned() + all)).as_deref(), Some("all"));
        assert_eq!(of(all).as_deref(), Some("all"));
        assert_eq!(of("VM_AUTOSCALE_SSH_PASSWORD=\n"), None);
    }
}
