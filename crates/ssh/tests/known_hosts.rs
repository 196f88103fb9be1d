//! Our verdicts against OpenSSH's: the same `known_hosts` text, the same host key, a real `sshd`
//! and the real `ssh`. We may be stricter, where a row says why; being laxer anywhere fails.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers may fail as loudly as the test itself"
)]

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use russh::keys::ssh_key::public::{Ed25519PublicKey, KeyData};
use russh::keys::{HashAlg, PublicKey};
use tempfile::TempDir;
use vm_autoscale_ssh::known_hosts::{KnownHosts, Verdict};

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

struct Server {
    child: Child,
    port: u16,
    folder: TempDir,
    ed25519: PublicKey,
    ecdsa: PublicKey,
    /// A key that the server does not have.
    other: PublicKey,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [ed25519, ecdsa, other] =
            [("host", "ed25519"), ("host_ec", "ecdsa"), ("other", "ed25519")]
                .map(|(name, kind)| generate(folder.path(), name, kind));
        // As root, sshd insists on this folder.
        let _ = std::fs::create_dir("/run/sshd");
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            // Another program may have taken the port since: then sshd ends, and we ask again.
            if let Some(child) = listening(folder.path(), port) {
                return Self { child, port, folder, ed25519, ecdsa, other };
            }
        }
        panic!("sshd did not start; its messages are above");
    }

    /// Whether OpenSSH takes the server's host key of this type, or of the type it prefers.
    fn accepted_by_openssh(&self, host: &str, content: &str, kind: Option<&PublicKey>) -> bool {
        let file = self.folder.path().join("known_hosts");
        std::fs::write(&file, content).unwrap();
        let known = format!("UserKnownHostsFile={}", file.display());
        let only = kind.map(|key| format!("HostKeyAlgorithms={}", key.algorithm()));
        let mut args = vec!["-4", "-F", "/dev/null", "-o", &known];
        for option in only.as_deref().into_iter().chain(CLIENT) {
            args.extend(["-o", option]);
        }
        let port = self.port.to_string();
        args.extend(["-p", &port, host, "true"]);
        let output = run("ssh", &args);
        let said = String::from_utf8_lossy(&output.stderr);
        match (said.contains("Host key verification failed"), said.contains("Permission denied")) {
            (true, false) => false,
            (false, true) => true,
            _ => panic!("cannot tell what ssh made of {content:?}: {said}"),
        }
    }
}

/// The login is to fail, with no key, agent or password tried: then the host key was accepted.
const CLIENT: [&str; 11] = [
    "StrictHostKeyChecking=yes",
    "GlobalKnownHostsFile=/dev/null",
    "BatchMode=yes",
    "VerifyHostKeyDNS=no",
    "UpdateHostKeys=no",
    "CheckHostIP=no",
    "PubkeyAuthentication=no",
    "PasswordAuthentication=no",
    "KbdInteractiveAuthentication=no",
    "ConnectTimeout=15",
    "KexAlgorithms=curve25519-sha256",
];

