//! What is imported from the older programs is what both of ours take.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use vm_autoscale_tests::programs::{command, directory};

use crate::skip;

/// The old files, the addresses of their hosts that have only names, and all addresses.
const OLD: [(&str, &[&str], &[&str]); 4] = [
    ("original", &["backup=192.0.2.7"], &["192.168.1.10", "192.168.1.11", "[192.0.2.7]:2222"]),
    ("secure-ssh", &[], &["192.168.1.10"]),
    ("secure-ssh-messages", &[], &["192.168.1.10"]),
    ("secure-api", &["pve.example.com=192.0.2.8"], &["192.168.1.10", "2001:db8::11", "192.0.2.8"]),
];

/// Runs one of ours; that it is content, and what it said.
fn run(program: &str, arguments: &[&str]) -> (bool, String) {
    let output = command(directory().unwrap().join(program)).args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[test]
fn both_programs_take_what_is_imported_once_the_keys_are_there() {
    let dir = tempfile::tempdir().unwrap();
    let identity = dir.path().join("id_ed25519");
    let made =
        command("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&identity).status();
    if !made.is_ok_and(|status| status.success()) {
        return skip("ssh-keygen is not installed: what is imported was not checked by the helper");
    }
    let public = std::fs::read_to_string(identity.with_extension("pub")).unwrap();
    for (name, addresses, hosts) in OLD {
        let old = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(format!("../crates/setup/tests/fixtures/{name}.yaml"));
        let known_hosts = dir.path().join(format!("{name}.known_hosts"));
        let new = dir.path().join(name);
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let mut arguments =
            vec!["import".to_owned(), text(&old), "--output".to_owned(), text(&new)];
        arguments.extend(["--identity".to_owned(), text(&identity)]);
        arguments.extend(["--known-hosts".to_owned(), text(&known_hosts)]);
        arguments.extend(addresses.iter().map(|address| format!("--address={address}")));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (good, said) = run("vm-autoscale-setup", &arguments);
        assert!(good, "{said}");

        let config = text(&new.join("config.yaml"));
        // The secrets that the answer names, in the file that it names.
        let env = dir.path().join("scheduler.env");
        let secrets = "VM_AUTOSCALE_SMTP_PASSWORD=one\nVM_AUTOSCALE_GOTIFY_TOKEN=two\n";
        std::fs::write(&env, secrets).unwrap();
        std::fs::set_permissions(&env, Permissions::from_mode(0o600)).unwrap();
        let check = ["--validate-only", "--strict", "--config", &config];
        let with_env = [&check[..], &["--env-file", env.to_str().unwrap()]].concat();
        let (good, said) = run("vm-autoscale", &with_env);
        assert!(good, "{said}");
        // Only these have their messages switched on.
        let (good, said) = run("vm-autoscale", &check);
        let needs_secrets = ["original", "secure-ssh-messages"].contains(&name);
        assert_eq!(good, !needs_secrets, "{said}");
        assert!(good || said.contains("put VM_AUTOSCALE_SMTP_PASSWORD=… into the env file"));
        let helper = text(&new.join("helper.yaml"));
        let check = ["--validate-only", "--strict", "--config", &helper];
        // Before the host keys are pinned, the helper says so, and of nothing else.
        std::fs::write(&known_hosts, "").unwrap();
        let (good, said) = run("vm-autoscale-helper", &check);
        assert!(!good && said.matches("error: ").count() == hosts.len(), "{said}");
        let lines = hosts.iter().map(|host| format!("{host} {public}"));
        std::fs::write(&known_hosts, lines.collect::<String>()).unwrap();
        let (good, said) = run("vm-autoscale-helper", &check);
        assert!(good, "{said}");
    }
}
