//! An image, and a release with small programs to install into it.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const FILES: &str = include_str!("../../../../deploy/files");

pub(crate) struct Site {
    dir: TempDir,
}

/// What is at each path: kind, rights and content, and when it was changed.
pub(crate) type Listing = BTreeMap<PathBuf, (String, i64)>;

impl Site {
    /// Nothing where that cannot be tried, which is said.
    pub(crate) fn new() -> Option<Self> {
        if !nix::unistd::geteuid().is_root() {
            skip("install and uninstall: they take root");
            return None;
        }
        let site = Self { dir: tempfile::tempdir().unwrap() };
        for path in ["etc/systemd/system", "usr/bin", "usr/sbin", "usr/lib", "var/lib", "var/log"] {
            fs::create_dir_all(site.image().join(path)).unwrap();
        }
        site.write("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
        site.write("/etc/group", "root:x:0:\n");
        for shadow in ["/etc/shadow", "/etc/gshadow"] {
            site.write(
                shadow,
                if shadow == "/etc/shadow" { "root:*:1::::::\n" } else { "root:*::\n" },
            );
            site.mode(shadow, 0o600);
        }
        site.release_files();
        Some(site)
    }

    fn release_files(&self) {
        let lines = FILES.lines().filter(|line| !line.starts_with('#'));
        let audit = "deploy/audit/vm-autoscale.rules";
        for from in lines.filter_map(|line| line.split_whitespace().next()).chain([audit]) {
            let to = self.release().join(from);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            if let Some(name) = from.strip_prefix("bin/") {
                let version = env!("CARGO_PKG_VERSION");
                program(&to, format!("#!/bin/sh\necho {name} {version}\n").as_bytes());
            } else if fs::copy(checkout().join(from), &to).is_err() {
                assert_eq!(from, audit, "{from}");
                fs::write(&to, "# rules\n").unwrap();
            }
        }
    }

    pub(crate) fn image(&self) -> PathBuf {
        self.dir.path().join("image")
    }

    pub(crate) fn release(&self) -> PathBuf {
        self.dir.path().join("release")
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.image().join(path.trim_start_matches('/'))
    }

    /// The words of a command line with the image and, to install, the release.
    pub(crate) fn line(&self, words: &[&str]) -> Vec<String> {
        let mut line: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        line.extend(["--root".to_owned(), self.image().display().to_string()]);
        if words.contains(&"install") {
            line.extend(["--from".to_owned(), self.release().display().to_string()]);
        }
        line
    }

    pub(crate) fn run(&self, words: &[&str]) -> Output {
        command(setup()).args(self.line(words)).stdin(Stdio::null()).output().unwrap()
    }

    /// What a run printed; it ends well.
    pub(crate) fn ok(&self, words: &[&str]) -> String {
        let output = self.run(words);
        let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{words:?}: {complaints}{said}");
        assert_eq!(complaints, "");
        said
    }

    /// The exit code and the complaint of a run that fails.
    pub(crate) fn refused(&self, words: &[&str]) -> (i32, String) {
        let output = self.run(words);
        let complaints = String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), complaints)
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs::write(self.at(path), text).unwrap();
    }

    pub(crate) fn append(&self, path: &str, text: &str) {
        fs::OpenOptions::new()
            .append(true)
            .open(self.at(path))
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
    }

    pub(crate) fn change_release(&self, from: &str, text: &str) {
        let path = self.release().join(from);
        let mode = fs::metadata(&path).unwrap().permissions();
        let whole = fs::read_to_string(&path).unwrap() + text;
        program(&path, whole.as_bytes());
        fs::set_permissions(&path, mode).unwrap();
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.at(path)).unwrap();
    }

    pub(crate) fn mode(&self, path: &str, mode: u32) {
        fs::set_permissions(self.at(path), Permissions::from_mode(mode)).unwrap();
    }

    pub(crate) fn is_there(&self, path: &str) -> bool {
        self.at(path).symlink_metadata().is_ok()
    }

    /// As `stat` says it, by the image's own accounts.
    pub(crate) fn rights(&self, path: &str) -> String {
        let metadata = self.at(path).symlink_metadata().unwrap();
        let name = |file: &str, number: u32| {
            let text = self.read(file);
            let mut lines = text.lines().map(|line| line.split(':').collect::<Vec<_>>());
            lines.find(|it| it[2] == number.to_string()).unwrap()[0].to_owned()
        };
        let user = name("/etc/passwd", metadata.uid());
        let group = name("/etc/group", metadata.gid());
        format!("{:o} {user}:{group}", metadata.mode() & 0o7777)
    }

    /// All that is in the image but what shadow's programs keep for themselves.
    pub(crate) fn listing(&self) -> Listing {
        let (mut waiting, mut listing) = (vec![self.image()], Listing::new());
        while let Some(path) = waiting.pop() {
            let metadata = path.symlink_metadata().unwrap();
            let what = if metadata.is_dir() {
                waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
                String::new()
            } else if metadata.is_symlink() {
                fs::read_link(&path).unwrap().display().to_string()
            } else {
                String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned()
            };
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let is_theirs = name.ends_with('-') || name == ".pwd.lock";
            let mode = if is_shadow(&name) { 0 } else { metadata.mode() };
            let told = format!("{mode:o} {}:{} {what}", metadata.uid(), metadata.gid());
            let time = metadata.mtime() * 1_000_000_000 + metadata.mtime_nsec();
            if !is_theirs {
                listing.insert(path.strip_prefix(self.image()).unwrap().to_owned(), (told, time));
            }
        }
        listing
    }
}

/// Writes a program by another process: one that this process has open for writing could not be
/// started while a test beside this one forks.
pub(crate) fn program(path: &Path, text: &[u8]) {
    let mut cat = command("sh");
    cat.args(["-c", "cat >\"$0\" && chmod 755 \"$0\""]).arg(path).stdin(Stdio::piped());
    let mut child = cat.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text).unwrap();
    assert!(child.wait().unwrap().success());
}

/// systemd-sysusers gives them a mode of its own.
fn is_shadow(name: &str) -> bool {
    ["shadow", "gshadow"].contains(&name)
}

pub(crate) fn without_times(listing: &Listing) -> BTreeMap<PathBuf, String> {
    listing.iter().map(|(path, (what, _))| (path.clone(), what.clone())).collect()
}

pub(crate) fn setup() -> &'static str {
    env!("CARGO_BIN_EXE_vm-autoscale-setup")
}

#[expect(clippy::disallowed_methods, reason = "a test starts the program")]
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    Command::new(program)
}

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Says loudly what was not tested; where nothing may be skipped, fails.
pub(crate) fn skip(what: &str) {
    // Not by `eprintln!`: the test runner would swallow it.
    std::io::stderr().write_all(format!("SKIPPED: {what}\n").as_bytes()).unwrap();
    let may = std::env::var_os("VM_AUTOSCALE_NO_SKIP").is_none();
    assert!(may, "nothing may be skipped here: {what}");
}
