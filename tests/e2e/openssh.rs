//! The same way through the real OpenSSH server on loopback.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nix::unistd::{Uid, User};
use vm_autoscale_tests::programs::{Program, command, directory};
use vm_autoscale_tests::stage::Stage;

use crate::{allowed, load, play, skip, truth, turn};

pub(crate) const SSHD: &str = "/usr/sbin/sshd";
const TIME: Duration = Duration::from_secs(60);

#[test]
fn a_busy_vm_grows_through_a_real_sshd() {
    if !Path::new(SSHD).exists() {
        return skip("no /usr/sbin/sshd: the way through a real OpenSSH server was not tested");
    }
    let _turn = turn();
    let mut stage = Stage::set(&play(2, "mode: full\n")).unwrap();
    let sshd = start_sshd(&stage);
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    let before = truth(&stage, 101);
    load(&stage, 101, 64.0, 2000.0);
    let grown = stage.until(TIME, |status| status.counts.verified >= 2).unwrap();
    assert!(truth(&stage, 101).qemu_vcpus > before.qemu_vcpus);
    assert_eq!(grown.counts.failed, 0, "{:?}", grown.recent);
    let stats = stage.node_stats().unwrap();
    assert_eq!((stats.connections, stats.refused), (0, 0), "all went through the other server");
    let logins = sshd.said().matches("Accepted publickey").count();
    assert_eq!(logins, 1, "{}", sshd.said());
    stage.strike_checked(allowed()).unwrap();
}

/// An sshd of our own, whose one key may run one command: the lab.
pub(crate) fn start_sshd(stage: &Stage) -> Program {
    let exec = directory().unwrap().join("vm-autoscale-lab");
    let (exec, lab) = (exec.display(), stage.path("lab"));
    let forced = format!("restrict,command=\"{exec} exec --dir {}\"", lab.display());
    start_sshd_as(stage, command(SSHD), &forced, &[]).0
}

/// The same with other options before its one key and more settings, started by that command; and
/// its port.
pub(crate) fn start_sshd_as(
    stage: &Stage,
    start: Command,
    options: &str,
    more: &[(&str, &str)],
) -> (Program, u16) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let host_key = stage.path("sshd_host_key");
    let made =
        command("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&host_key).status();
    assert!(made.unwrap().success());
    let public = |path: &Path| {
        let output = command("ssh-keygen").arg("-y").arg("-f").arg(path).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let identity = stage.path("lab").join("id_ed25519");
    let authorized = format!("{options} {}\n", public(&identity));
    std::fs::write(stage.path("authorized_keys"), authorized).unwrap();
    let mut config = String::new();
    // The first word on each counts.
    for (key, value) in more {
        writeln!(config, "{key} {value}").unwrap();
    }
    for (key, value) in [
        ("ListenAddress", "127.0.0.1".to_owned()),
        ("Port", port.to_string()),
        ("HostKey", host_key.display().to_string()),
        ("AuthorizedKeysFile", stage.path("authorized_keys").display().to_string()),
        ("PidFile", "none".to_owned()),
        ("UsePAM", "no".to_owned()),
        ("StrictModes", "no".to_owned()),
        ("PasswordAuthentication", "no".to_owned()),
        ("PermitRootLogin", "forced-commands-only".to_owned()),
        ("LogLevel", "VERBOSE".to_owned()),
    ] {
        writeln!(config, "{key} {value}").unwrap();
    }
    std::fs::write(stage.path("sshd_config"), config).unwrap();
    if Uid::effective().is_root() {
        // Where Debian's sshd wants its privilege separation directory.
        std::fs::create_dir_all("/run/sshd").unwrap();
    }
    let config = stage.path("sshd_config").display().to_string();
    let sshd =
        Program::start_as(start, "sshd", &["-D", "-e", "-f", &config], &stage.path(".")).unwrap();
    let pin = format!("[127.0.0.1]:{port} {}\n", public(&host_key));
    std::fs::write(stage.path("known_hosts"), pin).unwrap();
    let login = format!("identity: {}", identity.display());
    let user = User::from_uid(Uid::effective()).unwrap().unwrap().name;
    stage
        .write_helper_yaml(
            &[("pve1".to_owned(), ([127, 0, 0, 1], port).into())],
            &user,
            &login,
            &stage.path("known_hosts"),
        )
        .unwrap();
    (sshd, port)
}
