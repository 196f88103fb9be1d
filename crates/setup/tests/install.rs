//! `install` and `uninstall` on an image, as root, with small programs in the place of ours.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

#[path = "install/answers.rs"]
mod answers;
#[path = "install/interrupted.rs"]
mod interrupted;
#[path = "install/refusals.rs"]
mod refusals;
#[path = "install/site.rs"]
mod site;

use site::Site;

const CONFIG: &str = "/etc/vm-autoscale/config.yaml";

#[test]
fn a_second_run_changes_nothing() {
    let Some(site) = Site::new() else { return };
    let first = site.ok(&["install"]);
    assert!(first.contains("\ninstalled\n") && first.contains("systemctl start "), "{first}");
    let before = site.listing();
    assert_eq!(site.ok(&["install"]), "nothing to do: everything is in its place\n");
    assert_eq!(site.listing(), before);
    for (path, rights) in [
        ("/etc/vm-autoscale", "750 root:vm-autoscale"),
        (CONFIG, "640 root:vm-autoscale"),
        ("/etc/vm-autoscale/scheduler.env", "600 vm-autoscale:vm-autoscale"),
        ("/etc/vm-autoscale/helper.yaml", "600 root:root"),
        ("/etc/vm-autoscale/helper.env", "600 root:root"),
        ("/etc/vm-autoscale/id_ed25519", "600 root:root"),
        ("/etc/vm-autoscale/known_hosts", "600 root:root"),
        ("/var/lib/vm-autoscale", "750 vm-autoscale:vm-autoscale"),
        ("/var/log/vm-autoscale", "750 vm-autoscale:vm-autoscale"),
        ("/var/lib/vm-autoscale-setup", "700 root:root"),
        ("/usr/bin/vm-autoscale", "755 root:root"),
    ] {
        assert_eq!(site.rights(path), rights, "{path}");
    }
}

