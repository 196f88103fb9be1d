//! `vm-autoscale-setup check`, on a machine that is well and on one with a fault at a time.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use vm_autoscale_lab::{Control, Request};
use vm_autoscale_tests::programs::directory;

use super::site::{HELPER, SCHEDULER, SOCKET, Site, shipped};
use crate::turn;

const SETUP: &str = "/usr/sbin/vm-autoscale-setup";
const SCHEDULERS: &str = "/usr/bin/vm-autoscale";
const GATE: &str = "/usr/libexec/vm-autoscale/gate";
const DROP_IN: &str = "/etc/systemd/system/vm-autoscale-helper.service.d/open.conf";

/// What this machine's container and the lab are warned of: the container lets nobody use Landlock,
/// the lab's node has no gate, and the control groups and the clock are not the container's own.
const HERE: [&str; 4] = ["S501", "S703", "S802", "S803"];

/// What is wrong, by code; whether it is an error, and what is said.
pub(super) fn check(site: &Site, more: &[&str]) -> (i32, Vec<(String, bool, String)>) {
    let words = [&[SETUP, "check", "--output-format", "json"], more].concat();
    let output = site.machine.run(&words).unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let found: Vec<Value> = serde_json::from_slice(&output.stdout).expect(&said);
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let wrong = found.iter().filter(|finding| finding["state"] != "ok").inspect(|finding| {
        assert!(finding["help"].is_string(), "{finding}");
    });
    let told = |it: &Value| (text(it, "code"), it["state"] == "error", text(it, "said"));
    (output.status.code().unwrap(), wrong.map(told).collect())
}

fn is_well(site: &Site) {
    let (exit, wrong) = check(site, &[]);
    assert!(wrong.iter().all(|(code, ..)| HERE.contains(&code.as_str())), "{wrong:?}");
    assert_eq!(exit, 0);
    let strict = check(site, &["--strict"]).0;
    assert_eq!(strict, if wrong.is_empty() { 0 } else { 4 });
}

/// All that `deploy/files` lists, as it lists it, but for the configurations of the lab.
fn complete(site: &Site) {
    let list = std::fs::read_to_string(shipped("files")).unwrap();
    let mut installed = serde_json::Map::new();
    for line in list.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [from, to, mode, owner, kind] = words[..] else { panic!("{line}") };
        let own = from.strip_prefix("bin/").map(|name| directory().unwrap().join(name));
        let from = own.unwrap_or_else(|| shipped("..").join(from));
        if kind != "yours" || Path::new(to).extension() != Some("yaml".as_ref()) {
            site.machine.copy(&from, to, mode).unwrap();
        }
        site.ok(&["chmod", mode, to]);
        site.ok(&["chown", owner, to]);
        if kind == "ours" {
            let sum = site.ok(&["sha256sum", to]);
            installed.insert(to.to_owned(), sum.split_whitespace().next().unwrap().into());
        }
    }
    let record = serde_json::json!({"installed": installed}).to_string();
    site.write("/var/lib/vm-autoscale-setup/record.json", &record, "0600");
    site.ok(&["chown", "root:vm-autoscale", "/etc/vm-autoscale"]);
    site.ok(&["chmod", "0750", "/etc/vm-autoscale"]);
    site.ok(&["mkdir", "-p", "/var/log/journal"]);
    site.ok(&["systemctl", "daemon-reload"]);
    site.ok(&["systemctl", "enable", SOCKET, SCHEDULER]);
}

fn sh(site: &Site, line: &str) {
    site.ok(&["sh", "-c", line]);
}

