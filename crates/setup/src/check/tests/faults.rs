//! A fault each, and the check that finds it.

use super::*;

type Fault = (&'static str, State, fn(&mut Facts));

/// In the answer of `vm-autoscale nodes`.
fn probe(facts: &mut Facts, path: &str, value: serde_json::Value) {
    let mut probe: serde_json::Value = serde_json::from_str(&facts.answers.nodes.out).unwrap();
    *probe.pointer_mut(path).unwrap() = value;
    facts.answers.nodes.out = probe.to_string();
}

fn set(facts: &mut Facts, unit: &str, property: &str, value: &str) {
    let unit = facts.units.by_name.get_mut(unit).unwrap();
    assert!(unit.insert(property.to_owned(), value.to_owned()).is_some(), "{property}");
}

fn replace(text: &mut String, from: &str, to: &str) {
    assert!(text.contains(from), "{from}");
    *text = text.replace(from, to);
}

fn file<'f>(facts: &'f mut Facts, path: &str) -> &'f mut Entry {
    facts.files.found.get_mut(path).unwrap()
}

const PROGRAM: &str = "/usr/bin/vm-autoscale";

const ACCOUNTS: &[Fault] = &[
    ("S101", State::Error, |it| replace(&mut it.accounts.passwd, "vm-autoscale:x", "other:x")),
    ("S102", State::Error, |it| replace(&mut it.accounts.group, "vm-autoscale-admin", "x")),
    ("S103", State::Error, |it| replace(&mut it.accounts.passwd, "/usr/sbin/nologin", "/bin/sh")),
    ("S104", State::Error, |it| replace(&mut it.accounts.shadow, "!*", "$y$j9T$x")),
    ("S104", State::Error, |it| replace(&mut it.accounts.shadow, "!*", "")),
    ("S105", State::Warning, |it| replace(&mut it.accounts.group, ":998:", ":998:anna")),
    ("S105", State::Warning, |it| replace(&mut it.accounts.passwd, ":1000:1000:", ":1000:998:")),
    ("S106", State::Warning, |it| replace(&mut it.accounts.group, ":997:", ":997:anna,berta")),
    ("S107", State::Error, |it| replace(&mut it.accounts.passwd, ":1000:1000:", ":998:1000:")),
];

const FILES: &[Fault] = &[
    ("S201", State::Error, |it| {
        it.files.found.remove(PROGRAM).unwrap();
    }),
    ("S201", State::Warning, |it| {
        it.files.found.remove("/etc/vm-autoscale/helper.env").unwrap();
    }),
    ("S202", State::Error, |it| file(it, PROGRAM).mode = 0o775),
    ("S202", State::Warning, |it| file(it, PROGRAM).mode = 0o700),
    ("S202", State::Error, |it| file(it, PROGRAM).uid = UID),
    ("S202", State::Error, |it| file(it, PROGRAM).is = Is::Other),
    ("S203", State::Error, |it| {
        it.files.sums.insert(PROGRAM.to_owned(), "another".to_owned());
    }),
    ("S203", State::Error, |it| {
        it.files.record.clear();
        it.files.dpkg = Some(vec![PROGRAM.to_owned()]);
    }),
    ("S203", State::Warning, |it| it.files.record.clear()),
    ("S204", State::Error, |it| {
        it.places.directories.remove(ETC).unwrap();
    }),
    ("S204", State::Error, |it| it.places.directories.get_mut(ETC).unwrap().mode = 0o755),
    ("S204", State::Error, |it| it.places.directories.get_mut(ETC).unwrap().uid = UID),
    ("S205", State::Error, |it| it.settings.config = said(3, "error: …")),
    ("S205", State::Warning, |it| it.settings.config = said(4, "warning: …")),
    ("S206", State::Error, |it| it.settings.policy = said(3, "error: …")),
    ("S206", State::Error, |it| it.settings.policy = Heard::default()),
    ("S207", State::Warning, |it| {
        let new = entry(Is::File, 0o640, 0, UID);
        it.places.etc.insert(format!("{ETC}/config.yaml.new"), new);
    }),
    ("S208", State::Error, |it| {
        it.places.keys.insert(format!("{ETC}/id_ed25519"), None);
    }),
    ("S208", State::Error, |it| {
        it.places.keys.insert("/root/key".to_owned(), Some(entry(Is::File, 0o640, 0, 0)));
    }),
    ("S209", State::Error, |it| {
        it.places.etc.get_mut(&format!("{ETC}/helper.env")).unwrap().mode = 0o604;
    }),
    ("S210", State::Error, |it| {
        it.places.space.insert(ETC, (1000, 1 << 34));
    }),
    ("S210", State::Warning, |it| {
        it.places.space.insert(ETC, (63 << 20, 1 << 34));
    }),
    ("S210", State::Warning, |it| {
        it.places.space.insert(ETC, (1 << 30, 1 << 37));
    }),
];

