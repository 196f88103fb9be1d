//! From this program to the broker: the same process, so that systemd's sockets and its idea of who
//! we are go on.

use std::convert::Infallible;
use std::ffi::{CString, OsStr};
use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;

use nix::sys::memfd::{MFdFlags, memfd_create};
use vm_autoscale_broker::Orders;

use crate::error::Error;

/// It stands beside this program.
const NAME: &str = "vm-autoscale-broker";
/// All that it is told of its surroundings: what systemd says of sockets.
const KEPT: [&str; 3] = ["LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID"];

/// Never returns where it succeeds.
pub(crate) fn become_broker(orders: &Orders) -> Result<Infallible, Error> {
    let own = std::env::current_exe().map_err(Error::Become)?;
    let path = own.with_file_name(NAME);
    let program = CString::new(path.as_os_str().as_bytes()).map_err(|e| Error::Become(e.into()))?;
    pass(orders).map_err(Error::Become)?;
    let environment: Vec<CString> = KEPT.iter().filter_map(|name| kept(name)).collect();
    nix::unistd::execve(&program, &[&program], &environment)
        .map_err(|source| Error::NoBroker { path, source })
}

fn kept(name: &str) -> Option<CString> {
    let value = std::env::var_os(name)?;
    let pair = [OsStr::new(name).as_bytes(), b"=", value.as_bytes()].concat();
    CString::new(pair).ok()
}

/// On standard input, from memory that is in no file system.
fn pass(orders: &Orders) -> std::io::Result<()> {
    let mut file = File::from(memfd_create("orders", MFdFlags::MFD_CLOEXEC)?);
    // At once: each token of it would be a system call of its own.
    file.write_all(&serde_json::to_vec(orders)?)?;
    file.rewind()?;
    nix::unistd::dup2_stdin(&file)?;
    Ok(())
}