/// What breaks it, the check that finds it, whether as an error, and what mends it again.
fn faults() -> Vec<(String, &'static str, bool, String)> {
    let fault = |broken: &str, code, is_error, mended: &str| {
        (broken.to_owned(), code, is_error, mended.to_owned())
    };
    let policy = "/etc/vm-autoscale/helper.yaml";
    let config = "/etc/vm-autoscale/config.yaml";
    let reload = "systemctl daemon-reload";
    vec![
        fault("chmod 0777 /usr/bin/vm-autoscale", "S202", true, "chmod 0755 /usr/bin/vm-autoscale"),
        fault(
            &format!("chown vm-autoscale {policy}"),
            "S202",
            true,
            &format!("chown root {policy}"),
        ),
        fault(
            "mv /usr/share/doc/vm-autoscale/README.md /srv/readme",
            "S201",
            true,
            "mv /srv/readme /usr/share/doc/vm-autoscale/README.md",
        ),
        fault("gpasswd -a nobody vm-autoscale", "S105", false, "gpasswd -d nobody vm-autoscale"),
        fault(
            "gpasswd -a nobody vm-autoscale-admin",
            "S106",
            false,
            "gpasswd -d nobody vm-autoscale-admin",
        ),
        fault(
            "usermod --shell /bin/sh vm-autoscale",
            "S103",
            true,
            "usermod --shell /usr/sbin/nologin vm-autoscale",
        ),
        fault(
            &format!("systemctl disable {SCHEDULER}"),
            "S302",
            true,
            &format!("systemctl enable {SCHEDULER}"),
        ),
        fault(
            &format!(
                "mkdir -p $(dirname {DROP_IN}); printf '[Service]\\nNoNewPrivileges=no\\n' \
                        > {DROP_IN}; {reload}"
            ),
            "S304",
            true,
            &format!("rm {DROP_IN}; {reload}"),
        ),
        fault(
            &format!(
                "mkdir -p $(dirname {DROP_IN}); printf '[Service]\\nIPAddressAllow=\\n' \
                        > {DROP_IN}; {reload}"
            ),
            "S307",
            false,
            &format!("rm {DROP_IN}; {reload}"),
        ),
        fault(
            &format!("systemctl stop {SOCKET} {HELPER}"),
            "S303",
            true,
            &format!("systemctl start {SOCKET} && systemctl restart {SCHEDULER}"),
        ),
        fault(
            &format!("cp -a {GATE} /srv/gate; echo >> {GATE}"),
            "S203",
            true,
            &format!("cp -a /srv/gate {GATE}"),
        ),
        fault(
            &format!("cp -a {SCHEDULERS} /srv/new && mv /srv/new {SCHEDULERS}"),
            "S402",
            true,
            &format!("systemctl restart {SCHEDULER}"),
        ),
        fault(
            &format!("cp -a {config} /srv/c; echo 'nonsense: 1' >> {config}"),
            "S205",
            true,
            &format!("cp -a /srv/c {config}"),
        ),
        fault(&format!("cp -a {config} {config}.new"), "S207", false, &format!("rm {config}.new")),
        fault(
            "install -m 0644 /dev/null /etc/vm-autoscale/helper.env.old",
            "S209",
            true,
            "rm /etc/vm-autoscale/helper.env.old",
        ),
        fault("chmod 0755 /etc/vm-autoscale", "S204", true, "chmod 0750 /etc/vm-autoscale"),
        fault(
            "chmod 0666 /run/vm-autoscale/helper.sock",
            "S601",
            true,
            "chmod 0660 /run/vm-autoscale/helper.sock",
        ),
    ]
}

#[test]
fn a_machine_that_is_well_is_told_so_and_each_fault_is_found() {
    let _turn = turn();
    let Some(site) = Site::set("that `check` finds what is wrong with an installation") else {
        return;
    };
    complete(&site);
    site.start();
    site.until(|status| status.clusters.iter().any(|cluster| cluster.looks > 0));
    is_well(&site);
    for (broken, code, is_error, mended) in faults() {
        sh(&site, &broken);
        let (exit, wrong) = check(&site, &[]);
        let hit = wrong.iter().any(|(found, error, _)| found == code && *error == is_error);
        assert!(hit, "{broken}: no {code} in {wrong:?}");
        assert_eq!(exit == 1, wrong.iter().any(|(_, is_error, _)| *is_error), "{broken}");
        sh(&site, &mended);
    }
    site.until(|status| status.clusters.iter().any(|cluster| cluster.looks > 1));
    let off = Control::ClockOff { node: "pve1".try_into().unwrap(), seconds: 3600 };
    site.ask_lab(&Request::Control(off));
    vm_autoscale_tests::programs::pause(std::time::Duration::from_secs(3));
    let codes: BTreeSet<String> = check(&site, &[]).1.into_iter().map(|(code, ..)| code).collect();
    assert!(codes.contains("S707"), "{codes:?}");
    let right = Control::ClockOff { node: "pve1".try_into().unwrap(), seconds: 0 };
    site.ask_lab(&Request::Control(right));
    vm_autoscale_tests::programs::pause(std::time::Duration::from_secs(3));
    is_well(&site);

    let (exit, said) =
        site.said(&["setpriv", "--reuid", "65534", "--clear-groups", SETUP, "check"]);
    assert!(exit == Some(5) && said.contains("sudo vm-autoscale-setup check"), "{said}");
    site.machine.stop().unwrap();
}
