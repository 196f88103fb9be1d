//! The keys of a cluster's nodes, from one that is trusted.

use super::*;

const RSA: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQ==";

/// A cluster, as pmxcfs shows it: pve2's key is on record; of pve3 only an RSA key is, and it can be
/// asked, as it is the trusted node itself by another name; of pve4 it is too, and it cannot.
fn cluster(site: &Site) {
    let member = |name: &str, ip: &str| {
        format!("\"{name}\": {{ \"id\": 1, \"online\": 1, \"ip\": \"{ip}\"}}")
    };
    let list = [("pve2", "192.0.2.2"), ("pve3", "127.0.0.1"), ("pve4", "127.0.0.2")];
    let list = list.map(|(name, ip)| member(name, ip)).join(",\n");
    let members = format!("{{\n\"nodename\": \"pve1\",\n\"nodelist\": {{\n{list}\n  }}\n}}\n");
    site.write("pve/.members", &members);
    for name in ["pve2", "pve3", "pve4"] {
        std::fs::create_dir_all(site.path("pve/nodes").join(name)).unwrap();
        site.write(&format!("pve/nodes/{name}/ssh_known_hosts"), &format!("{name} {RSA}\n"));
    }
    let record = format!("pve2 {RSA}\npve2 {}", site.read("admin.pub"));
    site.write("pve/nodes/pve2/ssh_known_hosts", &record);
    let own = site.read("rsa.pub");
    site.write("pve/nodes/pve3/ssh_known_hosts", &format!("pve3 {own}"));
    std::fs::create_dir(site.path("home/.ssh")).unwrap();
    site.write("home/.ssh/config", &format!("Port {}\n", site.node.port));
    site.write("home/.ssh/id_ed25519", &site.read("admin"));
    let public = site.path("sshd_host_key.pub").display().to_string();
    site.on_node(&format!(
        "rm -f /etc/ssh/ssh_host_*; cp {public} /etc/ssh/ssh_host_ed25519_key.pub"
    ));
}

fn fingerprint(site: &Site, file: &str) -> String {
    let output = command("ssh-keygen").arg("-lf").arg(site.path(file)).output().unwrap();
    ended(&output).1.split(' ').nth(1).unwrap().to_owned()
}

#[test]
fn the_others_keys_come_from_a_trusted_node_and_are_pinned_when_confirmed() {
    let _turn = turn();
    let directory = tempfile::tempdir().unwrap();
    let rsa = directory.path().join("rsa");
    let mut made = command("ssh-keygen");
    made.args(["-q", "-t", "rsa", "-N", "", "-f"]).arg(&rsa);
    assert!(made.status().unwrap().success());
    let Some(site) = site(&[("HostKey", rsa.to_str().unwrap())]) else { return };
    keep_pin(&site);
    std::fs::copy(directory.path().join("rsa.pub"), site.path("rsa.pub")).unwrap();
    cluster(&site);
    let pin = site.read("known_hosts");
    let words = ["trust-host", "--from-node", "pve1", "--ssh", "root@127.0.0.1"];
    let (exit, _, told) = ended(&site.setup(&words).output().unwrap());
    assert!(exit == 1 && told.contains("pve4: it has no ed25519 or ECDSA key of it"), "{told}");
    assert!(told.contains("there is no terminal to ask on"), "{told}");
    assert_eq!(site.read("known_hosts"), pin);
    let [two, three] = ["admin.pub", "sshd_host_key.pub"].map(|file| fingerprint(&site, file));
    assert!(told.contains(&two) && told.contains(&three), "{told}");
    let confirmed = [&words[..], &["--fingerprint", &two, "--fingerprint", &three]].concat();
    let (exit, out, told) = ended(&site.setup(&confirmed).output().unwrap());
    assert!(exit == 1 && !told.contains("pve2: ") && told.contains("pve4: "), "{out}{told}");
    let pinned = site.read("known_hosts");
    let lines: Vec<&str> = pinned.strip_prefix(&pin).unwrap().lines().collect();
    let bare = |file: &str| site.read(file).split(' ').take(2).collect::<Vec<_>>().join(" ");
    let (two, three) = (bare("admin.pub"), bare("sshd_host_key.pub"));
    assert_eq!(lines, [format!("192.0.2.2 {two}"), format!("127.0.0.1 {three}")]);
    site.strike();
}
