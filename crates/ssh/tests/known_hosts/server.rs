//! A real `sshd` with a host key of each type, and what the real `ssh` makes of it.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use russh::keys::PublicKey;
use tempfile::TempDir;

use super::{SSHD, command, run};

pub(super) struct Server {
    child: Child,
    pub(super) port: u16,
    pub(super) folder: TempDir,
    pub(super) ed25519: PublicKey,
    pub(super) ecdsa: PublicKey,
    pub(super) rsa: PublicKey,
    /// Signs the certificate that the server has for its Ed25519 key.
    pub(super) authority: PublicKey,
    /// A key that the server does not have.
    pub(super) other: PublicKey,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [ed25519, ecdsa, rsa, authority, other] = [
            ("host", "ed25519"),
            ("host_ec", "ecdsa"),
            ("host_rsa", "rsa"),
            ("authority", "ed25519"),
            ("other", "ed25519"),
        ]
        .map(|(name, kind)| generate(folder.path(), name, kind));
        certify(folder.path());
        // As root, sshd insists on this folder.
        let _ = std::fs::create_dir("/run/sshd");
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            // Another program may have taken the port since: then sshd ends, and we ask again.
            if let Some(child) = listening(folder.path(), port) {
                return Self { child, port, folder, ed25519, ecdsa, rsa, authority, other };
            }
        }
        panic!("sshd did not start; its messages are above");
    }

    /// Whether OpenSSH takes the server's host key of this algorithm, or of the one it prefers.
    pub(super) fn accepted_by_openssh(
        &self,
        host: &str,
        content: &str,
        algorithm: Option<&str>,
    ) -> bool {
        let file = self.folder.path().join("known_hosts");
        std::fs::write(&file, content).unwrap();
        let known = format!("UserKnownHostsFile={}", file.display());
        let only = algorithm.map(|name| format!("HostKeyAlgorithms={name}"));
        let mut args = vec!["-4", "-F", "/dev/null", "-o", &known];
        for option in only.as_deref().into_iter().chain(CLIENT) {
            args.extend(["-o", option]);
        }
        let port = self.port.to_string();
        args.extend(["-p", &port, host, "true"]);
        let output = run("ssh", &args);
        let said = String::from_utf8_lossy(&output.stderr);
        match (said.contains("Host key verification failed"), said.contains("Permission denied")) {
            (true, false) => false,
            (false, true) => true,
            _ => panic!("cannot tell what ssh made of {content:?}: {said}"),
        }
    }
}

/// The login is to fail, with no key, agent or password tried: then the host key was accepted.
const CLIENT: [&str; 11] = [
    "StrictHostKeyChecking=yes",
    "GlobalKnownHostsFile=/dev/null",
    "BatchMode=yes",
    "VerifyHostKeyDNS=no",
    "UpdateHostKeys=no",
    "CheckHostIP=no",
    "PubkeyAuthentication=no",
    "PasswordAuthentication=no",
    "KbdInteractiveAuthentication=no",
    "ConnectTimeout=15",
    "KexAlgorithms=curve25519-sha256",
];

pub(super) fn generate(folder: &Path, name: &str, kind: &str) -> PublicKey {
    let file = folder.join(name);
    let output =
        run("ssh-keygen", &["-q", "-t", kind, "-N", "", "-C", "", "-f", file.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    std::fs::read_to_string(file.with_extension("pub")).unwrap().parse().unwrap()
}

/// A certificate for the server's Ed25519 key.
fn certify(folder: &Path) {
    let [key, host] = ["authority", "host.pub"].map(|name| folder.join(name));
    let [key, host] = [&key, &host].map(|file| file.to_str().unwrap());
    let output = run("ssh-keygen", &["-q", "-s", key, "-I", "x", "-h", "-n", "127.0.0.1", host]);
    assert!(output.status.success(), "{output:?}");
}

/// A daemon that listens, or `None` if it ended or kept silent.
fn listening(folder: &Path, port: u16) -> Option<Child> {
    let config = configured(folder, port);
    let mut sshd = command(SSHD);
    sshd.args(["-D", "-e", "-f"]).arg(&config).stderr(Stdio::piped());
    let mut child = sshd.spawn().unwrap();
    let (tell, told) = mpsc::channel();
    let messages = BufReader::new(child.stderr.take().unwrap());
    std::thread::spawn(move || {
        // Read on until it ends, or it would block on a full pipe.
        for line in messages.lines().map_while(Result::ok) {
            let _ = tell.send(line);
        }
    });
    while let Ok(line) = told.recv_timeout(Duration::from_secs(20)) {
        if line.contains("Server listening on") {
            return Some(child);
        }
        eprintln!("sshd: {line}");
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

fn configured(folder: &Path, port: u16) -> PathBuf {
    let file = folder.join("sshd_config");
    let dir = folder.display();
    let config = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {dir}/host\nHostKey {dir}/host_ec\n\
         HostKey {dir}/host_rsa\nHostCertificate {dir}/host-cert.pub\n\
         PidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\n\
         KbdInteractiveAuthentication no\nLogLevel INFO\n"
    );
    // OpenSSH 9.8 and later lock out a client with so many failed logins; before, it is an error.
    std::fs::write(&file, format!("{config}PerSourcePenalties no\n")).unwrap();
    let test = run(SSHD, &["-t", "-f", file.to_str().unwrap()]);
    if !test.status.success() {
        std::fs::write(&file, config).unwrap();
    }
    file
}
