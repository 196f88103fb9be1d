//! The VM is not where, or not who, it was when the change was decided.

use super::*;

const NOT_HERE: &str = "Configuration file 'nodes/pve1/qemu-server/101.conf' does not exist\n";
const MISMATCH: &str = "checksum mismatch (file change by other user?)\n";

/// A look at the cluster where VM 101 is there by each copy of the list.
fn look(first: Option<&str>, second: Option<&str>) -> Answer {
    let list = |entry: Option<&str>| {
        let entry = entry.map(|entry| format!("\"101\": {{ {entry}, \"version\": 5 }}"));
        format!(
            "/etc/pve/.vmlist:{{\n/etc/pve/.vmlist:\"ids\": {{ {} }} }}\n",
            entry.unwrap_or_default()
        )
    };
    let other = "/etc/pve/.rrd:pve2.3-vm/9:U\n";
    Answer::Cluster(format!(
        "/etc/pve/.version:{{\"starttime\": 1}}\n/etc/pve/.members:{{\"nodename\": \"pve1\"}}\n{}{other}{}{other}",
        list(first),
        list(second)
    ))
}

const AT_PVE1: Option<&str> = Some("\"node\": \"pve1\", \"type\": \"qemu\"");
const AT_PVE2: Option<&str> = Some("\"node\": \"pve2\", \"type\": \"qemu\"");
const CONTAINER: Option<&str> = Some("\"node\": \"pve2\", \"type\": \"lxc\"");

/// A change of a VM that was this one.
async fn of(was: &str, script: Vec<Answer>) -> (Outcome, Counts, Vec<String>, u64) {
    let identity = Some(Identity::Generation(was.to_owned()));
    played_for(Intent { identity, ..intent() }, script).await
}

#[tokio::test]
async fn a_vm_that_moved_is_named_with_its_new_node() {
    for more in [vec![], vec![Answer::Config(None), Answer::Config(None), look(AT_PVE2, AT_PVE2)]] {
        let mut script = vec![Answer::Ran(2, NOT_HERE), Answer::Config(None)];
        script.push(look(AT_PVE2, AT_PVE2));
        // Not there either, for a moment: it is looked for again.
        script.extend(more);
        script.push(Answer::Config(Some("vmgenid: a\n")));
        let (outcome, counts, asked, _) = of("a", script).await;
        assert_eq!(outcome.to_string(), "moved to pve2: nothing was changed");
        assert_eq!((counts.failed, sets(&asked), reverts(&asked)), (1, 1, 0));
        assert!(!outcome.consequence().then.rests(), "it can be changed on pve2");
        assert!(asked[3].ends_with("/nodes/pve2/qemu-server/101.conf"), "{}", asked[3]);
    }
}

fn reverts(asked: &[String]) -> usize {
    asked.iter().filter(|line| line.contains("--revert")).count()
}

#[tokio::test]
async fn a_vm_that_moved_after_the_change_keeps_the_duty() {
    let script = vec![
        Answer::Ran(0, ""),
        Answer::Config(None),
        look(AT_PVE2, AT_PVE2),
        Answer::Config(Some("vmgenid: a\n")),
    ];
    let (outcome, ..) = of("a", script).await;
    assert_eq!(
        outcome.to_string(),
        "moved to pve2 meanwhile: not known whether it took the change along"
    );
    assert!(
        outcome.consequence().then.rests()
            && outcome.consequence().then != crate::outcome::Then::RestLonger
    );
}

/// A migration's rename takes the VM from every list for a moment.
#[tokio::test]
async fn a_vm_is_gone_only_when_two_looks_lack_it_in_both_copies() {
    let none = || look(None, None);
    let missing = || vec![Answer::Ran(2, NOT_HERE), Answer::Config(None), none()];
    let mut script = missing();
    script.push(none());
    let (outcome, counts, asked, waited) = of("a", script).await;
    assert_eq!(outcome.to_string(), "gone: the VM is in no node's list any more");
    assert_eq!((counts.failed, asked.len(), waited), (1, 4, 3));

    let mut script = missing();
    script.extend([look(AT_PVE2, AT_PVE2), Answer::Config(Some("vmgenid: a\n"))]);
    assert!(matches!(of("a", script).await.0, Outcome::Moved { tried: false, .. }));

    // One copy has it, or both at different places: it is looked for again.
    for (first, second) in [(AT_PVE2, None), (None, AT_PVE1), (AT_PVE1, AT_PVE2)] {
        let mut script = missing();
        script.extend([look(first, second), Answer::Config(None), look(AT_PVE2, AT_PVE2)]);
        script.push(Answer::Config(Some("vmgenid: a\n")));
        let (outcome, ..) = of("a", script).await;
        assert!(matches!(outcome, Outcome::Moved { .. }), "{outcome}");
    }
}

