//! A lab, a helper and a scheduler as separate processes in a directory of their own.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::unistd::Uid;
use tempfile::TempDir;
use vm_autoscale_lab::{Control, Reply, Request, Stats, ask};
use vm_autoscale_scheduler::{StatusReport, fetch_status};

use crate::programs::{Program, command, directory, pause};

/// What is played.
#[derive(Debug, Clone)]
pub struct Play {
    /// VMs, numbered from 101.
    pub vms: u32,
    /// Nodes, in a cluster where there are several.
    pub nodes: u32,
    /// Real guests in place of simulated ones: where their kernel is.
    pub real: Option<PathBuf>,
    /// What happens to the lab and when.
    pub scenario: Option<String>,
    /// What the loads grow from.
    pub seed: u64,
    /// A recorded load instead.
    pub trace: Option<PathBuf>,
    /// Seconds between two rounds of the lab's pvestatd.
    pub interval: f64,
    /// How long the lab's `qm` takes, as a share of the recorded time.
    pub qm_time: f64,
    /// Seconds of load time per second.
    pub speed: f64,
    /// `config.yaml`, but for the sockets.
    pub config: String,
}

/// The running programs.
#[derive(Debug)]
pub struct Stage {
    dir: TempDir,
    /// The node.
    pub lab: Program,
    /// The helper.
    pub helper: Option<Program>,
    /// The scheduler.
    pub scheduler: Option<Program>,
    nodes: Vec<(String, SocketAddr)>,
    runtime: tokio::runtime::Runtime,
}

impl Stage {
    /// Starts the lab and writes the files of the other two; they are started by
    /// [`Self::start_helper`] and [`Self::start_scheduler`].
    ///
    /// # Errors
    /// A program does not start.
    pub fn set(play: &Play) -> io::Result<Self> {
        let dir = tempfile::Builder::new().prefix("vm-autoscale-").tempdir()?;
        let lab_dir = dir.path().join("lab");
        let arguments = lab_arguments(play, dir.path())?;
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut lab = Program::start("vm-autoscale-lab", &arguments, dir.path())?;
        let nodes = await_nodes(&mut lab, &lab_dir)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let stage = Self { dir, lab, helper: None, scheduler: None, nodes, runtime };
        let login = format!("identity: {}", lab_dir.join("id_ed25519").display());
        stage.write_helper_yaml(&stage.nodes, "root", &login, &lab_dir.join("known_hosts"))?;
        stage.write_config_yaml(&play.config)?;
        Ok(stage)
    }

    /// The lab's nodes and where their SSH listens.
    #[must_use]
    pub fn nodes(&self) -> Vec<(String, SocketAddr)> {
        self.nodes.clone()
    }

