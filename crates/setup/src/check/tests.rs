//! Made-up machines: one that is well, and the same with a fault each.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::codes::ALL;
use super::entry::{Entry, Is};
use super::files::{Files, recorded};
use super::heard::Heard;
use super::units::{HELPER, SCHEDULER, SOCKET, parsed};
use super::*;

mod faults;

const OWN: &str = env!("CARGO_PKG_VERSION");
const UID: u32 = 998;
const ETC: &str = "/etc/vm-autoscale";

fn entry(is: Is, mode: u32, uid: u32, gid: u32) -> Entry {
    Entry { is, mode, uid, gid }
}

fn said(exit: i32, out: impl Into<String>) -> Heard {
    Heard { exit: Some(exit), out: out.into(), err: String::new() }
}

fn accounts() -> accounts::Accounts {
    accounts::Accounts {
        passwd: format!(
            "root:x:0:0:root:/root:/bin/bash\n\
             vm-autoscale:x:{UID}:{UID}:vm-autoscale scheduler:/:/usr/sbin/nologin\n\
             anna:x:1000:1000::/home/anna:/bin/bash\n"
        ),
        shadow: "vm-autoscale:!*:20000::::::".to_owned(),
        group: format!("root:x:0:\nvm-autoscale:x:{UID}:\nvm-autoscale-admin:x:997:\n"),
    }
}

fn files() -> Files {
    let shipped = crate::manifest::all().unwrap();
    let id = |name: &str| if name == "root" { 0 } else { UID };
    let found = shipped.iter().map(|file| {
        (file.to.to_owned(), entry(Is::File, file.mode, id(file.user), id(file.group)))
    });
    let found: BTreeMap<String, Entry> = found.collect();
    let sums: BTreeMap<String, String> =
        found.keys().map(|path| (path.clone(), format!("sum of {path}"))).collect();
    Files { shipped, found, record: sums.clone(), sums, dpkg: None }
}

fn settings() -> settings::Settings {
    settings::Settings {
        config: said(0, ""),
        policy: said(0, ""),
        socket: "/run/vm-autoscale/helper.sock".into(),
        keys: vec![format!("{ETC}/id_ed25519").into()],
        nodes: vec![
            ("pve1".to_owned(), "192.168.1.11".parse().unwrap(), 22),
            ("pve2".to_owned(), "192.168.1.12".parse().unwrap(), 2222),
        ],
    }
}

fn places() -> places::Places {
    let key = entry(Is::File, 0o600, 0, 0);
    let own = entry(Is::Directory, 0o750, UID, UID);
    let etc = entry(Is::Directory, 0o750, 0, UID);
    places::Places {
        directories: [(ETC, etc), ("/var/lib/vm-autoscale", own), ("/var/log/vm-autoscale", own)]
            .into(),
        etc: [(format!("{ETC}/id_ed25519"), key), (format!("{ETC}/helper.env"), key)].into(),
        keys: [(format!("{ETC}/id_ed25519"), Some(key))].into(),
        space: [(ETC, (1 << 33, 1 << 34))].into(),
    }
}

/// As `systemctl show` prints them, with every switch as shipped.
fn show(id: &str) -> String {
    let hard = "AmbientCapabilities=\nCapabilityBoundingSet=\nLimitCORE=0\nLockPersonality=yes\n\
        MemoryDenyWriteExecute=yes\nNoNewPrivileges=yes\nPrivateDevices=yes\nPrivateUsers=no\n\
        ProtectHome=yes\nProtectSystem=strict\nRestrictSUIDSGID=yes\n";
    format!(
        "Id={id}\nLoadState=loaded\nActiveState=active\nResult=success\nUnitFileState=enabled\n\
         NeedDaemonReload=no\nNRestarts=0\nMainPID=77\nIPAddressAllow=192.168.0.0/16\n{hard}"
    )
}

fn units() -> units::Units {
    units::Units {
        systemd: Some("systemd 252 (252.39-1~deb12u1)".to_owned()),
        by_name: parsed(&[SCHEDULER, HELPER, SOCKET].map(show).join("\n")),
        audit: (true, true),
    }
}

