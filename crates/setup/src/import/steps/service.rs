//! What is to be done on this machine.

use std::path::Path;

use super::{SHOWN, Step, old_file, word};
use crate::import::old::Old;
use crate::import::row::Row;
use crate::import::said::PLAIN;

/// Before anything of ours is put where its file may be.
pub(super) fn stop(source: &Path) -> Step {
    let mut lines = ["vm_autoscale", "vm-autoscale-secure"]
        .map(|unit| format!("systemctl disable --now {unit}.service"))
        .to_vec();
    let mut title = "Stop the old program, the one of the two that is here: two autoscalers fight \
        over every VM"
        .to_owned();
    let (file, backup) = old_file(source);
    if let Some(backup) = backup {
        title.push_str(". Its file stands where ours goes: keep a copy");
        lines.push(format!("cp -a {} {}", word(&file), word(&backup)));
    }
    (title, lines)
}

pub(super) fn secrets(old: &Old) -> Option<Step> {
    let mail = old.alerts.as_ref().filter(|alerts| alerts.enabled || alerts.user.is_some());
    let secrets = [
        mail.map(|_| "VM_AUTOSCALE_SMTP_PASSWORD='…'"),
        old.gotify.as_ref().map(|_| "VM_AUTOSCALE_GOTIFY_TOKEN='…'"),
    ];
    let lines: Vec<String> = secrets.into_iter().flatten().map(str::to_owned).collect();
    let title = "Secrets were not copied. Write into /etc/vm-autoscale/scheduler.env those that \
        messages need, a line each";
    (!lines.is_empty()).then(|| (title.to_owned(), lines))
}

/// Channels that the old program used and ours does not.
pub(super) fn switched_off(old: &Old) -> Option<Step> {
    let mail = old.alerts.as_ref().and_then(|alerts| alerts.off.as_ref());
    let gotify = old.gotify.as_ref().and_then(|gotify| gotify.off.as_ref());
    let all = [("alerts.email_enabled", mail), ("gotify.enabled", gotify)];
    let lines = all.into_iter().filter_map(|(key, why)| Some(format!("{key}: {}", why?)));
    let lines: Vec<String> = lines.collect();
    let title = "Messages that the old program sent are switched off: mend in config.yaml what is \
        said here, then say `true`";
    (!lines.is_empty()).then(|| (title.to_owned(), lines))
}

pub(super) fn install() -> Step {
    let title = "As root, put vm-autoscale in its place, unless a package did";
    (title.to_owned(), vec!["vm-autoscale-setup install --yes".to_owned()])
}

/// The second installation tells the helper's unit the nodes' addresses.
pub(super) fn files(directory: &Path) -> Step {
    let of = |name: &str| word(&directory.join(name));
    let lines = vec![
        format!("install -m 0640 -o root -g vm-autoscale {} /etc/vm-autoscale/", of("config.yaml")),
        format!("install -m 0600 -o root -g root {} /etc/vm-autoscale/", of("helper.yaml")),
        "vm-autoscale --validate-only --strict".to_owned(),
        "vm-autoscale-setup install --yes".to_owned(),
    ];
    let title = "Read both files, put them in place, have the first checked, and have the helper's \
        unit let it reach the nodes of the second";
    (title.to_owned(), lines)
}

pub(super) fn network(old: &Old) -> Option<Step> {
    let mail = old.alerts.as_ref().is_some_and(|alerts| alerts.enabled);
    let gotify = old.gotify.as_ref().is_some_and(|gotify| gotify.enabled);
    let title = "Messages are switched on, and the scheduler's unit has no network. Give it \
        one, and say in it which addresses the servers have";
    let file = "vm-autoscale.service.d/network.conf";
    let lines = [
        format!(
            "install -D -m 644 /usr/share/vm-autoscale/systemd/{file} /etc/systemd/system/{file}"
        ),
        "systemctl daemon-reload".to_owned(),
    ];
    (mail || gotify).then(|| (title.to_owned(), lines.to_vec()))
}

pub(super) fn begin() -> Step {
    let title = "Start it, and look whether all is well. It begins in `mode: observe`, which changes \
        nothing; `recommend`, `up-only` and `full` follow";
    let lines = ["systemctl start vm-autoscale", "vm-autoscale-setup check", "vm-autoscale status"];
    (title.to_owned(), lines.map(str::to_owned).to_vec())
}

pub(super) fn plain(rows: &[Row], source: &Path) -> Option<Step> {
    let (file, backup) = old_file(source);
    let file = word(&backup.unwrap_or(file));
    let title = format!(
        "The old file holds passwords in plain text: when the old program is gone, delete {file} and \
         every other copy, and change these"
    );
    let keys = rows.iter().filter(|row| row.said == PLAIN).take(SHOWN);
    let keys: Vec<String> = keys.map(|row| row.key.clone()).collect();
    (!keys.is_empty()).then_some((title, keys))
}
