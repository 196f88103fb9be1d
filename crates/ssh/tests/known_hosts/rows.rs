//! The texts that are compared.

use std::path::Path;

use super::run;
use super::server::Server;

pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) content: String,
    pub(super) host: &'static str,
    pub(super) stricter: Option<Stricter>,
}

/// Our verdict where OpenSSH accepts, and why.
#[derive(Clone, Copy)]
pub(super) struct Stricter(pub(super) &'static str, pub(super) &'static str);

fn row(name: &'static str, content: impl Into<String>) -> Row {
    Row { name, content: content.into(), host: "127.0.0.1", stricter: None }
}

fn stricter(name: &'static str, content: impl Into<String>, why: Stricter) -> Row {
    Row { stricter: Some(why), ..row(name, content) }
}

/// `p` is the server's name with its port, `e` and `c` its keys, `x` another key.
pub(super) fn rows(server: &Server) -> Vec<Row> {
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
    const PORT: Stricter = Stricter("Unknown", "an entry without the port does not count");
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
        row("revoked by a hashed name", format!("{p} {e}\n@revoked {}", hash(p))),
        row("revoked by another hashed name", format!("{p} {e}\n@revoked {}", hash("x"))),
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
    const MARKER: Stricter =
        Stricter("Malformed", "OpenSSH skips a line with a marker it does not know");
    const TAB: Stricter = Stricter("Revoked", "OpenSSH takes a tab for a part of the marker");
    const LEAKED: Stricter = Stricter("Revoked", "a key that leaked is no better on another port");
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
        row("revoked, carriage returns", format!("{p} {e}\r\n@revoked * {e}\r\n")),
        stricter("revoked, tab, then blanks", format!("{p} {e}\n@revoked\t* {e}\n"), TAB),
        stricter("revoked without port", format!("{p} {e}\n@revoked 127.0.0.1 {e}\n"), LEAKED),
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
    const SKIPS: Stricter =
        Stricter("Malformed", "OpenSSH skips a malformed line, and perhaps a revocation with it");
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
