//! `vm-autoscale doctor`.

use serde::Serialize;
use vm_autoscale_config::{DoctorCode, Selection};
use vm_autoscale_scheduler::{
    Checkup, DoctorOrder, Finding, Level, VmCheckup, fetch_doctor, qm_set,
};

use crate::args::{Args, DoctorArgs, Format};
use crate::files::places;
use crate::plain::one_line;
use crate::{Error, json, say, terminal_width, wait};

mod codes;
mod script;
mod text;

/// The exit code.
pub(crate) fn doctor(args: &Args, wanted: &DoctorArgs) -> Result<u8, Error> {
    if wanted.codes || !wanted.code.is_empty() {
        let wanted = if wanted.codes { DoctorCode::ALL } else { &wanted.code };
        return codes::print(wanted, args.output_format).map(|()| 0);
    }
    let select = Selection::of_words(wanted.select.iter().map(String::as_str));
    let order =
        DoctorOrder { select: select.map_err(Error::Usage)?, cluster: wanted.cluster.clone() };
    if order.select.only_excludes() {
        let why = "it names no VM: begin with @all or another selector without a hyphen";
        return Err(Error::Usage(why.to_owned()));
    }
    let socket = places(args, wanted.daemon.control_socket.as_deref())?.socket;
    let mut checkup = wait(fetch_doctor(&socket, &order))??;
    plain(&mut checkup);
    if checkup.vms.is_empty() && checkup.unseen.is_empty() && checkup.undecided == 0 {
        return Err(Error::Usage(nobody(wanted)));
    }
    if let Some(file) = &wanted.fix_script {
        script::write(file, &checkup)
            .map_err(|source| Error::Script { file: file.clone(), source })?;
    }
    match args.output_format {
        Format::Json => json(&Shown::of(&checkup))?,
        Format::Text => {
            let is_named = !wanted.select.is_empty();
            say(&text::of(&checkup, is_named, wanted.fix_script.as_deref(), terminal_width()))?;
        }
    }
    Ok(exit_code(&checkup, wanted.strict))
}

fn nobody(wanted: &DoctorArgs) -> String {
    let named = if wanted.select.is_empty() {
        "there is".to_owned()
    } else {
        format!("`{}` names", wanted.select.join(" "))
    };
    format!(
        "{named} no VM that is looked after: see `vm-autoscale config show --effective --vm VMID`"
    )
}

/// What could not be looked at is not well either.
fn exit_code(checkup: &Checkup, strict: bool) -> u8 {
    let findings = || checkup.vms.iter().flat_map(|vm| &vm.findings);
    let is = |level| findings().any(|finding| finding.level == level);
    if is(Level::Fail) || !checkup.unseen.is_empty() || checkup.undecided > 0 {
        return 1;
    }
    if strict && is(Level::Warn) { 4 } else { 0 }
}

/// Words of nodes in one line each.
fn plain(checkup: &mut Checkup) {
    checkup.unseen.iter_mut().for_each(one_line);
    for vm in &mut checkup.vms {
        vm.name.iter_mut().chain(&mut vm.ostype).chain(&mut vm.unknown).for_each(one_line);
        for finding in &mut vm.findings {
            one_line(&mut finding.text);
            finding.advice.iter_mut().for_each(one_line);
        }
    }
}

/// For programs: the same with the commands.
#[derive(Serialize)]
struct Shown<'a> {
    vms: Vec<ShownVm<'a>>,
    unseen: &'a [String],
    undecided: usize,
}

#[derive(Serialize)]
struct ShownVm<'a> {
    #[serde(flatten)]
    vm: &'a VmCheckup,
    /// One for each finding that `qm set` helps with.
    commands: Vec<ShownCommand>,
}

#[derive(Serialize)]
struct ShownCommand {
    code: DoctorCode,
    command: String,
    power_cycle: bool,
}

impl<'a> Shown<'a> {
    fn of(checkup: &'a Checkup) -> Self {
        let shown = |vm: &'a VmCheckup| {
            let shown = |finding: &Finding| {
                let (code, power_cycle) = (finding.code, finding.power_cycle);
                Some(ShownCommand { code, command: qm_set(vm.vmid, finding)?, power_cycle })
            };
            ShownVm { vm, commands: vm.findings.iter().filter_map(shown).collect() }
        };
        let vms = checkup.vms.iter().map(shown).collect();
        Self { vms, unseen: &checkup.unseen, undecided: checkup.undecided }
    }
}

#[cfg(test)]
mod tests;
