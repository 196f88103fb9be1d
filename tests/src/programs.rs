//! The programs as they are installed: built from this workspace, started, stopped.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Where cargo puts the binaries of this profile. Built on the first call.
///
/// # Errors
/// cargo is not there or fails; what it said is on standard error.
pub fn directory() -> io::Result<&'static Path> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| build().map_err(|e| e.to_string()));
    built.as_deref().map_err(|e| io::Error::other(e.clone()))
}

fn build() -> io::Result<PathBuf> {
    // Integration tests and benchmarks run in `deps`, one below the binaries.
    let own = std::env::current_exe()?;
    let mut target = own.parent().ok_or(io::ErrorKind::NotFound)?;
    let in_deps = target.ends_with("deps");
    if in_deps {
        target = target.parent().ok_or(io::ErrorKind::NotFound)?;
    }
    let release = target.ends_with("release");
    let mut cargo = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--locked", "--workspace", "--bins"]);
    if release {
        // Of a benchmark: no test is wanted, and to link them all would take minutes.
        cargo.arg("--release");
    } else if in_deps {
        // The same set of features as `cargo test` has just built, so that nothing is built twice.
        cargo.arg("--tests");
    }
    // What our own cargo told us of this package would make build scripts that look at it run
    // anew, and ring with all that rests on it be built twice in every run.
    for (name, _) in std::env::vars_os() {
        let told = name.to_string_lossy();
        if told.starts_with("CARGO_PKG_") || told.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let status = cargo.arg("--manifest-path").arg(manifest).status()?;
    if !status.success() {
        return Err(io::Error::other("cargo build failed"));
    }
    Ok(target.to_owned())
}

/// A command that can be started.
#[expect(
    clippy::disallowed_methods,
    reason = "tests and the demo start programs; this is the one place"
)]
pub fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    Command::new(program)
}

/// A program that runs until it is stopped; it never outlives this value.
#[derive(Debug)]
pub struct Program {
    child: Child,
    name: String,
    log: PathBuf,
}

impl Program {
    /// Starts one of ours; what it says goes to `NAME.log` in `dir`.
    ///
    /// # Errors
    /// It cannot be built or started.
    pub fn start(name: &str, arguments: &[&str], dir: &Path) -> io::Result<Self> {
        Self::start_as(command(directory()?.join(name)), name, arguments, dir)
    }

    /// Starts any program.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start_as(
        mut program: Command,
        name: &str,
        arguments: &[&str],
        dir: &Path,
    ) -> io::Result<Self> {
        let log = dir.join(format!("{name}.log"));
        let file = File::options().create(true).append(true).open(&log)?;
        let child = program
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()?;
        Ok(Self { child, name: name.to_owned(), log })
    }

    /// What it said so far.
    #[must_use]
    pub fn said(&self) -> String {
        std::fs::read(&self.log)
            .map(|log| String::from_utf8_lossy(&log).into_owned())
            .unwrap_or_default()
    }

    /// Its number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A figure of `/proc/PID/status` in KiB: `VmRSS` now, `VmHWM` at most so far.
    ///
    /// # Errors
    /// It is gone, or the kernel does not say.
    pub fn memory(&self, key: &str) -> io::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        kib.ok_or_else(|| io::Error::other(format!("no {key}")))
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a signal to it.
    pub fn signal(&self, signal: Signal) {
        if let Ok(pid) = i32::try_from(self.child.id()) {
            // One that is gone needs no signal.
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }

    /// Asks it to stop and waits for it.
    ///
    /// # Errors
    /// It did not stop within the 100 s that its unit gives it for a change that is under way, and
    /// was killed.
    pub fn stop(&mut self) -> io::Result<ExitStatus> {
        self.signal(Signal::SIGTERM);
        let until = Instant::now() + Duration::from_secs(100);
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            pause(Duration::from_millis(20));
        }
        self.child.kill()?;
        self.child.wait()?;
        Err(io::Error::new(io::ErrorKind::TimedOut, format!("{} did not stop", self.name)))
    }

    /// Ends it as a crash would.
    ///
    /// # Errors
    /// It cannot be waited for.
    pub fn crash(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // One that has ended already is only collected.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits; only for what other processes do.
#[expect(
    clippy::disallowed_methods,
    reason = "tests and the demo wait for other processes; this is the one place"
)]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}
