//! What it ran on: figures without their machine say nothing.

use std::fs;
use std::io::{self, Write};

use vm_autoscale_tests::programs::command;

/// Prints the machine, a line a fact.
///
/// # Errors
/// Nobody takes it.
pub(crate) fn print(out: &mut impl Write) -> io::Result<()> {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let cpu = field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.into());
    let memory = field("/proc/meminfo", "MemTotal").unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    writeln!(out, "CPU      {cpu}, {cores} logical cores")?;
    writeln!(out, "memory   {memory}")?;
    // Without the builder's own suffix.
    let kernel = kernel.trim().split('-').next().unwrap_or_default();
    writeln!(out, "kernel   Linux {kernel}")?;
    writeln!(out, "rustc    {}", rustc())?;
    writeln!(out, "profile  {}", if cfg!(debug_assertions) { "dev" } else { "release" })
}

/// How many processes wanted a core of late: others may have been at work.
pub(crate) fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split_whitespace().next().unwrap_or("?").to_owned()
}

fn field(path: &str, key: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The compiler that builds here; cargo names it to whom it starts.
fn rustc() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = command(rustc).arg("--version").output().map(|said| said.stdout);
    String::from_utf8_lossy(&said.unwrap_or_default()).trim().to_owned()
}
