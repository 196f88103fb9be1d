//! Unattended: what is answered is what the helper gets.

use std::path::Path;

use vm_autoscale_config::HelperConfig;

use crate::site::Site;

const POLICY: &str = "/etc/vm-autoscale/helper.yaml";
const ANSWERS: &str = "\
cluster: home
nodes:
- {name: pve1, address: 192.0.2.11}
- {name: pve2, address: 192.0.2.12, port: 2222}
vms: [101, 200-299]
max_vcpus: 8
max_memory: 16384
start_at_boot: false
";

#[test]
fn a_file_and_flags_say_the_same() {
    let Some(by_file) = Site::new() else { return };
    let answers = by_file.release().join("answers.yaml");
    std::fs::write(&answers, ANSWERS).unwrap();
    let said = by_file.ok(&["install", "--answers", answers.to_str().unwrap()]);
    assert!(said.contains("vm-autoscale-setup trust-host pve2 192.0.2.12:2222\n"), "{said}");
    let config = HelperConfig::read(&by_file.at(POLICY)).unwrap();
    let cluster = config.cluster(&"home".try_into().unwrap()).unwrap();
    assert_eq!(cluster.identity.as_deref(), Some(Path::new("/etc/vm-autoscale/id_ed25519")));
    assert!(cluster.rule(250.try_into().unwrap()).is_some());
    assert!(!by_file.is_there("/etc/systemd/system/multi-user.target.wants"));

    let by_flags = Site::new().unwrap();
    let flags = [
        "install",
        "--cluster",
        "home",
        "--node",
        "pve1=192.0.2.11",
        "--node",
        "pve2=192.0.2.12:2222",
        "--vms",
        "101,200-299",
        "--max-vcpus",
        "8",
        "--max-memory",
        "16384",
        "--no-start-at-boot",
    ];
    by_flags.ok(&flags);
    assert_eq!(by_flags.read(POLICY), by_file.read(POLICY));
    // Without them the file is the administrator's by now.
    for words in [&flags[..], &["install", "--no-start-at-boot"]] {
        assert_eq!(by_flags.ok(words), "nothing to do: everything is in its place\n");
    }
    // Other ones do not undo what may have been edited.
    let said = by_flags.ok(&["install", "--cluster", "other", "--node", "pve1=192.0.2.11"]);
    assert!(said.contains(&format!("diff {POLICY} {POLICY}.new")), "{said}");
    assert_eq!(by_flags.read(POLICY), by_file.read(POLICY));
}

#[test]
fn without_answers_the_example_reaches_nothing() {
    let Some(site) = Site::new() else { return };
    site.ok(&["install"]);
    assert!(HelperConfig::read(&site.at(POLICY)).unwrap().clusters.is_empty());
    assert!(site.is_there("/etc/systemd/system/multi-user.target.wants/vm-autoscale.service"));
    // And later answers take its place.
    site.ok(&["install", "--cluster", "home", "--node", "pve1=192.0.2.11"]);
    assert_eq!(HelperConfig::read(&site.at(POLICY)).unwrap().clusters.len(), 1);
}

#[test]
fn a_node_of_proxmox_need_not_be_told_its_cluster() {
    let Some(site) = Site::new() else { return };
    let members = "{\"nodename\": \"pve1\", \"cluster\": {\"name\": \"home\", \"quorate\": 1}, \
                   \"nodelist\": {\"pve1\": {\"online\": 1, \"ip\": \"192.0.2.11\"}}}";
    site.write("/etc/pve/.members", members);
    site.ok(&["install"]);
    let config = HelperConfig::read(&site.at(POLICY)).unwrap();
    assert_eq!(config.clusters[0].name.as_str(), "home");
    assert!(config.clusters[0].rules.is_empty());
}

#[test]
fn wrong_answers_are_said_with_their_place() {
    let Some(site) = Site::new() else { return };
    let before = site.listing();
    let answers = site.release().join("answers.yaml");
    let path = answers.to_str().unwrap();
    for (text, code, said) in [
        ("clusters: home\n", 3, "answers.yaml:1:1"),
        ("cluster: 'a b'\n", 3, "answers.yaml:1:10"),
        ("cluster: a\nnodes:\n- {name: x, address: pve1.lan}\n", 3, "answers.yaml:3:"),
        ("user: 'root\\nrules: []'\n", 2, "`user` is no login"),
        ("vms: [101]\n", 2, "VMs without limits"),
        ("max_vcpus: 2\n", 2, "limits without VMs"),
    ] {
        std::fs::write(&answers, text).unwrap();
        let (exit, complaint) = site.refused(&["install", "--answers", path]);
        assert!(exit == code && complaint.contains(said), "{text}: {exit} {complaint}");
    }
    let (exit, complaint) = site.refused(&["install", "--answers", "/nowhere.yaml"]);
    assert!(exit == 66 && complaint.contains("/nowhere.yaml"), "{complaint}");
    let (exit, _) = site.refused(&["install", "--node", "pve1"]);
    assert_eq!(exit, 2);
    assert_eq!(site.listing(), before);
}