/// It came back, or the list is older than the file: what is there decides.
#[tokio::test]
async fn a_vm_that_is_listed_where_it_was_is_read_again() {
    let script = vec![
        Answer::Ran(0, ""),
        Answer::Config(None),
        look(AT_PVE1, AT_PVE1),
        Answer::Config(Some("vmgenid: a\nvcpus: 4\n")),
        Answer::Cpus(4),
    ];
    assert_eq!(of("a", script).await.0, Outcome::Applied);
    let blind = vec![
        Answer::Ran(2, NOT_HERE),
        Answer::Config(None),
        Answer::Error(AskError::NotAsked("down".to_owned())),
        Answer::Config(None),
        Answer::Cluster("nonsense".to_owned()),
        Answer::Config(Some("vmgenid: a\nvcpus: 2\n")),
    ];
    assert_eq!(of("a", blind).await.0, Outcome::Failed(Failure::NotHere));
}

/// Not even what is pending there is touched, though it be the very value that was asked for.
#[tokio::test]
async fn another_vm_of_the_same_number_is_named_and_left_alone() {
    let said = "another VM has this number now (or an earlier state of it): nothing was done to it";
    let theirs = "vmgenid: b\nvcpus: 2\n[PENDING]\nvcpus: 4\n";
    for end in [
        Answer::Ran(255, MISMATCH),
        Answer::Ran(0, ""),
        Answer::Error(AskError::NoAnswer("cut".to_owned())),
    ] {
        let (outcome, counts, asked, _) = of("a", vec![end, Answer::Config(Some(theirs))]).await;
        assert_eq!((outcome.to_string().as_str(), counts.reverted, asked.len()), (said, 0, 2));
        assert!(!outcome.consequence().then.rests());
    }
    // On another node, and as a container.
    for (there, config) in
        [(AT_PVE2, Some(Answer::Config(Some("vmgenid: b\n")))), (CONTAINER, None)]
    {
        let mut script = vec![Answer::Ran(2, NOT_HERE), Answer::Config(None), look(there, there)];
        script.extend(config);
        assert_eq!(of("a", script).await.0, Outcome::Replaced);
    }
    // Between the change and its revert.
    let script = vec![
        Answer::Ran(255, UNPLUGGED),
        Answer::Config(Some("vmgenid: a\nvcpus: 2\n[PENDING]\nvcpus: 4\n")),
        Answer::Cpus(2),
        Answer::Ran(255, MISMATCH),
        Answer::Config(Some(theirs)),
    ];
    let (outcome, counts, ..) = of("a", script).await;
    assert_eq!((outcome, counts.reverted), (Outcome::Replaced, 0));
}

/// `qm` wrote nothing: what is pending, or set, is the doing of others.
#[tokio::test]
async fn what_others_did_meanwhile_is_theirs() {
    for conf in ["vmgenid: a\nvcpus: 2\n[PENDING]\nvcpus: 4\n", "vmgenid: a\nvcpus: 4\n"] {
        let script = vec![Answer::Ran(255, MISMATCH), Answer::Config(Some(conf))];
        let (outcome, counts, asked, _) = of("a", script).await;
        assert_eq!(outcome.to_string(), "failed: the config was changed by someone else");
        assert_eq!((counts.verified, counts.reverted, asked.len()), (0, 0, 2));
        assert!(
            !outcome.consequence().then.rests(),
            "the next decision rests on what is there now"
        );
    }
}

#[tokio::test]
async fn a_lock_is_named() {
    let end = |stderr| Answer::Ran(255, stderr);
    let locked = "vmgenid: a\nlock: migrate\n";
    for (stderr, conf, said) in [
        ("VM is locked (backup)\n", "vmgenid: a\n", "locked (backup): nothing was changed"),
        ("VM is locked (\u{1b}[2J)\n", locked, "locked (migrate): nothing was changed"),
        ("VM is locked (\u{1b}[2J)\n", "vmgenid: a\n", "failed: the VM is locked by another task"),
    ] {
        let (outcome, _, asked, _) = of("a", vec![end(stderr), Answer::Config(Some(conf))]).await;
        assert_eq!((outcome.to_string().as_str(), asked.len()), (said, 2));
        assert!(!outcome.consequence().then.rests());
    }
}

/// High availability may have started it elsewhere.
#[tokio::test]
async fn a_vm_whose_node_died_is_looked_for() {
    let down = || Answer::Error(AskError::NotAsked("down".to_owned()));
    let mut script = vec![Answer::Error(AskError::NoAnswer("cut".to_owned()))];
    script.extend((0..9).map(|_| down()));
    script.extend([look(AT_PVE2, AT_PVE2), Answer::Config(Some("vmgenid: a\n"))]);
    let (outcome, _, _, waited) = of("a", script).await;
    assert!(matches!(outcome, Outcome::Moved { tried: true, .. }), "{outcome}");
    assert_eq!(waited, 80);
}
