//! Letting the helper's key in, and taking it away again.

use super::*;

/// What an administrator has there already.
const OTHERS: &str =
    "# \u{1b}[2J by hand \u{fc}\r\n\n  ssh-rsa AAAAB3 root@pve1\nno-pty ssh-ed25519 AAAA";

/// The one line that was put there.
fn ours(site: &Site) -> String {
    let text = site.read("home/.ssh/authorized_keys");
    let ours: Vec<&str> = text.lines().filter(|line| line.starts_with("restrict,")).collect();
    assert_eq!(ours.len(), 1, "{text:?}");
    assert_eq!(text, format!("{OTHERS}\n{}\n", ours[0]));
    ours[0].to_owned()
}

#[test]
fn the_helpers_key_is_let_in_to_the_gate_alone_and_proven() {
    let _turn = turn();
    let Some(mut site) = site(&[]) else { return };
    keep_pin(&site);
    std::fs::create_dir(site.path("home/.ssh")).unwrap();
    site.write("home/.ssh/authorized_keys", OTHERS);
    assert!(!site.has_gate());
    let (exit, out, told) = site.authorize(&["--ssh", "root@127.0.0.1"]);
    assert_eq!(exit, 0, "{out}{told}");
    assert!(out.contains("a look at the cluster works, and `id` does not"), "{out}");
    let line = ours(&site);
    let head =
        "restrict,from=\"127.0.0.1\",command=\"/usr/libexec/vm-autoscale/gate\" ssh-ed25519 ";
    assert!(line.starts_with(head) && line.contains(" vm-autoscale@"), "{line}");
    assert_eq!(site.on_node("stat -c %a:%U /usr/libexec/vm-autoscale/gate"), "755:root\n");
    assert_eq!(site.on_node("stat -c %a ~/.ssh/authorized_keys"), "600\n");
    let (exit, _, told) = site.node.ssh("id");
    assert_eq!(exit, 126, "{told}");
    // Again: the same, and nothing twice.
    let (exit, out, told) = site.authorize(&["--ssh", "root@localhost", "--output-format", "json"]);
    assert_eq!(exit, 0, "{told}");
    assert!(out.contains("\"changed\":false") && out.contains("\"gate_put\":false"), "{out}");
    assert_eq!(ours(&site), line);
    site.node.stage.start_helper().unwrap();
    await_helper(&site.node.stage);
    read_cluster(&site.node.stage).unwrap();
    site.strike();
}

/// As where the node's own file system has it: through the link, and both stay.
#[test]
fn a_link_stays_one_and_an_older_line_of_the_key_goes() {
    let _turn = turn();
    let Some(site) = site(&[]) else { return };
    keep_pin(&site);
    let key = site.path("lab").join("id_ed25519");
    let public = command("ssh-keygen").arg("-y").arg("-f").arg(&key).output().unwrap();
    let public = ended(&public).1;
    for directory in ["home/.ssh", "home/priv"] {
        std::fs::create_dir(site.path(directory)).unwrap();
    }
    site.write("home/priv/keys", &format!("from=\"192.0.2.9\" {public}{OTHERS}"));
    let link = site.path("home/.ssh/authorized_keys");
    std::os::unix::fs::symlink("../priv/keys", &link).unwrap();
    let (exit, _, told) = site.authorize(&["--ssh", "root@127.0.0.1"]);
    assert_eq!(exit, 0, "{told}");
    assert!(link.is_symlink());
    ours(&site);
    let (exit, out, told) = site.authorize(&["--remove", "--ssh", "root@127.0.0.1"]);
    assert!(exit == 0 && out.contains("was removed from"), "{told}");
    assert!(out.contains("the gate was removed") && !site.has_gate(), "{out}");
    assert!(link.is_symlink());
    assert_eq!(site.read("home/priv/keys"), format!("{OTHERS}\n"));
    assert_eq!(site.node.ssh("id").0, 255, "it is refused");
    let (exit, out, _) = site.authorize(&["--remove", "--ssh", "root@127.0.0.1"]);
    assert!(exit == 0 && out.contains("was not in"), "{out}");
    assert_eq!(std::fs::read_dir(site.path("home/priv")).unwrap().count(), 1, "nothing is left");
    site.strike();
}

#[test]
fn without_a_way_in_it_says_what_to_do_and_does_nothing() {
    let _turn = turn();
    let Some(site) = site(&[]) else { return };
    keep_pin(&site);
    let (exit, out, told) = site.authorize(&[]);
    assert_eq!(exit, 0, "{told}");
    let line = out.lines().find(|line| line.starts_with("restrict,")).unwrap();
    assert!(out.contains("/etc/pve/priv/authorized_keys") && out.contains("/root/.ssh"), "{out}");
    assert!(!site.has_gate() && !site.path("home/.ssh").exists());
    // As an administrator would do by hand; the gate comes as it says.
    let (_, put) = out.split_once("of your own:\n").unwrap();
    let (put, _) = put.split_once("\n2. ").unwrap();
    let pins = format!("ssh -F none -o UserKnownHostsFile={} ", site.path("sshd.pin").display());
    let by_hand =
        site.with_agent("sh").args(["-c", &put.replacen("ssh ", &pins, 1)]).output().unwrap();
    assert_eq!(ended(&by_hand).0, 0, "{by_hand:?}");
    std::fs::create_dir(site.path("home/.ssh")).unwrap();
    site.write("home/.ssh/authorized_keys", &format!("{line}\n"));
    let (exit, out, told) = site.authorize(&["--ssh", "root@127.0.0.1"]);
    assert!(exit == 0 && out.contains("was already"), "{out}{told}");
    let (exit, out, _) = site.authorize(&["--remove"]);
    assert!(exit == 0 && out.contains("remove the line") && out.contains("ssh-ed25519 AAAA"));
    assert!(site.has_gate());
    site.strike();
}

/// Where this machine is the node, no login is needed.
#[test]
fn on_the_node_itself_it_needs_no_way_in() {
    let _turn = turn();
    let Some(site) = site(&[]) else { return };
    keep_pin(&site);
    let setup = directory().unwrap().join("vm-autoscale-setup");
    let (gate, config) = (gate(), site.path("helper.yaml"));
    let mut enter = command("nsenter");
    enter.args(["--mount", "--target", &site.node.sshd.pid().to_string()]).arg(setup);
    enter.args(["authorize", "pve1", "--local", "--gate", &gate, "--config"]).arg(config);
    let (exit, out, told) = ended(&enter.output().unwrap());
    assert!(exit == 0 && out.contains("`id` does not"), "{out}{told}");
    assert!(site.has_gate() && site.path("home/.ssh/authorized_keys").exists());
    site.strike();
}
