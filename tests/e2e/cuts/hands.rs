//! The helper as the scheduler has it, with somebody at the wires.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use vm_autoscale_protocol::{ConfigReply, Executed, Hello, HelperError, Request};
use vm_autoscale_proxmox::{ClusterName, NodeName, VmId};
use vm_autoscale_scheduler::{AskError, Helper, HelperClient, Purpose};

use super::books::Books;
use super::kinds::{KINDS, Kind, mix};
use super::site::Site;

/// As many changes as the client has under way at once.
const PLACES: usize = 3;

/// What all hands share.
pub(super) struct Wires {
    pub(super) sites: BTreeMap<NodeName, Arc<Site>>,
    books: Mutex<Books>,
    seed: u64,
    draws: AtomicU64,
    /// The client's own places for changes: in here, a change is not queued there.
    places: Semaphore,
    /// Within so long after a change was asked for the way breaks.
    pub(super) within: Duration,
    pub(super) mended: AtomicBool,
}

impl Wires {
    pub(super) fn new(sites: BTreeMap<NodeName, Arc<Site>>, seed: u64, within: Duration) -> Self {
        let (books, draws, mended) = (Mutex::default(), 0.into(), false.into());
        Self { sites, books, seed, draws, places: Semaphore::new(PLACES), within, mended }
    }

    pub(super) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Breaks the way to that node soon, unless it is broken.
    fn break_soon(&self, site: &Arc<Site>) {
        if self.mended.load(Ordering::SeqCst) || !site.reserve() {
            return;
        }
        let number = self.draws.fetch_add(1, Ordering::SeqCst);
        let kind = KINDS[usize::try_from(number).unwrap() % KINDS.len()];
        // Nobody else is to read there then.
        let alone = self.books().on_node.get(&site.node) == Some(&1);
        let kind = if kind == Kind::Endless && !alone { Kind::Oversized } else { kind };
        let (site, drawn, within) = (site.clone(), mix(self.seed ^ mix(number)), self.within);
        tokio::spawn(async move { site.break_down(kind, drawn, within).await });
    }
}

/// The helper behind wires that break.
#[derive(Clone)]
pub(super) struct Cutter(pub(super) HelperClient, pub(super) Arc<Wires>);

impl Cutter {
    async fn change(&self, request: &Request, vmid: VmId) -> Result<Executed, AskError> {
        let Self(client, wires) = self;
        let node = request.target().unwrap().node.clone();
        let site = &wires.sites[&node];
        let line = request.command().unwrap().unwrap().line();
        wires.books().sent(vmid, line);
        let _place = wires.places.acquire().await.unwrap();
        wires.break_soon(site);
        let (before, _) = site.begun();
        let result = client.execute(request).await;
        site.answered().await;
        let (after, kind) = site.begun();
        if let Some(kind) = kind.filter(|_| after != before) {
            note(&mut wires.books(), kind, &result);
        }
        result
    }
}

/// Counts a change that was at work, or was answered, when the way broke.
fn note(books: &mut Books, kind: Kind, result: &Result<Executed, AskError>) {
    let heard = match result {
        Ok(_) if kind.lets_pass() => "answered",
        Ok(_) => "answered before",
        Err(AskError::Helper(HelperError::Unknown { .. })) => "unknown",
        Err(AskError::Helper(HelperError::TooLarge { .. })) => "too large",
        Err(AskError::NoAnswer(_)) => "no answer of the helper",
        Err(_) => "not sent",
    };
    *books.heard.entry((kind, heard)).or_default() += 1;
    if !matches!(heard, "answered before" | "not sent") {
        *books.runs.entry(kind).or_default() += 1;
    }
}

impl Helper for Cutter {
    async fn hello(&self) -> Result<Hello, AskError> {
        self.0.hello().await
    }

    fn generation(&self) -> u64 {
        self.0.generation()
    }

    async fn read_cluster(&self, cluster: &ClusterName) -> Result<(NodeName, String), AskError> {
        self.0.read_cluster(cluster).await
    }

    async fn read_configs(
        &self,
        request: &Request,
        purpose: Purpose,
    ) -> Result<Vec<ConfigReply>, AskError> {
        let replies = self.0.read_configs(request, purpose).await?;
        if purpose == Purpose::Change {
            for reply in &replies {
                self.1.books().read(reply.vmid);
            }
        }
        Ok(replies)
    }

    async fn read_pools(&self, cluster: &ClusterName, at: &NodeName) -> Result<String, AskError> {
        self.0.read_pools(cluster, at).await
    }

    async fn execute(&self, request: &Request) -> Result<Executed, AskError> {
        match request {
            Request::SetVcpus { target, .. } | Request::SetMemory { target, .. } => {
                self.change(request, target.vmid).await
            }
            other => self.0.execute(other).await,
        }
    }
}
