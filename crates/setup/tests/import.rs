//! `vm-autoscale-setup import`, as an administrator runs it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "tests")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use vm_autoscale_config::{Environment, HelperConfig, SchedulerConfig};

/// The fixtures, and the addresses of their hosts that have only names.
const FIXTURES: [(&str, &[&str]); 4] = [
    ("original", &["--address", "backup=192.0.2.7"]),
    ("secure-ssh", &[]),
    ("secure-ssh-messages", &[]),
    ("secure-api", &["--address", "pve.example.com=192.0.2.8"]),
];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn run_with(path: &Path, old: &Path, output: &Path, arguments: &[&str]) -> (i32, String, String) {
    run_in(Some("100"), path, old, output, arguments)
}

#[expect(clippy::disallowed_methods, reason = "starts the program that is tested")]
fn run_in(
    columns: Option<&str>,
    path: &Path,
    old: &Path,
    output: &Path,
    arguments: &[&str],
) -> (i32, String, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vm-autoscale-setup"));
    command.env_remove("COLUMNS").env("PATH", path);
    if let Some(columns) = columns {
        command.env("COLUMNS", columns);
    }
    command.arg("import").arg(old).arg("--output").arg(output).args(arguments);
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Without a way to systemctl: whether an old program runs here is no matter of the test.
fn run(old: &Path, output: &Path, arguments: &[&str]) -> (i32, String, String) {
    run_with(Path::new("/nowhere"), old, output, arguments)
}

/// Imports a fixture; what was printed. Names are those of the directory it is in, so that lines
/// break at the same words wherever that is.
#[expect(clippy::disallowed_methods, reason = "starts the program that is tested")]
fn import(name: &str, output: &Path, arguments: &[&str]) -> String {
    let here = tempfile::tempdir().unwrap();
    let old = format!("{name}.yaml");
    std::fs::copy(fixture(&old), here.path().join(&old)).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vm-autoscale-setup"));
    command.env("COLUMNS", "100").env("PATH", "/nowhere").current_dir(here.path());
    let made = command.args(["import", &old, "--output", "DIR"]).args(arguments).output().unwrap();
    assert!(made.status.success() && made.stderr.is_empty(), "{name}: {made:?}");
    std::fs::create_dir_all(output).unwrap();
    for file in std::fs::read_dir(here.path().join("DIR")).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), output.join(file.file_name())).unwrap();
    }
    String::from_utf8(made.stdout).unwrap()
}

fn is_as_it_was(name: &str, text: &str) {
    let kept = fixture(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&kept, text).unwrap();
    }
    let expected = std::fs::read_to_string(&kept).unwrap_or_default();
    assert!(text == expected, "{}: now\n{text}", kept.display());
}

#[test]
fn the_answer_and_both_files_are_as_they_were() {
    for (name, addresses) in FIXTURES {
        let directory = tempfile::tempdir().unwrap();
        let new = directory.path().join("new");
        is_as_it_was(&format!("{name}.txt"), &import(name, &new, addresses));
        for file in ["config.yaml", "helper.yaml"] {
            let text = std::fs::read_to_string(new.join(file)).unwrap();
            is_as_it_was(&format!("{name}.{file}"), &text);
        }
        let json = directory.path().join("json");
        let arguments = [addresses, &["--output-format", "json"]].concat();
        let told: serde_json::Value =
            serde_json::from_str(&import(name, &json, &arguments)).unwrap();
        let told = serde_json::to_string_pretty(&told).unwrap() + "\n";
        is_as_it_was(&format!("{name}.json"), &told);
    }
}

#[test]
fn the_programs_take_the_files_and_others_cannot_read_them() {
    for (name, addresses) in FIXTURES {
        let directory = tempfile::tempdir().unwrap();
        import(name, directory.path(), addresses);
        let secrets = ["VM_AUTOSCALE_SMTP_PASSWORD", "VM_AUTOSCALE_GOTIFY_TOKEN"];
        let secrets = Environment::new(secrets.map(|name| (name.to_owned(), "x".to_owned())));
        // Of a login there is no half.
        let none = Environment::default();
        let read = |known| SchedulerConfig::read(&directory.path().join("config.yaml"), known);
        if ["original", "secure-ssh-messages"].contains(&name) {
            read(&secrets).unwrap()
        } else {
            read(&none).unwrap()
        };
        HelperConfig::read(&directory.path().join("helper.yaml")).unwrap();
        for file in ["config.yaml", "helper.yaml", "import.txt"] {
            let mode = std::fs::metadata(directory.path().join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o640, "{file}");
        }
    }
}

