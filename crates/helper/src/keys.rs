//! Keys and passwords, as root's files have them.

use std::path::Path;

use vm_autoscale_config::{Access, EnvFile, Secret, read_checked};
use vm_autoscale_ssh::private_key;

use crate::error::Error;

/// The password where one is asked for: one for all clusters holds over the named variable's.
/// Only from the env file: systemd shows the process's own variables to everyone.
pub(crate) fn password<'a>(variable: &str, env: &'a EnvFile) -> Option<&'a Secret> {
    let all = env.get("VM_AUTOSCALE_SSH_PASSWORD").filter(|password| !password.expose().is_empty());
    all.or_else(|| env.get(variable))
}

/// The text of a key that can be used, readable by nobody else.
pub(crate) fn key(path: &Path) -> Result<Secret, Error> {
    let text = read_checked(path, Access::Private).map_err(vm_autoscale_config::Error::from)?;
    private_key(&text).map_err(|problem| Error::Identity { path: path.to_owned(), problem })?;
    Ok(Secret::from(text))
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
