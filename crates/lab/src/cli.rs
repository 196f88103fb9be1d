//! The command line.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use vm_autoscale_proxmox::{ClusterName, NodeName};

use crate::private_dir::private_dir;
use crate::{Columns, Error, Options, Reply, Request, Scenario, ask, confine, serve};

/// A simulated Proxmox cluster to try vm-autoscale on. Never for a machine that matters.
#[derive(Debug, Parser)]
#[command(name = "vm-autoscale-lab", version)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run a cluster until it is told to stop.
    Serve(Serve),
    /// Execute `SSH_ORIGINAL_COMMAND` on the node: the forced command behind a real sshd.
    Exec {
        #[command(flatten)]
        dir: Dir,
        /// The node; the first where absent.
        #[arg(long, value_parser = |name: &str| NodeName::try_from(name))]
        node: Option<NodeName>,
    },
    /// Print the counters as JSON.
    Stats(Dir),
    /// Print the history as JSON, from an entry on.
    History {
        #[command(flatten)]
        dir: Dir,
        /// The first entry.
        #[arg(long, default_value_t = 0)]
        since: usize,
    },
    /// Print every VM as it really is, as JSON.
    Vms(Dir),
    /// Do what a fault or a foreign hand would.
    Control {
        #[command(flatten)]
        dir: Dir,
        /// What, for instance `{"lock":{"vmid":101,"lock":"backup"}}`.
        json: String,
    },
}

#[derive(Debug, Args)]
struct Dir {
    /// The directory that the lab serves from.
    #[arg(long)]
    dir: PathBuf,
}

#[derive(Debug, Args)]
struct Serve {
    #[command(flatten)]
    dir: Dir,
    /// How many VMs.
    #[arg(long, default_value_t = 8)]
    vms: u32,
    /// What the loads grow from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Seconds between two rounds of pvestatd.
    #[arg(long, default_value_t = 10.0)]
    interval: f64,
    /// How long qm takes, as a share of the recorded time.
    #[arg(long, default_value_t = 1.0)]
    qm_time: f64,
    /// Seconds of load time per second.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// Real guests under QEMU instead: the directory that `crates/lab/guest/fetch` filled.
    #[arg(long, value_name = "KERNEL_DIR")]
    real: Option<PathBuf>,
    /// A recorded load to play: CSV, plain or gzip.
    #[arg(long)]
    trace: Option<PathBuf>,
    /// Whose keys may log in beside the lab's own: lines as in `authorized_keys`, read at every
    /// login.
    #[arg(long, value_name = "FILE")]
    authorized_keys: Option<PathBuf>,
    /// How many nodes, named pve1, pve2 and so on.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    nodes: u32,
    /// What happens to the lab and when: a YAML list of events.
    #[arg(long)]
    scenario: Option<PathBuf>,
    /// The cluster's name; without it the one node is in none.
    #[arg(long, value_parser = |name: &str| ClusterName::try_from(name))]
    cluster: Option<ClusterName>,
    /// Where SSH listens.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Whose columns `.rrd` has: Proxmox 8 or 9.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u8).range(8..=9))]
    columns: u8,
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // Before there are other threads: those that exist already would not be bound.
    let confined = match &cli.verb {
        Verb::Serve(args) => private_dir(&args.dir.dir).and_then(|dir| confine::to(&dir)),
        _ => Ok(false),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let done = match runtime {
        Ok(runtime) => confined.and_then(|confined| runtime.block_on(run(cli.verb, confined))),
        Err(error) => Err(Error::io("runtime")(error)),
    };
    done.unwrap_or_else(|error| {
        eprintln!("vm-autoscale-lab: {error}");
        ExitCode::FAILURE
    })
}

async fn run(verb: Verb, confined: bool) -> Result<ExitCode, Error> {
    let (dir, request) = match verb {
        Verb::Serve(args) => return run_serve(args, confined).await,
        Verb::Exec { dir, node } => match std::env::var("SSH_ORIGINAL_COMMAND") {
            Ok(line) => (dir, Request::Exec { line, node }),
            Err(_) => return Err(Error::Usage("SSH_ORIGINAL_COMMAND is not set".into())),
        },
        Verb::Stats(dir) => (dir, Request::Stats),
        Verb::History { dir, since } => (dir, Request::History(since)),
        Verb::Vms(dir) => (dir, Request::Vms),
        Verb::Control { dir, json } => {
            let control = serde_json::from_str(&json).map_err(|e| Error::Usage(e.to_string()))?;
            (dir, Request::Control(control))
        }
    };
    match ask(&dir.dir, &request).await? {
        Reply::Answer(answer) => {
            std::io::stderr().write_all(answer.stderr.as_bytes()).map_err(Error::io("stderr"))?;
            print(&answer.stdout)?;
            Ok(ExitCode::from(answer.exit))
        }
        Reply::Done => Ok(ExitCode::SUCCESS),
        Reply::Error(text) => Err(Error::Usage(text)),
        Reply::Stats(stats) => json(&stats),
        Reply::History(entries) => json(&entries),
        Reply::Vms(vms) => json(&vms),
    }
}

async fn run_serve(args: Serve, confined: bool) -> Result<ExitCode, Error> {
    let dir = args.dir.dir.clone();
    let listen = args.listen;
    let scenario = args.scenario.as_deref().map(Scenario::read).transpose()?;
    // Before there is anything to read, so that no signal is missed.
    let mut term = signal(SignalKind::terminate()).map_err(Error::io("signal"))?;
    let mut int = signal(SignalKind::interrupt()).map_err(Error::io("signal"))?;
    let served = serve(&dir, &options(args)?, listen).await?;
    served.lab().count(|stats| stats.confined = confined);
    tokio::spawn(served.lab().clone().play(scenario.unwrap_or_default()));
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    drop(served);
    Ok(ExitCode::SUCCESS)
}

fn options(args: Serve) -> Result<Options, Error> {
    Ok(Options {
        nodes: Options::numbered(args.nodes)?,
        cluster: args.cluster,
        vms: args.vms,
        seed: args.seed,
        interval: args.interval,
        qm_time: args.qm_time,
        speed: args.speed,
        real: args.real,
        trace: args.trace,
        authorized_keys: args.authorized_keys,
        columns: if args.columns == 8 { Columns::Eight } else { Columns::Nine },
        ..Options::new()?
    })
}

fn json(value: &impl serde::Serialize) -> Result<ExitCode, Error> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Error::Socket(e.to_string()))?;
    print(&(text + "\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn print(text: &str) -> Result<(), Error> {
    std::io::stdout().write_all(text.as_bytes()).map_err(Error::io("stdout"))
}
