//! A lab as the scheduler's helper sees it, without processes and without SSH, so that a test can
//! let time pass as it likes and end a program at any point.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use sha1::{Digest as _, Sha1};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use vm_autoscale_config::{Checked, SchedulerConfig};
use vm_autoscale_lab::{Answer, Lab};
use vm_autoscale_planner::Moment;
use vm_autoscale_protocol::{
    ClusterInfo, ConfigReply, Executed, FoundConfig, Hello, HelperError, PROTOCOL, Request, Sandbox,
};
use vm_autoscale_proxmox::{
    ClusterName, Digest, NodeCommand, NodeName, redact, redact_pools, split_configs,
};
use vm_autoscale_scheduler::{AskError, Board, Clock, Helper, MemoryJournal, Purpose, work_over};

/// Starts a scheduler with that file on a lab where nothing goes wrong on the way; what it sees is
/// on the board.
///
/// # Errors
/// The file is none.
pub fn begin(lab: &Lab, yaml: &str, journal: MemoryJournal) -> Result<Board, String> {
    let config = Checked::<SchedulerConfig>::new(Path::new("config.yaml"), yaml.as_bytes());
    let config = Arc::new(config.finish().map_err(|report| report.to_string())?);
    let cluster = ClusterName::try_from("lab").map_err(|error| error.to_string())?;
    let helper = Near::new(lab.clone(), cluster.clone(), Arc::new(|_| Fate::Runs));
    let clusters = [(cluster, lab.nodes().into_iter().collect())].into();
    let (board, ports) = (Board::default(), (TokioClock::start(), helper, journal));
    let posted = board.clone();
    tokio::spawn(async move {
        let (_stop, stopped) = watch::channel(false);
        work_over(ports, &config, clusters, &posted, &stopped).await;
    });
    Ok(board)
}

/// A node that does not answer for so long is taken for silent.
const PATIENCE: Duration = Duration::from_secs(8);

/// Tokio's time, which stands still where a test says so.
#[derive(Debug, Clone, Copy)]
pub struct TokioClock(Instant);

impl TokioClock {
    /// It begins now.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Moment {
        Moment(self.0.elapsed())
    }

    fn wall(&self) -> u64 {
        1_700_000_000 + self.0.elapsed().as_secs()
    }

    async fn sleep_until(&self, moment: Moment) {
        sleep_until(self.0 + moment.0).await;
    }
}

/// What becomes of a command on its way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fate {
    /// It runs, and its answer comes.
    Runs,
    /// It does not reach the helper.
    NotAsked,
    /// It runs to its end, and nobody hears of it.
    Unheard,
    /// It ends after so long, and nobody hears of it.
    CutOff(Duration),
    /// It runs, and its answer is this.
    Answers(&'static str),
}

/// Decides on each command.
pub type Fates = Arc<dyn Fn(&NodeCommand) -> Fate + Send + Sync>;

/// The helper.
#[derive(Clone)]
pub struct Near {
    lab: Lab,
    cluster: ClusterName,
    fates: Fates,
    /// Whoever asks it is dead: nothing is answered any more.
    pub dead: Arc<AtomicBool>,
    /// How often it was started.
    pub generation: Arc<AtomicU64>,
}

impl Near {
    /// A way to that lab's nodes, on which all goes well unless `fates` say otherwise.
    #[must_use]
    pub fn new(lab: Lab, cluster: ClusterName, fates: Fates) -> Self {
        Self { lab, cluster, fates, dead: Arc::default(), generation: Arc::new(1.into()) }
    }

