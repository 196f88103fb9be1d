//! The situations of single VMs.

use std::future::Future;
use std::pin::Pin;

use vm_autoscale_config::Selection;
use vm_autoscale_lab::{Control, Lab, Part};
use vm_autoscale_planner::Resource;
use vm_autoscale_proxmox::VmId;
use vm_autoscale_scheduler::{Explanation, Journal as _, MemoryJournal, Pause};

use super::{BUSY, IDLE, stops};

type Later = fn(&Lab, &MemoryJournal, VmId) -> Pin<Box<dyn Future<Output = ()>>>;

/// One VM, what happens to it, and what is to be told of it.
pub(super) struct Case {
    pub(super) name: &'static str,
    /// vCPUs that it has at least at first.
    pub(super) vcpus: u32,
    /// What its entry says.
    pub(super) file: &'static str,
    pub(super) cores: f64,
    pub(super) mib: f64,
    /// Before the scheduler starts.
    pub(super) before: fn(&Lab, VmId),
    /// While it runs.
    pub(super) later: Later,
    resource: Resource,
    /// The gate that stops it.
    gate: &'static str,
    /// Of what that says; `ID` is its number, as in the next.
    says: &'static [&'static str],
    /// Of the way out.
    allow: &'static str,
}

impl Case {
    /// One that wants more vCPUs.
    fn new(name: &'static str, gate: &'static str, says: &'static [&'static str]) -> Self {
        Self {
            name,
            vcpus: 1,
            file: "",
            cores: BUSY,
            mib: 700.0,
            before: |_, _| {},
            later: |_, _, _| Box::pin(async {}),
            resource: Resource::Cpu,
            gate,
            says,
            allow: "",
        }
    }

    /// What of it is told otherwise.
    pub(super) fn fails(&self, told: &Explanation) -> Option<String> {
        let (gate, said, ways) = stops(told, self.resource);
        let id = told.vmid.to_string();
        let named = |text: &str| text.replace("ID", &id);
        let fine = gate == self.gate
            && self.says.iter().all(|part| said.contains(&named(part)))
            && ways.contains(&named(self.allow));
        (!fine).then(|| format!("{}: {gate}: {said}: {ways}", self.name))
    }
}

fn control(lab: &Lab, control: Control) {
    lab.control(control).unwrap();
}

/// Somebody else edits the config.
fn edit(lab: &Lab, vmid: VmId, key: &str, value: &str) {
    control(lab, Control::Edit { vmid, key: key.to_owned(), value: Some(value.to_owned()) });
}

pub(super) fn all() -> Vec<Case> {
    [of_the_file(), of_the_vm(), of_others(), of_time()].into_iter().flatten().collect()
}

fn of_the_file() -> Vec<Case> {
    vec![
        Case {
            file: "scaling_limits: {max_cores: 1}",
            allow: "say a `scaling_limits.max_cores` above 1",
            ..Case::new(
                "at the file's maximum",
                "bounds",
                &["100.0 % used, at the maximum (max_cores)", "(1 to 1)"],
            )
        },
        Case {
            cores: IDLE,
            allow: "say a `scaling_limits.min_cores` below 1",
            ..Case::new("at the minimum", "bounds", &["% used, at the minimum", "(1 to "])
        },
        Case {
            file: "mode: observe",
            allow: "say `mode: up-only`",
            ..Case::new("observe", "mode", &["the mode observe does not let vcpus "])
        },
        Case {
            vcpus: 2,
            file: "mode: up-only",
            cores: IDLE,
            allow: "say `mode: full`",
            ..Case::new("up-only would take", "mode", &["the mode up-only does not let vcpus "])
        },
        Case {
            file: "cpu_scaling: false",
            allow: "say `cpu_scaling: true`",
            ..Case::new("not to be scaled", "scaling", &["not looked after"])
        },
        Case {
            file: "scaling_enabled: false",
            allow: "say `scaling_enabled: true` there",
            ..Case::new("entry off", "selection", &["its entry says `scaling_enabled: false`"])
        },
        Case {
            allow: "take that item with a hyphen out of `select`",
            ..Case::new("taken out", "selection", &["`select` takes it out"])
        },
        Case {
            cores: 0.5,
            mib: 64.0,
            resource: Resource::Memory,
            allow: "say `memory_shrink: true`",
            ..Case::new("memory is not taken", "taking", &["% used, `memory_shrink` is off"])
        },
        Case {
            file: "thresholds: {cpu_high: 99, cpu_low: 1}",
            cores: 0.5,
            ..Case::new(
                "within",
                "use",
                &["% used: asks for nothing", "above 99.0 %", "below 1.0 %"],
            )
        },
    ]
}

