//! How the way to a node is: for who asks, and a line in the log when it becomes another.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tokio::time::Instant;
use vm_autoscale_guard::one_line;
use vm_autoscale_node::{ClusterName, NodeName};
use vm_autoscale_protocol::{HelperError, NodeHealth, NodeState};

/// What is known of one node without asking it.
pub struct Health {
    node: NodeName,
    now: RefCell<Now>,
    /// Logins tried since a command ended there.
    tries: Cell<u32>,
    /// Places of reads and of changes that are kept: for what hangs, and for what may.
    kept: Cell<(u32, u32)>,
    hung: Cell<u32>,
    hung_since: Cell<Option<Instant>>,
}

struct Now {
    state: NodeState,
    since: Instant,
    error: Option<HelperError>,
}

impl Health {
    pub(crate) fn new(node: NodeName) -> Self {
        let now = Now { state: NodeState::Idle, since: Instant::now(), error: None };
        Self {
            node,
            now: RefCell::new(now),
            tries: Cell::default(),
            kept: Cell::default(),
            hung: Cell::default(),
            hung_since: Cell::default(),
        }
    }

    /// It answers; what ended there before is made up for.
    pub(crate) fn answered(&self) {
        self.tries.set(0);
        self.becomes(NodeState::Up, None);
    }

    /// One more login is tried; how many were in vain before it.
    pub(crate) fn tries(&self) -> u32 {
        let tries = self.tries.get();
        self.tries.set(tries.saturating_add(1));
        self.unless_in_trouble(NodeState::Connecting);
        tries
    }

    /// Whether the last login led to a command that ended.
    pub(crate) fn is_proven(&self) -> bool {
        self.tries.get() == 0
    }

    /// There is a session, or none any more: that alone ends no trouble.
    pub(crate) fn unless_in_trouble(&self, state: NodeState) {
        if !self.now.borrow().state.is_trouble() {
            self.becomes(state, None);
        }
    }

    pub(crate) fn fails(&self, state: NodeState, error: &HelperError) {
        self.becomes(state, Some(error.clone()));
    }

    /// What is wrong; nothing where it is well.
    pub(crate) fn trouble(&self) -> Option<HelperError> {
        self.now.borrow().error.clone()
    }

    fn becomes(&self, state: NodeState, error: Option<HelperError>) {
        let mut now = self.now.borrow_mut();
        let was = now.state;
        if was != state {
            let after_s = now.since.elapsed().as_secs();
            now.since = Instant::now();
            match &error {
                Some(error) => tracing::warn!("{}", one_line(&error.to_string())),
                None if was.is_trouble() => {
                    tracing::info!(node = %self.node, after_s, "well again");
                }
                None => {}
            }
        }
        (now.state, now.error) = (state, error);
    }

    /// The place of a command is taken as long as what is returned lives: it does not end in its
    /// time, or its session was lost and it may go on.
    pub(crate) fn keeps(self: &Rc<Self>, is_change: bool, hangs: bool) -> Kept {
        let kept = Kept { health: self.clone(), is_change, hangs };
        kept.count(|places| places.saturating_add(1));
        if hangs {
            self.hung_since.set(self.hung_since.get().or_else(|| Some(Instant::now())));
            tracing::warn!(node = %self.node, hung = self.hung.get(), "a command does not end: it keeps its place");
        }
        kept
    }

    /// Whether all places of that kind are kept.
    pub(crate) fn is_full(&self, is_change: bool, places: u32) -> bool {
        let (reads, changes) = self.kept.get();
        (if is_change { changes } else { reads }) >= places
    }

    /// For who asks.
    pub fn report(&self, cluster: &ClusterName) -> NodeHealth {
        const LONGEST: usize = 500;
        let now = self.now.borrow();
        let text = |error: &HelperError| {
            one_line(&error.to_string()).chars().take(LONGEST).collect::<String>()
        };
        let shut_out = matches!(now.state, NodeState::AuthFailed | NodeState::HostKeyRefused);
        let (state, since, error) = match self.hung_since.get() {
            Some(since) if !shut_out => {
                (NodeState::Hung, since, Some("commands there do not end".to_owned()))
            }
            _ => (now.state, now.since, now.error.as_ref().map(text)),
        };
        let (cluster, node, hung) = (cluster.clone(), self.node.clone(), self.hung.get());
        NodeHealth { cluster, node, state, since_s: since.elapsed().as_secs(), error, hung }
    }
}

/// A place that is kept.
pub(crate) struct Kept {
    health: Rc<Health>,
    is_change: bool,
    hangs: bool,
}

impl Kept {
    fn count(&self, step: impl Fn(u32) -> u32) {
        let (mut reads, mut changes) = self.health.kept.get();
        let places = if self.is_change { &mut changes } else { &mut reads };
        *places = step(*places);
        self.health.kept.set((reads, changes));
        if self.hangs {
            self.health.hung.set(step(self.health.hung.get()));
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.count(|places| places.saturating_sub(1));
        if self.hangs && self.health.hung.get() == 0 {
            self.health.hung_since.set(None);
            tracing::info!(node = %self.health.node, "no command hangs there any more");
        }
    }
}