fn answers() -> answers::Answers {
    let node = |name: &str| {
        json!({
            "cluster": "home", "node": name, "state": "up", "latency_ms": 3, "clock_ahead_s": 0,
            "gate": {"state": "forced", "version": OWN}, "error": null,
        })
    };
    let sandbox = json!({"landlock": 7, "seccomp": true, "bounding_set_empty": true});
    let probe = json!({
        "helper": {"version": OWN, "protocol": 3, "sandbox": sandbox},
        "answered_by": {"home": "pve1"}, "nodes": [node("pve1"), node("pve2")],
    });
    let status = json!({"version": OWN, "source": "daemon", "problems": []});
    answers::Answers {
        socket: Some(entry(Is::Socket, 0o660, 0, UID)),
        nodes: said(0, probe.to_string()),
        status: said(0, status.to_string()),
    }
}

fn well() -> Facts {
    let same = vec![(SCHEDULER, Some(true)), (HELPER, Some(true))];
    let versions = vec![("/usr/bin/vm-autoscale", Some(OWN.to_owned()))];
    Facts {
        accounts: accounts(),
        files: files(),
        settings: settings(),
        places: places(),
        units: units(),
        programs: programs::Programs { versions, same },
        answers: answers(),
        machine: machine::Machine {
            release: "6.12.0".to_owned(),
            modules: Some("capability,landlock,apparmor".to_owned()),
            seccomp: true,
            controllers: Some("cpu memory pids".to_owned()),
            synchronized: Some(true),
            zones: (true, true),
            persistent: true,
        },
    }
}

#[test]
fn a_machine_that_is_well_has_a_line_of_every_check() {
    let found = judge(&well(), &[]);
    let wrong: Vec<&Finding> = found.iter().filter(|it| it.state != State::Ok).collect();
    assert_eq!(wrong, Vec::<&Finding>::new());
    let codes: BTreeSet<&str> = found.iter().map(|finding| finding.code).collect();
    let all: BTreeSet<&str> = ALL.iter().map(|code| code.ok("").code).collect();
    assert_eq!(codes, all);
    assert_eq!(all.len(), ALL.len(), "no code is of two checks");
    assert_eq!([false, true].map(|strict| exit_code(&found, strict)), [0, 0]);
}

#[test]
fn a_known_member_is_none_to_warn_of() {
    let mut facts = well();
    facts.accounts.group = facts.accounts.group.replace("admin:x:997:", "admin:x:997:anna");
    assert_eq!(exit_code(&judge(&facts, &[]), true), 4);
    assert_eq!(exit_code(&judge(&facts, &["anna".to_owned()]), true), 0);
}

#[test]
fn a_record_is_read_in_any_of_its_forms_and_never_in_the_way() {
    let one: BTreeMap<String, String> = [("/a".to_owned(), "s".to_owned())].into();
    for text in [
        r#"{"/a": "s"}"#,
        r#"{"version": "1", "installed": {"/a": "s"}}"#,
        r#"{"installed": {"/a": {"sha256": "s", "mode": 1}, "/b": 3}}"#,
    ] {
        assert_eq!(recorded(text), one, "{text}");
    }
    for text in ["", "[]", "{", "3"] {
        assert!(recorded(text).is_empty(), "{text}");
    }
}

#[test]
fn no_line_of_words_is_wider_than_the_terminal_and_none_steers_it() {
    let mut facts = well();
    let evil = "\u{1b}[2J".to_owned() + &"word ".repeat(60);
    facts.answers.nodes = Heard { exit: Some(6), err: evil, ..Heard::default() };
    let found = judge(&facts, &[]);
    let text = report::text(&found, 80);
    let words = text.lines().filter(|line| !line.starts_with("          type: "));
    assert!(words.clone().all(|line| line.chars().count() <= 80), "{text}");
    assert!(
        !text.contains('\u{1b}') && text.contains("\n          type: systemctl restart"),
        "{text}"
    );
    assert!(
        text.starts_with("accounts\n  ok      S101 user            vm-autoscale, uid 998\n"),
        "{text}"
    );
    assert!(text.ends_with(" ok, 0 to be warned of, 1 wrong.\n"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&report::json(&found).unwrap()).unwrap();
    let first = json!({"area": "accounts", "code": "S101", "name": "user", "state": "ok",
        "said": "vm-autoscale, uid 998", "help": null});
    assert_eq!(json[0], first);
}
