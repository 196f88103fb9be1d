//! What cannot be proven does not stay.

use super::*;

const BEFORE: &str = "# by hand\nssh-ed25519 AAAA";

/// Nothing is there but what was there before.
fn is_untouched(site: &Site, told: &str) {
    assert_eq!(site.read("home/.ssh/authorized_keys"), BEFORE, "{told}");
    assert_eq!(std::fs::read_dir(site.path("home/.ssh")).unwrap().count(), 1, "{told}");
    assert!(!site.has_gate(), "{told}");
    assert!(told.contains("\n  help: "), "{told}");
}

fn prepared(more: &[(&str, &str)]) -> Option<Site> {
    let site = site(more)?;
    keep_pin(&site);
    std::fs::create_dir(site.path("home/.ssh")).unwrap();
    site.write("home/.ssh/authorized_keys", BEFORE);
    Some(site)
}

#[test]
fn a_line_that_does_not_work_is_taken_out_again() {
    let _turn = turn();
    let Some(site) = prepared(&[]) else { return };
    let ssh = ["--ssh", "root@127.0.0.1"];
    let (exit, out, told) = site.authorize(&[&ssh[..], &["--from", "192.0.2.1"]].concat());
    assert!(exit == 1 && out.is_empty(), "{told}");
    assert!(told.contains("taken out again") && told.contains("--from 127.0.0.1"), "{told}");
    is_untouched(&site, &told);
    // A program that is none of this machine's.
    site.write("foreign", "#!/nowhere/ld.so\n");
    let gate = site.path("foreign").display().to_string();
    let words = ["authorize", "pve1", "--ssh", "root@127.0.0.1", "--gate", &gate];
    let (exit, _, told) = ended(&site.setup(&words).output().unwrap());
    assert!(exit == 1 && told.contains("the gate does not run there"), "{told}");
    is_untouched(&site, &told);
    // One that runs, and is no gate.
    let words = ["authorize", "pve1", "--ssh", "root@127.0.0.1", "--gate", "/bin/true"];
    let (exit, _, told) = ended(&site.setup(&words).output().unwrap());
    assert!(exit == 1 && told.contains("is not the gate"), "{told}");
    is_untouched(&site, &told);
    site.strike();
}

#[test]
fn a_key_that_sshd_does_not_take_is_named_with_where_to_look() {
    let _turn = turn();
    let files = ("AuthorizedKeysFile", "/etc/vm-autoscale/admin.pub");
    let Some(site) = prepared(&[files]) else { return };
    let (exit, _, told) = site.authorize(&["--ssh", "root@127.0.0.1"]);
    assert!(exit == 1 && told.contains("refuses the key"), "{told}");
    assert!(told.contains("journalctl -u ssh") && told.contains("authorizedkeysfile"), "{told}");
    is_untouched(&site, &told);
    site.strike();
}

#[test]
fn whatever_is_missing_is_named_and_nothing_is_put() {
    let _turn = turn();
    let Some(site) = prepared(&[]) else { return };
    let ssh = "root@127.0.0.1";
    let words = ["authorize", "pve1", "--ssh", ssh, "--gate", "/nowhere/gate"];
    let (exit, _, told) = ended(&site.setup(&words).output().unwrap());
    assert!(exit == 1 && told.contains("vm-autoscale-setup install"), "{told}");
    let mut stranger = site.setup(&["authorize", "pve1", "--no-gate", "--ssh", ssh]);
    stranger
        .env_remove("SSH_AUTH_SOCK")
        .env("HOME", "/nowhere")
        .env("SSH_ASKPASS_REQUIRE", "never");
    let (exit, _, told) = ended(&stranger.output().unwrap());
    assert!(exit == 1 && told.contains("does not let you in"), "{told}");
    let (exit, _, told) = site.authorize(&["--ssh", "root@no-such-host.invalid"]);
    assert!(exit == 6 && told.contains("no session"), "{told}");
    let (exit, _, told) = site.authorize(&["--ssh", "-oProxyCommand=touch"]);
    assert!(exit == 2, "{told}");
    let pin = site.read("known_hosts");
    site.write("known_hosts", "");
    let (exit, _, told) = site.authorize(&["--ssh", ssh]);
    assert!(exit == 1 && told.contains("help: vm-autoscale-setup trust-host pve1"), "{told}");
    let other = site.read("admin.pub");
    site.write("known_hosts", &format!("[127.0.0.1]:{} {other}", site.node.port));
    let (exit, _, told) = site.authorize(&["--ssh", ssh]);
    assert!(exit == 1 && told.contains("trust-host"), "{told}");
    site.write("known_hosts", &pin);
    let key = site.path("lab").join("id_ed25519");
    std::fs::rename(&key, site.path("elsewhere")).unwrap();
    let (exit, _, told) = site.authorize(&["--ssh", ssh]);
    assert!(exit == 1 && told.contains("no key yet") && told.contains("install"), "{told}");
    is_untouched(&site, &told);
    site.strike();
}

/// The node's own script takes it out: it hears that nobody is there any more.
#[test]
fn who_is_killed_before_the_proof_leaves_nothing() {
    let _turn = turn();
    let Some(site) = prepared(&[]) else { return };
    let (gate, file) = (gate(), "home/.ssh/authorized_keys");
    for wait in [0, 10, 30] {
        let words = ["authorize", "pve1", "--ssh", "root@127.0.0.1", "--gate", &gate];
        // Not through `timeout`, which would be killed in its place.
        let mut setup = command(directory().unwrap().join("vm-autoscale-setup"));
        setup.args(words).arg("--config").arg(site.path("helper.yaml"));
        setup.env("SSH_AUTH_SOCK", site.path("agent")).stdin(Stdio::null());
        let mut child = setup.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while site.read(file) == BEFORE {
            assert!(child.try_wait().unwrap().is_none(), "it never puts the line there");
        }
        pause(std::time::Duration::from_millis(wait));
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().code(), None, "the proof takes longer than {wait} ms");
        let begun = std::time::Instant::now();
        while site.has_gate() || site.read(file) != BEFORE {
            assert!(begun.elapsed().as_secs() < 30, "{wait} ms");
            pause(std::time::Duration::from_millis(100));
        }
    }
    site.strike();
}
