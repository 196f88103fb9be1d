//! The helper's part, without sockets: requests become lines that the lab executes, and now and
//! then an answer is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use sha1::{Digest as _, Sha1};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use vm_autoscale_lab::{Answer, Lab};
use vm_autoscale_protocol::{
    ConfigReply, Executed, FoundConfig, Hello, HelperError, Request, Rule, Target,
};
use vm_autoscale_proxmox::{
    ClusterName, Digest, NodeCommand, NodeName, VmId, redact, redact_pools, split_configs,
};
use vm_autoscale_scheduler::{AskError, Helper, Purpose};

mod at_work;
mod buckets;
use at_work::{AtWork, busy};
use buckets::Buckets;
pub(super) use buckets::RATES;

/// A node that is not there is noticed after that.
const CONNECT: Duration = Duration::from_secs(5);
/// As in the real one: no change and no reading is waited for longer, and no look at a cluster for
/// the first node that is asked, and for each of the others.
const COMMAND: Duration = Duration::from_secs(180);
const READ: Duration = Duration::from_secs(30);
const FIRST: Duration = Duration::from_secs(5);
const OTHERS: Duration = Duration::from_secs(2);
/// As in the real client: changes at once, and how long one waits for its turn.
const CHANGES: usize = 3;
const QUEUE: Duration = Duration::from_secs(5);
/// One in so many answers of a change, and of anything else, is lost.
const LOST_CHANGES: u32 = 40;
const LOST_READS: u32 = 2000;

/// Clones are the same helper.
#[derive(Debug, Clone)]
pub(super) struct Hand {
    lab: Lab,
    cluster: ClusterName,
    state: Arc<Mutex<State>>,
    generation: Arc<AtomicU64>,
    changes: Arc<Semaphore>,
    at_work: AtWork,
}

#[derive(Debug)]
struct State {
    rng: Rng,
    down: BTreeSet<NodeName>,
    entry: usize,
    buckets: Buckets,
    /// Of each VM the config that was read last.
    seen: BTreeMap<VmId, Digest>,
}

