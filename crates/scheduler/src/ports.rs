//! What the loop needs of the world.

use std::future::Future;

use serde::{Deserialize, Serialize};
use vm_autoscale_planner::{Moment, Move};
use vm_autoscale_protocol::{ConfigReply, Executed, Hello, HelperError, Request};
use vm_autoscale_proxmox::{ClusterName, Identity, NodeName, VmConfig, VmId};

use crate::Outcome;

/// Time that never jumps, and waiting by it.
pub trait Clock: Clone + Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Moment;
    /// Seconds since 1970 by a clock that people set, and which may jump: for display, and for what
    /// holds by the time of day.
    fn wall(&self) -> u64 {
        crate::wall()
    }
    /// Returns at that moment, or at once when it is past.
    fn sleep_until(&self, moment: Moment) -> impl Future<Output = ()> + Send;
}

/// The way to the nodes.
pub trait Helper: Clone + Send + Sync + 'static {
    /// Who is there, and what it may reach.
    fn hello(&self) -> impl Future<Output = Result<Hello, AskError>> + Send;
    /// Counts the helpers that were met: another number means that it was started anew.
    fn generation(&self) -> u64;
    /// The node that answered, and the cluster's text.
    fn read_cluster(
        &self,
        cluster: &ClusterName,
    ) -> impl Future<Output = Result<(NodeName, String), AskError>> + Send;
    /// The configs of a [`Request::ReadConfigs`], in the order asked.
    fn read_configs(
        &self,
        request: &Request,
        purpose: Purpose,
    ) -> impl Future<Output = Result<Vec<ConfigReply>, AskError>> + Send;
    /// The pools by that node's word, as [`vm_autoscale_proxmox::Pools::parse`] reads them.
    fn read_pools(
        &self,
        cluster: &ClusterName,
        node: &NodeName,
    ) -> impl Future<Output = Result<String, AskError>> + Send;
    /// What came of a request that runs one command.
    fn execute(&self, request: &Request)
    -> impl Future<Output = Result<Executed, AskError>> + Send;
    /// The same, unless there is a reason not to at the moment when the request would go out.
    fn execute_unless(
        &self,
        request: &Request,
        held: impl Fn() -> Option<String> + Send + Sync,
    ) -> impl Future<Output = Result<Executed, AskError>> + Send {
        async move {
            match held() {
                Some(why) => Err(AskError::Held(why)),
                None => self.execute(request).await,
            }
        }
    }
}

/// What configs are read for: a look waits for no change, nor for what belongs to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To see how the cluster is.
    Look,
    /// To see what became of a change.
    Change,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The helper said why.
    #[error(transparent)]
    Helper(#[from] HelperError),
    /// The helper and this program are not of one kind, and nothing was asked.
    #[error("{0}")]
    Differs(String),
    /// There was a reason not to ask.
    #[error("{0}")]
    Held(String),
    /// The request did not reach the helper.
    #[error("the helper cannot be reached: {0}")]
    NotAsked(String),
    /// The request went out and no answer came: what it asked for may have happened.
    #[error("the helper did not answer: {0}")]
    NoAnswer(String),
}

impl AskError {
    /// Whether nothing can have happened on a node.
    #[must_use]
    pub fn did_nothing(&self) -> bool {
        !matches!(
            self,
            Self::NoAnswer(_)
                | Self::Helper(HelperError::Unknown { .. } | HelperError::TooLarge { .. })
        )
    }
}

/// A change that is about to be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// Where.
    pub cluster: ClusterName,
    /// On which node.
    pub node: NodeName,
    /// Of which VM.
    pub vmid: VmId,
    /// What.
    pub step: Move,
    /// Who the VM was when this was decided, beyond its number.
    pub identity: Option<Identity>,
    /// Why, as told to people.
    pub reason: String,
}

impl Intent {
    /// What came of it and why it was asked for, as told to people.
    #[must_use]
    pub fn told(&self, outcome: &Outcome, reverted: bool) -> String {
        let reverted = if reverted { "; reverted" } else { "" };
        format!("{outcome}{reverted} ({})", self.reason)
    }

    /// Whether this config is another VM's than the one that was decided on.
    #[must_use]
    pub fn is_another(&self, config: &VmConfig) -> bool {
        Identity::is_another(self.identity.as_ref(), config.identity.as_ref())
    }
}