fn generate(folder: &Path, name: &str, kind: &str) -> PublicKey {
    let file = folder.join(name);
    let output =
        run("ssh-keygen", &["-q", "-t", kind, "-N", "", "-C", "", "-f", file.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    std::fs::read_to_string(file.with_extension("pub")).unwrap().parse().unwrap()
}

/// A daemon that listens, or `None` if it ended or kept silent.
fn listening(folder: &Path, port: u16) -> Option<Child> {
    let config = configured(folder, port);
    let mut sshd = command(SSHD);
    sshd.args(["-D", "-e", "-f"]).arg(&config).stderr(Stdio::piped());
    let mut child = sshd.spawn().unwrap();
    let (tell, told) = mpsc::channel();
    let messages = BufReader::new(child.stderr.take().unwrap());
    std::thread::spawn(move || {
        // Read on until it ends, or it would block on a full pipe.
        for line in messages.lines().map_while(Result::ok) {
            let _ = tell.send(line);
        }
    });
    while let Ok(line) = told.recv_timeout(Duration::from_secs(20)) {
        if line.contains("Server listening on") {
            return Some(child);
        }
        eprintln!("sshd: {line}");
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

fn configured(folder: &Path, port: u16) -> PathBuf {
    let file = folder.join("sshd_config");
    let dir = folder.display();
    let config = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {dir}/host\nHostKey {dir}/host_ec\n\
         PidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\n\
         KbdInteractiveAuthentication no\nLogLevel INFO\n"
    );
    // OpenSSH 9.8 and later lock out a client with so many failed logins; before, it is an error.
    std::fs::write(&file, format!("{config}PerSourcePenalties no\n")).unwrap();
    let test = run(SSHD, &["-t", "-f", file.to_str().unwrap()]);
    if !test.status.success() {
        std::fs::write(&file, config).unwrap();
    }
    file
}

struct Row {
    name: &'static str,
    content: String,
    host: &'static str,
    stricter: Option<&'static str>,
}

fn row(name: &'static str, content: impl Into<String>) -> Row {
    Row { name, content: content.into(), host: "127.0.0.1", stricter: None }
}

fn stricter(name: &'static str, content: impl Into<String>, why: &'static str) -> Row {
    Row { stricter: Some(why), ..row(name, content) }
}

/// `p` is the server's name with its port, `e` and `c` its keys, `x` another key.
fn rows(server: &Server) -> Vec<Row> {
    let [e, c, x] =
        [&server.ed25519, &server.ecdsa, &server.other].map(|key| key.to_openssh().unwrap());
    let p = format!("[127.0.0.1]:{}", server.port);
    let mut rows = plain_rows(&p, &e, &c, &x);
    rows.extend(name_rows(server, &p, &e));
    rows.extend(form_rows(&p, &e, &c));
    rows.extend(marker_rows(&p, &e, &c, &x));
    rows.extend(damage_rows(&p, &e));
    rows
}

fn plain_rows(p: &str, e: &str, c: &str, x: &str) -> Vec<Row> {
    vec![
        row("exact", format!("{p} {e}\n")),
        row("empty file", ""),
        row("changed key", format!("{p} {x}\n")),
        row("changed key after comments", format!("# a\n\n# b\n{p} {x}\n")),
        row("rotation, the second is right", format!("{p} {x}\n{p} {e}\n")),
        row("only ecdsa", format!("{p} {c}\n")),
        row("both types", format!("{p} {e}\n{p} {c}\n")),
        row("ed25519 changed, ecdsa right", format!("{p} {x}\n{p} {c}\n")),
        row("another host", format!("[127.0.0.2]:22 {e}\n")),
    ]
}

fn name_rows(server: &Server, p: &str, e: &str) -> Vec<Row> {
    const PORT: &str = "an entry without the port does not count";
    let port = server.port;
    let hash = |name: &str| hashed(server.folder.path(), &format!("{name} {e}\n"));
    let localhost = |name, content: String| Row { host: "LocalHost", ..row(name, content) };
    vec![
        row("wildcard", format!("[127.0.0.*]:{port} {e}\n")),
        row("wildcard, any", format!("* {e}\n")),
        row("question mark", format!("[127.0.0.?]:{port} {e}\n")),
        row("question mark too many", format!("[127.0.0.1?]:{port} {e}\n")),
        stricter("wildcard without port", format!("127.0.0.? {e}\n"), PORT),
        row("list", format!("a,{p},b {e}\n")),
        row("negation first", format!("!{p},{p} {e}\n")),
        row("negation last", format!("{p},!{p} {e}\n")),
        stricter("negation by wildcard", format!("*,![127.* {e}\n"), PORT),
        row("negation of another", format!("!x,{p} {e}\n")),
        row("negation alone", format!("!x {e}\n")),
        stricter("no port", format!("127.0.0.1 {e}\n"), PORT),
        row("wrong port", format!("[127.0.0.1]:22 {e}\n")),
        row("pattern too long", format!("{p},{} {e}\n", "x".repeat(1023))),
        row("pattern just not too long", format!("{p},{} {e}\n", "x".repeat(1022))),
        row("hashed", hash(p)),
        row("hashed, another host", hash("[127.0.0.2]:22")),
        row("hashed, damaged", hash(p).replacen("= ", " ", 1)),
        row("hashed in a list", hash(p).replacen("= ", "=,a ", 1)),
        stricter("hashed without port", hash("127.0.0.1"), PORT),
        localhost("case", format!("[LOCALhost]:{port} {e}\n")),
        localhost("case, hashed", hash(&format!("[localhost]:{port}"))),
        localhost("case of a negation", format!("*,!*LOCALHOST* {e}\n")),
    ]
}

fn form_rows(p: &str, e: &str, c: &str) -> Vec<Row> {
    let (label, blob) = e.split_once(' ').unwrap();
    vec![
        row("tabs", format!("{p}\t{label}\t{blob}\n")),
        row("leading blanks", format!(" \t {p} {e}\n")),
        row("many blanks", format!("{p}  \t{label} \t {blob}  \n")),
        row("carriage return", format!("{p} {e}\r\n{p} {c} x\r\n")),
        row("comment after the key", format!("{p} {e} root@pve # x\n")),
        row("no newline at the end", format!("{p} {e}")),
        row("commented out", format!("#{p} {e}\n")),
        row("commented out after blanks", format!("  # {p} {e}\n")),
        row("comment in the middle", format!("{p} # {e}\n")),
        row("byte order mark", format!("\u{feff}{p} {e}\n")),
        row("form feed as a blank", format!("{p}\u{c}{e}\n")),
        row("fields in the wrong order", format!("{e} {p}\n")),
    ]
}

fn marker_rows(p: &str, e: &str, c: &str, x: &str) -> Vec<Row> {
    const MARKER: &str = "OpenSSH skips a line with a marker it does not know";
    vec![
        row("revoked, then plain", format!("@revoked {p} {e}\n{p} {e}\n")),
        row("plain, then revoked", format!("{p} {e}\n@revoked {p} {e}\n")),
        row("revoked by pattern", format!("{p} {e}\n@revoked * {e}\n")),
        row("revoked for another host", format!("{p} {e}\n@revoked x {e}\n")),
        row("revoked but for this host", format!("{p} {e}\n@revoked *,!{p} {e}\n")),
        row("another key revoked", format!("{p} {e}\n@revoked * {x}\n")),
        row("one of two types revoked", format!("{p} {e}\n{p} {c}\n@revoked * {c}\n")),
        row("revoked with tabs only", format!("{p} {e}\n@revoked\t*\t{}\n", e.replace(' ', "\t"))),
        row("revoked after blanks", format!("{p} {e}\n  @revoked   * {e}\n")),
        row("only revoked", format!("@revoked {p} {e}\n")),
        row(
            "revoked without port, known without",
            format!("@revoked 127.0.0.1 {e}\n127.0.0.1 {e}\n"),
        ),
        stricter("revoked, tab, then blanks", format!("{p} {e}\n@revoked\t* {e}\n"), MARKER),
        stricter(
            "revoked without port",
            format!("{p} {e}\n@revoked 127.0.0.1 {e}\n"),
            "a key that leaked is no better on another port",
        ),
        row("authority alone", format!("@cert-authority * {e}\n")),
        row("authority and plain", format!("@cert-authority * {e}\n{p} {e}\n")),
        row("authority and changed", format!("@cert-authority * {e}\n{p} {x}\n")),
        row("unknown marker alone", format!("@other {p} {e}\n")),
        row("unknown marker for another host", format!("@other x {e}\n{p} {e}\n")),
        stricter("unknown marker", format!("@other {p} {e}\n{p} {e}\n"), MARKER),
        stricter("upper-case marker", format!("@REVOKED {p} {e}\n{p} {e}\n"), MARKER),
        stricter("two markers", format!("@revoked @revoked * {e}\n{p} {e}\n"), MARKER),
        row("marker without anything", format!("@revoked\n{p} {e}\n")),
    ]
}

fn damage_rows(p: &str, e: &str) -> Vec<Row> {
    const SKIPS: &str = "OpenSSH skips a malformed line, and perhaps a revocation with it";
    let (_, blob) = e.split_once(' ').unwrap();
    let cut = &e[..e.len() - 4];
    vec![
        row("label of another type", format!("{p} ssh-rsa {blob}\n")),
        row("label of an unknown type", format!("{p} ssh-x {blob}\n")),
        row("no label", format!("{p} {blob}\n")),
        row("key cut short", format!("{p} {cut}\n")),
        row("key with more behind it", format!("{p} {e}AAAA\n")),
        row("of protocol 1", format!("{p} 1024 65537 1234567\n")),
        row("host only", format!("{p}\n")),
        row("damage for another host", format!("x ssh-ed25519 AAAA\n{p} {e}\n")),
        row("damage excluded by negation", format!("*,!{p} ssh-ed25519 AAAA\n{p} {e}\n")),
        stricter("label mismatch, then good", format!("{p} ssh-rsa {blob}\n{p} {e}\n"), SKIPS),
        stricter("damage, then good", format!("{p} ssh-ed25519 AAAA\n{p} {e}\n"), SKIPS),
        stricter("good, then damage", format!("{p} {e}\n* {cut}\n"), SKIPS),
        stricter("good, then host only", format!("{p} {e}\n{p}\n"), SKIPS),
        stricter("damaged revocation", format!("@revoked * {cut}\n{p} {e}\n"), SKIPS),
    ]
}

/// As `ssh-keygen -H` writes it.
fn hashed(folder: &Path, content: &str) -> String {
    let file = folder.join("to_hash");
    std::fs::write(&file, content).unwrap();
    let output = run("ssh-keygen", &["-q", "-H", "-f", file.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    std::fs::read_to_string(&file).unwrap()
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
            if matches!(ours, Verdict::Trusted { .. }) || row.stricter.is_none() {
                wrong.push(format!("{line}: {ours:?}"));
            }
        }
        if let Some(why) = row.stricter {
            writeln!(table, "{:36} stricter on purpose: {why}", "").unwrap();
            if !differs {
                wrong.push(format!("{}: listed as stricter, but it is not", row.name));
            }
        }
    }
    eprintln!("{table}");
    assert!(wrong.is_empty(), "unlike OpenSSH:\n{}", wrong.join("\n"));
    negotiated_as_openssh_does(&server);
}

/// A line of the table, and our verdict if OpenSSH's is another.
fn compared(server: &Server, row: &Row, key: &PublicKey) -> (String, Option<Verdict>) {
    let verdict = known(&row.content).verify(row.host, server.port, key);
    let ours = matches!(verdict, Verdict::Trusted { .. });
    let theirs = server.accepted_by_openssh(row.host, &row.content, Some(key));
    let [our, their] = [ours, theirs].map(|yes| if yes { "accept" } else { "reject" });
    let mark = if ours == theirs { "" } else { "  <- differs" };
    let kind = key.algorithm();
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