impl Hand {
    pub(super) fn new(lab: &Lab, cluster: ClusterName, seed: u64) -> Self {
        let state = State {
            rng: Rng::with_seed(seed),
            down: BTreeSet::new(),
            entry: 0,
            buckets: Buckets::default(),
            seen: BTreeMap::new(),
        };
        Self {
            lab: lab.clone(),
            cluster,
            state: Arc::new(Mutex::new(state)),
            generation: Arc::new(AtomicU64::new(1)),
            changes: Arc::new(Semaphore::new(CHANGES)),
            at_work: AtWork::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It was started anew: it has read no config yet.
    pub(super) fn restart(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
        self.state().seen.clear();
    }

    /// A node lost power, or got it back.
    pub(super) fn node(&self, node: &NodeName, up: bool) {
        let down = &mut self.state().down;
        if up {
            down.remove(node)
        } else {
            down.insert(node.clone())
        };
    }

    fn draw(&self, one_in: u32) -> bool {
        self.state().rng.u32(0..one_in) == 0
    }

    /// Executes a line; one that is given up goes on, or ends with its connection.
    async fn run(&self, node: &NodeName, command: &NodeCommand) -> Result<Answer, AskError> {
        let unreachable = || HelperError::Unreachable {
            node: node.clone(),
            message: "no route to host".to_owned(),
        };
        let is_down = self.state().down.contains(node);
        if is_down {
            sleep(CONNECT).await;
            return Err(unreachable().into());
        }
        let is_change = changes(command);
        let (one_in, most) = if is_change { (LOST_CHANGES, COMMAND) } else { (LOST_READS, READ) };
        let at_work = self.at_work.begin(node, is_change)?;
        let (lab, at, line) = (self.lab.clone(), node.clone(), command.line());
        let run = async move {
            let answer = lab.execute_on(&at, &line).await;
            drop(at_work);
            answer
        };
        // Seconds, after which nobody hears of it any more.
        let (cut, goes_on) = if self.draw(one_in) {
            let rng = &mut self.state().rng;
            (Duration::from_secs_f64(12.0 * rng.f64()), rng.bool())
        } else {
            (most, true)
        };
        let answer = if goes_on {
            // Whatever becomes of who asked.
            timeout(cut, tokio::spawn(run)).await.ok().and_then(Result::ok)
        } else {
            timeout(cut, run).await.ok()
        };
        answer.ok_or_else(|| self.unknown(node))
    }

    fn unknown(&self, node: &NodeName) -> AskError {
        if self.draw(2) {
            return AskError::NoAnswer("the connection is gone".to_owned());
        }
        let message = "the session is gone".to_owned();
        HelperError::Unknown { node: node.clone(), message }.into()
    }

    fn allow(&self, target: &Target, revert: bool) -> Result<(), AskError> {
        let refuse = |rule, message: &str| {
            Err(HelperError::Refused { rule, message: message.to_owned() }.into())
        };
        let now = self.lab.now();
        let mut state = self.state();
        if state.seen.get(&target.vmid) != Some(&target.digest) {
            return refuse(Rule::Digest, "not the config that the helper read last");
        }
        if !state.buckets.take(now, (&target.node, target.vmid, revert)) {
            return refuse(Rule::Rates, "used up");
        }
        Ok(())
    }

    fn node_of(&self, offset: usize) -> Option<NodeName> {
        let nodes = self.lab.nodes();
        let index = (self.state().entry + offset).checked_rem(nodes.len())?;
        nodes.get(index).cloned()
    }
}

fn changes(command: &NodeCommand) -> bool {
    matches!(
        command,
        NodeCommand::SetVcpus { .. }
            | NodeCommand::SetMemory { .. }
            | NodeCommand::SetCpuLimit { .. }
            | NodeCommand::SetBalloon { .. }
            | NodeCommand::Revert { .. }
    )
}

fn command(request: &Request) -> Result<NodeCommand, AskError> {
    let bad = |why: String| AskError::from(HelperError::BadRequest { message: why });
    let command = request.command().map_err(|violation| bad(violation.to_string()))?;
    command.ok_or_else(|| bad("this request is for no node".to_owned()))
}

fn failed(node: &NodeName, answer: &Answer, why: &str) -> AskError {
    let (node, exit) = (node.clone(), i64::from(answer.exit));
    HelperError::Failed { node, exit, message: format!("{why}: {}", answer.stderr) }.into()
}

impl Helper for Hand {
    async fn hello(&self) -> Result<Hello, AskError> {
        Err(AskError::NotAsked("nobody says hello in a soak".to_owned()))
    }

    fn generation(&self) -> u64 {
        self.generation.load(Ordering::Relaxed)
    }

    async fn read_cluster(&self, _: &ClusterName) -> Result<(NodeName, String), AskError> {
        let mut last = AskError::NotAsked("there is no node".to_owned());
        for offset in 0..self.lab.nodes().len() {
            let Some(node) = self.node_of(offset) else { continue };
            let most = if offset == 0 { FIRST } else { OTHERS };
            let read = timeout(most, self.run(&node, &NodeCommand::ReadCluster)).await;
            match read.unwrap_or_else(|_| Err(self.unknown(&node))) {
                Ok(answer) if answer.exit == 0 || answer.exit == 2 => {
                    self.state().entry += offset;
                    return Ok((node, answer.stdout));
                }
                Ok(answer) => last = failed(&node, &answer, "no answer of pmxcfs"),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    async fn read_configs(
        &self,
        request: &Request,
        _: Purpose,
    ) -> Result<Vec<ConfigReply>, AskError> {
        let Request::ReadConfigs { node, vmids, .. } = request else { return Ok(Vec::new()) };
        let command = command(request)?;
        let NodeCommand::ReadConfigs(files) = &command else { return Ok(Vec::new()) };
        let answer = self.run(node, &command).await?;
        let cut = split_configs(files.as_slice(), answer.stdout.as_bytes());
        let cut = cut.map_err(|why| failed(node, &answer, &why.to_string()))?;
        let reply = |(vmid, raw): (&VmId, Option<&[u8]>)| {
            let found = raw.map(|raw| FoundConfig {
                digest: Digest::from_bytes(Sha1::digest(raw).into()),
                text: redact(&String::from_utf8_lossy(raw)),
            });
            ConfigReply { vmid: *vmid, found }
        };
        let replies: Vec<ConfigReply> = vmids.iter().zip(cut).map(reply).collect();
        let seen = &mut self.state().seen;
        for reply in &replies {
            match &reply.found {
                Some(found) => drop(seen.insert(reply.vmid, found.digest.clone())),
                None => drop(seen.remove(&reply.vmid)),
            }
        }
        Ok(replies)
    }

    async fn read_pools(&self, _: &ClusterName, node: &NodeName) -> Result<String, AskError> {
        let answer = self.run(node, &NodeCommand::ReadPools).await?;
        let text = redact_pools(&answer.stdout);
        text.ok_or_else(|| failed(node, &answer, "no answer of pmxcfs"))
    }

    async fn execute(&self, request: &Request) -> Result<Executed, AskError> {
        self.execute_unless(request, || None).await
    }

    async fn execute_unless(
        &self,
        request: &Request,
        held: impl Fn() -> Option<String> + Send + Sync,
    ) -> Result<Executed, AskError> {
        let _turn = match request.target() {
            Some(_) => {
                let turn = timeout(QUEUE, self.changes.acquire()).await.map_err(|_| busy())?;
                Some(turn.map_err(|_| busy())?)
            }
            None => None,
        };
        if let Some(why) = held() {
            return Err(AskError::Held(why));
        }
        let node = match request {
            Request::ReadRunning { node, .. } => node,
            other => &other.target().ok_or_else(busy)?.node,
        };
        if let Some(target) = request.target() {
            debug_assert_eq!(target.cluster, self.cluster);
            self.allow(target, matches!(request, Request::Revert { .. }))?;
        }
        let before = self.lab.now();
        let answer = self.run(node, &command(request)?).await?;
        let took = Duration::try_from_secs_f64(self.lab.now() - before).unwrap_or_default();
        Ok(Executed {
            exit: i64::from(answer.exit),
            stdout: answer.stdout,
            stderr: answer.stderr,
            took_ms: took.as_millis().try_into().unwrap_or(u64::MAX),
        })
    }
}
