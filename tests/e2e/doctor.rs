//! `vm-autoscale doctor`: for each row of what it looks for a VM that has exactly that, and what it
//! says to do about it done. What `qm set` helps with is typed as its script has it, what is the
//! guest's is set right in the guest, what is the file's in the file; then the VM is powered off
//! and on where it says so, and nothing is found any more.

use std::process::Output;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::Value;
use vm_autoscale_lab::{Control, Part, Reply, Request, VmInfo};
use vm_autoscale_tests::programs::{command, directory, pause};
use vm_autoscale_tests::stage::{Play, Stage};

use crate::{load, play, turn, vmid};

mod rows;
use rows::{Cure, Ill, Row, rows};

const TIME: Duration = Duration::from_secs(120);
const FILE: &str = "observe_interval: 1\ncheck_interval: 1\nscale_cooldown: 2\nmode: full\n\
    scale_down_after_cycles: 2\nscaling_limits: {max_cores: 64, max_ram_mb: 131072}\n\
    virtual_machines:\n";

/// A row and its VM.
struct Case {
    row: Row,
    number: u32,
    /// What the file says of the VM; nothing once it is left out.
    entry: Option<&'static str>,
    step: Step,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Ill,
    Cured,
    Well,
}

fn say(stage: &Stage, arguments: &[&str]) -> Output {
    let mut program = command(directory().unwrap().join("vm-autoscale"));
    program.arg("doctor").args(arguments).arg("--config").arg(stage.path("config.yaml"));
    program.env("COLUMNS", "100").output().unwrap()
}

/// What a line of `qm` came to.
fn type_line(stage: &Stage, line: &str) -> (u8, String) {
    let reply = stage.ask_lab(&Request::Qm { line: line.to_owned() }).unwrap();
    let Reply::Answer(answer) = reply else { panic!("{line}: {reply:?}") };
    (answer.exit, answer.stderr)
}

fn write_file(stage: &Stage, cases: &[Case]) {
    let entry = |case: &Case| {
        let said = case.entry?;
        let mode = if said.contains("mode:") { "" } else { "mode: observe, " };
        Some(format!("- {{vm_id: {}, {mode}{said}}}\n", case.number))
    };
    let entries: String = cases.iter().filter_map(entry).collect();
    stage.write_config_yaml(&format!("{FILE}{entries}")).unwrap();
}

/// A VM for each row: where something is to be learnt one with room for it, which has run for a
/// while, as all of them have.
fn cases(stage: &Stage) -> Vec<Case> {
    let Reply::Vms(vms) = stage.ask_lab(&Request::Vms).unwrap() else { panic!("no VMs") };
    let has_room = |vm: &&VmInfo| vm.qemu_vcpus == Some(4);
    let (large, small): (Vec<_>, Vec<_>) =
        vms.iter().filter(|vm| vm.kind != "legacy").partition(has_room);
    let (mut large, mut small) = (large.into_iter(), small.into_iter());
    let case = |row: Row| {
        let learns = matches!(row.ill, Ill::Guest(..) | Ill::Late(..));
        let vm = if learns { large.next() } else { small.next() };
        let (number, entry) = (vm.unwrap().vmid.get(), Some(row.entry));
        Case { row, number, entry, step: Step::Ill }
    };
    rows().into_iter().map(case).collect()
}

/// What is there before anybody looks.
fn prepare(stage: &Stage, case: &Case) {
    let Ill::Conf(lines) = case.row.ill else {
        // Until then it wants neither more nor less.
        let memory = crate::truth(stage, case.number).qemu_memory.unwrap();
        return load(stage, case.number, 1.0, 0.4 * f64::from(memory));
    };
    let vmid = vmid(case.number);
    stage.control(Control::Stop { vmid }).unwrap();
    for (key, value) in lines {
        let (key, value) = ((*key).to_owned(), value.map(str::to_owned));
        stage.control(Control::Edit { vmid, key, value }).unwrap();
    }
    // With some of them it does not start.
    let _ = stage.control(Control::Start { vmid });
}

/// What comes while it is looked after.
fn inflict(stage: &Stage, case: &Case) {
    match &case.row.ill {
        Ill::Conf(_) => {}
        Ill::Control(control) => stage.control(control(case.number)).unwrap(),
        Ill::Guest(part, cores, mib) => {
            fault(stage, case.number, *part, true);
            load(stage, case.number, *cores, *mib);
        }
        Ill::Late(control, cores, mib) => {
            stage.control(control(case.number)).unwrap();
            load(stage, case.number, *cores, *mib);
        }
    }
}

fn fault(stage: &Stage, number: u32, part: Part, on: bool) {
    stage.control(Control::Fault { vmid: vmid(number), part, on }).unwrap();
}

/// All VMs that are examined.
fn examined(stage: &Stage) -> Vec<Value> {
    let said = say(stage, &["--output-format", "json"]).stdout;
    let json: Value = serde_json::from_slice(&said).unwrap_or_default();
    json["vms"].as_array().cloned().unwrap_or_default()
}

/// What is found of a VM: notes only where one is looked for.
fn found<'v>(vms: &'v [Value], case: &Case) -> Vec<&'v Value> {
    let vm = vms.iter().find(|vm| vm["vmid"] == case.number);
    let findings = vm.and_then(|vm| vm["findings"].as_array()).into_iter().flatten();
    let notes = case.row.level == "note";
    findings.filter(|finding| notes || finding["level"] != "note").collect()
}

