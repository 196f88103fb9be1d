//! Our verdicts against OpenSSH's: the same `known_hosts` text, the same host key, a real `sshd`
//! and the real `ssh`. We may be stricter, where a row says why; being laxer anywhere fails.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers may fail as loudly as the test itself"
)]

#[path = "known_hosts/rows.rs"]
mod rows;
#[path = "known_hosts/server.rs"]
mod server;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use russh::keys::ssh_key::public::{Ed25519PublicKey, KeyData};
use russh::keys::{HashAlg, PublicKey};
use vm_autoscale_ssh::known_hosts::{KnownHosts, Verdict};

use self::rows::{Row, Stricter, rows};
use self::server::{Server, generate};

const SSHD: &str = "/usr/sbin/sshd";

#[expect(clippy::disallowed_methods, reason = "a test that compares with OpenSSH has to run it")]
fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("LC_ALL", "C").stdin(Stdio::null());
    command
}

/// Runs to the end, for at most half a minute.
fn run(program: &str, args: &[&str]) -> Output {
    let output = command("timeout").arg("30").arg(program).args(args).output();
    output.unwrap_or_else(|error| panic!("{program} {args:?}: {error}"))
}

/// Whether the tools are there. Their absence is never silent, and fatal where nothing may be
/// skipped.
fn missing(tools: &[&str], unchecked: &str) -> bool {
    let absent: Vec<&&str> =
        tools.iter().filter(|tool| command(tool).arg("-?").output().is_err()).collect();
    if absent.is_empty() {
        return false;
    }
    let skipped = format!("SKIPPED: {unchecked}, for lack of {absent:?}");
    assert!(std::env::var_os("VM_AUTOSCALE_NO_SKIP").is_none(), "{skipped}");
    // Not by `eprintln!`: the test runner would swallow it.
    std::io::stderr().write_all(format!("{skipped}\n").as_bytes()).unwrap();
    true
}

fn known(content: &str) -> KnownHosts {
    KnownHosts::parse(Path::new("known_hosts"), content)
}

#[test]
fn never_laxer_than_openssh() {
    if missing(
        &["ssh", SSHD, "ssh-keygen", "timeout"],
        "whether we judge host keys as OpenSSH does",
    ) {
        return;
    }
    let server = Server::start();
    let (mut table, mut wrong) = (String::new(), Vec::new());
    for row in rows(&server) {
        let mut differs = false;
        for key in [&server.ed25519, &server.ecdsa] {
            let (line, differing) = compared(&server, &row, key);
            writeln!(table, "{line}").unwrap();
            let Some(ours) = differing else { continue };
            differs = true;
            let as_said = |Stricter(verdict, _)| format!("{ours:?}").starts_with(verdict);
            if !row.stricter.is_some_and(as_said) {
                wrong.push(format!("{line}: {ours:?}"));
            }
        }
        if let Some(Stricter(_, why)) = row.stricter {
            writeln!(table, "{:36} stricter on purpose: {why}", "").unwrap();
            if !differs {
                wrong.push(format!("{}: listed as stricter, but it is not", row.name));
            }
        }
    }
    eprintln!("{table}");
    assert!(wrong.is_empty(), "unlike OpenSSH:\n{}", wrong.join("\n"));
    negotiated_as_openssh_does(&server);
    only_openssh_takes_rsa_and_certificates(&server);
}

/// A line of the table, and our verdict if OpenSSH's is another.
fn compared(server: &Server, row: &Row, key: &PublicKey) -> (String, Option<Verdict>) {
    let verdict = known(&row.content).verify(row.host, server.port, key);
    let ours = matches!(verdict, Verdict::Trusted { .. });
    let kind = key.algorithm();
    let theirs = server.accepted_by_openssh(row.host, &row.content, Some(kind.as_str()));
    let [our, their] = [ours, theirs].map(|yes| if yes { "accept" } else { "reject" });
    let mark = if ours == theirs { "" } else { "  <- differs" };
    let line = format!("{:36} {:20} ours {our} OpenSSH {their}{mark}", row.name, kind.as_str());
    (line, (ours != theirs).then_some(verdict))
}

/// With the types that we would offer, the connection succeeds where OpenSSH's does.
fn negotiated_as_openssh_does(server: &Server) {
    let p = format!("[127.0.0.1]:{}", server.port);
    let [e, c, x] =
        [&server.ed25519, &server.ecdsa, &server.other].map(|key| key.to_openssh().unwrap());
    for content in [
        format!("{p} {c}\n"),
        format!("{p} {e}\n"),
        format!("{p} {e}\n{p} {c}\n"),
        format!("{p} {x}\n{p} {c}\n"),
        String::new(),
    ] {
        let offered = known(&content).algorithms("127.0.0.1", server.port).into_iter().next();
        let shown = [&server.ed25519, &server.ecdsa]
            .into_iter()
            .find(|key| Some(key.algorithm()) == offered);
        let ours =
            shown.is_some_and(|key| known(&content).check("127.0.0.1", server.port, key).is_ok());
        let theirs = server.accepted_by_openssh("127.0.0.1", &content, None);
        assert_eq!(ours, theirs, "{content}");
    }
}

