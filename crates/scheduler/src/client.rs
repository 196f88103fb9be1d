//! The helper over its socket.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::time::timeout;
use vm_autoscale_protocol::{
    ClusterPiece, ConfigReply, Executed, FoundGate, FoundPools, Frames, Hello, HelperError,
    MAX_REPLY, NodeHealth, Nodes, PROTOCOL, Reply, Request, encode,
};
use vm_autoscale_proxmox::{ClusterName, NodeName};

use crate::{AskError, Helper, Purpose};

mod greeting;
mod turns;
use turns::Turns;

/// Longer than the longest that the helper itself waits for a node: a change, and what belongs to
/// one, ends there before it is given up here.
const PATIENCE: Duration = Duration::from_secs(240);
/// A look is not worth a longer wait: the next one asks anew. The helper itself takes at most 9 s
/// for one. It counts from before the wait for a turn, so that a helper that
/// stands still makes every look end.
const LOOK: Duration = Duration::from_secs(15);
/// A cluster's text is at most this long, in bytes.
const MAX_CLUSTER: usize = 16 * 1024 * 1024;

/// Connections to one helper, made when they are needed and kept.
#[derive(Debug, Clone)]
pub struct HelperClient(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    socket: PathBuf,
    idle: Mutex<Vec<Connection>>,
    turns: Turns,
    generation: AtomicU64,
    instance: Mutex<Option<String>>,
    version: Mutex<Option<String>>,
}

impl HelperClient {
    /// For the helper at that socket; nothing is connected yet.
    #[must_use]
    pub fn new(socket: PathBuf) -> Self {
        Self(Arc::new(Inner {
            socket,
            idle: Mutex::default(),
            turns: Turns::new(),
            generation: AtomicU64::new(0),
            instance: Mutex::default(),
            version: Mutex::default(),
        }))
    }

    /// Asks, and hands every reply's values to `take`. All of it has a deadline.
    async fn ask<T: DeserializeOwned>(
        &self,
        (request, purpose): (&Request, Purpose),
        held: impl Fn() -> Option<String> + Sync,
        take: impl FnMut(T) -> Result<(), AskError> + Send,
    ) -> Result<(), AskError> {
        let asked = self.ask_patiently((request, purpose), held, take);
        if !turns::is_look(request, purpose) {
            return asked.await;
        }
        let late = |_| {
            let seconds = LOOK.as_secs();
            Err(AskError::NoAnswer(format!("none within {seconds} s")))
        };
        timeout(LOOK, asked).await.unwrap_or_else(late)
    }

    async fn ask_patiently<T: DeserializeOwned>(
        &self,
        (request, purpose): (&Request, Purpose),
        held: impl Fn() -> Option<String> + Sync,
        mut take: impl FnMut(T) -> Result<(), AskError> + Send,
    ) -> Result<(), AskError> {
        let not_asked = |problem: String| AskError::NotAsked(problem);
        let _turn = self.0.turns.take(request, purpose).await?;
        let call = request
            .to_call()
            .and_then(|call| encode(&call))
            .map_err(|e| not_asked(e.to_string()))?;
        let mut connection = self.connected(&call, &held).await?;
        let result = timeout(PATIENCE, connection.replies(&mut take)).await;
        let result = result.unwrap_or_else(|_| Err(AskError::NoAnswer("none in time".to_owned())));
        // After an answer, also one that says no, the connection is of further use.
        let usable = match &result {
            Ok(()) => true,
            Err(AskError::Helper(error)) => !matches!(error, HelperError::BadRequest { .. }),
            Err(_) => false,
        };
        if usable {
            self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        result
    }

    /// A connection on which the call went out. One that was left idle may be dead by now; then
    /// nothing was read of it and a new one carries the call.
    async fn connected(
        &self,
        call: &[u8],
        held: &(impl Fn() -> Option<String> + Sync),
    ) -> Result<Connection, AskError> {
        let go = || held().map_or(Ok(()), |why| Err(AskError::Held(why)));
        loop {
            go()?;
            let idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(mut connection) = idle else { break };
            if connection.is_open() && connection.stream.write_all(call).await.is_ok() {
                return Ok(connection);
            }
        }
        let mut connection = self.connect().await?;
        go()?;
        let sent = connection.stream.write_all(call).await;
        sent.map_err(|e| AskError::NotAsked(e.to_string()))?;
        Ok(connection)
    }

    /// A new connection, after both sides said which protocol they speak.
    async fn connect(&self) -> Result<Connection, AskError> {
        let problem = |e| greeting::problem(&self.0.socket, &e);
        let stream = UnixStream::connect(&self.0.socket).await.map_err(problem)?;
        let mut connection = Connection { stream, frames: Frames::new(MAX_REPLY) };
        let hello = greeting::greet(&mut connection, &self.0.socket).await?;
        let mut instance = self.0.instance.lock().unwrap_or_else(PoisonError::into_inner);
        *self.0.version.lock().unwrap_or_else(PoisonError::into_inner) = Some(hello.version);
        let met = Some(hello.instance);
        if *instance != met {
            *instance = met;
            self.0.generation.fetch_add(1, Ordering::Relaxed);
        }
        Ok(connection)
    }

    /// Of the helper that greeted last; nothing before one did.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        self.0.version.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How the ways to all nodes are, by what the helper met there. No node is asked.
    ///
    /// # Errors
    /// The helper is not there, or busy.
    pub async fn nodes(&self) -> Result<Vec<NodeHealth>, AskError> {
        let Nodes { nodes } = self.ask_one(&Request::ReadNodes {}, || None).await?;
        Ok(nodes)
    }

    /// Whether that node has a gate, and whether it guards our key.
    ///
    /// # Errors
    /// The helper or the node does not answer, or there is no such node.
    pub async fn read_gate(
        &self,
        cluster: &ClusterName,
        node: &NodeName,
    ) -> Result<FoundGate, AskError> {
        let request = Request::ReadGate { cluster: cluster.clone(), node: node.clone() };
        self.ask_one(&request, || None).await
    }

    /// The values of the one reply that there is to be.
    async fn ask_one<T: DeserializeOwned + Send>(
        &self,
        request: &Request,
        held: impl Fn() -> Option<String> + Sync,
    ) -> Result<T, AskError> {
        let mut heard = None;
        let take = |values| {
            heard = Some(values);
            Ok(())
        };
        self.ask((request, Purpose::Change), held, take).await?;
        heard.ok_or_else(|| AskError::NoAnswer("an empty reply".to_owned()))
    }
}

impl Helper for HelperClient {
    async fn hello(&self) -> Result<Hello, AskError> {
        self.ask_one(&Request::Hello { protocol: PROTOCOL }, || None).await
    }

    fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Relaxed)
    }

    async fn read_cluster(&self, cluster: &ClusterName) -> Result<(NodeName, String), AskError> {
        let mut text = String::new();
        let mut answering: Option<NodeName> = None;
        let request = Request::ReadCluster { cluster: cluster.clone() };
        self.ask(
            (&request, Purpose::Look),
            || None,
            |ClusterPiece { node, piece }| {
                // The one before fell silent: another node answers, from the beginning.
                if answering.as_ref().is_some_and(|before| *before != node) {
                    text.clear();
                }
                if text.len() + piece.len() > MAX_CLUSTER {
                    return Err(AskError::NoAnswer(
                        "a cluster's text that does not end".to_owned(),
                    ));
                }
                text.push_str(&piece);
                answering = Some(node);
                Ok(())
            },
        )
        .await?;
        let answering = answering.ok_or_else(|| AskError::NoAnswer("an empty reply".to_owned()))?;
        Ok((answering, text))
    }

    async fn read_configs(
        &self,
        request: &Request,
        purpose: Purpose,
    ) -> Result<Vec<ConfigReply>, AskError> {
        let mut configs = Vec::new();
        self.ask(
            (request, purpose),
            || None,
            |config| {
                configs.push(config);
                Ok(())
            },
        )
        .await?;
        Ok(configs)
    }

    async fn read_pools(&self, cluster: &ClusterName, node: &NodeName) -> Result<String, AskError> {
        let request = Request::ReadPools { cluster: cluster.clone(), node: node.clone() };
        let found: FoundPools = self.ask_one(&request, || None).await?;
        Ok(found.text)
    }

    async fn execute(&self, request: &Request) -> Result<Executed, AskError> {
        self.execute_unless(request, || None).await
    }

    /// Asked after the wait for a turn and for a connection.
    async fn execute_unless(
        &self,
        request: &Request,
        held: impl Fn() -> Option<String> + Send + Sync,
    ) -> Result<Executed, AskError> {
        self.ask_one(request, held).await
    }
}

#[derive(Debug)]
struct Connection {
    stream: UnixStream,
    frames: Frames,
}

impl Connection {
    /// Whether the helper has not hung up. It never speaks first: anything else to be read is
    /// the end.
    fn is_open(&self) -> bool {
        let mut byte = [0];
        let read = self.stream.try_read(&mut byte);
        matches!(read, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
    }

    /// All replies to one call.
    async fn replies<T: DeserializeOwned>(
        &mut self,
        take: &mut (impl FnMut(T) -> Result<(), AskError> + Send),
    ) -> Result<(), AskError> {
        loop {
            let reply = self.reply().await?;
            if let Some(error) = &reply.error {
                let unknown = || AskError::NoAnswer(format!("an error that is not known: {error}"));
                return Err(HelperError::from_reply(&reply).ok_or_else(unknown)?.into());
            }
            let values = serde_json::from_value(reply.parameters);
            take(values.map_err(|e| AskError::NoAnswer(e.to_string()))?)?;
            if !reply.continues {
                return Ok(());
            }
        }
    }

    async fn reply(&mut self) -> Result<Reply, AskError> {
        let lost = |problem: &dyn std::fmt::Display| AskError::NoAnswer(problem.to_string());
        loop {
            if let Some(frame) = self.frames.next_frame().map_err(|e| lost(&e))? {
                return serde_json::from_slice(&frame).map_err(|e| lost(&e));
            }
            let mut bytes = vec![0; 64 * 1024];
            match self.stream.read(&mut bytes).await.map_err(|e| lost(&e))? {
                0 => return Err(lost(&"it hung up")),
                count => self.frames.feed(bytes.get(..count).unwrap_or_default()),
            }
        }
    }
}

#[cfg(test)]
mod tests;
