//! `vm-autoscale --validate-only`, as an administrator runs it.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::fs::{Permissions, set_permissions, write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

#[expect(clippy::disallowed_methods, reason = "starts the program that is tested")]
fn program(arguments: &[&str]) -> (i32, String, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vm-autoscale"));
    let output = command.env("VM_AUTOSCALE_TEST", "ful").args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A file of that mode; its name.
fn put(directory: &Path, name: &str, text: &str, mode: u32) -> String {
    let path = directory.join(name);
    write(&path, text).unwrap();
    set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    path.to_str().unwrap().to_owned()
}

fn run(arguments: &[&str]) -> (i32, String, String) {
    program(&[&["--validate-only"], arguments].concat())
}

#[test]
fn the_exit_code_and_the_report_say_what_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str, mode| put(directory.path(), name, text, mode);
    let good = put("good.yaml", "mode: observe\n", 0o640);
    let (code, out, said) = run(&["--config", &good, "--strict"]);
    assert_eq!((code, out.ends_with("good.yaml: good\n"), said.as_str()), (0, true, ""));

    let open = put("open.yaml", "mode: observe\n", 0o644);
    let (code, _, said) = run(&["--config", &open]);
    assert!(code == 0 && said.contains("warning: "), "{said}");
    assert!(said.contains("is readable by others (mode 644)\n  = help: chmod o= "), "{said}");
    assert_eq!(run(&["--config", &open, "--strict"]).0, 4);

    let bad = put("bad.yaml", "mode: ful\nproxmox_hosts: []\nselect: [1]\n", 0o640);
    let env = put("env", "A=1\nhunter2\n", 0o600);
    let (code, _, said) = run(&["--config", &bad, "--env-file", &env]);
    assert_eq!((code, said.matches("error: ").count()), (3, 4), "{said}");
    assert!(said.contains("bad.yaml:1:7: `mode` is `ful`"), "{said}");
    assert!(said.contains("`clusters` of helper.yaml") && said.contains("env:2:1: "), "{said}");
    assert!(!said.contains("hunter2") && !said.contains('\u{1b}'), "{said}");

    let (code, out, said) = run(&["--config", &bad, "--output-format", "json"]);
    let problems: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, problems.as_array().unwrap().len(), said.as_str()), (3, 3, ""));
    assert_eq!(problems[2]["path"], "select[0]");
    assert_eq!(problems[0]["suggestion"], "did you mean `full`?");

    assert_eq!(run(&["--config", "/nowhere.yaml"]).0, 66);
    assert_eq!(run(&["--config", &good, "--env-file", "/nowhere"]).0, 66);
    assert_eq!(run(&["--config", &bad, "--env-file", "/nowhere"]).0, 3);
    assert_eq!(run(&["--frob"]).0, 2);
}

/// In every command, and the process's own variables hold over the file's.
#[test]
fn the_env_file_takes_effect() {
    let directory = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str, mode| put(directory.path(), name, text, mode);
    let config = put("c.yaml", "helper_socket: ${SOCKET}\n", 0o640);
    let env = put("env", "SOCKET=/nowhere/hunter2\nVM_AUTOSCALE_TEST=full\n", 0o600);
    for command in ["plan", "run", "status", "--validate-only"] {
        let (code, _, said) = program(&[command, "--config", &config]);
        // The status is worth seeing above all where the files hold a mistake.
        let wanted = if command == "status" {
            (6, "see vm-autoscale --validate-only")
        } else {
            (3, "the variable `SOCKET` is not set")
        };
        assert!(code == wanted.0 && said.contains(wanted.1), "{said}");
        let (code, _, said) = program(&[command, "--config", &config, "--env-file", "/nowhere"]);
        assert!(code == 66, "{said}");
    }
    let with = ["--config", &config, "--env-file", &env];
    assert_eq!(run(&with).0, 0);
    assert_eq!(program(&[&["plan"], &with[..]].concat()).0, 6);

    put("c.yaml", "helper_socket: ${SOCKET}\nmode: ${VM_AUTOSCALE_TEST}\n", 0o640);
    let (code, _, said) = run(&with);
    assert!(code == 3 && said.contains(":2:7: `mode`: what its variable gives"), "{said}");
    // A file that cannot be used is one problem, not one for each variable in it.
    set_permissions(&env, Permissions::from_mode(0o640)).unwrap();
    let (code, _, said) = run(&with);
    assert_eq!((code, said.matches("error: ").count()), (3, 2), "{said}");
    assert!(said.contains("is accessible by others") && !said.contains("hunter2"), "{said}");
}

#[test]
fn fragments_are_checked_with_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let conf = directory.path().join("conf.d");
    std::fs::create_dir(&conf).unwrap();
    let put = |name: &str, text: &str, mode| {
        let path = directory.path().join(name);
        write(&path, text).unwrap();
        set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    };
    put("c.yaml", "mode: observe\n", 0o640);
    put("conf.d/a.yaml", "select: [101]\n", 0o644);
    put("conf.d/b.yaml", "mode: ful\n", 0o640);
    let config = directory.path().join("c.yaml");
    let (code, _, said) = run(&["--config", config.to_str().unwrap()]);
    assert_eq!(code, 3);
    for expected in ["conf.d/b.yaml:1:7: `mode` is `ful`", "conf.d/a.yaml: is readable by others"] {
        assert!(said.contains(expected), "{said}");
    }
    put("conf.d/b.yaml", "mode: full\n", 0o640);
    assert_eq!(run(&["--config", config.to_str().unwrap(), "--strict"]).0, 4);
}