const UNITS: &[Fault] = &[
    ("S301", State::Error, |it| it.units.systemd = None),
    ("S301", State::Error, |it| it.units.systemd = Some("systemd 247 (247.3-7)".to_owned())),
    ("S302", State::Error, |it| set(it, SCHEDULER, "UnitFileState", "disabled")),
    ("S303", State::Error, |it| set(it, HELPER, "ActiveState", "inactive")),
    ("S303", State::Error, |it| set(it, HELPER, "ActiveState", "failed")),
    ("S303", State::Error, |it| set(it, SOCKET, "LoadState", "not-found")),
    ("S304", State::Error, |it| set(it, HELPER, "PrivateUsers", "yes")),
    ("S304", State::Error, |it| set(it, SCHEDULER, "NoNewPrivileges", "no")),
    ("S304", State::Error, |it| set(it, HELPER, "CapabilityBoundingSet", "cap_sys_admin")),
    ("S304", State::Error, |it| set(it, HELPER, "LimitCORE", "infinity")),
    ("S305", State::Warning, |it| set(it, HELPER, "NeedDaemonReload", "yes")),
    ("S306", State::Warning, |it| set(it, SCHEDULER, "NRestarts", "3")),
    ("S307", State::Warning, |it| set(it, HELPER, "IPAddressAllow", "10.0.0.0/8 ::1/128")),
    ("S307", State::Warning, |it| set(it, HELPER, "IPAddressAllow", "192.168.1.11/32")),
];

const PROGRAMS: &[Fault] = &[
    ("S401", State::Error, |it| it.programs.versions[0].1 = Some("0.0.9".to_owned())),
    ("S401", State::Error, |it| it.programs.versions[0].1 = None),
    ("S402", State::Error, |it| it.programs.same[1].1 = Some(false)),
    ("S403", State::Warning, |it| probe(it, "/helper/version", "0.0.9".into())),
    ("S403", State::Warning, |it| replace(&mut it.answers.status.out, OWN, "0.0.9")),
    ("S501", State::Warning, |it| probe(it, "/helper/sandbox/landlock", 0.into())),
    ("S502", State::Error, |it| probe(it, "/helper/sandbox/seccomp", false.into())),
    ("S503", State::Warning, |it| {
        probe(it, "/helper/sandbox/bounding_set_empty", false.into());
    }),
    ("S601", State::Error, |it| it.answers.socket = None),
    ("S601", State::Error, |it| it.answers.socket.as_mut().unwrap().mode = 0o666),
    ("S602", State::Error, |it| it.answers.nodes = said(6, "")),
    ("S603", State::Error, |it| it.answers.status = said(6, "")),
    ("S603", State::Warning, |it| it.answers.status.exit = Some(1)),
    ("S603", State::Error, |it| replace(&mut it.answers.status.out, "\"daemon\"", "\"journal\"")),
];

const NODES: &[Fault] = &[
    ("S701", State::Error, |it| probe(it, "/nodes/0/state", "unreachable".into())),
    ("S701", State::Error, |it| probe(it, "/nodes/0/state", "auth_failed".into())),
    ("S701", State::Error, |it| probe(it, "/nodes/0/latency_ms", serde_json::Value::Null)),
    ("S702", State::Warning, |it| probe(it, "/nodes/0/latency_ms", 1001.into())),
    ("S703", State::Warning, |it| probe(it, "/nodes/0/gate/state", "installed".into())),
    ("S703", State::Warning, |it| probe(it, "/nodes/0/gate", json!({"state": "none"}))),
    ("S704", State::Warning, |it| probe(it, "/nodes/0/gate/version", "0.0.9".into())),
    ("S705", State::Error, |it| probe(it, "/nodes/1/state", "host_key_refused".into())),
    ("S706", State::Error, |it| probe(it, "/answered_by", json!({}))),
    ("S707", State::Warning, |it| probe(it, "/nodes/0/clock_ahead_s", 31.into())),
    ("S707", State::Warning, |it| probe(it, "/nodes/0/clock_ahead_s", (-31).into())),
    ("S707", State::Warning, |it| probe(it, "/nodes/0/clock_ahead_s", serde_json::Value::Null)),
];

const MACHINE: &[Fault] = &[
    ("S801", State::Error, |it| it.machine.seccomp = false),
    ("S801", State::Warning, |it| it.machine.modules = Some("capability".to_owned())),
    ("S802", State::Warning, |it| it.machine.controllers = None),
    ("S802", State::Warning, |it| it.machine.controllers = Some("cpu".to_owned())),
    ("S803", State::Warning, |it| it.machine.synchronized = Some(false)),
    ("S803", State::Warning, |it| it.machine.synchronized = None),
    ("S804", State::Warning, |it| it.machine.zones = (false, true)),
    ("S804", State::Warning, |it| it.machine.zones = (true, false)),
    ("S805", State::Warning, |it| it.machine.persistent = false),
];

