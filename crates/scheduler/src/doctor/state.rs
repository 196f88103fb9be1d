//! What holds the whole VM.

use vm_autoscale_config::DoctorCode as Code;
use vm_autoscale_proxmox::VmConfig;

use super::{Finding, Level, Patient, QmOption};

pub(super) fn findings(patient: &Patient<'_>) -> Vec<Finding> {
    let vmid = patient.vmid;
    let mut found = Vec::new();
    if !patient.node_online {
        let text = format!("the cluster does not see its node {}", patient.node);
        found.push(Finding::new(Code::D308, Level::Warn, text));
    }
    let Some(config) = patient.config else {
        let text = "its config could not be read, or not yet: nothing else is known of it";
        let advice = format!("vm-autoscale status {vmid}; `qm config {vmid}` on its node");
        found.push(Finding::new(Code::D307, Level::Warn, text).advise(advice));
        return found;
    };
    if config.template {
        let advice = format!("in config.yaml: take it out of `select` (-{vmid})");
        found.push(Finding::new(Code::D304, Level::Warn, "a template never runs").advise(advice));
        return found;
    }
    if patient.running == Some(false) {
        found.push(Finding::new(Code::D305, Level::Note, "it does not run"));
    }
    found.extend(pending(patient, config));
    found.extend(differs(patient));
    if let Some(lock) = &config.lock {
        let text = format!("locked ({lock}): nothing is changed until that task ends");
        let advice = format!("where no such task runs any more: `qm unlock {vmid}`");
        found.push(Finding::new(Code::D303, Level::Warn, text).advise(advice));
    }
    if let Some(state) = patient.ha_move {
        let text = format!("the HA manager is busy with it ({state})");
        let finding = Finding::new(Code::D306, Level::Warn, text);
        found.push(finding.advise(format!("`ha-manager status` says more of vm:{vmid}")));
    }
    found
}

fn pending(patient: &Patient<'_>, config: &VmConfig) -> Option<Finding> {
    if config.pending.is_empty() || patient.learnt.is_our_duty {
        return None;
    }
    let names: Vec<&str> = config.pending.keys().map(String::as_str).collect();
    let names = names.join(", ");
    let vmid = patient.vmid;
    let text = format!("changes of others wait for a power cycle: {names}");
    let finding = Finding::new(Code::D301, Level::Warn, text).by_power_cycle();
    Some(
        finding.advise(format!(
            "`qm pending {vmid}` shows them; `qm set {vmid} --revert KEY` drops one"
        )),
    )
}

/// Only the same way down makes config and QEMU agree again, and only of vCPUs.
fn differs(patient: &Patient<'_>) -> Vec<Finding> {
    let of = |(differs, unit): (Option<(u32, u32)>, &str)| {
        let (config, qemu) = differs?;
        let text = format!(
            "the config says {config} {unit}, QEMU has {qemu}: left alone until they agree"
        );
        let finding = Finding::new(Code::D302, Level::Fail, text);
        let down = (unit == VCPUS && qemu < config).then(|| qemu.try_into().ok()).flatten();
        Some(match down {
            Some(qemu) => finding.set([QmOption::Vcpus(qemu)]),
            None => finding.by_power_cycle(),
        })
    };
    patient.learnt.differs.into_iter().zip([VCPUS, "MiB"]).filter_map(of).collect()
}

const VCPUS: &str = "vCPUs";
