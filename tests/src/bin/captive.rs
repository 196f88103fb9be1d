//! Tries what a program that was taken over would, and says what came of each attempt: for a unit
//! in which it stands in for the program.
//!
//! `captive NAME [sandbox:READS,WRITES,PORT] ATTEMPT…` prints `NAME ATTEMPT: WHAT CAME` for each.
//! `sandbox:` enters the helper's own one, for what follows.

use std::collections::BTreeSet;
use std::ffi::CString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;

use nix::unistd::execv;
use vm_autoscale_sandbox::{Needs, enter};
use vm_autoscale_tests::programs::{command, pause};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    for attempt in arguments {
        let (verb, what) = attempt.split_once(':').unwrap_or((&attempt, ""));
        let came = attempted(verb, what).unwrap_or_else(|error| error.to_string());
        // At once: the next one may be the end.
        if writeln!(io::stdout(), "{name} {attempt}: {came}").is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn attempted(verb: &str, what: &str) -> io::Result<String> {
    let number = || what.parse::<usize>().map_err(io::Error::other);
    match verb {
        "sandbox" => return sandbox(what),
        "capabilities" => return capabilities(),
        "networks" => return networks(),
        "threads" => return Ok(threads(number()?)),
        "hold" => hold(number()?),
        "read" => fs::read(what).map(drop)?,
        "make" => OpenOptions::new().write(true).create_new(true).open(what).map(drop)?,
        "connect" => TcpStream::connect(what).map(drop)?,
        "listen" => TcpListener::bind(what).map(drop)?,
        "start" => command(what).status().map(drop)?,
        "become" => become_another(what)?,
        _ => return Err(io::Error::other("no such attempt")),
    }
    Ok("done".to_owned())
}

/// With the needs that the broker has: see `Orders::needs`.
fn sandbox(what: &str) -> io::Result<String> {
    let mut parts = what.split(',');
    let mut part = || parts.next().ok_or(io::ErrorKind::InvalidInput);
    let reached = enter(&Needs {
        reads: BTreeSet::from([part()?.into()]),
        writes: BTreeSet::from([part()?.into()]),
        ports: BTreeSet::from([part()?.parse().map_err(io::Error::other)?]),
        ..Needs::default()
    })?;
    Ok(format!("Landlock {}, seccomp {}", reached.landlock, reached.seccomp))
}

fn become_another(program: &str) -> io::Result<()> {
    let program = CString::new(program)?;
    Ok(execv(&program, &[&program]).map(drop)?)
}

/// The different values of all its sets.
fn capabilities() -> io::Result<String> {
    let status = fs::read_to_string("/proc/self/status")?;
    let sets = status.lines().filter_map(|line| line.strip_prefix("Cap")?.split_once(':'));
    let values: BTreeSet<_> = sets.map(|(_, value)| value.trim()).collect();
    Ok(values.into_iter().collect::<Vec<_>>().join(" "))
}

/// The network interfaces that it sees.
fn networks() -> io::Result<String> {
    let table = fs::read_to_string("/proc/self/net/dev")?;
    let names = table.lines().filter_map(|line| Some(line.split_once(':')?.0.trim()));
    Ok(names.collect::<Vec<_>>().join(" "))
}

/// How many threads there can be beside the first one, of so many that are wanted.
fn threads(wanted: usize) -> String {
    let mut count = 0usize;
    for _ in 0..wanted {
        let thread = std::thread::Builder::new().stack_size(64 << 10);
        let Err(error) = thread.spawn(|| pause(std::time::Duration::MAX)) else {
            count += 1;
            continue;
        };
        return format!("{count}, then {error}");
    }
    count.to_string()
}

/// So many MiB, really used.
fn hold(mib: usize) {
    let held = vec![1u8; mib << 20];
    std::hint::black_box(&held);
}