/// What the rows cannot show: we ask for no such key, and would not take it if one came.
fn only_openssh_takes_rsa_and_certificates(server: &Server) {
    let p = format!("[127.0.0.1]:{}", server.port);
    let [rsa, authority] = [&server.rsa, &server.authority].map(|key| key.to_openssh().unwrap());
    for (algorithm, content, key, verdict) in [
        ("rsa-sha2-512", format!("{p} {rsa}\n"), &server.rsa, "OtherType"),
        (
            "ssh-ed25519-cert-v01@openssh.com",
            format!("@cert-authority {p} {authority}\n"),
            &server.ed25519,
            "CertAuthority",
        ),
    ] {
        assert!(server.accepted_by_openssh("127.0.0.1", &content, Some(algorithm)), "{content}");
        let ours = known(&content);
        let refusal = ours.offerable("127.0.0.1", server.port).unwrap_err();
        let came = ours.verify("127.0.0.1", server.port, key);
        for said in [refusal.verdict(), &came] {
            assert!(format!("{said:?}").starts_with(verdict), "{said:?}");
        }
    }
}

/// Host fields out of pieces that meet the name in many ways.
fn host_field() -> impl Strategy<Value = String> {
    let pattern = prop_oneof![
        "!?[\\[]?(node|NODE|n\\*|\\?ode|\\*|x)[1\\*\\?]{0,2}([\\]]:(22|2\\*|\\?\\?|222))?",
        "!?[node1*?!\\[\\]:2]{0,8}",
    ];
    prop::collection::vec(pattern, 1..4).prop_map(|patterns| patterns.join(","))
}

/// Names without a connection, hence many more of them: `ssh-keygen -F` matches as `ssh` does.
#[test]
fn host_fields_match_as_openssh_matches_them() {
    if missing(&["ssh-keygen", "timeout"], "whether host patterns match as OpenSSH's do") {
        return;
    }
    let fields = random_fields();
    let lines: Vec<String> = (1..)
        .zip(&fields)
        .map(|(n, field)| format!("{field} {}", numbered(n).to_openssh().unwrap()))
        .collect();
    let content = lines.join("\n");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known_hosts");
    std::fs::write(&file, &content).unwrap();
    let known = known(&content);
    for (name, host, port) in [("node1", "node1", 22), ("[node1]:222", "node1", 222)] {
        let theirs = lines_found(name, &file);
        let (mut matching, mut wrong) = (0, Vec::new());
        for (n, field) in (1..).zip(&fields) {
            let ours = known.verify(host, port, &numbered(n)) == Verdict::Trusted { line: n };
            matching += usize::from(ours);
            if ours != theirs.contains(&n) {
                wrong.push(field);
            }
        }
        eprintln!("{name}: {matching} of {} random host fields match", fields.len());
        assert!(wrong.is_empty() && matching > 50, "{name}: {wrong:?}");
    }
}

/// The same ones in each run. An empty field would make the key's type the host.
fn random_fields() -> Vec<String> {
    let fields = prop::collection::vec(host_field(), 2000);
    let mut runner = TestRunner::deterministic();
    let mut fields = fields.new_tree(&mut runner).unwrap().current();
    fields.retain(|field| !field.is_empty());
    fields
}

fn numbered(n: usize) -> PublicKey {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&u64::try_from(n).unwrap().to_be_bytes());
    PublicKey::new(KeyData::from(Ed25519PublicKey(bytes)), "")
}

/// The numbers out of ssh-keygen's "# Host node1 found: line 7".
fn lines_found(name: &str, file: &Path) -> Vec<usize> {
    let output = run("ssh-keygen", &["-F", name, "-f", file.to_str().unwrap()]);
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.rsplit_once("line ").unwrap().1.trim().parse().unwrap())
        .collect()
}

#[test]
fn fingerprints_are_those_that_ssh_keygen_prints() {
    if missing(&["ssh-keygen", "timeout"], "whether our messages show ssh-keygen's fingerprints") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for kind in ["ed25519", "ecdsa"] {
        let key = generate(folder.path(), kind, kind);
        let output = run("ssh-keygen", &["-lf", folder.path().join(kind).to_str().unwrap()]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains(&key.fingerprint(HashAlg::Sha256).to_string()), "{said}");
        let refusal = known("").check("127.0.0.1", 22, &key).unwrap_err().to_string();
        assert!(refusal.contains(said.split(' ').nth(1).unwrap()), "{refusal}");
    }
}
