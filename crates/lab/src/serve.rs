//! A lab with a directory: keys, addresses and control socket, for other processes.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;
use tokio::task::JoinSet;
use vm_autoscale_proxmox::NodeName;

use crate::private_dir::private_dir;
use crate::{Error, Lab, Options, reality, socket, ssh};

/// A served lab; dropped, it stops and takes `address` and `lab.sock` away.
#[derive(Debug)]
pub struct Served {
    lab: Lab,
    servers: Vec<(NodeName, ssh::Server)>,
    dir: PathBuf,
    _tasks: JoinSet<()>,
}

impl Served {
    /// The lab itself.
    #[must_use]
    pub fn lab(&self) -> &Lab {
        &self.lab
    }

    /// Where each node's SSH listens.
    #[must_use]
    pub fn addresses(&self) -> Vec<(NodeName, SocketAddr)> {
        self.servers.iter().map(|(node, server)| (node.clone(), server.address())).collect()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Whoever removed them first has done the same.
        let _ = fs::remove_file(self.dir.join("addresses"));
        let _ = fs::remove_file(self.dir.join("lab.sock"));
    }
}

/// Serves a new lab from `dir` (made, mode 0700; one that is there must be empty or a lab's): `host_key.NODE`, `id_ed25519`,
/// `password`, `known_hosts`, `lab.sock`, and last `addresses` (a line a node: name, address), the
/// sign that it is ready. Port 0 gives every node a port of its own, any other the next ones.
///
/// # Errors
/// Options that make no sense, or a file or port that cannot be had.
pub async fn serve(dir: &Path, options: &Options, listen: SocketAddr) -> Result<Served, Error> {
    let lab = Lab::new(options)?;
    private_dir(dir)?;
    if let Some(kernel_dir) = &options.real {
        reality::begin(&lab, dir, kernel_dir).await?;
    }
    let sock = dir.join("lab.sock");
    for stale in [&sock, &dir.join("addresses")] {
        // Mostly there is none.
        let _ = fs::remove_file(stale);
    }
    let (mut servers, mut known_hosts, mut addresses) = (Vec::new(), String::new(), String::new());
    for (i, node) in (0u16..).zip(lab.nodes()) {
        let port = if listen.port() == 0 { 0 } else { listen.port().saturating_add(i) };
        let server = ssh::listen(&lab, &node, SocketAddr::new(listen.ip(), port), None).await?;
        let (host, address) = (lab.host_key(&node)?, server.address());
        write(dir, &format!("host_key.{node}"), &ssh::key_file(&host)?)?;
        known_hosts.push_str(&ssh::known_hosts_line(address, host.public_key())?);
        // Writing to a String cannot fail.
        let _ = writeln!(addresses, "{node} {address}");
        servers.push((node, server));
    }
    write(dir, "id_ed25519", &ssh::key_file(&lab.client_key())?)?;
    write(dir, "password", &ssh::password(&lab.client_key()))?;
    write(dir, "known_hosts", &known_hosts)?;
    let listener = UnixListener::bind(&sock).map_err(Error::io(sock.display()))?;
    let mut tasks = JoinSet::new();
    tasks.spawn(socket::listen(lab.clone(), listener));
    tasks.spawn(lab.clone().pvestatd());
    write(dir, "addresses", &addresses)?;
    Ok(Served { lab, servers, dir: dir.to_owned(), _tasks: tasks })
}

/// Only for the owner, and whole or not at all.
fn write(dir: &Path, name: &str, content: &str) -> Result<(), Error> {
    let (path, new) = (dir.join(name), dir.join(format!(".{name}.new")));
    let failed = || Error::io(path.display());
    // Left over from a lab that was killed; mostly there is none.
    let _ = fs::remove_file(&new);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new);
    let file = file.as_mut().map_err(|e| std::io::Error::new(e.kind(), e.to_string()));
    file.and_then(|file| file.write_all(content.as_bytes())).map_err(failed())?;
    fs::rename(&new, &path).map_err(failed())
}
