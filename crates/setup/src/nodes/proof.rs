//! Whether the helper's key opens on a node what it is to open, and nothing else: tried as the
//! helper does it, with its key, its pins and its commands.

use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use russh::keys::PrivateKey;
use vm_autoscale_node::{ANCHOR, ClusterName, Gate, GateVersion, NodeCommand, NodeName};
use vm_autoscale_protocol::NodeState;
use vm_autoscale_ssh::{Limits, Link, Login, Pins, Proof};

use super::Site;
use crate::error::Error;

mod shell;
use shell::shell;

/// The answer to a look at a cluster is far shorter, in bytes.
const MOST: usize = 64 * 1024 * 1024;
/// What was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Proven {
    /// Whether the look at the cluster worked; where there is no Proxmox only the gate is heard.
    pub(crate) cluster: bool,
    /// The gate that guards the key.
    pub(crate) gate: Option<GateVersion>,
}

/// What was seen instead.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unproven {
    /// The node does not take the key.
    Refused(String),
    /// The host key is not the pinned one.
    HostKey(String),
    /// It does not answer.
    Unreachable(String),
    /// It answers something else.
    Otherwise(String),
}

/// A key as it lies in its file.
pub(crate) struct Key<'a> {
    pub(crate) path: &'a Path,
    pub(crate) key: Arc<PrivateKey>,
}

/// Tries what the helper does, and what a thief of the key would.
///
/// # Errors
/// The outer one: this machine cannot try. The inner one: what was seen.
pub(crate) fn prove(
    site: &Site,
    key: &Key<'_>,
    pins: &Path,
    gated: bool,
) -> Result<Result<Proven, Unproven>, Error> {
    let looked = look(site, key, pins, gated)?;
    let Ok(proven) = looked else { return Ok(looked) };
    if gated && let Some(why) = shell(site, key.path, pins)? {
        return Ok(Err(Unproven::Otherwise(why)));
    }
    Ok(Ok(proven))
}

/// Whether the node refuses the key.
///
/// # Errors
/// It cannot be tried.
pub(crate) fn is_refused(site: &Site, key: &Key<'_>, pins: &Path) -> Result<bool, Error> {
    match ask(site, key, pins, &[NodeCommand::ReadGate])? {
        Err(Unproven::Refused(_)) => Ok(true),
        Ok(_) | Err(Unproven::Otherwise(_)) => Ok(false),
        Err(Unproven::HostKey(why) | Unproven::Unreachable(why)) => {
            Err(Error::unreachable(why, "run this again when the node answers"))
        }
    }
}

fn look(
    site: &Site,
    key: &Key<'_>,
    pins: &Path,
    gated: bool,
) -> Result<Result<Proven, Unproven>, Error> {
    let asked = ask(site, key, pins, &[NodeCommand::ReadGate, NodeCommand::ReadCluster])?;
    Ok(asked.and_then(|answers| {
        let [(exit, gate), (_, cluster)] = answers.as_slice() else {
            return Err(Unproven::Otherwise("no answer".to_owned()));
        };
        let cluster = cluster.split(|b| *b == b'\n').any(|it| it.starts_with(ANCHOR.as_bytes()));
        let otherwise = |why: &str| Err(Unproven::Otherwise(why.to_owned()));
        match Gate::answered(*exit, gate) {
            Ok(Some(Gate::Forced(gate))) if gated => Ok(Proven { cluster, gate: Some(gate) }),
            Ok(Some(Gate::Installed(_))) if gated => {
                otherwise("the gate is there, and the key opens more than it: command= is missing")
            }
            Ok(None) if gated => otherwise("there is no gate"),
            Err(_) if gated => otherwise("what answers for the gate is not the gate"),
            _ if cluster => Ok(Proven { cluster, gate: None }),
            _ => otherwise("a look at the cluster brings nothing: is it a Proxmox node?"),
        }
    }))
}

/// Exit codes and answers.
type Answers = Vec<(u32, Vec<u8>)>;

/// Asks in one session.
fn ask(
    site: &Site,
    key: &Key<'_>,
    pins: &Path,
    commands: &[NodeCommand],
) -> Result<Result<Answers, Unproven>, Error> {
    let failed = |why: String| Error::failed(why, "please report it");
    let name = NodeName::try_from(site.name.clone()).map_err(|it| failed(it.to_string()))?;
    let cluster = ClusterName::try_from(site.cluster.clone());
    let cluster = cluster.map_err(|it| failed(it.to_string()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|it| failed(it.to_string()))?;
    let login = Login { user: site.user.clone(), proof: Proof::Key(key.key.clone()) };
    let address: SocketAddr = site.address;
    let pins = Rc::new(Pins::new(pins.to_owned()));
    let link = Rc::new(Link::new(name, address, Rc::new(login), pins));
    let limits = Limits { bytes: MOST, silence: None };
    let asking = async {
        let mut answers = Vec::new();
        for command in commands {
            let mut answer = Vec::new();
            let take = async |data: Vec<u8>| {
                answer.extend(data);
                Ok(())
            };
            let ended = link.run(command, limits, || true, take).await;
            answers.push((ended?.exit, answer));
        }
        Ok(answers)
    };
    let asked = tokio::task::LocalSet::new().block_on(&runtime, asking);
    Ok(asked.map_err(|error: vm_autoscale_protocol::HelperError| {
        let why = vm_autoscale_guard::one_line(&error.to_string());
        match link.health.report(&cluster).state {
            NodeState::AuthFailed => Unproven::Refused(why),
            NodeState::HostKeyRefused => Unproven::HostKey(why),
            _ => Unproven::Unreachable(why),
        }
    }))
}
