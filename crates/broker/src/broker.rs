//! Everything that the helper may do: one `match`.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Semaphore;
use vm_autoscale_node::{ClusterName, NodeCommand, NodeName};
use vm_autoscale_policy::{Known, Policy, check};
use vm_autoscale_protocol::{Executed, HelperError, Request, Sandbox};
use vm_autoscale_ssh::{Ended, Limits, Link, Login, Pins, private_key};

use crate::complaints::Complaints;
use crate::error::Error;
use crate::ledger::{Ledger, boot_time};
use crate::orders::{Orders, Proof, User, Way};
use crate::replies::Replies;

mod about;
mod change;
mod look;
mod read;

/// The longest answer to most commands, in bytes.
const MAX_OTHER: usize = 256 * 1024;

/// So many whole answers of nodes are held at a time, from when they are asked for until they are
/// passed on. The others wait: nine slow readers do not hold nine of them.
const WHOLE: usize = 2;

/// The rules, the ways to the nodes, and what was read from them.
pub(crate) struct Broker {
    policy: Policy,
    pub(crate) scheduler: User,
    pub(crate) socket: PathBuf,
    links: HashMap<(ClusterName, NodeName), Rc<Link>>,
    /// Told to stop: what is not sent yet is not sent any more.
    pub(crate) stopping: Cell<bool>,
    /// The node of each cluster that is asked first.
    entry: RefCell<HashMap<ClusterName, usize>>,
    known: Known,
    ledger: Ledger,
    pub(crate) complaints: Complaints,
    instance: String,
    /// Who reads configs holds a whole answer: see [`WHOLE`].
    whole: Semaphore,
    /// What the process took from itself; known once it listens.
    pub(crate) sandbox: Sandbox,
}

/// What the audit line says of a request that was answered.
#[derive(Default)]
pub(crate) struct Done {
    pub(crate) node: Option<NodeName>,
    pub(crate) exit: Option<u32>,
}

impl Broker {
    /// Nothing is connected yet.
    pub(crate) fn new(orders: Orders) -> Result<Self, Error> {
        let pins = Rc::new(Pins::new(orders.known_hosts));
        pins.current()?;
        let mut links = HashMap::new();
        for Way { cluster, user, proof, nodes } in orders.ways {
            let login = Rc::new(Login { user, proof: prove(&cluster, proof)? });
            for (node, address) in nodes {
                let link = Link::new(node.clone(), address, login.clone(), pins.clone());
                links.insert((cluster.clone(), node), Rc::new(link));
            }
        }
        let now = boot_time();
        let ledger = Ledger::of(&orders.runtime_directory);
        let changes = ledger.read(now);
        let instance = format!("{:016x}", fastrand::u64(..));
        Ok(Self {
            known: Known::new(&orders.policy, changes, now),
            policy: orders.policy,
            scheduler: orders.scheduler,
            socket: orders.socket,
            links,
            stopping: Cell::new(false),
            entry: RefCell::default(),
            ledger,
            complaints: Complaints::default(),
            instance,
            whole: Semaphore::new(WHOLE),
            sandbox: Sandbox::default(),
        })
    }

    /// Answers a request; an error that the asker has not been told yet is returned.
    pub(crate) async fn answer(
        &self,
        request: &Request,
        out: &mut Replies,
    ) -> Result<Done, HelperError> {
        match request {
            Request::GetInfo {} => out.last(&about::info(self.sandbox)).await,
            Request::GetInterfaceDescription { interface } => {
                about::describe(interface, out).await?;
            }
            Request::Hello { protocol } => self.hello(*protocol, out).await?,
            Request::ReadCluster { .. } => return self.read_cluster(request, out).await,
            Request::ReadConfigs { cluster, node, vmids, .. } => {
                return self.read_configs(request, (cluster, node, vmids), out).await;
            }
            Request::ReadGate { cluster, node } => {
                return self.read_gate(request, (cluster, node), out).await;
            }
            Request::ReadNodes {} => out.last(&self.nodes()).await,
            Request::ReadPools { cluster, node } => {
                return self.read_pools(request, (cluster, node), out).await;
            }
            Request::ReadRunning { cluster, node, .. } => {
                return self.execute(request, (cluster, node), out).await;
            }
            Request::Revert { target, .. }
            | Request::SetBalloon { target, .. }
            | Request::SetCpuLimit { target, .. }
            | Request::SetMemory { target, .. }
            | Request::SetVcpus { target, .. } => {
                return self.execute(request, (&target.cluster, &target.node), out).await;
            }
        }
        Ok(Done::default())
    }

