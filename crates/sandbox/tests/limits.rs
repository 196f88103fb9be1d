//! What a process in the sandbox can and cannot do: each attempt in a process of its own, once
//! free, where all succeed, and once in the sandbox.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::libc::{EACCES, EPERM, SIGSYS};
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::{memfd, prctl, ptrace, signal};
use nix::unistd;
use vm_autoscale_sandbox::{Needs, enter, harden};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Done,
    Fails(i32),
    Killed(i32),
}
use End::{Done, Fails, Killed};

type Attempt = fn(&Site) -> io::Result<()>;

/// What is tried, and what comes of it where files are only read, and where some are written.
const ATTEMPTS: &[(&str, Attempt, [End; 2])] = &[
    ("read the known hosts, renamed over", read_known_hosts, [Done, Done]),
    ("connect to a node's port", |site| connect(site.node), [Done, Done]),
    ("remove its socket", |site| fs::remove_file(site.dir.join("socket/s")), [Done, Done]),
    ("replace a file of its own", |site| replace(site, "writes"), [Fails(EPERM), Done]),
    ("replace the known hosts", |site| replace(site, "reads"), [Fails(EPERM), Fails(EACCES)]),
    ("write elsewhere", |site| replace(site, "elsewhere"), [Fails(EPERM), Fails(EACCES)]),
    ("remove elsewhere", remove_elsewhere, [Fails(EACCES); 2]),
    ("read elsewhere", |_| fs::read("/etc/passwd").map(drop), [Fails(EACCES); 2]),
    ("list a directory", |site| fs::read_dir(&site.dir).map(drop), [Fails(EACCES); 2]),
    ("make a directory", |site| fs::create_dir(site.dir.join("writes/d")), [Fails(EPERM); 2]),
    ("let others write", let_others_write, [Fails(EPERM); 2]),
    (OTHER_PORT, |site| connect(site.other), [Fails(EACCES); 2]),
    ("open a port", |_| TcpListener::bind("127.0.0.1:0").map(drop), [Fails(EPERM); 2]),
    ("send a datagram", |_| UdpSocket::bind("127.0.0.1:0").map(drop), [Fails(EPERM); 2]),
    ("reach another service", |_| UnixDatagram::unbound().map(drop), [Fails(EPERM); 2]),
    ("start a thread", start_thread, [Fails(EPERM); 2]),
    ("start a program", start_program, [Fails(EPERM); 2]),
    ("signal another process", |_| Ok(signal::kill(unistd::getppid(), None)?), [Fails(EPERM); 2]),
    ("make a file in memory", make_memory_file, [Fails(EPERM); 2]),
    ("become another program", become_another, [Killed(SIGSYS); 2]),
    ("be traced", |_| Ok(ptrace::traceme()?), [Killed(SIGSYS); 2]),
    ("change its user", |_| Ok(unistd::setuid(unistd::getuid())?), [Killed(SIGSYS); 2]),
];

/// Older kernels than 6.7 do not limit it, and the helper says so at its start.
const OTHER_PORT: &str = "connect to another port";

struct Site {
    dir: PathBuf,
    node: u16,
    other: u16,
}

fn read_known_hosts(site: &Site) -> io::Result<()> {
    fs::read(site.dir.join("reads/known_hosts")).map(drop)
}

fn connect(port: u16) -> io::Result<()> {
    TcpStream::connect(("127.0.0.1", port)).map(drop)
}

fn replace(site: &Site, directory: &str) -> io::Result<()> {
    let directory = site.dir.join(directory);
    let mut new = fs::OpenOptions::new();
    let mut file = new.write(true).create_new(true).open(directory.join("new"))?;
    file.write_all(b"new")?;
    fs::rename(directory.join("new"), directory.join("old"))
}

fn remove_elsewhere(site: &Site) -> io::Result<()> {
    fs::remove_file(site.dir.join("elsewhere/f"))
}

fn let_others_write(site: &Site) -> io::Result<()> {
    let path = site.dir.join("writes/f");
    fs::set_permissions(path, fs::Permissions::from_mode(0o666))
}

fn start_thread(_: &Site) -> io::Result<()> {
    std::thread::Builder::new().spawn(|| ()).map(drop)
}

