//! The lab writes nowhere but in its own directory: not by good intention, but because the kernel
//! takes it at its word.

use std::fs::OpenOptions;
use std::path::Path;

use landlock::{
    ABI, AccessFs, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus, path_beneath_rules,
};

use crate::Error;

/// Gives up writing anywhere but beneath `dir` (and into `/dev/null`), for this thread and all
/// that it starts from now on, its QEMU processes among them. Says whether that holds: a kernel
/// without Landlock goes on as before.
pub(crate) fn to(dir: &Path) -> Result<bool, Error> {
    // What is not absolute has no parent to tell what lies beside it.
    let dir = &dir.canonicalize().map_err(Error::io(dir.display()))?;
    let writes = AccessFs::from_write(ABI::V5);
    let allowed = [dir, Path::new("/dev/null")];
    let enforced = Ruleset::default()
        .handle_access(writes)
        .and_then(Ruleset::create)
        .and_then(|rules| rules.add_rules(path_beneath_rules(allowed, writes)))
        .and_then(landlock::RulesetCreated::restrict_self);
    let status = enforced.map_err(|e| Error::Confine(e.to_string()))?.ruleset;
    // An older kernel enforces a part, which is not what is promised.
    Ok(status == RulesetStatus::FullyEnforced && is_refused(dir))
}

/// Tries it, beside the directory.
fn is_refused(dir: &Path) -> bool {
    let Some(parent) = dir.parent() else { return false };
    let probe = parent.join(format!(".vm-autoscale-lab.{}", std::process::id()));
    let made = OpenOptions::new().write(true).create_new(true).open(&probe);
    if made.is_ok() {
        // It was ours to make, so it is ours to take away; that it was made is what is told.
        let _ = std::fs::remove_file(&probe);
    }
    made.is_err_and(|e| e.kind() == std::io::ErrorKind::PermissionDenied)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{Error, ErrorKind, Write as _};

    use super::*;

    /// Names the directory to the child that confines itself.
    const DIR: &str = "VM_AUTOSCALE_LAB_CONFINED";

    /// What the child exits with where the kernel has no Landlock.
    const UNCONFINED: i32 = 77;

    fn denied<T>(done: Result<T, Error>) -> bool {
        done.is_err_and(|e| e.kind() == ErrorKind::PermissionDenied)
    }

    /// Not a test of its own: confined for good, it runs in a process of its own.
    #[test]
    fn child() {
        let Some(dir) = std::env::var_os(DIR) else { return };
        std::env::set_current_dir(&dir).unwrap();
        if !to(Path::new(".")).unwrap() {
            std::process::exit(UNCONFINED);
        }
        let outside = Path::new("../outside");
        fs::write("inside", "new").unwrap();
        fs::rename("inside", "moved").unwrap();
        assert!(denied(fs::write(outside.join("new"), "")), "created");
        assert!(denied(fs::OpenOptions::new().append(true).open(outside.join("old"))), "opened");
        assert!(denied(fs::File::create(outside.join("old"))), "truncated");
        // Landlock calls a rename between hierarchies one between devices.
        let moved = |from: &Path, to: &Path| fs::rename(from, to).is_err();
        assert!(moved(Path::new("moved"), &outside.join("moved")), "moved out");
        assert!(moved(&outside.join("old"), Path::new("old")), "moved in");
        assert!(moved(&outside.join("old"), &outside.join("other")), "renamed");
        assert!(denied(fs::remove_file(outside.join("old"))), "removed");
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "this very program, confined")]
    fn nothing_outside_can_be_written() {
        let all = tempfile::tempdir().unwrap();
        let (dir, outside) = (all.path().join("lab"), all.path().join("outside"));
        for made in [&dir, &outside] {
            fs::create_dir(made).unwrap();
        }
        fs::write(outside.join("old"), "as it was").unwrap();
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "confine::tests::child", "--test-threads=1"]).env(DIR, &dir);
        let output = command.output().unwrap();
        if output.status.code() == Some(UNCONFINED) {
            let text = "SKIPPED: no Landlock here: what it keeps the lab from was not tested\n";
            std::io::stderr().write_all(text.as_bytes()).unwrap();
            assert!(std::env::var_os("VM_AUTOSCALE_NO_SKIP").is_none(), "nothing may be skipped");
            return;
        }
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
        assert!(dir.join("moved").exists());
        assert_eq!(fs::read_to_string(outside.join("old")).unwrap(), "as it was");
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    }
}
