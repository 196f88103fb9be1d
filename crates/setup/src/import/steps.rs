//! What only a human can do, with the commands for it.

use std::path::Path;

use super::old::{Host, Old};
use super::row::Row;
use super::said::PLAIN;

/// So many hosts get commands of their own; the others are named by them.
const SHOWN: usize = 20;

/// Each a title and its lines.
pub(crate) type Step = (String, Vec<String>);

pub(crate) fn all(
    rows: &[Row],
    old: &Old,
    directory: &Path,
    identity: &Path,
    known_hosts: &Path,
) -> Vec<Step> {
    let mut steps = vec![names(), key(old, identity), host_keys(old, known_hosts)];
    steps.extend(clusters(old));
    steps.extend(secrets(old));
    steps.push(install(directory));
    steps.push(begin());
    steps.extend(plain(rows));
    steps
}

fn hosts(old: &Old) -> impl Iterator<Item = (&Host, String)> {
    let hosts = old.hosts.iter().take(SHOWN);
    hosts.filter_map(|host| Some((host, host.address?.to_string())))
}

fn names() -> Step {
    let title = "Check the nodes' names in helper.yaml: `nodes[].name` is what this prints there";
    (title.to_owned(), vec!["hostname".to_owned()])
}

fn key(old: &Old, identity: &Path) -> Step {
    let identity = word(&identity.display().to_string());
    let mut lines = vec![format!("ssh-keygen -t ed25519 -N '' -f {identity}")];
    lines.extend(hosts(old).map(|(host, address)| {
        let to = word(&format!("{}@{address}", host.user));
        format!("ssh-copy-id -i {identity}.pub -p {} {to}", host.port)
    }));
    ("As root, make the helper's key and let it in on every node".to_owned(), lines)
}

fn host_keys(old: &Old, known_hosts: &Path) -> Step {
    let file = word(&known_hosts.display().to_string());
    let mut lines: Vec<String> = hosts(old)
        .map(|(host, address)| {
            format!("ssh-keyscan -t ed25519 -p {} {address} >> {file}", host.port)
        })
        .collect();
    lines.push(format!("ssh-keygen -lf {file}"));
    let title = "Pin the nodes' host keys. Compare each fingerprint of the last command with what \
        `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` prints on the node's own console: \
        nothing is trusted on first use";
    (title.to_owned(), lines)
}

fn clusters(old: &Old) -> Option<Step> {
    let title = "Hosts that are nodes of one Proxmox cluster belong into one entry of `clusters`: \
        move them into its `nodes`, its rules together, and name that entry as `proxmox_host` of \
        the VMs. This command says on a node which they are; the old file does not";
    (old.hosts.len() > 1).then(|| (title.to_owned(), vec!["pvecm nodes".to_owned()]))
}

fn secrets(old: &Old) -> Option<Step> {
    let mail = old.alerts.as_ref().filter(|alerts| alerts.enabled || alerts.user.is_some());
    let lines: Vec<String> = [
        mail.map(|_| "VM_AUTOSCALE_SMTP_PASSWORD='…'"),
        old.gotify.as_ref().map(|_| "VM_AUTOSCALE_GOTIFY_TOKEN='…'"),
    ]
    .into_iter()
    .flatten()
    .map(str::to_owned)
    .collect();
    let title = "Secrets were not copied. Those that messages need go into \
        /etc/vm-autoscale/scheduler.env (mode 0600), a line each";
    (!lines.is_empty()).then(|| (title.to_owned(), lines))
}

fn install(directory: &Path) -> Step {
    let of = |name: &str| word(&directory.join(name).display().to_string());
    let lines = vec![
        format!("install -m 0640 -o root -g vm-autoscale {} /etc/vm-autoscale/", of("config.yaml")),
        format!("install -m 0644 -o root -g root {} /etc/vm-autoscale/", of("helper.yaml")),
        "vm-autoscale --validate-only --strict".to_owned(),
        "/usr/libexec/vm-autoscale/vm-autoscale-helper --validate-only --strict".to_owned(),
        "vm-autoscale plan".to_owned(),
    ];
    ("Read both files, put them in place, and look".to_owned(), lines)
}

fn begin() -> Step {
    let title = "It begins in `mode: observe`, which changes nothing. Before `up-only` or `full` \
        stop the old program: two autoscalers fight over every VM";
    let lines = ["vm_autoscale", "vm-autoscale-secure"]
        .map(|unit| format!("systemctl disable --now {unit}.service"));
    (title.to_owned(), lines.to_vec())
}

fn plain(rows: &[Row]) -> Option<Step> {
    let title = "The old file holds passwords in plain text: when the old program is gone, delete the \
        file and its backups, and change these";
    let keys = rows.iter().filter(|row| row.said == PLAIN).take(SHOWN);
    let keys: Vec<String> = keys.map(|row| row.key.clone()).collect();
    (!keys.is_empty()).then(|| (title.to_owned(), keys))
}

/// As a shell takes it for one word.
fn word(text: &str) -> String {
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '@' | ':');
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}
