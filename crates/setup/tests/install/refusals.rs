//! Every refusal says what happened and what to type, and has changed nothing.

use std::fs;
use std::os::unix::fs::symlink;

use crate::site::{Site, command, program as written, setup, skip};

/// What is refused, after something was done to the machine.
fn refused(spoil: impl Fn(&Site), words: &[&str], code: i32, said: &[&str]) {
    let Some(site) = Site::new() else { return };
    spoil(&site);
    let before = site.listing();
    let (exit, complaint) = site.refused(words);
    assert_eq!(exit, code, "{complaint}");
    for said in said.iter().chain(&["help: "]) {
        assert!(complaint.contains(said), "{said}: {complaint}");
    }
    assert_eq!(site.listing(), before);
}

#[test]
fn what_stands_in_the_way_is_named() {
    let install = &["install"][..];
    let there = |path: &'static str| move |site: &Site| site.write(path, "x");
    refused(there("/etc/vm-autoscale"), install, 1, &["/etc/vm-autoscale is a file", "mv "]);
    let directory = |site: &Site| fs::create_dir_all(site.at("/usr/bin/vm-autoscale")).unwrap();
    refused(directory, install, 1, &["/usr/bin/vm-autoscale is a directory"]);
    let link = |site: &Site| {
        fs::create_dir(site.at("/etc/vm-autoscale")).unwrap();
        symlink("/etc/passwd", site.at("/etc/vm-autoscale/config.yaml")).unwrap();
    };
    refused(link, install, 1, &["config.yaml is a symbolic link"]);
    let linked = |site: &Site| symlink("/tmp", site.at("/etc/vm-autoscale")).unwrap();
    refused(linked, install, 1, &["/etc/vm-autoscale is a symbolic link"]);
    let out = |site: &Site| {
        fs::remove_dir(site.at("/usr/sbin")).unwrap();
        symlink("/usr/bin", site.at("/usr/sbin")).unwrap();
    };
    refused(out, install, 1, &["/usr/sbin leads out of "]);
    let open = |site: &Site| site.mode("/etc", 0o777);
    refused(open, install, 1, &["/etc: is a directory that others can write", "chmod go-w"]);
}

#[test]
fn a_release_that_is_none_or_another_is_refused() {
    let install = &["install"][..];
    let missing = |site: &Site| fs::remove_file(site.release().join("bin/vm-autoscale")).unwrap();
    refused(
        missing,
        install,
        1,
        &["holds no release: bin/vm-autoscale is not there", "--from DIR"],
    );
    let program = |text: &'static [u8]| {
        move |site: &Site| written(&site.release().join("bin/vm-autoscale-helper"), text)
    };
    let other = program(b"#!/bin/sh\necho vm-autoscale-helper 9.8.7\n");
    refused(other, install, 1, &["is of release 9.8.7", "bin/vm-autoscale-setup install"]);
    let libc =
        program(b"#!/bin/sh\necho \"libc.so.6: version 'GLIBC_9.9' not found\" >&2\nexit 1\n");
    refused(libc, install, 1, &["does not run on this machine: libc.so.6: version", "uname -m"]);
    let loader = program(b"#!/lib/ld-of-another-machine\n");
    refused(loader, install, 1, &["does not run on this machine", "uname -m"]);
    let machine = program(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xf3\0");
    refused(machine, install, 1, &["does not run on this machine", "uname -m"]);
    let Some(site) = Site::new() else { return };
    let output = command(setup()).args(["install", "--root"]).arg(site.image()).output().unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.contains("--from DIR"), "{complaint}");
}

#[test]
fn an_older_release_is_not_put_over_a_newer_one() {
    let Some(site) = Site::new() else { return };
    site.ok(&["install"]);
    let record = "/var/lib/vm-autoscale-setup/record.json";
    let newer = site.read(record).replace(env!("CARGO_PKG_VERSION"), "99.0.0");
    site.write(record, &newer);
    let (exit, complaint) = site.refused(&["install"]);
    assert!(exit == 1 && complaint.contains("release 99.0.0 is installed"), "{complaint}");
    assert!(complaint.contains("--downgrade"), "{complaint}");
    site.ok(&["install", "--downgrade"]);
    assert_eq!(site.ok(&["install"]), "nothing to do: everything is in its place\n");
}

#[test]
fn who_is_not_root_and_where_no_systemd_is_nothing_is_begun() {
    let Some(site) = Site::new() else { return };
    let program = site.release().join("setup");
    fs::copy(setup(), &program).unwrap();
    site_is_open(&site);
    for verb in ["install", "uninstall"] {
        let mut nobody = command("setpriv");
        nobody.args(["--reuid=65534", "--clear-groups"]).arg(&program).arg(verb);
        let output = nobody.output().unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(5), "{complaint}");
        assert!(complaint.contains(&format!("sudo vm-autoscale-setup {verb}")), "{complaint}");
        if std::path::Path::new("/run/systemd/system").exists() {
            skip("that systemd must be there: it is");
            continue;
        }
        let output = command(setup()).arg(verb).output().unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{complaint}");
        assert!(complaint.contains("systemd is not") && complaint.contains("--root DIR"));
    }
    refused(|_| (), &["uninstall"], 1, &["no terminal", "--yes"]);
    refused(|_| (), &["install", "--audit"], 1, &["/etc/audit/rules.d", "apt install auditd"]);
}

/// So that nobody can start a program in it.
fn site_is_open(site: &Site) {
    use std::os::unix::fs::PermissionsExt as _;
    let above = site.release().parent().unwrap().to_owned();
    fs::set_permissions(above, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn the_rules_for_auditd_are_put_where_they_are_asked_for() {
    let Some(site) = Site::new() else { return };
    fs::create_dir_all(site.at("/etc/audit/rules.d")).unwrap();
    let rules = "/etc/audit/rules.d/vm-autoscale.rules";
    site.ok(&["install"]);
    assert!(!site.is_there(rules));
    site.ok(&["install", "--audit"]);
    assert_eq!(site.rights(rules), "640 root:root");
    assert_eq!(site.ok(&["install"]), "nothing to do: everything is in its place\n");
    site.ok(&["uninstall", "--yes"]);
    assert!(!site.is_there(rules) && site.is_there("/etc/audit/rules.d"));
}