/// The lines that its script has for the VM, and what was told and how it ended.
fn told(stage: &Stage, case: &Case) -> Vec<String> {
    let number = case.number.to_string();
    let script = stage.path(&format!("fix-{number}.sh"));
    let said = say(stage, &[&number, "--strict", "--fix-script", &script.display().to_string()]);
    let text = String::from_utf8([said.stdout, said.stderr].concat()).unwrap();
    let expected = match case.row.level {
        "fail" => 1,
        "warn" => 4,
        _ => 0,
    };
    assert_eq!(said.status.code(), Some(expected), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let script = std::fs::read_to_string(script).unwrap();
    let line = |line: &str| {
        let (command, comment) = line.strip_prefix("  qm set ")?.split_once(" || failed=1 # ")?;
        assert_eq!(comment, format!("{}, VM {number}", case.row.code), "{script}");
        Some(format!("qm set {command}"))
    };
    script.lines().filter_map(line).collect()
}

/// Does what was said to do.
fn cure(stage: &Stage, cases: &mut [Case], at: usize, finding: &Value) {
    let case = &cases[at];
    let (number, code, ill, cure) = (case.number, case.row.code, case.row.ill, case.row.cure);
    let commands = told(stage, case);
    for command in &commands {
        assert_eq!(type_line(stage, command), (0, String::new()), "{code}: {command}");
    }
    let advised = !finding["advice"].as_array().unwrap().is_empty();
    let cycles = finding["power_cycle"] == true;
    let told = !commands.is_empty() || advised || cycles || code == "D305";
    assert!(told, "{code}: nothing is said to do: {finding}");
    assert_eq!(!commands.is_empty(), case.row.is_printed(), "{code}: {commands:?}");
    match cure {
        Cure::Printed => {}
        Cure::Control(control) => stage.control(control(number)).unwrap(),
        Cure::Guest => {
            let Ill::Guest(part, ..) = ill else { panic!("{code}") };
            fault(stage, number, part, false);
            load(stage, number, 2.0, 800.0);
        }
        Cure::File(entry) => cases[at].entry = Some(entry),
        Cure::LeftOut => cases[at].entry = None,
    }
    if matches!(cure, Cure::File(_) | Cure::LeftOut) {
        write_file(stage, cases);
        stage.scheduler.as_ref().unwrap().signal(Signal::SIGHUP);
        return;
    }
    // Of D302 it would be looked whether both agree after a while; after a start it is at once.
    let starts = ["D302", "D305"].contains(&code) || matches!(cure, Cure::Guest);
    if cycles || starts {
        type_line(stage, &format!("qm stop {number}"));
        assert_eq!(type_line(stage, &format!("qm start {number}")), (0, String::new()), "{code}");
    }
}

#[test]
fn each_row_is_found_alone_and_cleared_by_what_it_says() {
    let _turn = turn();
    let mut stage = Stage::set(&Play { config: FILE.to_owned(), ..play(80, "") }).unwrap();
    let mut cases = cases(&stage);
    write_file(&stage, &cases);
    for case in &cases {
        prepare(&stage, case);
    }
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    let all = cases.len();
    let read = |vms: &[Value]| vms.len() == all && vms.iter().all(|vm| !vm["ostype"].is_null());
    let begun = Instant::now();
    let mut vms = examined(&stage);
    while !read(&vms) {
        assert!(begun.elapsed() < TIME, "{vms:?}\n{}", stage.last_words());
        pause(Duration::from_millis(200));
        vms = examined(&stage);
    }
    for case in cases.iter().filter(|case| !matches!(case.row.ill, Ill::Conf(_))) {
        assert_eq!(found(&vms, case), [&Value::Null; 0], "{}", case.row.code);
        inflict(&stage, case);
    }
    let begun = Instant::now();
    while cases.iter().any(|case| case.step != Step::Well) {
        let vms = examined(&stage);
        for at in 0..cases.len() {
            let case = &cases[at];
            let found = found(&vms, case);
            let exactly = |finding: &&Value| {
                finding["code"] == case.row.code && finding["level"] == case.row.level
            };
            match (case.step, found.as_slice()) {
                (Step::Ill, [finding]) if exactly(finding) => {
                    let finding = (*finding).clone();
                    cure(&stage, &mut cases, at, &finding);
                    cases[at].step = Step::Cured;
                }
                (Step::Cured, []) => cases[at].step = Step::Well,
                (Step::Well, _) => {}
                _ if begun.elapsed() < TIME => {}
                (step, found) => panic!(
                    "{} of VM {} is {step:?}: {found:?}\n{}\n{}",
                    case.row.code,
                    case.number,
                    crate::truth(&stage, case.number).conf,
                    stage.last_words()
                ),
            }
        }
        pause(Duration::from_millis(300));
    }
    stage.scheduler.as_mut().unwrap().stop().unwrap();
    assert_eq!(say(&stage, &[]).status.code(), Some(6));
    stage.strike().unwrap();
}

/// It is made of what the rows have, so that none is forgotten when a code is added.
#[test]
fn every_code_has_a_row() {
    // What nobody can do anything about on the VM: the rules' own tests have them.
    let elsewhere = ["D307", "D308"];
    let rows: Vec<&str> = rows().iter().map(|row| row.code).collect();
    let codes = vm_autoscale_config::DoctorCode::ALL.iter().map(ToString::to_string);
    let codes: Vec<String> = codes.filter(|code| !elsewhere.contains(&code.as_str())).collect();
    assert_eq!(rows, codes);
}