    /// Writes `helper.yaml` for one cluster of these nodes; `login` is its line about key or password.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_helper_yaml(
        &self,
        nodes: &[(String, SocketAddr)],
        user: &str,
        login: &str,
        known_hosts: &Path,
    ) -> io::Result<()> {
        let mut yaml = String::new();
        let (uid, socket) = (Uid::effective().as_raw(), self.path("helper.sock"));
        let runtime = self.path("helper.run");
        let node = |(name, address): &(String, SocketAddr)| {
            format!("{{name: {name}, address: {}, port: {}}}", address.ip(), address.port())
        };
        let nodes = nodes.iter().map(node).collect::<Vec<_>>().join(", ");
        let written = write!(
            yaml,
            "scheduler_user: {uid}\nsocket: {socket}\nknown_hosts: {known_hosts}\n\
             runtime_directory: {runtime}\n\
             rates: {{per_vm: 60, per_node: 600, total: 600}}\nclusters:\n- name: lab\n  user: {user}\n  \
             {login}\n  nodes: [{nodes}]\n  rules:\n  \
             - {{vms: [100-9999], max_vcpus: 64, max_memory: 131072}}\n",
            socket = socket.display(),
            known_hosts = known_hosts.display(),
            runtime = runtime.display(),
        );
        written.map_err(io::Error::other)?;
        write_private(&self.path("helper.yaml"), &yaml)
    }

    /// Writes `config.yaml`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_config_yaml(&self, config: &str) -> io::Result<()> {
        let (helper, control) = (self.path("helper.sock"), self.control_socket());
        let mut own =
            format!("helper_socket: {}\ncontrol_socket: {}\n", helper.display(), control.display());
        if !config.contains("journal:") {
            let journal = self.journal();
            // Writing to a String cannot fail.
            let _ = writeln!(own, "journal: {{path: {}}}", journal.display());
        }
        write_private(&self.path("config.yaml"), &format!("{own}{config}"))
    }

    /// Starts the helper.
    ///
    /// # Errors
    /// It does not start.
    pub fn start_helper(&mut self) -> io::Result<()> {
        self.start_helper_with(&[])
    }

    /// Starts the helper with more arguments.
    ///
    /// # Errors
    /// It does not start.
    pub fn start_helper_with(&mut self, more: &[&str]) -> io::Result<()> {
        let config = self.path("helper.yaml").display().to_string();
        let arguments = [&["--config", &config], more].concat();
        self.helper = Some(Program::start("vm-autoscale-helper", &arguments, self.dir.path())?);
        Ok(())
    }

    /// Starts the scheduler.
    ///
    /// # Errors
    /// It does not start.
    pub fn start_scheduler(&mut self) -> io::Result<()> {
        let config = self.path("config.yaml").display().to_string();
        let (name, arguments) = ("vm-autoscale", ["run", "--config", &config]);
        let mut program = command(directory()?.join(name));
        program.envs(unit_environment());
        self.scheduler = Some(Program::start_as(program, name, &arguments, self.dir.path())?);
        Ok(())
    }

    /// A file of the stage.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Where the journal is, unless the play says another place.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.path("journal.db")
    }

    /// Where the scheduler answers.
    #[must_use]
    pub fn control_socket(&self) -> PathBuf {
        self.path("control.sock")
    }

    /// What the scheduler says; nothing when it does not answer.
    #[must_use]
    pub fn status(&self) -> Option<StatusReport> {
        self.runtime.block_on(fetch_status(&self.control_socket())).ok()
    }

    /// Waits for the scheduler to say something that `wanted` is true of.
    ///
    /// # Errors
    /// It did not within that time; the programs' last words are in the message.
    pub fn until(
        &self,
        time: Duration,
        wanted: impl Fn(&StatusReport) -> bool,
    ) -> io::Result<StatusReport> {
        let until = Instant::now() + time;
        loop {
            match self.status() {
                Some(status) if wanted(&status) => return Ok(status),
                status if Instant::now() > until => {
                    return Err(io::Error::other(format!(
                        "waited in vain: {status:?}\n{}",
                        self.last_words()
                    )));
                }
                _ => pause(Duration::from_millis(100)),
            }
        }
    }

    /// Whether all that was started still runs.
    pub fn all_run(&mut self) -> bool {
        let programs = [self.scheduler.as_mut(), self.helper.as_mut(), Some(&mut self.lab)];
        programs.into_iter().flatten().all(Program::runs)
    }

    /// What the node counted.
    ///
    /// # Errors
    /// The lab does not answer.
    pub fn node_stats(&self) -> io::Result<Stats> {
        match self.ask_lab(&Request::Stats)? {
            Reply::Stats(stats) => Ok(stats),
            other => Err(io::Error::other(format!("{other:?}"))),
        }
    }

    /// Does to the lab what a fault or a foreign hand would.
    ///
    /// # Errors
    /// The lab does not take it.
    pub fn control(&self, control: Control) -> io::Result<()> {
        self.ask_lab(&Request::Control(control)).map(drop)
    }

    /// Asks the lab.
    ///
    /// # Errors
    /// It does not answer, or says no.
    pub fn ask_lab(&self, request: &Request) -> io::Result<Reply> {
        let reply =
            self.runtime.block_on(ask(&self.path("lab"), request)).map_err(io::Error::other)?;
        match reply {
            Reply::Error(error) => Err(io::Error::other(error)),
            reply => Ok(reply),
        }
    }

    /// The end of each program's log.
    #[must_use]
    pub fn last_words(&self) -> String {
        let programs = [Some(&self.lab), self.helper.as_ref(), self.scheduler.as_ref()];
        let end = |program: &Program| {
            let said = program.said();
            let lines: Vec<&str> = said.lines().collect();
            lines
                .iter()
                .skip(lines.len().saturating_sub(12))
                .fold(String::new(), |text, line| text + line + "\n")
        };
        programs.into_iter().flatten().map(end).collect::<Vec<_>>().join("--\n")
    }

    /// Stops all, the scheduler first.
    ///
    /// # Errors
    /// One did not stop when it was asked to.
    pub fn strike(mut self) -> io::Result<()> {
        let programs = [self.scheduler.as_mut(), self.helper.as_mut(), Some(&mut self.lab)];
        for program in programs.into_iter().flatten() {
            program.stop()?;
        }
        Ok(())
    }
}

/// What the lab is started with; a scenario becomes a file beside its directory.
fn lab_arguments(play: &Play, dir: &Path) -> io::Result<Vec<String>> {
    let mut arguments = vec!["serve".to_owned()];
    let mut add = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
    add("--dir", dir.join("lab").display().to_string());
    add("--vms", play.vms.to_string());
    add("--nodes", play.nodes.to_string());
    add("--seed", play.seed.to_string());
    add("--interval", play.interval.to_string());
    add("--qm-time", play.qm_time.to_string());
    add("--speed", play.speed.to_string());
    if play.nodes > 1 {
        add("--cluster", "lab".to_owned());
    }
    if let Some(kernel) = &play.real {
        add("--real", kernel.display().to_string());
    }
    if let Some(trace) = &play.trace {
        add("--trace", trace.display().to_string());
    }
    if let Some(scenario) = &play.scenario {
        let path = dir.join("scenario.yaml");
        std::fs::write(&path, scenario)?;
        add("--scenario", path.display().to_string());
    }
    Ok(arguments)
}

/// What the scheduler's unit sets.
fn unit_environment() -> impl Iterator<Item = (&'static str, &'static str)> {
    let unit = include_str!("../../deploy/systemd/vm-autoscale.service");
    unit.lines().filter_map(|line| line.strip_prefix("Environment=")?.split_once('='))
}

/// The lab writes its addresses when it is ready.
fn await_nodes(lab: &mut Program, dir: &Path) -> io::Result<Vec<(String, SocketAddr)>> {
    // Real guests have to boot first.
    let until = Instant::now() + Duration::from_secs(180);
    loop {
        if let Ok(addresses) = std::fs::read_to_string(dir.join("addresses")) {
            let node = |line: &str| {
                let (name, address) = line.split_once(' ')?;
                Some((name.to_owned(), address.parse().ok()?))
            };
            let nodes: Option<Vec<_>> = addresses.lines().map(node).collect();
            return nodes.ok_or_else(|| io::Error::other("no addresses"));
        }
        if Instant::now() > until || !lab.runs() {
            return Err(io::Error::other(format!("the lab does not start: {}", lab.said())));
        }
        pause(Duration::from_millis(20));
    }
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file =
        std::fs::File::options().create(true).write(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}