/// Where it is told into nothing that has a width.
#[test]
fn no_line_but_a_command_is_wider_than_what_the_shell_says() {
    let directory = tempfile::tempdir().unwrap();
    for (width, columns) in [(60, Some("60")), (132, Some("132")), (80, Some("wide")), (80, None)] {
        let old = fixture("secure-ssh.yaml");
        let new = directory.path().join(format!("{width}{}", columns.unwrap_or_default()));
        let (code, out, _) = run_in(columns, Path::new("/nowhere"), &old, &new, &[]);
        let is_path = |line: &&str| line.starts_with("       ") || line.contains('/');
        let longest = out.lines().filter(|line| !is_path(line)).map(|line| line.chars().count());
        let longest = longest.max().unwrap();
        assert!(code == 0 && longest <= width && longest + 10 > width, "{width} {longest}\n{out}");
    }
}

/// A pipe would be waited for, and a device never ends.
#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    for old in [pipe.as_path(), directory.path(), Path::new("/dev/zero")] {
        let (code, out, said) = run(old, &directory.path().join("new"), &[]);
        assert_eq!((code, out.as_str()), (3, ""));
        assert!(said.contains("is not a regular file"), "{said}");
    }
}

#[test]
fn a_file_name_does_nothing_to_a_terminal() {
    let directory = tempfile::tempdir().unwrap();
    let old = directory.path().join("a\u{1b}[31m.yaml");
    let new = directory.path().join("new\u{1b}]0;x\u{7}");
    std::fs::copy(fixture("secure-ssh.yaml"), &old).unwrap();
    let (code, out, said) = run(&old, &new, &[]);
    let kept = std::fs::read_to_string(new.join("import.txt")).unwrap();
    assert!(code == 0 && out.contains("a␛[31m.yaml: read as"), "{out}{said}");
    let (code, _, again) = run(&old, &new, &[]);
    assert!(code == 1 && again.contains("is there already"), "{again}");
    std::fs::write(&old, "x: [").unwrap();
    let (code, _, invalid) = run(&old, &directory.path().join("other"), &[]);
    assert_eq!(code, 3);
    let told = [out, said, kept, again, invalid].concat();
    assert!(!told.contains(['\u{1b}', '\u{7}']), "{told:?}");
}

/// Every secret of the fixtures has the word in it.
#[test]
fn no_secret_is_printed_or_written() {
    for (name, addresses) in FIXTURES {
        for format in ["text", "json"] {
            let directory = tempfile::tempdir().unwrap();
            let arguments = [addresses, &["--output-format", format]].concat();
            let mut told = import(name, directory.path(), &arguments);
            for file in std::fs::read_dir(directory.path()).unwrap() {
                told += &std::fs::read_to_string(file.unwrap().path()).unwrap();
            }
            assert!(told.contains("(secret, in ") && !told.contains("canary"), "{told}");
        }
    }
    let secrets = FIXTURES.map(|(name, _)| {
        let text = std::fs::read_to_string(fixture(&format!("{name}.yaml"))).unwrap();
        text.matches("canary").count()
    });
    assert_eq!(secrets, [6, 0, 0, 5]);
}

/// Also where the file is broken, at that very line.
#[test]
fn no_problem_shows_a_secret() {
    let directory = tempfile::tempdir().unwrap();
    let old = directory.path().join("old.yaml");
    for yaml in [
        "gotify: {server_url: 'https://canary:canary@x', enabled: 1}",
        "gotify: [\n  server_url: https://canary:canary@x",
        "ssh_pass: canary\nssh_pass: canary",
        "billing:\n  webhook_url: canary\n  webhook_url: canary",
        "proxmox_hosts:\n- {name: a, ssh_password: canary, host: ''}",
        "smtp: canary\n\u{1}",
        "proxmox_hosts: [{ssh_password:canary, ssh_password:canary, name: a}]",
        "proxmox_hosts: [{name: a, host: 'root:canary@10.0.0.1'}]",
        "proxmox_hosts: [{name: a, host: \"root:canary@10.0.0.1\\u0007\"}]",
        "proxmox_hosts: [{name: |\n    canary\n    canary\n  , host: 192.0.2.1}]",
        "proxmox_hosts:\n- name: |\n    x\n    canary\n  host: 192.0.2.1",
        "check_interval: |\n  x\n  canary",
        "gotify: {enabled: true, server_url: 'gotify.lan?token=canary', priority: x}",
    ] {
        std::fs::write(&old, yaml).unwrap();
        for format in ["text", "json"] {
            let (code, out, said) =
                run(&old, &directory.path().join("new"), &["--output-format", format]);
            assert_eq!((code, out.as_str()), (3, ""), "{said}");
            assert!(said.contains("old.yaml:") && !said.contains("canary"), "{said}");
        }
    }
}