    /// Runs the request's one command and passes on what came of it.
    async fn execute(
        &self,
        request: &Request,
        (cluster, node): (&ClusterName, &NodeName),
        out: &mut Replies,
    ) -> Result<Done, HelperError> {
        check(&self.policy, &self.known, boot_time(), request)?;
        let (begun, command) = (Instant::now(), command(request)?);
        let link = self.link(cluster, node)?;
        Self::one_at_a_time(link, request)?;
        self.let_through(request)?;
        let result = collect(link, &command, MAX_OTHER, || self.is_wanted(out)).await;
        self.has_ended(request, result.as_ref().err());
        let (ended, stdout) = result?;
        let executed = Executed {
            exit: i64::from(ended.exit),
            stdout: String::from_utf8_lossy(&stdout).into_owned(),
            stderr: String::from_utf8_lossy(&ended.stderr).into_owned(),
            took_ms: begun.elapsed().as_millis().try_into().unwrap_or(u64::MAX),
        };
        out.last(&executed).await;
        Ok(Done { node: Some(node.clone()), exit: Some(ended.exit) })
    }

    /// Whether what is not sent yet is to be sent: nobody stops the helper, and the asker is there.
    fn is_wanted(&self, out: &Replies) -> bool {
        !self.stopping.get() && out.is_there()
    }

    fn link(&self, cluster: &ClusterName, node: &NodeName) -> Result<&Rc<Link>, HelperError> {
        self.links.get(&(cluster.clone(), node.clone())).ok_or_else(|| bad("no way to this node"))
    }
}

fn prove(cluster: &ClusterName, proof: Proof) -> Result<vm_autoscale_ssh::Proof, Error> {
    let of = |problem| Error::Identity { cluster: cluster.to_string(), problem };
    Ok(match proof {
        Proof::Key(text) => {
            vm_autoscale_ssh::Proof::Key(Arc::new(private_key(text.expose()).map_err(of)?))
        }
        Proof::Password(password) => vm_autoscale_ssh::Proof::Password(password),
    })
}

fn bad(message: &str) -> HelperError {
    HelperError::BadRequest { message: message.to_owned() }
}

fn command(request: &Request) -> Result<NodeCommand, HelperError> {
    let command = request.command().map_err(|violation| bad(&violation.to_string()))?;
    command.ok_or_else(|| bad("this request is for no node"))
}

fn failed(node: &NodeName, ended: &Ended, why: &str) -> HelperError {
    let text = String::from_utf8_lossy(&ended.stderr);
    let message = format!("{why}: {}", text.trim().chars().take(1000).collect::<String>());
    HelperError::Failed { node: node.clone(), exit: i64::from(ended.exit), message }
}

async fn collect(
    link: &Rc<Link>,
    command: &NodeCommand,
    bytes: usize,
    wanted: impl Fn() -> bool,
) -> Result<(Ended, Vec<u8>), HelperError> {
    let mut stdout = Vec::new();
    let limits = Limits { bytes, silence: None };
    let ended = link
        .run(command, limits, wanted, async |data: Vec<u8>| {
            stdout.extend_from_slice(&data);
            Ok(())
        })
        .await?;
    Ok((ended, stdout))
}

#[cfg(test)]
mod keys;