fn all() -> impl Iterator<Item = &'static Fault> {
    [ACCOUNTS, FILES, UNITS, PROGRAMS, NODES, MACHINE].into_iter().flatten()
}

#[test]
fn each_fault_is_found_and_says_what_to_type() {
    for (number, (code, state, break_it)) in all().enumerate() {
        let mut facts = well();
        break_it(&mut facts);
        let found = judge(&facts, &[]);
        let wrong: Vec<&Finding> = found.iter().filter(|it| it.state != State::Ok).collect();
        let hit = wrong.iter().find(|it| it.code == *code && it.state == *state);
        assert!(hit.is_some(), "{number} {code}: {wrong:?}");
        for finding in &wrong {
            assert!(finding.help.as_ref().is_some_and(|help| !help.is_empty()), "{finding:?}");
        }
        let exit = if wrong.iter().any(|it| it.state == State::Error) { 1 } else { 4 };
        assert_eq!(exit_code(&found, true), exit, "{code}");
    }
}

/// But for what is never wrong.
#[test]
fn every_check_finds_something() {
    let found: BTreeSet<&str> = all().map(|(code, ..)| *code).collect();
    let every: BTreeSet<&str> = ALL.iter().map(|code| code.ok("").code).collect();
    assert_eq!(every.difference(&found).collect::<Vec<_>>(), [&"S308"]);
    let mut facts = well();
    facts.units.audit = (true, false);
    let found = judge(&facts, &[]);
    let offer = found.iter().find(|finding| finding.code == "S308").unwrap();
    assert!(offer.state == State::Ok && offer.help.is_some(), "{offer:?}");
}

/// One fault is told once, by the check that knows it best.
#[test]
fn what_is_told_names_whom_and_what() {
    let told = |code: &str, break_it: fn(&mut Facts)| {
        let mut facts = well();
        break_it(&mut facts);
        let found = judge(&facts, &[]);
        let finding = found.iter().find(|it| it.code == code && it.state != State::Ok).unwrap();
        format!("{} -> {}", finding.said, finding.help.as_deref().unwrap())
    };
    let key = told("S705", |it| probe(it, "/nodes/1/state", "host_key_refused".into()));
    assert!(
        key.ends_with("vm-autoscale-setup trust-host pve2 192.168.1.12:2222 --replace"),
        "{key}"
    );
    let login = told("S701", |it| probe(it, "/nodes/0/state", "auth_failed".into()));
    assert!(login.ends_with("vm-autoscale-setup authorize pve1"), "{login}");
    let port = told("S701", |it| probe(it, "/nodes/1/state", "unreachable".into()));
    assert!(port.contains("bash -c '</dev/tcp/192.168.1.12/2222'"), "{port}");
    let net = told("S307", |it| set(it, HELPER, "IPAddressAllow", "192.168.1.11/32"));
    assert!(
        net.contains("pve2 (192.168.1.12)") && net.contains("IPAddressAllow=192.168.1.12"),
        "{net}"
    );
    let admin = told("S106", |it| replace(&mut it.accounts.group, ":997:", ":997:anna"));
    assert!(admin.contains("gpasswd --delete anna vm-autoscale-admin"), "{admin}");
}

/// What was not learnt is not called well.
#[test]
fn of_what_does_not_answer_nothing_is_said_but_that() {
    let mut facts = well();
    facts.answers.nodes = said(6, "");
    facts.answers.status = said(6, "");
    let found = judge(&facts, &[]);
    let unknown = |code: &str| !found.iter().any(|finding| finding.code == code);
    for code in ["S403", "S501", "S502", "S503", "S701", "S703", "S705", "S706", "S707"] {
        assert!(unknown(code), "{code}");
    }
    facts.units.systemd = None;
    let found = judge(&facts, &[]);
    let of = |code: &str| found.iter().filter(|finding| finding.code == code).count();
    assert_eq!(["S301", "S302", "S303", "S304"].map(of), [1, 0, 0, 0]);
}

/// Whose clock is wrong, as far as that can be told.
#[test]
fn the_side_that_is_wrong_is_named() {
    let told = |ahead: [i64; 2], synchronized: Option<bool>| {
        let mut facts = well();
        facts.machine.synchronized = synchronized;
        for (number, ahead) in ahead.into_iter().enumerate() {
            probe(&mut facts, &format!("/nodes/{number}/clock_ahead_s"), ahead.into());
        }
        let found = judge(&facts, &[]);
        let clock = found.iter().find(|it| it.code == "S707" && it.state != State::Ok).unwrap();
        clock.help.clone().unwrap()
    };
    assert!(told([50, 0], Some(true)).starts_with("on pve1, as this machine's is kept: chronyc"));
    assert!(told([50, 55], Some(true)).starts_with("on pve1, "));
    assert!(told([-50, -55], Some(false)).starts_with("here, as all nodes agree: chronyc"));
    assert!(told([50, 0], Some(false)).starts_with("here and on pve1: "));
    assert!(told([50, 500], None).starts_with("here and on pve1: "));
}
