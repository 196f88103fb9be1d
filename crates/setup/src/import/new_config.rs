//! The new `config.yaml`.

use std::fmt::Write as _;

use super::old::{Alerts, Gotify, Limits, Marks, Old, Vm};
use super::yaml::text;

/// The file's text; `from` is its head.
pub(crate) fn render(old: &Old, from: &str) -> String {
    let mut yaml = format!(
        "# yaml-language-server: $schema=config.schema.json\n{from}\
         # What every key means is in etc/config.yaml.\n\n\
         # observe, recommend, up-only or full: see import.txt before it is anything but observe.\n\
         mode: observe\n"
    );
    // Writing to a String cannot fail, here and below.
    if let Some(dry_run) = old.dry_run {
        let _ =
            writeln!(yaml, "# true: nothing is changed, whatever the mode.\ndry_run: {dry_run}");
    }
    let limits = old.limits;
    let _ = writeln!(
        yaml,
        "policy: threshold\ncheck_interval: {}\nscale_cooldown: {}\nscale_down_after_cycles: {}\n\
         scaling_thresholds:\n  cpu: {}\n  ram: {}\n\
         scaling_limits: {}\n\
         # Not every guest gives memory back when asked: try it with yours first.\n\
         memory_shrink: false\n\
         host_limits:\n  max_host_cpu_percent: {}\n  max_host_ram_percent: {}",
        old.check_interval,
        old.scale_cooldown,
        old.scale_down_after_cycles,
        marks(old.cpu),
        marks(old.ram),
        bounds(limits),
        old.max_host_cpu,
        old.max_host_ram,
    );
    virtual_machines(&mut yaml, &old.vms);
    service(&mut yaml, old);
    yaml
}

fn marks(marks: Marks) -> String {
    format!("{{high: {}, low: {}}}", marks.high, marks.low)
}

fn bounds(limits: Limits) -> String {
    let Limits { cores, ram } = limits;
    format!(
        "{{min_cores: {}, max_cores: {}, min_ram_mb: {}, max_ram_mb: {}}}",
        cores.0, cores.1, ram.0, ram.1
    )
}

fn virtual_machines(yaml: &mut String, vms: &[Vm]) {
    if vms.is_empty() {
        yaml.push_str("virtual_machines: []\n");
        return;
    }
    yaml.push_str("virtual_machines:\n");
    for vm in vms {
        let _ = writeln!(
            yaml,
            "  - vm_id: {}\n    proxmox_host: {}\n    scaling_enabled: {}\n    cpu_scaling: {}\n    \
             ram_scaling: {}",
            vm.vmid,
            text(vm.cluster.as_str()),
            vm.enabled,
            vm.cpu_scaling,
            vm.ram_scaling
        );
        if vm.cpu.is_some() || vm.ram.is_some() {
            yaml.push_str("    thresholds:\n");
        }
        for (name, own) in [("cpu", vm.cpu), ("ram", vm.ram)] {
            if let Some(own) = own {
                let _ = writeln!(yaml, "      {name}: {}", marks(own));
            }
        }
        if let Some(own) = vm.own_limits {
            let _ = writeln!(yaml, "    scaling_limits: {}", bounds(own));
        }
    }
}

fn service(yaml: &mut String, old: &Old) {
    yaml.push_str(&old.alerts.as_ref().map(alerts).unwrap_or_default());
    yaml.push_str(&old.gotify.as_ref().map(gotify).unwrap_or_default());
    let of_mail = old.alerts.iter().flat_map(|alerts| alerts.allow.clone());
    let of_gotify = old.gotify.iter().flat_map(|gotify| gotify.allow.clone());
    yaml.push_str(&allow(&of_mail.chain(of_gotify).collect::<Vec<_>>()));
    let _ = writeln!(yaml, "notification_dedup_seconds: {}", old.dedup);
    let _ = writeln!(yaml, "logging:\n  level: {}", old.log.level);
    key(yaml, "log_file", Some(&old.log.file));
}

/// The section of mails.
pub(crate) fn alerts(alerts: &Alerts) -> String {
    let mut yaml = format!("alerts:\n  email_enabled: {}\n", alerts.enabled);
    key(&mut yaml, "email_recipient", alerts.recipient.as_deref());
    key(&mut yaml, "smtp_server", alerts.server.as_deref());
    let _ = writeln!(yaml, "  smtp_port: {}", alerts.port);
    key(&mut yaml, "smtp_user", alerts.user.as_deref());
    yaml.push_str("  # The password is VM_AUTOSCALE_SMTP_PASSWORD of scheduler.env.\n");
    yaml
}

/// The section of the Gotify server.
pub(crate) fn gotify(gotify: &Gotify) -> String {
    let mut yaml = format!("gotify:\n  enabled: {}\n", gotify.enabled);
    key(&mut yaml, "server_url", gotify.url.as_deref());
    let _ = writeln!(yaml, "  priority: {}", gotify.priority);
    yaml.push_str("  # The token is VM_AUTOSCALE_GOTIFY_TOKEN of scheduler.env.\n");
    yaml
}

/// The list of hosts to which messages may go.
pub(crate) fn allow(hosts: &[String]) -> String {
    if hosts.is_empty() {
        return String::new();
    }
    let hosts: Vec<String> = hosts.iter().map(|host| text(host)).collect();
    format!(
        "# Messages may go there although it is private, this machine, or without TLS.\nnotify_allow: [{}]\n",
        hosts.join(", ")
    )
}

fn key(yaml: &mut String, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        let _ = writeln!(yaml, "  {key}: {}", text(value));
    }
}
