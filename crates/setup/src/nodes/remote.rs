//! The administrator's own way into a node, and what is done there through it.
//!
//! One fixed script goes to a plain shell's standard input. Its answers begin with a word that
//! nobody else knows, as a login shell may say things of its own before.

use std::io::{BufRead as _, BufReader, Read as _, Take, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vm_autoscale_guard::one_line;

use super::{Line, Site};
use crate::error::Error;
use crate::program::program;

mod ended;

/// For all of it, a password typed by hand and the proof included, in seconds.
const TIME: u32 = 300;
/// The most that is read of what a node says, in bytes.
const MOST: u64 = 1024 * 1024;

/// How a node is come into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// Through the OpenSSH client: `[USER@]HOST`.
    Ssh(String),
    /// This machine is the node.
    Local,
}

/// What is to be done there.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Job<'a> {
    /// The line, and the gate where that is given.
    Put(&'a Line, Option<&'a [u8]>),
    /// Whatever lines have the key and, where it is said, the gate, unless another line needs it.
    Take(&'a Line, bool),
    /// The other nodes' host keys, as this one knows them.
    ReadKeys,
}

/// A script that runs on a node.
pub(crate) struct Remote {
    child: Child,
    stdin: ChildStdin,
    said: BufReader<Take<ChildStdout>>,
    complaints: JoinHandle<Vec<u8>>,
    tag: String,
    target: String,
    /// The command that compares its host key.
    trust: String,
}

impl Remote {
    /// Begins it.
    ///
    /// # Errors
    /// The program for the way cannot be started.
    pub(crate) fn begin(way: &Way, site: &Site, pins: &Path, job: Job<'_>) -> Result<Self, Error> {
        let (target, mut command) = command(way, site, pins)?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let broken = |why: String| Error::failed(format!("{target}: {why}"), "try again");
        let mut child = command.spawn().map_err(|error| broken(error.to_string()))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(mut stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(broken("no pipes".to_owned()));
        };
        let complaints = std::thread::spawn(move || {
            let mut text = Vec::new();
            // What cannot be read any more is no reason not to tell the rest.
            let _ = stderr.take(MOST).read_to_end(&mut text);
            text
        });
        let tag = format!("vm-autoscale-{:016x}", fastrand::u64(..));
        // One that ends before it has heard all of it says why.
        let _ = stdin.write_all(script(&tag, site, job).as_bytes()).and_then(|()| stdin.flush());
        let said = BufReader::new(stdout.take(MOST));
        let trust = format!("vm-autoscale-setup trust-host {} {}", site.name, site.address);
        Ok(Self { child, stdin, said, complaints, tag, target, trust })
    }

    /// The next answer: its first word, and the rest. Nothing once the script has ended.
    pub(crate) fn next(&mut self) -> Option<(String, String)> {
        loop {
            let mut line = Vec::new();
            if self.said.read_until(b'\n', &mut line).ok()? == 0 {
                return None;
            }
            let line = one_line(&String::from_utf8_lossy(&line));
            if let Some(answer) = line.strip_prefix(&self.tag) {
                let answer = answer.trim();
                let (word, rest) = answer.split_once(' ').unwrap_or((answer, ""));
                return Some((word.to_owned(), rest.to_owned()));
            }
        }
    }

    /// What was put stays. `false` where the node does not say so.
    pub(crate) fn keep(mut self) -> bool {
        let _ = self.stdin.write_all(b"keep\n").and_then(|()| self.stdin.flush());
        let kept = self.next().is_some_and(|(word, _)| word == "kept");
        drop(self.ended());
        kept
    }

    /// What was put goes. `false` where the node does not say so.
    pub(crate) fn undo(mut self) -> bool {
        let _ = self.stdin.write_all(b"undo\n").and_then(|()| self.stdin.flush());
        let undone = self.next().is_some_and(|(word, _)| word == "undone");
        drop(self.ended());
        undone
    }
}

/// With the node's pins, whatever the administrator's own client believes.
fn command(way: &Way, site: &Site, pins: &Path) -> Result<(String, Command), Error> {
    let Way::Ssh(target) = way else {
        let mut command = program("/bin/sh", TIME);
        command.arg("-s");
        return Ok(("/bin/sh".to_owned(), command));
    };
    if target.starts_with('-') || target.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(Error::Usage("--ssh takes [USER@]HOST".to_owned()));
    }
    let mut command = program("ssh", TIME);
    command.args(["-T", "-x", "-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=10"]);
    command.args(["-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3"]);
    command.args(["-o", "ClearAllForwardings=yes", "-o", "GlobalKnownHostsFile=none"]);
    command.args(["-o", "UpdateHostKeys=no", "-o", "ControlPath=none", "-o"]);
    command.arg(format!("UserKnownHostsFile={}", pins.display()));
    // By whatever name the administrator's client knows it, it is the node that is pinned.
    let (ip, port) = (site.address.ip(), site.address.port());
    command.arg("-o").arg(match port {
        22 => format!("HostKeyAlias={ip}"),
        port => format!("HostKeyAlias=[{ip}]:{port}"),
    });
    if port != 22 {
        command.arg("-p").arg(port.to_string());
    }
    command.arg("--").arg(target).arg("/bin/sh -s");
    Ok((target.clone(), command))
}

/// Values first; they are all of alphabets that mean nothing to a shell between quotes.
fn script(tag: &str, site: &Site, job: Job<'_>) -> String {
    let (mode, line, gate) = match job {
        Job::Put(line, gate) => ("put", line, gate.is_some()),
        Job::Take(line, gate) => ("take", line, gate),
        Job::ReadKeys => return format!("tag='{tag}'\n{}", include_str!("remote/read.sh")),
    };
    let (user, gate) = (&site.user, if gate { "yes" } else { "no" });
    let pattern = line.pattern();
    let mut script = format!(
        "tag='{tag}' mode={mode} user='{user}' gate={gate}\nline='{line}'\npattern='{pattern}'\n"
    );
    script += include_str!("remote/node.sh");
    if let Job::Put(_, Some(program)) = job {
        script += "cat >\"$work/gate64\" <<'END' || die \"no room in $work\"\n";
        script += &STANDARD.encode(program);
        script += "\nEND\n";
    }
    script
        + match job {
            Job::Put(..) => include_str!("remote/put.sh"),
            _ => include_str!("remote/take.sh"),
        }
}