    async fn run(&self, node: &NodeName, command: &NodeCommand) -> Result<Answer, AskError> {
        self.alive().await;
        let unknown = |what: &str| AskError::NoAnswer(what.to_owned());
        let fate = (self.fates)(command);
        if fate == Fate::NotAsked {
            return Err(AskError::NotAsked("the way is closed".to_owned()));
        }
        let (lab, at, line) = (self.lab.clone(), node.clone(), command.line());
        // What a node was told goes on there, whatever becomes of who told it.
        let running = tokio::spawn(async move { lab.execute_on(&at, &line).await });
        let answer = match fate {
            Fate::CutOff(after) => {
                tokio::time::sleep(after).await;
                running.abort();
                Err(unknown("the connection was lost"))
            }
            Fate::Unheard => {
                let _ = running.await;
                Err(unknown("the answer was lost"))
            }
            Fate::Answers(text) => {
                let _ = running.await;
                Ok(Answer { stdout: text.to_owned(), ..Answer::default() })
            }
            Fate::Runs | Fate::NotAsked => {
                let patience = if is_change(command) { PATIENCE * 20 } else { PATIENCE };
                match timeout(patience, running).await {
                    Ok(Ok(answer)) => Ok(answer),
                    _ => Err(unknown("the node did not answer")),
                }
            }
        };
        self.alive().await;
        answer
    }

    /// Returns only where whoever asks is not dead.
    async fn alive(&self) {
        if self.dead.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
    }
}

fn is_change(command: &NodeCommand) -> bool {
    command.line().starts_with("/usr/sbin/qm set")
}

fn failed(node: &NodeName, answer: &Answer) -> AskError {
    let (exit, message) = (i64::from(answer.exit), answer.stderr.clone());
    AskError::Helper(HelperError::Failed { node: node.clone(), exit, message })
}

fn command_of(request: &Request) -> Result<NodeCommand, AskError> {
    let none = || AskError::NotAsked("no command".to_owned());
    request.command().map_err(|_| none())?.ok_or_else(none)
}

impl Helper for Near {
    async fn hello(&self) -> Result<Hello, AskError> {
        let clusters = vec![ClusterInfo { name: self.cluster.clone(), nodes: self.lab.nodes() }];
        let (version, instance) = (String::new(), self.generation().to_string());
        let sandbox = Sandbox::default();
        Ok(Hello { version, protocol: PROTOCOL, instance, clusters, sandbox })
    }

    fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    async fn read_cluster(&self, _: &ClusterName) -> Result<(NodeName, String), AskError> {
        let mut last = AskError::NotAsked("no node".to_owned());
        for node in self.lab.nodes() {
            match self.run(&node, &NodeCommand::ReadCluster).await {
                Ok(answer) if matches!(answer.exit, 0 | 2) => return Ok((node, answer.stdout)),
                Ok(answer) => last = failed(&node, &answer),
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
        let command = command_of(request)?;
        let (Request::ReadConfigs { node, vmids, .. }, NodeCommand::ReadConfigs(files)) =
            (request, &command)
        else {
            return Err(AskError::NotAsked("not configs".to_owned()));
        };
        let answer = self.run(node, &command).await?;
        let cut = split_configs(files.as_slice(), answer.stdout.as_bytes())
            .map_err(|_| failed(node, &answer))?;
        let found = |raw: &[u8]| FoundConfig {
            digest: Digest::from_bytes(Sha1::digest(raw).into()),
            text: redact(&String::from_utf8_lossy(raw)),
        };
        let reply =
            |(vmid, raw): (&_, Option<&[u8]>)| ConfigReply { vmid: *vmid, found: raw.map(found) };
        Ok(vmids.iter().zip(cut).map(reply).collect())
    }

    async fn read_pools(&self, _: &ClusterName, node: &NodeName) -> Result<String, AskError> {
        let answer = self.run(node, &NodeCommand::ReadPools).await?;
        redact_pools(&answer.stdout).ok_or_else(|| failed(node, &answer))
    }

    async fn execute(&self, request: &Request) -> Result<Executed, AskError> {
        let node = match request {
            Request::ReadRunning { node, .. } => node.clone(),
            request => {
                let target = request.target();
                let target = target.ok_or_else(|| AskError::NotAsked("no node".to_owned()))?;
                target.node.clone()
            }
        };
        let Answer { stdout, stderr, exit } = self.run(&node, &command_of(request)?).await?;
        Ok(Executed { exit: i64::from(exit), stdout, stderr, took_ms: 0 })
    }
}
