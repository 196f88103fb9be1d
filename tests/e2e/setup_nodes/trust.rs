//! Pinning a node's host key.

use std::io::Write as _;
use std::net::TcpListener;

use super::*;

/// Of the key that sshd has, as `ssh-keygen -lf` prints it.
fn fingerprint(site: &Site, file: &str) -> String {
    let output = command("ssh-keygen").arg("-lf").arg(site.path(file)).output().unwrap();
    ended(&output).1.split(' ').nth(1).unwrap().to_owned()
}

#[test]
fn only_what_was_confirmed_is_pinned() {
    let _turn = turn();
    let Some(site) = site(&[]) else { return };
    let pin = site.read("known_hosts");
    site.write("known_hosts", "# by hand");
    let good = fingerprint(&site, "sshd_host_key.pub");
    let wrong = fingerprint(&site, "admin.pub");
    let (exit, out, told) = site.trust_host(&["--fingerprint", &wrong]);
    assert!(exit == 1 && out.is_empty(), "{told}");
    assert!(told.contains(&good) && told.contains(&wrong), "{told}");
    let (exit, _, told) = site.trust_host(&["--fingerprint", &good, "--fingerprint", &wrong]);
    assert_eq!(exit, 1, "{told}");
    let (exit, _, told) = site.trust_host(&[]);
    assert!(exit == 1 && told.contains(&format!("--fingerprint {good}")), "{told}");
    assert!(told.contains("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"), "{told}");
    assert_eq!(site.read("known_hosts"), "# by hand");
    let (exit, out, told) = site.trust_host(&["--fingerprint", &good]);
    assert!(exit == 0 && out.contains(&good), "{told}");
    let bare: Vec<&str> = pin.split(' ').take(3).collect();
    let pinned = format!("# by hand\n{}\n", bare.join(" ").trim_end());
    assert_eq!(site.read("known_hosts"), pinned);
    let (exit, out, _) = site.trust_host(&[]);
    assert!(exit == 0 && out.contains("pinned already"), "{out}");
    assert_eq!(site.read("known_hosts"), pinned);
    site.strike();
}

/// `script` gives it a terminal.
#[test]
fn on_a_terminal_nothing_but_yes_pins() {
    let _turn = turn();
    let Some(site) = site(&[]) else { return };
    for (typed, code) in [("y\n", 1), ("no\n", 1), ("yes\n", 0)] {
        site.write("known_hosts", "");
        let setup = directory().unwrap().join("vm-autoscale-setup");
        let (config, address) = (site.path("helper.yaml"), site.address());
        let line =
            format!("{} trust-host pve1 {address} --config {}", setup.display(), config.display());
        let mut script = site.with_agent("script");
        script.args(["-qec", &line, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = script.spawn().unwrap();
        child.stdin.as_mut().unwrap().write_all(typed.as_bytes()).unwrap();
        let (exit, out, _) = ended(&child.wait_with_output().unwrap());
        assert_eq!(exit, code, "{typed}: {out}");
        assert!(out.contains("SHA256:") && out.contains("Type yes"), "{out}");
        assert_eq!(site.read("known_hosts").is_empty(), code == 1, "{typed}");
    }
    site.strike();
}

#[test]
fn a_changed_key_is_shown_beside_the_new_one_and_replaced_on_request_only() {
    let _turn = turn();
    let Some(site) = site(&[]) else { return };
    let own = site.read("sshd_host_key.pub");
    let other = site.read("admin.pub");
    let name = format!("[127.0.0.1]:{}", site.node.port);
    let before = format!("# a\n{name} {other}192.0.2.1 {other}@revoked * {other}");
    let before = before.replace("@revoked * ssh-ed25519 A", "@revoked 192.0.2.7 ssh-ed25519 A");
    site.write("known_hosts", &before);
    let (good, pinned) = (fingerprint(&site, "sshd_host_key.pub"), fingerprint(&site, "admin.pub"));
    let (exit, _, told) = site.trust_host(&["--fingerprint", &good]);
    assert!(exit == 1 && told.contains("--replace"), "{told}");
    assert!(told.contains(&format!("pinned {pinned}")) && told.contains("(line 2)"), "{told}");
    assert!(told.contains(&format!("shown  {good}")), "{told}");
    let (exit, _, told) = site.trust_host(&["--replace"]);
    assert!(exit == 1 && told.contains("no terminal"), "{told}");
    assert_eq!(site.read("known_hosts"), before);
    let (exit, out, told) = site.trust_host(&["--replace", "--fingerprint", &good]);
    assert_eq!(exit, 0, "{out}{told}");
    let after = site.read("known_hosts");
    let bare: Vec<&str> = own.split(' ').take(2).collect();
    let kept = before.lines().filter(|line| !line.starts_with('[')).collect::<Vec<_>>().join("\n");
    assert_eq!(after, format!("{kept}\n{name} {}\n", bare.join(" ").trim_end()));
    // One that is revoked is never pinned.
    site.write("known_hosts", &format!("@revoked {name} {own}"));
    let (exit, _, told) = site.trust_host(&["--replace", "--fingerprint", &good]);
    assert!(exit == 1 && told.contains("revokes this key"), "{told}");
    assert_eq!(site.read("known_hosts"), format!("@revoked {name} {own}"));
    site.strike();
}

#[test]
fn what_does_not_answer_and_what_is_not_ours_alone_is_named() {
    let _turn = turn();
    let Some(site) = site(&[]) else { return };
    let config = site.path("helper.yaml");
    let trust = |node: &str, address: &str| {
        let mut setup = site.setup(&["trust-host", node, address]);
        ended(&setup.output().unwrap())
    };
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (exit, _, told) = trust("pve9", &closed.to_string());
    assert!(exit == 6 && told.contains("is closed") && told.contains("systemctl"), "{told}");
    let web = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = web.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = web.accept().unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    });
    let (exit, _, told) = trust("pve9", &address);
    server.join().unwrap();
    assert!(exit == 6 && told.contains("does not speak SSH"), "{told}");
    let (exit, _, told) = trust("pve1", "127.0.0.1:1");
    assert!(exit == 1 && told.contains(&site.address()), "{told}");
    // Another name for it is a node that helper.yaml has not yet.
    site.write("known_hosts", "");
    let good = fingerprint(&site, "sshd_host_key.pub");
    let address = site.address();
    let mut setup = site.setup(&["trust-host", "pve9", &address, "--fingerprint", &good]);
    let (exit, out, _) = ended(&setup.output().unwrap());
    let line = format!("- {{name: pve9, address: 127.0.0.1, port: {}}}", site.node.port);
    assert!(exit == 0 && out.contains(&line), "{out}");
    let open = std::fs::Permissions::from_mode(0o666);
    std::fs::set_permissions(site.path("known_hosts"), open).unwrap();
    let (exit, _, told) = site.trust_host(&["--fingerprint", &good]);
    assert!(exit == 3 && told.contains("chmod go-w"), "{told}");
    std::fs::write(&config, "clusters: 1\n").unwrap();
    assert_eq!(site.trust_host(&[]).0, 3);
    std::fs::remove_file(&config).unwrap();
    assert_eq!(site.trust_host(&[]).0, 66);
    site.strike();
}
