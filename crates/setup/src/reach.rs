//! Which addresses the helper's unit may send to: a drop-in that is made of helper.yaml, so that the
//! unit's list of networks becomes the list of the nodes.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Write as _};
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use vm_autoscale_config::HelperConfig;

use crate::error::Error;
use crate::paths::POLICY;

/// From the machine's root.
pub(crate) const PLACE: &str = "/etc/systemd/system/vm-autoscale-helper.service.d/nodes.conf";

/// By this line a file there is ours, to be written anew or removed.
const OURS: &str = "# Made by vm-autoscale-setup of the nodes in /etc/vm-autoscale/helper.yaml.";

/// What became of the file. After a change systemd has to read it (`systemctl daemon-reload`), and
/// the helper to be started anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// It was so already.
    Same,
    /// It is written, or removed where helper.yaml names no node any more.
    Changed,
    /// There is one that somebody else made; it stays as it is.
    Kept,
}

/// Writes the drop-in for the helper.yaml below `root`.
///
/// # Errors
/// helper.yaml is missing or not valid, or the drop-in cannot be read or written.
pub(crate) fn write(root: &Path) -> Result<Written, Error> {
    let wanted = drop_in(&HelperConfig::read(&below(root, POLICY))?);
    let path = below(root, PLACE);
    let found = match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(source) => return Err(Error::Write { path, source }),
    };
    if found == wanted {
        return Ok(Written::Same);
    }
    if found.is_some_and(|text| !text.starts_with(OURS)) {
        return Ok(Written::Kept);
    }
    let done = match wanted {
        Some(text) => replace(&path, &text),
        None => std::fs::remove_file(&path),
    };
    done.map_err(|source| Error::Write { path, source })?;
    Ok(Written::Changed)
}

/// The drop-in; none without a node, where the unit's own list may stay: there is nothing to reach.
fn drop_in(config: &HelperConfig) -> Option<String> {
    let nodes = config.clusters.iter().flat_map(|cluster| &cluster.nodes);
    // An IPv4 address in IPv6's clothes is sent to as what it is.
    let addresses: BTreeSet<IpAddr> = nodes.map(|node| node.address.to_canonical()).collect();
    if addresses.is_empty() {
        return None;
    }
    let lines = addresses.iter().map(|address| format!("IPAddressAllow={address}\n"));
    Some(format!(
        "{OURS}\n\
         # `vm-autoscale-setup install` makes it anew: to let the helper reach more, write another\n\
         # file beside this one.\n\
         [Service]\n\
         # In place of the networks that the unit names.\n\
         IPAddressAllow=\n{}",
        lines.collect::<String>()
    ))
}

/// At once or not at all.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    std::fs::create_dir_all(directory)?;
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn below(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY_TEXT: &str = include_str!("../tests/fixtures/reach.helper.yaml");
    /// `tests/e2e/booted/credentials.rs` shows what systemd makes of it.
    const DROP_IN: &str = include_str!("../tests/fixtures/reach.nodes.conf");

    fn machine(policy: &str) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(below(root.path(), "/etc/vm-autoscale")).unwrap();
        std::fs::write(below(root.path(), POLICY), policy).unwrap();
        root
    }

    #[test]
    fn it_is_the_list_of_the_nodes() {
        let root = machine(POLICY_TEXT);
        let read = || std::fs::read_to_string(below(root.path(), PLACE));
        assert_eq!(write(root.path()).unwrap(), Written::Changed);
        assert_eq!(read().unwrap(), DROP_IN);
        let mode = std::fs::metadata(below(root.path(), PLACE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o644);
        assert_eq!(write(root.path()).unwrap(), Written::Same);

        let fewer = POLICY_TEXT.replace("  - {name: pve2, address: 192.0.2.12}\n", "");
        std::fs::write(below(root.path(), POLICY), fewer).unwrap();
        assert_eq!(write(root.path()).unwrap(), Written::Changed);
        assert_eq!(read().unwrap(), DROP_IN.replace("IPAddressAllow=192.0.2.12\n", ""));

        std::fs::write(below(root.path(), POLICY), "clusters: []\n").unwrap();
        assert_eq!(write(root.path()).unwrap(), Written::Changed);
        assert_eq!(read().unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(write(root.path()).unwrap(), Written::Same);
    }

    #[test]
    fn one_of_the_administrators_stays() {
        let root = machine(POLICY_TEXT);
        write(root.path()).unwrap();
        let own = "[Service]\nIPAddressAllow=any\n";
        std::fs::write(below(root.path(), PLACE), own).unwrap();
        assert_eq!(write(root.path()).unwrap(), Written::Kept);
        assert_eq!(std::fs::read_to_string(below(root.path(), PLACE)).unwrap(), own);
    }

    #[test]
    fn a_wrong_policy_changes_nothing() {
        let root = machine("clusters: {}\n");
        assert!(matches!(write(root.path()), Err(Error::Config(_))));
        assert!(!below(root.path(), PLACE).exists());
    }
}
