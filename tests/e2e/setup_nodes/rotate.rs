//! Another key.

use super::*;

fn key(site: &Site, end: &str) -> PathBuf {
    site.path("lab").join(format!("id_ed25519{end}"))
}

/// Whether the node lets in who has the key of that file.
fn opens(site: &Site, end: &str) -> bool {
    let mut ssh = command("timeout");
    ssh.args(["60", "ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"]);
    ssh.arg("-i").arg(key(site, end)).args(["-p", &site.node.port.to_string(), "-o"]);
    ssh.arg(format!("UserKnownHostsFile={}", site.path("sshd.pin").display()));
    let line = "/usr/libexec/vm-autoscale/gate --version";
    ssh.args(["root@127.0.0.1", line]).stdin(Stdio::null()).output().unwrap().status.success()
}

fn authorized(more: &[(&str, &str)]) -> Option<Site> {
    let site = site(more)?;
    keep_pin(&site);
    let (exit, _, told) = site.authorize(&["--ssh", "root@127.0.0.1"]);
    assert_eq!(exit, 0, "{told}");
    std::fs::copy(key(&site, ""), key(&site, ".first")).unwrap();
    Some(site)
}

/// Only the new key is let in, and nothing else lies about.
fn is_rotated(site: &Site) {
    assert!(opens(site, "") && !opens(site, ".first"));
    assert!(!key(site, ".new").exists() && !key(site, ".old").exists());
    assert_ne!(std::fs::read(key(site, "")).unwrap(), std::fs::read(key(site, ".first")).unwrap());
    let text = site.read("home/.ssh/authorized_keys");
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn the_new_key_is_proven_before_the_old_one_goes() {
    let _turn = turn();
    let Some(mut site) = authorized(&[]) else { return };
    let (exit, out, told) = site.order(&["rotate-key", "--all", "--ssh", "root@"]);
    assert!(exit == 0 && out.contains("a new key, proven at pve1"), "{out}{told}");
    is_rotated(&site);
    site.node.stage.start_helper().unwrap();
    await_helper(&site.node.stage);
    read_cluster(&site.node.stage).unwrap();
    site.strike();
}

#[test]
fn without_a_way_in_it_says_each_step_and_the_old_key_works_until_the_last() {
    let _turn = turn();
    let Some(site) = authorized(&[]) else { return };
    let (exit, _, told) = site.order(&["rotate-key", "pve1"]);
    assert_eq!(exit, 1, "{told}");
    let line = told.lines().find_map(|line| line.trim().strip_prefix("pve1: ")).unwrap();
    assert!(line.starts_with("restrict,from=\"127.0.0.1\",command="), "{told}");
    assert!(opens(&site, "") && !opens(&site, ".new"));
    // Again, it is the same key.
    assert!(site.order(&["rotate-key", "pve1"]).2.contains(line));
    let before = site.read("home/.ssh/authorized_keys");
    site.write("home/.ssh/authorized_keys", &format!("{before}{line}\n"));
    let (exit, _, told) = site.order(&["rotate-key", "pve1"]);
    assert!(exit == 1 && told.contains("the old one is still let in by pve1"), "{told}");
    assert!(opens(&site, "") && opens(&site, ".old"));
    site.write("home/.ssh/authorized_keys", &format!("{line}\n"));
    let (exit, _, told) = site.order(&["rotate-key", "pve1"]);
    assert_eq!(exit, 0, "{told}");
    is_rotated(&site);
    site.strike();
}

/// Killed at any time, the key in its place works; and the next run ends well.
#[test]
fn a_killed_rotation_leaves_a_key_that_works_and_is_finished_by_the_next() {
    let _turn = turn();
    let Some(site) = authorized(&[]) else { return };
    let gate = gate();
    let mut killed = 0;
    for wait in (0..10).map(|step| 200 + 400 * step) {
        let mut setup = command(directory().unwrap().join("vm-autoscale-setup"));
        setup.args(["rotate-key", "--all", "--ssh", "root@", "--gate", &gate, "--config"]);
        setup.arg(site.path("helper.yaml")).env("SSH_AUTH_SOCK", site.path("agent"));
        setup.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = setup.spawn().unwrap();
        pause(std::time::Duration::from_millis(wait));
        let ended = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(opens(&site, ""), "after {wait} ms");
        killed += i32::from(!ended);
        if ended {
            break;
        }
    }
    assert!(killed > 0);
    let (exit, out, told) = site.order(&["rotate-key", "--all", "--ssh", "root@"]);
    assert_eq!(exit, 0, "{out}{told}");
    is_rotated(&site);
    site.strike();
}

#[test]
fn a_new_key_that_does_not_work_changes_nothing() {
    let _turn = turn();
    let Some(site) = authorized(&[]) else { return };
    let before = site.read("home/.ssh/authorized_keys");
    let words = ["rotate-key", "--all", "--ssh", "root@", "--from", "192.0.2.1"];
    let (exit, _, told) = site.order(&words);
    assert!(exit == 1 && told.contains("taken out again"), "{told}");
    assert_eq!(site.read("home/.ssh/authorized_keys"), before);
    assert!(opens(&site, "") && !opens(&site, ".new"));
    let (exit, _, told) = site.order(&["rotate-key", "--all", "--ssh", "root@"]);
    assert_eq!(exit, 0, "{told}");
    is_rotated(&site);
    site.strike();
}
