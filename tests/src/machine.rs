//! A machine of its own to install things on: a Debian whose systemd is booted in a container.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::unistd::Uid;
use tempfile::TempDir;

use crate::programs::{Program, command, pause};

/// Booting takes half a second, and stopping no longer than the units on it.
const TIME: Duration = Duration::from_secs(60);

/// A booted machine without network; all that is written on it is gone with this value.
///
/// It belongs to the thread that booted it: should that one end first, the machine is killed.
#[derive(Debug)]
pub struct Machine {
    container: Program,
    /// Its first process, by this machine's count.
    leader: u32,
    /// For the console's log.
    _dir: TempDir,
}

impl Machine {
    /// What is not here to boot one.
    #[must_use]
    pub fn missing() -> Option<&'static str> {
        let nspawn = || command("systemd-nspawn").arg("--version").output().is_ok();
        if !Uid::effective().is_root() {
            return Some("root's rights");
        }
        if !nspawn() {
            return Some("systemd-nspawn (systemd-container)");
        }
        (!debian().join("usr").exists()).then_some("the Debian that tests/booted/make-root makes")
    }

    /// Boots it; it is up when this returns.
    ///
    /// # Errors
    /// It does not come up; the console's words are in the message.
    pub fn boot() -> io::Result<Self> {
        let dir = tempfile::Builder::new().prefix("vm-autoscale-").tempdir()?;
        let boot = Path::new(env!("CARGO_MANIFEST_DIR")).join("booted/boot").display().to_string();
        let debian = debian().display().to_string();
        // Where this process is killed, nothing of the machine is left either.
        let words = ["--pdeathsig", "KILL", "unshare", "--mount", "--mount-proc"];
        let more = ["--pid", "--fork", "--kill-child", &boot, &debian];
        let arguments = [&words[..], &more].concat();
        let container = Program::start_as(command("setpriv"), "console", &arguments, dir.path())?;
        let mut machine = Self { container, leader: 0, _dir: dir };
        machine.await_boot(0)?;
        Ok(machine)
    }

    /// Boots it again; what was written on it is still there.
    ///
    /// # Errors
    /// It does not come up.
    pub fn reboot(&mut self) -> io::Result<()> {
        // This very command ends with the machine: how is of no interest.
        let _ = self.run(&["systemctl", "reboot"]);
        self.await_boot(self.leader)
    }

    /// Waits for another first process than the one of before, and for all that it starts.
    fn await_boot(&mut self, before: u32) -> io::Result<()> {
        let until = Instant::now() + TIME;
        let mut state = String::new();
        while Instant::now() < until && self.container.runs() {
            pause(Duration::from_millis(20));
            let Some(leader) = first_process(self.container.pid()) else { continue };
            if leader == before {
                continue;
            }
            self.leader = leader;
            let output = self.run(&["systemctl", "is-system-running", "--wait"])?;
            state = String::from_utf8_lossy(&output.stdout).into_owned();
            if state.trim() == "running" {
                return Ok(());
            }
        }
        Err(io::Error::other(format!("it does not boot: {state}\n{}", self.container.said())))
    }

    /// Runs a command on it as root, for at most a minute.
    ///
    /// # Errors
    /// It cannot be started here; what becomes of it there is in the answer.
    pub fn run(&self, words: &[&str]) -> io::Result<Output> {
        self.enter(words).stdin(Stdio::null()).output()
    }

    fn enter(&self, words: &[&str]) -> Command {
        let mut enter = command("nsenter");
        enter.env_clear().env("PATH", "/usr/sbin:/usr/bin").env("LC_ALL", "C.UTF-8");
        enter.args(["--all", "--target", &self.leader.to_string(), "--"]);
        enter.args(["timeout", "--kill-after=5", "60"]).args(words);
        enter
    }

    /// Puts a copy of a file of this machine there, as root's; `mode` is octal.
    ///
    /// # Errors
    /// It cannot be read here or written there.
    pub fn copy(&self, from: &Path, to: &str, mode: &str) -> io::Result<()> {
        // Through a command, so that links are followed there and never here.
        let mut install = self.enter(&["install", "-D", "-m", mode, "/dev/stdin", to]);
        let output = install.stdin(File::open(from)?).output()?;
        if output.status.success() {
            return Ok(());
        }
        Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
    }

    /// Puts a copy of a directory of this machine there, as root's, with the modes that it has here.
    ///
    /// # Errors
    /// It cannot be read here or written there.
    pub fn copy_all(&self, from: &Path, to: &str) -> io::Result<()> {
        let mut pack = command("tar");
        pack.arg("--create").arg("--directory").arg(from).arg(".").stdout(Stdio::piped());
        let mut pack = pack.spawn()?;
        let packed = pack.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let unpack = "mkdir -p \"$0\" && tar --extract --no-same-owner --directory \"$0\"";
        let output = self.enter(&["sh", "-c", unpack, to]).stdin(packed).output()?;
        if pack.wait()?.success() && output.status.success() {
            return Ok(());
        }
        Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
    }

    /// A path there, as this machine finds it; for sockets, and files that nobody else writes.
    #[must_use]
    pub fn path(&self, there: &str) -> PathBuf {
        Path::new(&format!("/proc/{}/root", self.leader)).join(there.trim_start_matches('/'))
    }

    /// Powers it off.
    ///
    /// # Errors
    /// It did not power off, and was killed.
    pub fn stop(mut self) -> io::Result<()> {
        let _ = self.run(&["systemctl", "poweroff"]);
        let until = Instant::now() + TIME;
        while self.container.runs() {
            if Instant::now() > until {
                let said = self.container.said();
                return Err(io::Error::new(io::ErrorKind::TimedOut, said));
            }
            pause(Duration::from_millis(20));
        }
        Ok(())
    }
}

/// The Debian that `tests/booted/make-root` makes.
pub(crate) fn debian() -> PathBuf {
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/booted");
    std::env::var_os("VM_AUTOSCALE_BOOTED").map_or(usual, PathBuf::from).join("root")
}

/// The systemd that a process below that one has become, which is the first one to itself.
fn first_process(parent: u32) -> Option<u32> {
    let children = format!("/proc/{parent}/task/{parent}/children");
    let children = std::fs::read_to_string(children).ok()?;
    let pids = children.split_whitespace().filter_map(|pid| pid.parse().ok());
    pids.into_iter().find_map(|pid| if is_systemd(pid) { Some(pid) } else { first_process(pid) })
}

/// Before it is called so, it still sees this machine's files.
fn is_systemd(pid: u32) -> bool {
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{pid}/{name}"));
    let first = |status: String| {
        let line = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
        line.is_some_and(|pids| pids.split_whitespace().last() == Some("1"))
    };
    read("comm").is_ok_and(|name| name.trim() == "systemd") && read("status").is_ok_and(first)
}