/// Where nothing is wrong but where the secret stands.
#[test]
fn a_secret_in_the_place_of_something_else_is_neither_shown_nor_copied() {
    let directory = tempfile::tempdir().unwrap();
    let old = directory.path().join("old.yaml");
    let host = "proxmox_hosts:\n- name: a\n  host: 192.0.2.1\n";
    for (number, more) in [
        "  ? ssh_password:canary",
        "  ssh_key: |\n    -----BEGIN OPENSSH PRIVATE KEY-----\n    canary\n",
        "  ssh_key: \"-----BEGIN OPENSSH PRIVATE KEY----- canary\"",
        "alerts: {smtp_server: 'joe:canary@smtp.example.com'}",
        "gotify: {server_url: 'gotify.example.com/?canary'}",
        "gotify: {server_url: 'gotify.example.com/token/canary'}",
        "gotify: {server_url: 'joe:canary@gotify.example.com'}",
        "secret canary: {x: 1}",
    ]
    .into_iter()
    .enumerate()
    {
        std::fs::write(&old, format!("{host}{more}\n")).unwrap();
        for format in ["text", "json"] {
            let new = directory.path().join(format!("{number}{format}"));
            let (code, mut told, said) = run(&old, &new, &["--output-format", format]);
            assert_eq!((code, said.as_str()), (0, ""), "{more}");
            for file in std::fs::read_dir(&new).unwrap() {
                told += &std::fs::read_to_string(file.unwrap().path()).unwrap();
            }
            assert!(!told.contains("canary"), "{more}\n{told}");
        }
    }
    // Its address can be said without copying what stands there.
    std::fs::write(&old, "proxmox_hosts: [{name: a, host: 'root:canary@10.0.0.1'}]").unwrap();
    let (code, out, _) = run(&old, &directory.path().join("new"), &["--address", "a=10.0.0.1"]);
    assert!(code == 0 && !out.contains("canary"), "{out}");
}

#[test]
fn nothing_is_overwritten_and_exit_codes_are_as_documented() {
    let directory = tempfile::tempdir().unwrap();
    let old = fixture("secure-ssh.yaml");
    let new = directory.path().join("new");
    assert_eq!(run(&old, &new, &["--address", "other=192.0.2.1"]).0, 2);
    assert_eq!(run(&old, &new, &["--address", "host1"]).0, 2);
    assert_eq!(run(&old, &new, &["--from", "other"]).0, 2);
    assert_eq!(run(&directory.path().join("none.yaml"), &new, &[]).0, 66);
    assert_eq!(run(&directory.path().join("none.yaml"), &new, &["--frob"]).0, 2);

    let api = fixture("original.yaml");
    let (code, _, said) = run(&api, &new, &["--address", "host1=192.0.2.1"]);
    assert!(code == 3 && said.contains("name it: --address 'backup=IP'"), "{said}");
    assert!(!new.exists(), "nothing is written where something is wrong");

    std::fs::create_dir(&new).unwrap();
    std::fs::write(new.join("helper.yaml"), "mine").unwrap();
    let (code, out, said) = run(&old, &new, &[]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(said.contains("helper.yaml is there already and is not overwritten"), "{said}");
    assert_eq!(std::fs::read_to_string(new.join("helper.yaml")).unwrap(), "mine");
    assert_eq!(std::fs::read_dir(&new).unwrap().count(), 1);
    let other = directory.path().join("other");
    let (code, out, _) = run(&old, &other, &["--from", "original"]);
    assert!(code == 0 && out.contains("read as a file of the original Python program"), "{out}");
}

/// A systemctl that answers nothing keeps nobody waiting for long.
#[test]
fn an_old_program_that_runs_here_is_warned_of() {
    let directory = tempfile::tempdir().unwrap();
    let systemctl = directory.path().join("systemctl");
    let old = fixture("secure-ssh.yaml");
    let warned = |name: &str, script: &str| {
        std::fs::write(&systemctl, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&systemctl, std::fs::Permissions::from_mode(0o755)).unwrap();
        let new = directory.path().join(name);
        let (code, out, said) = run_with(directory.path(), &old, &new, &[]);
        assert_eq!((code, said.as_str()), (0, ""));
        assert_eq!(
            out.contains("warning: "),
            std::fs::read_to_string(new.join("import.txt")).unwrap().contains("warning: ")
        );
        out.lines().find(|line| line.starts_with("warning: ")).map(str::to_owned)
    };
    let both =
        "[ \"$*\" = 'is-active vm_autoscale.service vm-autoscale-secure.service' ] || exit 1";
    let warning = warned("active", &format!("{both}\necho inactive\necho active"));
    let unit = "warning: vm-autoscale-secure.service runs on this machine.";
    assert!(warning.as_ref().is_some_and(|warning| warning.starts_with(unit)), "{warning:?}");
    assert_eq!(warned("inactive", &format!("{both}\necho inactive\necho failed\nexit 3")), None);
    assert_eq!(warned("silent", "exec /bin/sleep 60"), None);
}
