//! What is looked for, and what does away with it.

use vm_autoscale_lab::{Control, Part};

use crate::vmid;

/// How a VM comes to have what is looked for, before anybody looks.
#[derive(Clone, Copy)]
pub(super) enum Ill {
    /// By a line of its config. It is started with it, where it can be.
    Conf(&'static [(&'static str, Option<&'static str>)]),
    /// By what somebody does to it while it runs.
    Control(fn(u32) -> Control),
    /// By a load and what its guest does with what it gets.
    Guest(Part, f64, f64),
    /// Its QEMU loses something behind Proxmox's back, under a load that then needs more.
    Late(fn(u32) -> Control, f64, f64),
}

/// What clears it, beside what is printed and a power cycle.
#[derive(Clone, Copy)]
pub(super) enum Cure {
    /// Nothing else.
    Printed,
    /// Something is done to the VM.
    Control(fn(u32) -> Control),
    /// The guest does what it did not.
    Guest,
    /// The VM's entry in the file says this.
    File(&'static str),
    /// The file leaves it out.
    LeftOut,
}

pub(super) struct Row {
    pub(super) code: &'static str,
    pub(super) level: &'static str,
    /// What the file says of the VM from the start.
    pub(super) entry: &'static str,
    pub(super) ill: Ill,
    pub(super) cure: Cure,
}

impl Row {
    /// Whether `qm set` helps with it.
    pub(super) fn is_printed(&self) -> bool {
        matches!(self.cure, Cure::Printed) && !["D301", "D305"].contains(&self.code)
    }
}

const fn row(code: &'static str, level: &'static str, ill: Ill, cure: Cure) -> Row {
    Row { code, level, entry: "", ill, cure }
}

const fn conf(
    code: &'static str,
    level: &'static str,
    ill: &'static [(&'static str, Option<&'static str>)],
) -> Row {
    row(code, level, Ill::Conf(ill), Cure::Printed)
}

/// It wants more before all is used that QEMU still has.
const CALLS: &str = "mode: full, ram_scaling: false, thresholds: {cpu_high: 60}";
const ACTS: &str = "mode: full, ram_scaling: false";
/// Memory is only asked about where it goes by its own use.
const ASKS: &str = "policy: adaptive";

pub(super) fn rows() -> Vec<Row> {
    let locked = |number| Control::Lock { vmid: vmid(number), lock: Some("backup".to_owned()) };
    let free = |number| Control::Lock { vmid: vmid(number), lock: None };
    let waits = |number| Control::Pending {
        vmid: vmid(number),
        key: "cores".to_owned(),
        value: Some("6".to_owned()),
    };
    let moves =
        |number| Control::Ha { vmid: vmid(number), state: Some("error".to_owned()), target: None };
    let steady = |number| Control::Ha { vmid: vmid(number), state: None, target: None };
    let gone = |number| Control::Stop { vmid: vmid(number) };
    let off = "ram_scaling: false";
    vec![
        conf("D101", "fail", &[("hotplug", Some("disk,network,usb,memory"))]),
        conf("D110", "fail", &[("cores", Some("500")), ("vcpus", Some("2"))]),
        conf("D120", "warn", &[("cores", Some("2")), ("vcpus", None)]),
        Row {
            entry: "cpu_lever: vcpus",
            ..row(
                "D130",
                "warn",
                Ill::Conf(&[("ostype", Some("win11"))]),
                Cure::File("cpu_lever: auto"),
            )
        },
        Row {
            entry: ACTS,
            ..row("D131", "warn", Ill::Guest(Part::KeepsCpus, 0.01, 800.0), Cure::Guest)
        },
        Row {
            entry: ACTS,
            ..row("D132", "fail", Ill::Guest(Part::OnlinesNothing, 60.0, 800.0), Cure::Guest)
        },
        conf("D201", "fail", &[("numa", Some("0"))]),
        conf("D202", "fail", &[("hotplug", Some("disk,network,usb,cpu"))]),
        conf("D203", "fail", &[("numa0", Some("cpus=0-1,memory=1024"))]),
        row(
            "D204",
            "fail",
            Ill::Conf(&[
                ("virtiofs0", Some("dirid=share")),
                ("hotplug", Some("disk,network,usb,cpu")),
            ]),
            Cure::File(off),
        ),
        conf("D205", "fail", &[("memory", Some("512"))]),
        conf("D206", "fail", &[("memory", Some("2700"))]),
        conf("D207", "fail", &[("hugepages", Some("1024"))]),
        row("D208", "warn", Ill::Conf(&[("hostpci0", Some("0000:01:00.0"))]), Cure::File(off)),
        conf("D210", "warn", &[("balloon", Some("0"))]),
        Row { entry: "memory_lever: balloon", ..conf("D211", "fail", &[]) },
        conf("D212", "fail", &[("balloon", Some("1024"))]),
        conf("D213", "fail", &[("balloon", Some("900000"))]),
        Row {
            entry: ASKS,
            ..row("D214", "warn", Ill::Guest(Part::IgnoresBalloon, 0.01, 60_000.0), Cure::Guest)
        },
        Row {
            entry: "mode: full, memory_shrink: true, cpu_scaling: false",
            ..row("D230", "warn", Ill::Guest(Part::KernelZone, 0.5, 60.0), Cure::Guest)
        },
        Row {
            entry: "mode: full, cpu_scaling: false",
            ..row("D231", "fail", Ill::Guest(Part::OnlinesNothing, 0.5, 60_000.0), Cure::Guest)
        },
        row("D301", "warn", Ill::Control(waits), Cure::Printed),
        Row {
            entry: CALLS,
            ..row(
                "D302",
                "fail",
                Ill::Late(|n| Control::LateCpu { vmid: vmid(n) }, 60.0, 800.0),
                Cure::Printed,
            )
        },
        row("D303", "warn", Ill::Control(locked), Cure::Control(free)),
        row("D304", "warn", Ill::Conf(&[("template", Some("1"))]), Cure::LeftOut),
        row("D305", "note", Ill::Control(gone), Cure::Printed),
        row("D306", "warn", Ill::Control(moves), Cure::Control(steady)),
        conf("D401", "warn", &[("agent", Some("0"))]),
        Row {
            entry: ACTS,
            ..row("D402", "warn", Ill::Guest(Part::AgentSilent, 60.0, 800.0), Cure::Guest)
        },
    ]
}
