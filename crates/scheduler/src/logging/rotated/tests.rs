use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

const KIB: &[u8] = &[b'x'; 1024];
static NOW: AtomicU64 = AtomicU64::new(0);

fn at() -> u64 {
    NOW.load(Ordering::Relaxed)
}

fn open(dir: &tempfile::TempDir, most: u64, keep: u32) -> Rotated {
    Rotated { most, ..Rotated::open(dir.path().join("a.log"), 1, keep).unwrap() }
}

/// Each file's name and length, in order.
fn files(dir: &tempfile::TempDir) -> Vec<(String, u64)> {
    let entries = std::fs::read_dir(dir.path()).unwrap().map(Result::unwrap);
    let mut files: Vec<_> = entries
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len()))
        .collect();
    files.sort();
    files
}

/// `"logging.max_size_mb"` (here less, so that it takes no time) and `"logging.keep"`.
#[test]
fn a_full_file_is_renamed_and_the_last_one_goes() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(&dir, 4096, 2);
    for _ in 0..100 {
        log.write_all(KIB).unwrap();
        let all: u64 = files(&dir).iter().map(|(_, length)| length).sum();
        assert!(all <= 3 * 4096, "{all}");
    }
    let named = |name: &str| (name.to_owned(), 4096);
    assert_eq!(files(&dir), [named("a.log"), named("a.log.1"), named("a.log.2")]);
    assert_eq!(Rotated::open(dir.path().join("b"), 3, 0).unwrap().most, 3 << 20);
    std::fs::remove_file(dir.path().join("b")).unwrap();
    // A line that is longer than a file has one of its own.
    log.write_all(&[b'y'; 5000]).unwrap();
    log.write_all(KIB).unwrap();
    assert_eq!(files(&dir)[0].1, 1024);
    assert_eq!(files(&dir)[1].1, 5000);
}

#[test]
fn a_restart_goes_on_and_fewer_are_kept_where_fewer_are_wanted() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(&dir, 4096, 5);
    (0..30).for_each(|_| log.write_all(KIB).unwrap());
    drop(log);
    assert_eq!(files(&dir).len(), 6);
    let mut log = open(&dir, 4096, 1);
    log.write_all(KIB).unwrap();
    let names: Vec<String> = files(&dir).into_iter().map(|(name, _)| name).collect();
    assert_eq!((names.join(" "), files(&dir)[0].1), ("a.log a.log.1".to_owned(), 3 * 1024));
    // None at all: what is full goes.
    let mut log = open(&dir, 2048, 0);
    log.write_all(KIB).unwrap();
    assert_eq!(files(&dir), [("a.log".to_owned(), 1024)]);
}

#[test]
fn a_day_has_a_file_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = Rotated { clock: at, ..open(&dir, 4096, 3) };
    log.open = None;
    NOW.store(crate::wall() / DAY * DAY + 5, Ordering::Relaxed);
    log.write_all(b"a\n").unwrap();
    log.write_all(b"b\n").unwrap();
    NOW.fetch_add(DAY, Ordering::Relaxed);
    log.write_all(b"c\n").unwrap();
    assert_eq!(files(&dir), [("a.log".to_owned(), 2), ("a.log.1".to_owned(), 4)]);
    // Also where the night passed while it did not run: by when the file was written.
    let old = File::options().append(true).open(dir.path().join("a.log")).unwrap();
    old.set_modified(SystemTime::now() - std::time::Duration::from_secs(3 * DAY)).unwrap();
    open(&dir, 4096, 3).write_all(b"d\n").unwrap();
    assert_eq!(files(&dir).len(), 3);
}

/// Whoever takes the file away (an administrator, logrotate) makes room for a new one.
#[test]
fn a_file_that_was_taken_away_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(&dir, 4096, 3);
    log.write_all(KIB).unwrap();
    std::fs::rename(dir.path().join("a.log"), dir.path().join("b")).unwrap();
    log.write_all(b"new\n").unwrap();
    assert_eq!(files(&dir), [("a.log".to_owned(), 4), ("b".to_owned(), 1024)]);
    // The directory, too: nothing fails, and what comes later is written again.
    std::fs::remove_dir_all(dir.path()).unwrap();
    log.write_all(b"lost\n").unwrap();
    assert!(log.failing);
    std::fs::create_dir(dir.path()).unwrap();
    log.write_all(b"there\n").unwrap();
    assert_eq!((files(&dir), log.failing), (vec![("a.log".to_owned(), 6)], false));
}

/// Where the disk is full a line is lost as a whole, and nobody waits.
#[test]
fn what_does_not_fit_is_lost_and_no_half_of_it_stays() {
    let mut log = Rotated {
        path: "/dev/full".into(),
        open: Some(Open {
            file: File::options().append(true).open("/dev/full").unwrap(),
            length: 0,
            day: 0,
        }),
        most: 4096,
        keep: 1,
        failing: false,
        clock: || 0,
    };
    assert_eq!(log.write(b"lost\n").unwrap(), 5);
    assert!(log.failing);
    // Where it cannot be renamed, a full file does not grow either.
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(&dir, 2048, 1);
    std::fs::create_dir(dir.path().join("a.log.1")).unwrap();
    (0..9).for_each(|_| log.write_all(KIB).unwrap());
    assert!(log.failing);
    assert_eq!(files(&dir)[0], ("a.log".to_owned(), 2048));
}
