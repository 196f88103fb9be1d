//! What a thief of the key gets.

use super::*;

const NONE_OF_OURS: &str =
    "vm-autoscale-gate: not a command of vm-autoscale; there is no shell here\n";

#[test]
fn nothing_else_is_executed() {
    let _turn = turn();
    let Some(node) = node(GATE, &[("AllowTcpForwarding", "yes"), ("PermitTTY", "yes")]) else {
        return;
    };
    let digest = truth(&node.stage, 101).digest;
    let mut logged = Vec::new();
    let long = "/usr/bin/tail -n +1 -v ".to_owned() + &"/etc/pve/.version ".repeat(1000);
    let set = format!("/usr/sbin/qm set 101 --vcpus 2 --digest {digest}");
    for line in [
        "id",
        "bash -c id",
        "/usr/sbin/qm set 101 --delete x",
        "/usr/sbin/qm set 101 --vcpus 2; id",
        &format!("{set}; id"),
        &format!("{set} "),
        &format!("{set}\nid"),
        &format!("{set} --skiplock 1"),
        "/usr/bin/tail -n +1 -v /etc/pve/.version /etc/shadow",
        "$(id)",
        "",
        " ",
        "\u{fc}",
        &long,
    ] {
        // An empty line is a wish for a shell.
        let (code, stderr) = if line.is_empty() { (2, "") } else { (REFUSED, NONE_OF_OURS) };
        let (exit, out, told) = node.ssh(line);
        assert_eq!((exit, out.as_str()), (code, ""), "{line}: {told}");
        assert!(told == stderr || line.is_empty(), "{line}: {told}");
        // Ten wait there at most; the gate waits for nobody.
        logged.extend(node.logged());
    }
    assert_eq!(logged.len(), 13, "{logged:?}");
    let first = &logged[0];
    assert!(first.starts_with("<84>vm-autoscale-gate["), "{first}");
    assert!(
        first.ends_with("]: 127.0.0.1: not a command of vm-autoscale; there is no shell here: id"),
        "{first}"
    );
    assert!(logged.iter().all(|line| !line.contains('\n') && line.len() < 600), "{logged:?}");
    not_by_another_door(&node);
    assert_eq!((node.noted("ran"), node.noted("around")), (String::new(), String::new()));
    let Reply::History(entries) = node.stage.ask_lab(&Request::History(0)).unwrap() else {
        panic!()
    };
    assert!(entries.is_empty(), "{entries:?}");
    assert_eq!(truth(&node.stage, 101).digest, digest);
    node.stage.strike().unwrap();
}

/// Shells, terminals, files and ports.
fn not_by_another_door(node: &Node) {
    let to = "root@127.0.0.1";
    let (exit, out, told) = ended(&node.client("ssh", &["-T", to]));
    assert_eq!((exit, out.as_str()), (2, ""), "{told}");
    assert!(told.contains("There is no shell behind it."), "{told}");
    for wish in [&["-tt", to][..], &["-tt", to, "id"]] {
        let (exit, out, told) = ended(&node.client("ssh", wish));
        assert_eq!((exit, out.as_str()), (255, ""), "{wish:?}: {told}");
        assert!(told.contains("PTY allocation request failed"), "{told}");
    }
    let (exit, out, told) = ended(&node.client("ssh", &["-s", to, "sftp"]));
    // Of a subsystem sshd passes no standard error on.
    assert_eq!((exit, out.as_str(), told.as_str()), (REFUSED, "", ""));
    let own = format!("127.0.0.1:{}", node.port);
    let (exit, out, told) = ended(&node.client("ssh", &["-W", &own, to]));
    assert!(exit == 255 && out.is_empty() && told.contains("prohibited"), "{exit} {out} {told}");
    let back = ["-o", "ExitOnForwardFailure=yes", "-N", "-R", "0:127.0.0.1:1", to];
    let (exit, _, told) = ended(&node.client("ssh", &back));
    assert!(exit == 255 && told.contains("forwarding failed"), "{exit} {told}");
    let file = node.stage.path("lab").join("id_ed25519").display().to_string();
    for (program, from, into) in [
        ("scp", file.clone(), format!("{to}:/tmp/x")),
        ("scp", format!("{to}:/etc/passwd"), node.stage.path("taken").display().to_string()),
        ("sftp", format!("{to}:/etc/passwd"), node.stage.path("taken").display().to_string()),
    ] {
        let (exit, _, told) = ended(&node.client(program, &[&from, &into]));
        assert!(exit != 0 && !node.stage.path("taken").exists(), "{program}: {exit} {told}");
        let logged = node.logged();
        assert!(logged.iter().any(|line| line.ends_with(" here: internal-sftp")), "{logged:?}");
    }
    let (exit, _, told) = ended(&node.client("scp", &["-O", &file, &format!("{to}:/tmp/x")]));
    assert!(exit != 0 && told.contains("there is no shell here"), "scp -O: {exit} {told}");
}