#[test]
fn a_dry_run_says_every_step_and_does_none() {
    let Some(site) = Site::new() else { return };
    let before = site.listing();
    let said = site.ok(&["install", "--dry-run"]);
    assert_eq!(site.listing(), before);
    let done = site.ok(&["install"]);
    let steps = |text: &str| {
        text.lines().filter(|line| line.starts_with("- ")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(steps(&said), steps(&done));
    assert!(steps(&done).len() > 40);
    let json = site.ok(&["uninstall", "--dry-run", "--output-format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["dry_run"], true);
    assert!(json["steps"].as_array().unwrap().len() > 30);
}

/// What is wrong by itself is mended, and nothing beside it is touched.
#[test]
fn what_is_missing_or_open_to_others_is_mended() {
    let Some(site) = Site::new() else { return };
    site.ok(&["install"]);
    let before = site.listing();
    site.remove("/usr/bin/vm-autoscale");
    site.mode("/etc/vm-autoscale/id_ed25519", 0o644);
    site.mode("/etc/vm-autoscale", 0o755);
    let said = site.ok(&["install"]);
    assert_eq!(said.lines().filter(|line| line.starts_with("- ")).count(), 3, "{said}");
    assert_eq!(site::without_times(&site.listing()), site::without_times(&before));
}

#[test]
fn what_was_edited_is_kept_and_the_rest_is_upgraded() {
    let Some(site) = Site::new() else { return };
    site.ok(&["install"]);
    site.append(CONFIG, "# mine\n");
    let mine = site.read(CONFIG);
    assert_eq!(site.ok(&["install"]), "nothing to do: everything is in its place\n");

    // A release with another of everything.
    for from in ["etc/config.yaml", "etc/scheduler.env", "bin/vm-autoscale"] {
        site.change_release(from, "# of the next release\n");
    }
    let said = site.ok(&["install"]);
    let note = format!(
        "{CONFIG} was edited and stays as it is; the new one lies beside it:\n    diff {CONFIG} {CONFIG}.new"
    );
    assert!(said.contains(&note), "{said}");
    assert_eq!(site.read(CONFIG), mine);
    assert!(site.read(&format!("{CONFIG}.new")).ends_with("# of the next release\n"));
    assert_eq!(site.rights(&format!("{CONFIG}.new")), "640 root:vm-autoscale");
    for path in ["/etc/vm-autoscale/scheduler.env", "/usr/bin/vm-autoscale"] {
        assert!(site.read(path).ends_with("# of the next release\n"), "{path}");
    }
    assert!(site.ok(&["install"]).ends_with("nothing to do: everything is in its place\n"));
    // Who has read it and thrown it away does not get it again.
    site.remove(&format!("{CONFIG}.new"));
    assert_eq!(site.ok(&["install"]), "nothing to do: everything is in its place\n");
    assert!(!site.is_there(&format!("{CONFIG}.new")));

    let said = site.ok(&["uninstall", "--yes"]);
    assert!(said.contains(&format!("left: {CONFIG}: it is yours by now")), "{said}");
    assert_eq!(site.read(CONFIG), mine);
    assert!(!site.is_there("/etc/vm-autoscale/scheduler.env"));
    // What was left is known again.
    site.ok(&["install"]);
    assert_eq!(site.read(CONFIG), mine);
}

/// One that has the content that would be written is taken for ours; a broken record for none.
#[test]
fn without_a_record_nothing_of_the_administrators_is_lost() {
    let Some(site) = Site::new() else { return };
    site.ok(&["install"]);
    site.append(CONFIG, "# mine\n");
    let mine = site.read(CONFIG);
    site.write("/var/lib/vm-autoscale-setup/record.json", "{");
    let said = site.ok(&["install"]);
    assert!(said.contains("it is treated as empty"), "{said}");
    assert_eq!(site.read(CONFIG), mine);
    assert_eq!(
        site.ok(&["install"]).lines().last(),
        Some("nothing to do: everything is in its place")
    );
}

#[test]
fn in_the_end_all_is_as_it_was() {
    let Some(site) = Site::new() else { return };
    site.write("/etc/keep", "x");
    let before = site.listing();
    site.ok(&["install"]);
    site.append(CONFIG, "# mine\n");
    site.write("/var/lib/vm-autoscale/journal.db", "x");
    let said = site.ok(&["uninstall", "--yes"]);
    for left in ["/var/lib/vm-autoscale: the journal", "id_ed25519", "the user vm-autoscale"] {
        assert!(said.contains(&format!("left: {left}")) || said.contains(left), "{left}: {said}");
    }
    assert!(!site.is_there("/usr/bin/vm-autoscale") && site.is_there(CONFIG));
    let again = site.ok(&["uninstall", "--yes"]);
    assert!(again.contains("nothing to do:"), "{again}");
    site.ok(&["uninstall", "--yes", "--purge"]);
    assert_eq!(site::without_times(&site.listing()), site::without_times(&before));
    let said = site.ok(&["uninstall", "--yes", "--purge"]);
    assert_eq!(said, "nothing to do: nothing of vm-autoscale is there that could go\n");
}

/// What others put into our directories is theirs, and so is an account that was there before.
#[test]
fn what_it_did_not_make_it_does_not_remove() {
    let Some(site) = Site::new() else { return };
    site.append("/etc/group", "vm-autoscale-admin:x:4242:\n");
    site.ok(&["install"]);
    site.write("/usr/share/vm-autoscale/theirs", "x");
    let said = site.ok(&["uninstall", "--yes", "--purge"]);
    assert!(said.contains("left: the group vm-autoscale-admin: install did not make it"), "{said}");
    assert!(site.is_there("/usr/share/vm-autoscale/theirs"));
    assert!(site.read("/etc/group").contains("vm-autoscale-admin:x:4242:"));
    assert!(!site.read("/etc/passwd").contains("vm-autoscale"));
}
