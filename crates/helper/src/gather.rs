//! All that the broker has to know, out of root's files.

use std::net::SocketAddr;
use std::path::Path;

use nix::unistd::User;
use vm_autoscale_broker::{Orders, Proof, Way};
use vm_autoscale_config::{Cluster, EnvFile, HelperConfig, UserRef};

use crate::error::Error;
use crate::keys;

/// Reads the files; keys are looked at once here, so that what is wrong with one is said with its
/// path.
pub(crate) fn orders(path: &Path, env_file: Option<&Path>) -> Result<Orders, Error> {
    let checked = HelperConfig::check(path)?;
    let policy = checked.config().map(|config| checked.policy(config));
    let config = checked.finish().map_err(vm_autoscale_config::Error::from)?;
    let policy = policy.ok_or(Error::NoPolicy)?;
    let env = env_file.map(EnvFile::read).transpose()?.unwrap_or_default();
    let ways =
        config.clusters.iter().map(|cluster| way(cluster, &env)).collect::<Result<_, _>>()?;
    Ok(Orders {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        policy,
        scheduler: scheduler(&config.scheduler_user)?,
        socket: config.socket,
        known_hosts: config.known_hosts,
        runtime_directory: config.runtime_directory,
        ways,
    })
}

fn way(cluster: &Cluster, env: &EnvFile) -> Result<Way, Error> {
    let nodes = cluster.nodes.iter();
    Ok(Way {
        cluster: cluster.name.clone(),
        user: cluster.user.clone(),
        proof: proof(cluster, env)?,
        nodes: nodes
            .map(|node| (node.name.clone(), SocketAddr::new(node.address, node.port)))
            .collect(),
    })
}

fn proof(cluster: &Cluster, env: &EnvFile) -> Result<Proof, Error> {
    if let Some(path) = &cluster.identity {
        return Ok(Proof::Key(keys::key(path)?));
    }
    // The config demands exactly one of them.
    let variable = cluster.password_variable.clone().unwrap_or_default();
    let cluster = cluster.name.as_str();
    let Some(password) = keys::password(&variable, env) else {
        return Err(Error::NoPassword { cluster: cluster.to_owned(), variable });
    };
    tracing::warn!(
        cluster,
        "logs in with a password; a key that the node ties to one command is safer"
    );
    Ok(Proof::Password(password.clone()))
}

fn scheduler(user: &UserRef) -> Result<vm_autoscale_broker::User, Error> {
    let found = match user {
        UserRef::Uid(uid) => User::from_uid((*uid).into()),
        UserRef::Name(name) => User::from_name(name),
    };
    match (found, user) {
        (Ok(Some(user)), _) => {
            Ok(vm_autoscale_broker::User { uid: user.uid.as_raw(), gid: Some(user.gid.as_raw()) })
        }
        (_, UserRef::Uid(uid)) => Ok(vm_autoscale_broker::User { uid: *uid, gid: None }),
        (_, UserRef::Name(name)) => Err(Error::NoUser(name.clone())),
    }
}
