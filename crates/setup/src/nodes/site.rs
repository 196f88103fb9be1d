//! The nodes, as `helper.yaml` has them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use vm_autoscale_config::{Cluster, HelperConfig, Node};

use crate::error::Error;
use crate::import::shown;

/// One node and how the helper logs in there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Site {
    pub(crate) cluster: String,
    pub(crate) name: String,
    pub(crate) address: SocketAddr,
    /// The login on the node.
    pub(crate) user: String,
    /// The private key; `None` where a password is used.
    pub(crate) identity: Option<PathBuf>,
}

/// Reads `helper.yaml`.
///
/// # Errors
/// It is missing or invalid; or it is root's, and somebody else asks.
pub(crate) fn policy(path: &Path) -> Result<HelperConfig, Error> {
    HelperConfig::read(path).map_err(|error| match &error {
        vm_autoscale_config::Error::File(file)
            if !file.is_missing() && !nix::unistd::geteuid().is_root() =>
        {
            Error::not_permitted(file.problem(), "run this as root: sudo vm-autoscale-setup …")
        }
        _ => error.into(),
    })
}

/// All nodes, in the order of the file.
pub(crate) fn sites(config: &HelperConfig) -> Vec<Site> {
    let nodes = |cluster| move |node| site(cluster, node);
    config.clusters.iter().flat_map(|it| it.nodes.iter().map(nodes(it))).collect()
}

fn site(cluster: &Cluster, node: &Node) -> Site {
    Site {
        cluster: cluster.name.as_str().to_owned(),
        name: node.name.as_str().to_owned(),
        address: SocketAddr::new(node.address, node.port),
        user: cluster.user.clone(),
        identity: cluster.identity.clone(),
    }
}

impl Site {
    /// Whether it is the one that is called `NODE` or, where clusters have nodes of one name,
    /// `CLUSTER/NODE`.
    pub(crate) fn is(&self, called: &str) -> bool {
        match called.split_once('/') {
            Some((cluster, name)) => self.cluster == cluster && self.name == name,
            None => self.name == called,
        }
    }
}

/// The one node that is called so, where the file has it.
///
/// # Errors
/// It has none, or several.
pub(crate) fn named(config: &HelperConfig, file: &Path, called: &str) -> Result<Site, Error> {
    let mut found = sites(config).into_iter().filter(|site| site.is(called));
    let Some(site) = found.next() else {
        return Err(Error::failed(
            format!("{} has no node {called}", shown(file)),
            format!("vm-autoscale-setup trust-host {called} ADDRESS says what belongs there"),
        ));
    };
    if let Some(other) = found.next() {
        let (one, two) = (site.cluster, other.cluster);
        return Err(Error::Usage(format!(
            "two clusters have a node {called}: say {one}/{called} or {two}/{called}"
        )));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if site.user.starts_with(['-', '.']) || !site.user.chars().all(plain) {
        return Err(Error::failed(
            format!("{}: this command takes no `user` like that of {called}", shown(file)),
            "authorize the key by hand, or name a user of letters and digits",
        ));
    }
    Ok(site)
}
