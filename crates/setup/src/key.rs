//! A new key for the nodes.

use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, PrivateKey};
use zeroize::Zeroizing;

use crate::disk::{self, Rights};
use crate::error::Error;
use crate::paths;
use crate::root::Root;

/// Makes one, and the file of its public half beside it. The private one comes last: where it is
/// there, both are.
///
/// # Errors
/// The system has no randomness, or the files cannot be written.
pub(crate) fn make(root: &Root) -> Result<(), Error> {
    let (private, public) = fresh()?;
    let rights = |mode| Rights { mode, uid: 0, gid: 0 };
    disk::put(&root.at(paths::PUBLIC_KEY), &mut public.as_bytes(), rights(0o644))?;
    disk::put(&root.at(paths::KEY), &mut private.as_bytes(), rights(0o600))
}

/// The texts of a new key's two files, the private one first.
///
/// # Errors
/// The system has no randomness.
pub(crate) fn fresh() -> Result<(Zeroizing<String>, String), Error> {
    let failed = |error: &dyn std::fmt::Display| {
        let help = format!("ssh-keygen -t ed25519 -N '' -f {} makes one", paths::KEY);
        Error::failed(format!("no key can be made: {error}"), help)
    };
    let mut random = russh::keys::key::safe_rng();
    let key = PrivateKey::random(&mut random, Algorithm::Ed25519);
    let mut key = key.map_err(|error| failed(&error))?;
    key.set_comment(format!("vm-autoscale@{}", host()));
    let private = key.to_openssh(LineEnding::LF).map_err(|error| failed(&error))?;
    let public = key.public_key().to_openssh().map_err(|error| failed(&error))? + "\n";
    Ok((private, public))
}

/// This machine's name, as far as it is made of letters that mean nothing anywhere.
pub(crate) fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let plain = |c: &char| c.is_ascii_alphanumeric() || "-.".contains(*c);
    let name: String = name.chars().filter(plain).take(64).collect();
    if name.is_empty() { "scheduler".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_helper_takes_the_key_that_is_made() {
        if !nix::unistd::geteuid().is_root() {
            // Who cannot give files to root is told so by the tests of install.
            return;
        }
        let image = tempfile::tempdir().unwrap();
        let root = Root::new(Some(image.path())).unwrap();
        std::fs::create_dir_all(root.at(paths::ETC)).unwrap();
        make(&root).unwrap();
        let text = vm_autoscale_config::read_checked(
            &root.at(paths::KEY),
            vm_autoscale_config::Access::Private,
        )
        .unwrap();
        let key = vm_autoscale_ssh::private_key(&text).unwrap();
        let public = std::fs::read_to_string(root.at(paths::PUBLIC_KEY)).unwrap();
        assert_eq!(public.trim_end(), key.public_key().to_openssh().unwrap());
        assert!(
            public.starts_with("ssh-ed25519 ") && public.contains(" vm-autoscale@"),
            "{public}"
        );
    }
}