#[expect(clippy::disallowed_methods, reason = "what must not work")]
fn start_program(_: &Site) -> io::Result<()> {
    Command::new("/bin/true").spawn()?.wait().map(drop)
}

fn make_memory_file(_: &Site) -> io::Result<()> {
    Ok(memfd::memfd_create("f", memfd::MFdFlags::MFD_CLOEXEC).map(drop)?)
}

/// Where it works, that program ends as if it had been done.
fn become_another(_: &Site) -> io::Result<()> {
    Ok(unistd::execve::<&std::ffi::CStr, &std::ffi::CStr>(c"/bin/true", &[c"true"], &[])
        .map(drop)?)
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, mode, attempt, dir, node, other] = arguments.as_slice() {
        let site =
            Site { dir: dir.into(), node: node.parse().unwrap(), other: other.parse().unwrap() };
        std::process::exit(child(mode, attempt, &site));
    }
    it_hides_itself();
    let mut wrong = Vec::new();
    for (name, _, [reads, writes]) in ATTEMPTS {
        for (mode, wanted) in [("free", Done), ("reads", *reads), ("writes", *writes)] {
            let Some(end) = attempt(mode, name) else { return skip() };
            if end != wanted {
                wrong.push(format!("{name} ({mode}): {end:?} and not {wanted:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let text = format!("test {} attempts, each free and in the sandbox ... ok\n", ATTEMPTS.len());
    io::stdout().write_all(text.as_bytes()).unwrap();
}

/// Exits with 0 or an error's number; with [`UNLIMITED`] where this kernel has none of it.
fn child(mode: &str, attempt: &str, site: &Site) -> i32 {
    if mode != "free" {
        let writes = (mode == "writes").then(|| site.dir.join("writes"));
        let reached = enter(&Needs {
            reads: BTreeSet::from([site.dir.join("reads")]),
            writes: writes.into_iter().collect(),
            socket: Some(site.dir.join("socket")),
            ports: BTreeSet::from([site.node]),
        });
        let reached = reached.unwrap();
        if reached.landlock == 0 || !reached.seccomp {
            return UNLIMITED;
        }
        if reached.landlock < 4 && attempt == OTHER_PORT {
            return EACCES;
        }
    }
    let (_, attempt, _) = ATTEMPTS.iter().find(|(name, ..)| *name == attempt).unwrap();
    attempt(site).err().map_or(0, |error| error.raw_os_error().unwrap_or(UNKNOWN))
}

const UNLIMITED: i32 = 200;
const UNKNOWN: i32 = 201;

/// What came of it; nothing where this kernel cannot limit it.
fn attempt(mode: &str, name: &str) -> Option<End> {
    let dir = tempfile::tempdir().unwrap();
    for (directory, file) in
        [("reads", "known_hosts"), ("writes", "f"), ("elsewhere", "f"), ("socket", "s")]
    {
        fs::create_dir(dir.path().join(directory)).unwrap();
        fs::write(dir.path().join(directory).join(file), "old").unwrap();
    }
    let ports = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [node, other] =
        [&ports[0], &ports[1]].map(|at| at.local_addr().unwrap().port().to_string());
    let status = own(dir.path()).args([mode, name]).arg(dir.path()).args([node, other]).status();
    let status = status.unwrap();
    match (status.code(), status.signal()) {
        (Some(UNLIMITED), _) => None,
        (Some(0), _) => Some(Done),
        (Some(error), _) => Some(Fails(error)),
        (_, signal) => Some(Killed(signal.unwrap())),
    }
}

#[expect(clippy::disallowed_methods, reason = "this very program, in the sandbox")]
fn own(dir: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    // No core files of those that are killed.
    command.current_dir(dir).env("RUST_BACKTRACE", "0");
    command
}

/// No core dump, and no other process of the user looks into its memory.
fn it_hides_itself() {
    assert!(prctl::get_dumpable().unwrap());
    harden().unwrap();
    assert!(!prctl::get_dumpable().unwrap());
    assert_eq!(getrlimit(Resource::RLIMIT_CORE).unwrap(), (0, 0));
}

fn skip() {
    let text = "SKIPPED: this kernel lacks Landlock or seccomp: the sandbox was not tested\n";
    io::stderr().write_all(text.as_bytes()).unwrap();
    assert!(std::env::var_os("VM_AUTOSCALE_NO_SKIP").is_none(), "nothing may be skipped");
}
