//! The packages that `deploy/build` makes. What becomes of them on a machine is in `booted`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use vm_autoscale_tests::programs::{command, directory};
use vm_autoscale_tests::release::{lay_out_with, shipped};

use crate::skip;

const PROGRAMS: [&str; 5] = [
    "vm-autoscale",
    "vm-autoscale-setup",
    "vm-autoscale-helper",
    "vm-autoscale-broker",
    "vm-autoscale-gate",
];

/// Where the packages of this build's programs are. Nothing where none can be made, which is said.
pub(crate) fn made(untested: &str) -> Option<&'static Path> {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    is_possible(untested).then(|| {
        MADE.get_or_init(|| {
            let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages");
            // Of another version there might be more.
            let _ = std::fs::remove_dir_all(&output);
            build(&checkout(), directory().unwrap(), &output, "");
            output
        })
        .as_path()
    })
}

/// The one in a directory with such an end.
pub(crate) fn package(made: &Path, end: &str) -> PathBuf {
    let files = std::fs::read_dir(made).unwrap().map(|file| file.unwrap().path());
    let mut files = files.filter(|path| path.to_str().unwrap().ends_with(end));
    let found = files.next().unwrap();
    assert!(files.next().is_none());
    found
}

fn is_possible(untested: &str) -> bool {
    let possible = checkout().join("target/tools/bin/cargo-deb").exists();
    if !possible {
        skip(&format!("no cargo-deb in target/tools (see .ci/run): {untested} was not tested"));
    }
    possible
}

/// `more` is said to the shell that starts it.
fn build(checkout: &Path, programs: &Path, output: &Path, more: &str) {
    let mut shell = command("sh");
    shell.args(["-c", &format!("{more}\nexec \"$@\""), "sh"]).arg(checkout.join("deploy/build"));
    let made = shell.arg("--programs").arg(programs).arg("--output").arg(output).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// What is packed, elsewhere, with something small for each program.
fn copy(to: &Path) {
    let small = |_: &str, to: &Path| std::fs::copy("/bin/true", to).map(drop);
    lay_out_with(to, small).unwrap();
    for name in ["Cargo.toml", "deploy"] {
        let copied = command("cp").arg("-r").arg(checkout().join(name)).arg(to).status().unwrap();
        assert!(copied.success());
    }
    std::fs::create_dir(to.join("target")).unwrap();
    std::os::unix::fs::symlink(checkout().join("target/tools"), to.join("target/tools")).unwrap();
}

/// What a command prints.
fn said(program: &str, words: &[&str]) -> String {
    let output = command(program).env("LC_ALL", "C.UTF-8").args(words).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn two_checkouts_make_the_same_packages() {
    let untested = "that packages are reproducible";
    if !is_possible(untested) {
        return;
    }
    let made = |more: &str| {
        let dir = tempfile::tempdir().unwrap();
        copy(dir.path());
        let output = dir.path().join("made");
        let more = format!("export SOURCE_DATE_EPOCH=1700000000\n{more}");
        build(dir.path(), &dir.path().join("bin"), &output, &more);
        let check = format!("cd {} && sha256sum --check --strict SHA256SUMS", output.display());
        assert_eq!(said("sh", &["-c", &check]).matches(": OK\n").count(), 2);
        std::fs::read_to_string(output.join("SHA256SUMS")).unwrap()
    };
    let first = made("umask 077; export TZ=Asia/Tokyo LC_ALL=C");
    assert_eq!(first, made("umask 002; export TZ=UTC LC_ALL=C.UTF-8"));
    // It is what is in them that counts.
    assert_ne!(first, made("export SOURCE_DATE_EPOCH=1700000001"));
}

#[test]
fn both_packages_have_what_the_list_says() {
    if !is_possible("what is in the packages") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    copy(dir.path());
    let output = dir.path().join("made");
    build(dir.path(), &dir.path().join("bin"), &output, "export SOURCE_DATE_EPOCH=1700000000");

    let tarball = package(&output, ".tar.gz");
    let list = said("tar", &["--list", "--file", tarball.to_str().unwrap()]);
    let files = list.lines().filter(|path| !path.ends_with('/'));
    let files: BTreeSet<&str> = files.map(|path| path.split_once('/').unwrap().1).collect();
    assert_eq!(files, shipped().collect());
    for program in PROGRAMS {
        assert!(files.contains(format!("bin/{program}").as_str()), "{program}");
    }

    let deb = package(&output, ".deb");
    let list = said("dpkg-deb", &["--contents", deb.to_str().unwrap()]);
    let files = list.lines().filter(|line| !line.starts_with('d'));
    let mut files: BTreeSet<_> = files.map(line).collect();
    let changelog = "/usr/share/doc/vm-autoscale/changelog.gz".to_owned();
    assert!(files.remove(&(changelog, "-rw-r--r--".to_owned())));
    assert_eq!(files, listed());
    let conffiles = said("dpkg-deb", &["--info", deb.to_str().unwrap(), "conffiles"]);
    let yours = listed().into_iter().map(|(path, _)| path).filter(|path| path.starts_with("/etc/"));
    let yours: Vec<String> = yours.collect();
    assert_eq!(
        conffiles.lines().collect::<BTreeSet<_>>(),
        yours.iter().map(String::as_str).collect()
    );
    let depends = said("dpkg-deb", &["--field", deb.to_str().unwrap(), "Depends"]);
    assert!(depends.starts_with("libc6 (>= ") && depends.ends_with(", systemd, tzdata\n"));
}

/// A file's path and mode, by tar's words. All are root's: maintainer scripts give some away.
fn line(line: &str) -> (String, String) {
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words[1], "0/0", "{line}");
    (words[5].trim_start_matches('.').to_owned(), words[0].to_owned())
}

/// The same by `deploy/files`.
fn listed() -> BTreeSet<(String, String)> {
    let text = std::fs::read_to_string(checkout().join("deploy/files")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let file = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mode = match words[2] {
            "0755" => "-rwxr-xr-x",
            "0644" => "-rw-r--r--",
            "0640" => "-rw-r-----",
            "0600" => "-rw-------",
            mode => panic!("{mode}"),
        };
        // Debian's man pages are compressed.
        let end = if words[1].starts_with("/usr/share/man/") { ".gz" } else { "" };
        (format!("{}{end}", words[1]), mode.to_owned())
    };
    lines.map(file).collect()
}
