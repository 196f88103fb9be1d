//! Passwords and keys that systemd hands to the programs, plain and encrypted on the disk.

use vm_autoscale_lab::{Reply, Request};

use super::figures::words;
use super::site::{HELPER, SCHEDULER, Site, shipped};
use crate::turn;

const POLICY: &str = "/etc/vm-autoscale/helper.yaml";
const NODES: &str = "/etc/systemd/system/vm-autoscale-helper.service.d/nodes.conf";

fn encrypt(site: &Site, from: &str, name: &str) {
    let to = format!("/etc/vm-autoscale/{name}.cred");
    site.ok(&["systemd-creds", "encrypt", "--name", name, from, &to]);
    site.ok(&["rm", from]);
}

/// Started anew, the helper logs in at the node once more.
fn logs_in(site: &Site, by: &str) {
    let logins = || match site.ask_lab(&Request::Stats) {
        Reply::Stats(stats) => stats.logins,
        other => panic!("{other:?}"),
    };
    let before = logins();
    site.ok(&["systemctl", "restart", HELPER]);
    site.until(|_| logins() > before);
    let environment = format!("/proc/{}/environ", site.property(HELPER, "MainPID"));
    assert!(!site.ok(&["cat", &environment]).contains("LAB"), "{by}");
}

#[test]
fn what_the_helper_proves_itself_by_may_be_encrypted() {
    let _turn = turn();
    let Some(site) = Site::set("credentials of the helper") else { return };
    let by_key = site.ok(&["cat", POLICY]);
    let identity = "identity: /srv/lab/id_ed25519";
    // The shipped unit starts without an env file.
    assert_eq!(site.said(&["cat", "/etc/vm-autoscale/helper.env"]).0, Some(1));
    site.start();
    site.until(|status| status.clusters.iter().any(|cluster| cluster.looks >= 1));

    let password = site.ok(&["cat", "/srv/lab/password"]);
    site.write("/etc/vm-autoscale/helper.env", &format!("LAB='{password}'\n"), "0600");
    site.write(POLICY, &by_key.replace(identity, "password_variable: LAB"), "0600");
    logs_in(&site, "the password of the env file");

    encrypt(&site, "/etc/vm-autoscale/helper.env", "helper.env");
    site.take(HELPER, "passwords-encrypted.conf");
    logs_in(&site, "the encrypted password");

    site.ok(&["cp", "/srv/lab/id_ed25519", "/etc/vm-autoscale/id_ed25519"]);
    encrypt(&site, "/etc/vm-autoscale/id_ed25519", "id_ed25519");
    site.take(HELPER, "key-encrypted.conf");
    let decrypted = format!("identity: /run/credentials/{HELPER}/id_ed25519");
    site.write(POLICY, &by_key.replace(identity, &decrypted), "0600");
    logs_in(&site, "the encrypted key");

    // What setup makes of such a helper.yaml is read as it is meant.
    let made = shipped("../crates/setup/tests/fixtures/reach.nodes.conf");
    site.machine.copy(&made, NODES, "0644").unwrap();
    site.ok(&["systemctl", "daemon-reload"]);
    assert_eq!(site.ok(&["systemd-analyze", "verify", "--man=no", HELPER]), "");
    let allowed = site.property(HELPER, "IPAddressAllow");
    let nodes = ["192.0.2.11/32", "192.0.2.12/32", "192.0.2.13/32", "2001:db8::1/128"];
    assert_eq!(words(&allowed), nodes);
    site.machine.stop().unwrap();
}

#[test]
fn the_scheduler_may_be_given_secrets_that_its_user_cannot_read() {
    let _turn = turn();
    let Some(site) = Site::set("credentials of the scheduler") else { return };
    let (config, env) = ("/etc/vm-autoscale/config.yaml", "/etc/vm-autoscale/scheduler.env");
    let text = site.ok(&["cat", config]).replace("mode: full", "mode: ${MODE}");
    site.write(config, &text, "0640");
    site.ok(&["chgrp", "vm-autoscale", config]);
    let mode = |wanted: &str| {
        // Not before it has seen a VM.
        site.until(|status| status.clusters.iter().any(|cluster| !cluster.vms.is_empty()));
        let said = site.ok(&["vm-autoscale", "status"]);
        let line = said.lines().find(|line| line.contains(" 101 ")).unwrap_or_default();
        assert!(line.split_whitespace().any(|word| word == wanted), "{wanted}: {said}");
    };
    site.write(env, "MODE=observe\n", "0600");
    site.take(SCHEDULER, "credentials.conf");
    site.start();
    mode("observe");

    // A reload sees what the start saw.
    site.write(env, "MODE=recommend\n", "0600");
    site.ok(&["systemctl", "reload", SCHEDULER]);
    site.until(|status| status.reload.as_ref().is_some_and(|reload| reload.ok));
    mode("observe");
    site.ok(&["systemctl", "restart", SCHEDULER]);
    mode("recommend");

    site.write(env, "MODE=up-only\n", "0600");
    encrypt(&site, env, "scheduler.env");
    site.take(SCHEDULER, "secrets-encrypted.conf");
    site.ok(&["systemctl", "restart", SCHEDULER]);
    mode("up-only");
    site.machine.stop().unwrap();
}
