//! `vm-autoscale-helper --validate-only`, as an administrator runs it.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

use std::fs::{Permissions, set_permissions, write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

struct Place(tempfile::TempDir);

impl Place {
    /// A directory with the test keys and a known-hosts file that has one node's.
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ssh/tests/keys");
        for key in ["ed25519", "rsa", "with-passphrase"] {
            place.put(key, &std::fs::read_to_string(keys.join(key)).unwrap(), 0o600);
        }
        let public = std::fs::read_to_string(keys.join("ed25519.pub")).unwrap();
        place.put("known_hosts", &format!("192.0.2.11 {public}"), 0o644);
        place
    }

    fn put(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.0.path().join(name);
        write(&path, text).unwrap();
        set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }

    /// The exit code, standard output and standard error. `DIR` in the text is the directory.
    fn check(&self, yaml: &str, arguments: &[&str]) -> (i32, String, String) {
        let directory = self.0.path().to_str().unwrap();
        let yaml = format!("known_hosts: DIR/known_hosts\n{yaml}").replace("DIR", directory);
        let config = self.put("helper.yaml", &yaml, 0o644);
        run(&[&["--validate-only", "--config", config.to_str().unwrap()], arguments].concat())
    }
}

#[expect(clippy::disallowed_methods, reason = "starts the program that is tested")]
fn run(arguments: &[&str]) -> (i32, String, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vm-autoscale-helper"));
    let output = command.args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

const GOOD: &str = "clusters:\n  - name: home\n    identity: DIR/ed25519\n    nodes:\n      - {name: pve1, address: 192.0.2.11}\n";

#[test]
fn a_good_file_is_good() {
    let (code, out, complaints) = Place::new().check(GOOD, &["--strict"]);
    assert_eq!((code, complaints.as_str()), (0, ""));
    assert!(out.ends_with("helper.yaml: good\n"), "{out}");
}

#[test]
fn where_nothing_can_be_written_down_is_said() {
    let place = Place::new();
    let open = place.0.path().join("open");
    for name in ["open", "good", "open/below"] {
        std::fs::create_dir(place.0.path().join(name)).unwrap();
    }
    set_permissions(&open, Permissions::from_mode(0o777)).unwrap();
    place.put("file", "", 0o600);
    for (named, said) in [
        ("good", None),
        ("new", None),
        ("open", Some("open: is a directory that others can write (mode 777)")),
        ("open/below", Some("open: is a directory that others can write")),
        ("file", Some("file: is no directory")),
        ("none/new", Some("none: No such file or directory")),
    ] {
        let yaml = format!("runtime_directory: DIR/{named}\n{GOOD}");
        let (code, _, complaints) = place.check(&yaml, &[]);
        assert_eq!(code, if said.is_some() { 3 } else { 0 }, "{named}: {complaints}");
        let placed =
            said.is_none_or(|said| complaints.contains(said) && complaints.contains("yaml:2:"));
        assert!(placed, "{named}: {complaints}");
    }
}

/// The file, its keys, the env file and the known hosts, all in one run.
#[test]
fn everything_that_is_wrong_is_said_in_one_run() {
    let place = Place::new();
    place.put("open", "-", 0o640);
    let env = place.put("env", "PRESENT=hunter2\n", 0o600);
    let (code, out, said) = place.check(
        "clusters:
  - {name: a, identity: DIR/ed25519, nodes: [{name: n, address: 192.0.2.11}, {name: m, address: 192.0.2.12}]}
  - {name: b, identity: DIR/rsa, nodes: [{name: n, address: 192.0.2.11, port: 2222}]}
  - {name: c, identity: DIR/with-passphrase, nodes: [{name: n, address: 192.0.2.11}]}
  - {name: d, identity: DIR/open, nodes: [{name: n, address: 192.0.2.11}]}
  - {name: e, identity: DIR/none, nodes: [{name: n, address: 192.0.2.11}]}
  - {name: f, password_variable: PRESENT, nodes: [{name: n, address: 192.0.2.11}]}
  - {name: g, password_variable: hunter2, nodes: [{name: n, address: 192.0.2.11}]}
  - {name: h, nodes: [{name: n, address: 192.0.2.11, prot: 22}]}
  - {name: i, identity: DIR/ed25519, nodes: [{name: n, address: nowhere}]}
",
        &["--env-file", env.to_str().unwrap()],
    );
    assert_eq!((code, out.as_str()), (3, ""), "{said}");
    for expected in [
        "helper.yaml:3:",
        "no line of",
        "names 192.0.2.12",
        "a key of type ssh-rsa; only ed25519 and ECDSA are used",
        "names [192.0.2.11]:2222",
        "the key has a passphrase",
        "open: is accessible by others (mode 640)",
        "none: No such file or directory",
        "warning: ",
        "the env file has no variable of the name that stands here",
        "neither `identity` nor `password_variable` is there",
        "did you mean `port`?",
        "`nowhere` is no IP address",
    ] {
        assert!(said.contains(expected), "{expected} is not in {said}");
    }
    assert_eq!(said.matches("error: ").count(), 10, "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn known_hosts_that_others_write_or_that_are_not_there_are_refused() {
    let place = Place::new();
    place.put("known_hosts", "", 0o666);
    let (code, _, said) = place.check(GOOD, &[]);
    assert!(code == 3 && said.contains("known_hosts: is writable by others"), "{said}");
    std::fs::remove_file(place.0.path().join("known_hosts")).unwrap();
    let (code, _, said) = place.check(GOOD, &[]);
    assert!(code == 66 && said.contains("known_hosts: No such file"), "{said}");
}

#[test]
fn passwords_are_warned_of_and_counted_when_asked_for() {
    let place = Place::new();
    let env = place.put("env", "HOME_PASSWORD=hunter2\n", 0o600);
    let env = env.to_str().unwrap();
    let yaml = GOOD.replace("identity: DIR/ed25519", "password_variable: HOME_PASSWORD");
    assert_eq!(place.check(&yaml, &["--env-file", env]).0, 0);
    let (code, _, said) = place.check(&yaml, &["--env-file", env, "--strict"]);
    assert!(code == 4 && said.contains("logs in with a password"), "{said}");
    place.put("env", "HOME_PASSWORD=hunter2\n", 0o640);
    let (code, _, said) = place.check(&yaml, &["--env-file", env]);
    assert!(code == 3 && said.contains("env: is accessible by others"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

/// It holds over whichever variable is named, which then need not be there; an empty one is none.
#[test]
fn one_password_can_stand_for_all() {
    let place = Place::new();
    let yaml = GOOD.replace("identity: DIR/ed25519", "password_variable: HOME_PASSWORD");
    for (text, expected) in [
        ("VM_AUTOSCALE_SSH_PASSWORD=hunter2\n", 0),
        ("VM_AUTOSCALE_SSH_PASSWORD=\n", 3),
        ("VM_AUTOSCALE_SSH_PASSWORD=\nHOME_PASSWORD=hunter2\n", 0),
    ] {
        let env = place.put("env", text, 0o600);
        let (code, _, said) = place.check(&yaml, &["--env-file", env.to_str().unwrap()]);
        assert_eq!(code, expected, "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
    // An identity needs no password, and none takes its place.
    let env = place.put("env", "VM_AUTOSCALE_SSH_PASSWORD=hunter2\n", 0o600);
    assert_eq!(place.check(GOOD, &["--strict", "--env-file", env.to_str().unwrap()]).0, 0);
}

#[test]
fn the_problems_can_be_had_as_json() {
    let place = Place::new();
    let (code, out, _) = place.check(&GOOD.replace("192.0.2.11", "192.0.2.12"), &["--json"]);
    let problems: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, problems.as_array().unwrap().len()), (3, 1));
    let first = &problems[0];
    assert_eq!((&first["line"], &first["column"]), (&6.into(), &31.into()));
    assert_eq!(first["path"], "clusters[0].nodes[0].address");
}