fn of_the_vm() -> Vec<Case> {
    vec![
        Case {
            allow: "qm set ID --cores ",
            ..Case::new(
                "at sockets x cores",
                "bounds",
                &["100.0 % used, at the maximum (sockets x cores)"],
            )
        },
        Case {
            before: |lab, vmid| edit(lab, vmid, "hotplug", "disk,network,usb,memory"),
            allow: "qm set ID --hotplug network,disk,usb,cpu,memory",
            ..Case::new("no hotplug of vCPUs", "hotplug", &["not able: add cpu to "])
        },
        Case {
            before: |lab, vmid| edit(lab, vmid, "numa", "0"),
            resource: Resource::Memory,
            allow: "qm set ID --numa 1, then power the VM off and on",
            ..Case::new("no numa", "hotplug", &["--numa 1"])
        },
        Case {
            before: |lab, vmid| edit(lab, vmid, "template", "1"),
            ..Case::new("template", "template", &["a template"])
        },
        Case {
            before: |lab, vmid| edit(lab, vmid, "tags", "web;autoscale-off"),
            allow: "qm set ID --tags \"web\"",
            ..Case::new("tag off", "selection", &["the tag `autoscale-off`"])
        },
        Case {
            before: |lab, vmid| control(lab, Control::Stop { vmid }),
            allow: "qm start ID",
            ..Case::new("stopped", "running", &["not running"])
        },
        Case {
            vcpus: 2,
            cores: IDLE,
            // It is asked at 100 s and at some 210 s.
            file: "cpu_lever: vcpus, scale_cooldown: 100",
            before: |lab, vmid| {
                control(lab, Control::Fault { vmid, part: Part::KeepsCpus, on: true });
            },
            ..Case::new(
                "keeps its vCPUs",
                "rest",
                &["taking failed ", "times in a row, tried again in ", "the last change, vcpus "],
            )
        },
        Case {
            before: |lab, vmid| {
                control(lab, Control::Fault { vmid, part: Part::PlugFails, on: true });
            },
            file: "scale_cooldown: 90",
            ..Case::new(
                "cannot be plugged",
                "rest",
                &["cooldown, ", "s left; the last change, vcpus ", "failed: "],
            )
        },
    ]
}

fn of_others() -> Vec<Case> {
    vec![
        Case {
            later: |_, journal, vmid| {
                let (journal, number) = (journal.clone(), vmid.to_string());
                Box::pin(async move {
                    let select = Selection::of_words([number.as_str()]).unwrap();
                    let reason = "moving racks".to_owned();
                    let pause = Pause { number: 0, select, reason, uid: 7, at: 0, until: None };
                    journal.pause(pause).await.unwrap();
                })
            },
            allow: "vm-autoscale resume",
            ..Case::new("paused by order", "pause", &["paused: moving racks (pause ", "by uid 7)"])
        },
        Case {
            before: |lab, vmid| {
                control(lab, Control::Lock { vmid, lock: Some("backup".to_owned()) });
            },
            allow: "qm unlock ID",
            ..Case::new("locked", "lock", &["locked (backup)"])
        },
        Case {
            before: |lab, vmid| {
                control(lab, Control::Ha { vmid, state: Some("migrate".to_owned()), target: None });
            },
            allow: "ha-manager status",
            ..Case::new("moved by HA", "HA", &["the HA manager is busy with it (migrate)"])
        },
        Case {
            before: |lab, vmid| {
                let (key, value) = ("cores".to_owned(), Some("12".to_owned()));
                control(lab, Control::Pending { vmid, key, value });
            },
            allow: "qm pending ID",
            ..Case::new("pending", "pending", &["changes of others are pending: cores"])
        },
        Case {
            file: "thresholds: {cpu_high: 99.9}, scaling_limits: {max_cores: 1}",
            later: |lab, _, vmid| {
                edit(lab, vmid, "cpulimit", "2");
                Box::pin(async {})
            },
            allow: "`external_change_hold`",
            ..Case::new(
                "changed by others",
                "others",
                &["changed by someone else, left alone for 3", " s"],
            )
        },
    ]
}

fn of_time() -> Vec<Case> {
    vec![
        Case {
            file: "scale_cooldown: 3600",
            ..Case::new("just started", "rest", &["just started, 3", " s left"])
        },
        Case {
            // It acts at 200 s, and is looked at at 305 s.
            file: "scale_cooldown: 200",
            ..Case::new("cooldown", "rest", &["cooldown, ", " s left"])
        },
        Case {
            later: |lab, _, vmid| {
                control(lab, Control::LeaveOut { vmid, on: true });
                Box::pin(async {})
            },
            allow: "systemctl status pvestatd",
            ..Case::new("no new sample", "sample", &["sample 2", " s old"])
        },
        Case {
            resource: Resource::Memory,
            later: |lab, _, vmid| {
                control(lab, Control::LateDimm { vmid });
                Box::pin(async {})
            },
            ..Case::new(
                "quarantined",
                "quarantine",
                &["the config says ", " MiB, QEMU has ", "power the VM off and on"],
            )
        },
    ]
}
