//! vCPUs.

use vm_autoscale_config::DoctorCode as Code;
use vm_autoscale_planner::CpuLever;
use vm_autoscale_proxmox::{Vcpus, VmConfig};

use super::{Finding, Level, Node, Patient, QmOption};

/// In the guest's `/etc/udev/rules.d/80-hotplug-cpu.rules`; the text of Proxmox's own manual.
const UDEV: &str =
    r#"SUBSYSTEM=="cpu", ACTION=="add", TEST=="online", ATTR{online}=="0", ATTR{online}="1""#;

pub(super) fn findings(patient: &Patient<'_>, config: &VmConfig) -> Vec<Finding> {
    let mut found: Vec<Finding> = too_many(patient, config).into_iter().collect();
    if !patient.wants_vcpus() {
        return found;
    }
    if !config.hotplug.cpu {
        let set = QmOption::Hotplug {
            cpu: true,
            memory: config.hotplug.memory,
            others: config.other_hotplug,
        };
        let text = "its vCPUs cannot be changed while it runs: `hotplug` has no cpu";
        found.push(Finding::new(Code::D101, Level::Fail, text).set([set]).by_power_cycle());
    }
    found.extend(no_headroom(patient, config));
    found.extend(never_gives(patient, config));
    if patient.may_run() {
        found.extend(of_guest(patient));
    }
    found.extend(no_agent(config));
    found
}

/// A VM does not start where its sockets × cores are more than the node has CPUs, however few of
/// them are plugged.
fn too_many(patient: &Patient<'_>, config: &VmConfig) -> Option<Finding> {
    let ceiling = config.max_vcpus().ok()?.get();
    let Node { name, cpus } = patient.fewest().filter(|node| node.cpus < ceiling)?;
    let own = patient.nodes.iter().find(|node| node.name == *patient.node);
    let (level, text) = match own.filter(|own| own.cpus < ceiling) {
        Some(Node { name, cpus }) => (
            Level::Fail,
            format!(
                "it cannot be started: sockets x cores = {ceiling}, and {name} has {cpus} CPUs"
            ),
        ),
        None => (
            Level::Warn,
            format!(
                "it does not start on {name}, which has {cpus} CPUs: sockets x cores = {ceiling}"
            ),
        ),
    };
    let finding = Finding::new(Code::D110, level, text).by_power_cycle();
    let Some((sockets, cores)) = shape(config, *cpus) else { return Some(finding) };
    let plugged = config.plugged_vcpus().ok()?.get().min(sockets.get() * cores.get());
    let fewer = (sockets.get() != config.sockets).then_some(QmOption::Sockets(sockets));
    let rest = [QmOption::Cores(cores), QmOption::Vcpus(plugged.try_into().ok()?)];
    Some(finding.set(fewer.into_iter().chain(rest)))
}

/// As many sockets as it has, if there can be as many, and cores for at most so many CPUs.
fn shape(config: &VmConfig, most: u32) -> Option<(Vcpus, Vcpus)> {
    let sockets = if config.sockets <= most { config.sockets } else { 1 };
    let cores = most.checked_div(sockets)?;
    Some((sockets.try_into().ok()?, cores.try_into().ok()?))
}

/// All that can be plugged is, and the file would let it have more.
fn no_headroom(patient: &Patient<'_>, config: &VmConfig) -> Option<Finding> {
    let (ceiling, plugged) = (config.max_vcpus().ok()?, config.plugged_vcpus().ok()?);
    let (_, most) = patient.policy.vcpus;
    if plugged < ceiling || ceiling.get() >= most {
        return None;
    }
    let all = format!("sockets x cores = {ceiling}, {most} by `max_cores`");
    let text = match config.vcpus {
        Some(_) => format!("it cannot get more vCPUs, all are plugged: {all}"),
        None => format!("it cannot get more vCPUs: without `vcpus` all are plugged: {all}"),
    };
    let finding = Finding::new(Code::D120, Level::Warn, text);
    let Some(Node { name, cpus }) = patient.fewest() else {
        return Some(
            finding.advise("how many cores it may have is not known: the nodes' CPUs are not"),
        );
    };
    let shape = shape(config, most.min(*cpus)).filter(|(sockets, cores)| {
        sockets.get() == config.sockets && sockets.get() * cores.get() > ceiling.get()
    });
    let Some((_, cores)) = shape else {
        return Some(finding.advise(format!("more do not go: {name} has {cpus} CPUs, and it has to start there, too; set `max_cores` to {ceiling}")));
    };
    Some(finding.set([QmOption::Cores(cores), QmOption::Vcpus(plugged)]).by_power_cycle())
}

/// By what the config says of the operating system.
fn never_gives(patient: &Patient<'_>, config: &VmConfig) -> Option<Finding> {
    let ostype = config.ostype.as_deref()?;
    if ostype.starts_with('w') {
        let text = format!("Windows gives no vCPU back (`ostype: {ostype}`)");
        return Some(match patient.policy.cpu_lever {
            CpuLever::Vcpus => Finding::new(Code::D130, Level::Warn, text).advise(
                "in config.yaml: `cpu_lever: auto`, which takes by `cpulimit`, or `cpulimit`",
            ),
            _ => Finding::new(Code::D130, Level::Note, format!("{text}: `cpulimit` takes instead")),
        });
    }
    let text =
        format!("whether it gives vCPUs back is not known (`ostype: {ostype}`): BSDs do not");
    (ostype != "l26").then(|| Finding::new(Code::D130, Level::Note, text))
}

/// What changes of ours have shown.
fn of_guest(patient: &Patient<'_>) -> Vec<Finding> {
    let (learnt, mut found) = (patient.learnt, Vec::new());
    if learnt.vcpus_kept > 0 {
        let text = format!(
            "its guest kept a vCPU that was to be taken, {} in a row",
            times(learnt.vcpus_kept)
        );
        let finding = Finding::new(Code::D131, Level::Warn, text).by_power_cycle();
        found.push(finding.advise("in the guest: a kernel with ACPI CPU hotplug, and nothing bound to its last vCPU; or in config.yaml: `cpu_lever: cpulimit`"));
    }
    if learnt.unused_vcpus {
        let text = "its guest does not use the vCPUs that it was given last";
        let finding = Finding::new(Code::D132, Level::Fail, text).by_power_cycle();
        let finding =
            finding.advise("in the guest, a file /etc/udev/rules.d/80-hotplug-cpu.rules that says");
        found.push(finding.advise(UDEV));
    }
    if learnt.agent == Some(false) && patient.config.is_some_and(|config| config.agent) {
        let vmid = patient.vmid;
        let text = "its agent does not answer: whether vCPUs are used is not known";
        let advice = format!(
            "in the guest: install and start qemu-guest-agent; then `qm guest cmd {vmid} ping`"
        );
        found.push(Finding::new(Code::D402, Level::Warn, text).advise(advice));
    }
    found
}

/// The agent says whether the guest uses a vCPU.
fn no_agent(config: &VmConfig) -> Option<Finding> {
    let text = "its agent is off: whether its guest uses vCPUs that it gets cannot be seen";
    let finding = || Finding::new(Code::D401, Level::Warn, text).set([QmOption::Agent]);
    let guest = "in the guest: install and start qemu-guest-agent";
    (!config.agent).then(|| finding().by_power_cycle().advise(guest))
}

pub(super) fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}
