//! The way to one node: its one session, kept alive, and who may use it at a time.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, timeout};
use vm_autoscale_node::{NodeCommand, NodeName, VmId};
use vm_autoscale_protocol::{HelperError, NodeState};

use crate::at_work::Busy;
use crate::health::Health;
use crate::login::Login;
use crate::pins::Pins;

mod attempt;
mod connect;
mod hear;
mod patience;
mod send;
use connect::State;
use patience::Patience;

/// So many commands may run on a node at once. A read never waits for a change.
const READS: u32 = 1;
const CHANGES: u32 = 2;

/// One node.
pub struct Link {
    name: NodeName,
    address: SocketAddr,
    login: Rc<Login>,
    pins: Rc<Pins>,
    state: Mutex<State>,
    /// How it is.
    pub health: Rc<Health>,
    reads: Arc<Semaphore>,
    changes: Arc<Semaphore>,
    busy: Busy,
}

/// A command that ran to its end.
pub struct Ended {
    /// Its exit code.
    pub exit: u32,
    /// The end of what it complained about.
    pub stderr: Vec<u8>,
}

/// What a command may cost.
#[derive(Clone, Copy)]
pub struct Limits {
    /// Bytes of standard output.
    pub bytes: usize,
    /// In place of what the command's own patience has for silence.
    pub silence: Option<Duration>,
}

/// Whoever asked takes no more of the answer.
pub struct Unwanted;

impl Link {
    /// Nothing is connected yet.
    #[must_use]
    pub fn new(name: NodeName, address: SocketAddr, login: Rc<Login>, pins: Rc<Pins>) -> Self {
        let places = |count| Arc::new(Semaphore::new(usize::try_from(count).unwrap_or(1)));
        let health = Rc::new(Health::new(name.clone()));
        let (reads, changes) = (places(READS), places(CHANGES));
        let (state, busy) = (Mutex::default(), Busy::default());
        Self { name, address, login, pins, state, health, reads, changes, busy }
    }

    /// Proxmox's name of it.
    #[must_use]
    pub fn name(&self) -> &NodeName {
        &self.name
    }

    /// Whether a change of that VM is on its way there or at work, also one that nobody waits for
    /// any more. One whose session was lost is not known to be.
    #[must_use]
    pub fn is_changing(&self, vmid: VmId) -> bool {
        self.busy.borrow().contains(&vmid)
    }

    /// Runs a command, if it is `wanted` still when its turn comes; its standard output, within
    /// `limits`, goes to `take` as it comes.
    ///
    /// # Errors
    /// Why it did not run, or why nobody knows whether it did.
    pub async fn run(
        self: &Rc<Self>,
        command: &NodeCommand,
        limits: Limits,
        wanted: impl Fn() -> bool,
        take: impl AsyncFnMut(Vec<u8>) -> Result<(), Unwanted>,
    ) -> Result<Ended, HelperError> {
        let mut patience = Patience::of(command);
        if let Some(silence) = limits.silence {
            (patience.ready, patience.silence) = (silence, Some(silence));
        }
        let begun = Instant::now();
        let answer = self.send(command, limits.bytes, patience, wanted).await?;
        let first = patience.silence.map(|silence| begun + silence);
        let heard = self.hear(command, limits.bytes, (first, patience.silence), answer, take);
        let heard = timeout(patience.end, heard).await;
        heard.unwrap_or_else(|_| Err(self.lost(command, "no end of the command in time")))
    }

    fn fails(&self, state: NodeState, error: HelperError) -> HelperError {
        self.health.fails(state, &error);
        error
    }

    /// The command was sent, and its end was not seen.
    fn lost(&self, command: &NodeCommand, message: &str) -> HelperError {
        if command.is_change() {
            return HelperError::Unknown { node: self.name.clone(), message: message.to_owned() };
        }
        self.unreachable(message)
    }

    fn unreachable(&self, message: &str) -> HelperError {
        HelperError::Unreachable { node: self.name.clone(), message: message.to_owned() }
    }

    fn too_large(&self, limit: usize) -> HelperError {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        HelperError::TooLarge { node: self.name.clone(), limit }
    }

    fn host_key(&self, why: &dyn std::fmt::Display) -> HelperError {
        HelperError::HostKey { node: self.name.clone(), message: why.to_string() }
    }
}
