//! One test for each rule; the keys are random bytes, for nothing here signs.

mod properties;

use super::*;
use russh::keys::ssh_key::public::{Ed25519PublicKey, KeyData};

pub(super) const NODE: &str = "10.0.0.1";

pub(super) fn key(seed: u8) -> PublicKey {
    PublicKey::new(KeyData::from(Ed25519PublicKey([seed; 32])), "")
}

/// `ssh-ed25519 AAAA…`
pub(super) fn text(seed: u8) -> String {
    key(seed).to_openssh().unwrap()
}

fn ecdsa() -> PublicKey {
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBAxyEIVWJsFcz+MUAzYR\
     ly50vD0B6Vul5sAuZwcZ27zzzWUb+c5h54FRETVSkZ/m83P8bYk3AKnDX+HMYYDD1Js="
        .parse()
        .unwrap()
}

/// A key of a type that only its own label describes.
fn foreign(label: &str) -> String {
    use base64::Engine as _;
    let mut blob = u32::try_from(label.len()).unwrap().to_be_bytes().to_vec();
    blob.extend_from_slice(label.as_bytes());
    blob.extend_from_slice(&[0, 0, 0, 1, 7]);
    let blob = base64::engine::general_purpose::STANDARD.encode(blob);
    format!("{label} {blob}")
}

pub(super) fn hosts(text: &str) -> KnownHosts {
    KnownHosts::parse(Path::new("/etc/vm-autoscale/known_hosts"), text)
}

/// What `text` says of key 1 of the node, on port 22.
pub(super) fn judged(text: &str) -> Verdict {
    hosts(text).verify(NODE, 22, &key(1))
}

fn trusted(line: usize) -> Verdict {
    Verdict::Trusted { line }
}

fn malformed(line: usize, why: Malformation) -> Verdict {
    Verdict::Malformed { line, why }
}

#[test]
fn the_recorded_key_is_trusted_and_lines_are_counted_as_an_editor_does() {
    let (k, other) = (text(1), text(2));
    assert_eq!(judged(&format!("{NODE} {k}")), trusted(1));
    assert_eq!(judged(&format!("# comment\n\n  # more\nx {other}\n{NODE} {k}\n")), trusted(5));
    assert_eq!(judged(&format!("{NODE} {other}\n{NODE} {k}\n")), trusted(2), "rotation");
}

#[test]
fn a_changed_key_names_every_recorded_one_of_its_type() {
    let content = format!(
        "{NODE} {}\n{NODE} {}\n{NODE} {}\n",
        text(2),
        ecdsa().to_openssh().unwrap(),
        text(3)
    );
    let recorded = [(1, 2), (3, 3)]
        .map(|(line, seed)| Recorded { line, fingerprint: key(seed).fingerprint(HashAlg::Sha256) });
    assert_eq!(judged(&content), Verdict::Changed { recorded: recorded.to_vec() });
}

#[test]
fn blanks_tabs_carriage_returns_and_comments() {
    let k = text(1);
    let spaced = k.replace(' ', "\t  ");
    for content in [
        format!("  \t{NODE} {k}"),
        format!("{NODE}\t{spaced}"),
        format!("{NODE} {k}\r\n"),
        format!("{NODE} {k} root@pve # not a comment sign"),
    ] {
        assert_eq!(judged(&content), trusted(1), "{content:?}");
    }
    assert_eq!(judged(&format!("#{NODE} {k}")), Verdict::Unknown);
    assert_eq!(judged(&format!("\u{a0}{NODE} {k}")), Verdict::Unknown, "only blanks and tabs");
    assert_eq!(judged(&format!("{NODE} # {k}")), malformed(1, Malformation::NotBase64));
    assert_eq!(judged(&format!("{NODE} {k}\0")), malformed(1, Malformation::ControlCharacter));
}

#[test]
fn a_port_belongs_to_the_name() {
    let k = text(1);
    let bare = hosts(&format!("{NODE} {k}"));
    let with_port = hosts(&format!("[{NODE}]:2222 {k}"));
    assert_eq!(bare.verify(NODE, 2222, &key(1)), Verdict::Unknown);
    assert_eq!(with_port.verify(NODE, 2222, &key(1)), trusted(1));
    assert_eq!(with_port.verify(NODE, 2223, &key(1)), Verdict::Unknown);
    assert_eq!(with_port.verify(NODE, 22, &key(1)), Verdict::Unknown);
    assert_eq!(judged(&format!("[{NODE}]:22 {k}")), Verdict::Unknown, "as OpenSSH writes it");
    let six: std::net::IpAddr = "2001:DB8::1".parse().unwrap();
    assert_eq!(hosts(&format!("2001:db8::1 {k}")).verify(&six, 22, &key(1)), trusted(1));
    assert_eq!(hosts(&format!("[2001:db8::1]:222 {k}")).verify(&six, 222, &key(1)), trusted(1));
}

#[test]
fn patterns_negation_and_case() {
    let k = text(1);
    for (names, yes) in [
        ("10.0.0.*", true),
        ("10.0.0.?", true),
        ("*", true),
        ("a,10.0.0.1,b", true),
        ("!10.0.0.2,*", true),
        ("10.0.0.1,", true),
        ("10.0.0.1?", false),
        ("!10.0.0.1,10.0.0.1", false),
        ("10.0.0.1,!10.0.0.1", false),
        ("*,!10.0.*", false),
        ("!10.0.0.2", false),
        ("10,0,0,1", false),
    ] {
        let expected = if yes { trusted(1) } else { Verdict::Unknown };
        assert_eq!(judged(&format!("{names} {k}")), expected, "{names}");
    }
    let name = hosts(&format!("Node1.Example.ORG {k}"));
    assert_eq!(name.verify("nODE1.example.org", 22, &key(1)), trusted(1));
}

#[test]
fn hashed_names() {
    // ssh-keygen -H of "10.0.0.1" and "[10.0.0.1]:2222" with OpenSSH 9.2.
    let bare = "|1|NaWaKnGQ9SITaqO4EpP0lzOi0lM=|8Vz2y/Lw//XAH+zAU6X9RYniNoU=";
    let port = "|1|1WeD8ZsNSndZmZOgB88DMeKHpfc=|a0NiZzykCdOw+7mJZGfN+UTP4g0=";
    let k = text(1);
    assert_eq!(judged(&format!("{port} {k}\n{bare} {k}")), trusted(2));
    let both = hosts(&format!("{bare} {k}\n{port} {k}"));
    assert_eq!(both.verify(NODE, 2222, &key(1)), trusted(2));
    assert_eq!(both.verify("10.0.0.2", 22, &key(1)), Verdict::Unknown);
    for damaged in [format!("{bare},x"), bare.replace("|1|", "|2|"), "|1|AAAA|AAAA".to_owned()] {
        assert_eq!(judged(&format!("{damaged} {k}")), Verdict::Unknown, "{damaged}");
        assert_eq!(judged(&format!("{damaged} damaged\n{NODE} {k}")), trusted(2), "{damaged}");
    }
    assert_eq!(judged(&format!("{bare} damaged\n{NODE} {k}")), malformed(1, Malformation::NoKey));
    assert_eq!(judged(&format!("{NODE} {k}\n@revoked {bare} {k}")), Verdict::Revoked { line: 2 });
}

#[test]
fn a_revoked_key_is_refused_whatever_else_matches() {
    let (k, other) = (text(1), text(2));
    for names in [NODE, "*", "10.*,x"] {
        for content in [
            format!("@revoked {names} {k}\n{NODE} {k}"),
            format!("@revoked {names} {k}\n{NODE} damaged"),
            format!("@revoked\t{names} {k}\n{NODE} {k}"),
            format!("@revoked {names} {k}"),
        ] {
            assert_eq!(judged(&content), Verdict::Revoked { line: 1 }, "{content}");
        }
        assert_eq!(judged(&format!("{NODE} {k}\n@revoked {names} {other}")), trusted(1));
    }
    assert_eq!(judged(&format!("{NODE} {k}\n@revoked 10.0.0.2 {k}")), trusted(1));
    assert_eq!(judged(&format!("{NODE} {k}\n@revoked !{NODE},* {k}")), trusted(1));
    let bare = hosts(&format!("[{NODE}]:2222 {k}\n@revoked {NODE} {k}"));
    assert_eq!(bare.verify(NODE, 2222, &key(1)), Verdict::Revoked { line: 2 });
    let except = hosts(&format!("[{NODE}]:2222 {k}\n@revoked *,![{NODE}]:2222 {k}"));
    assert_eq!(except.verify(NODE, 2222, &key(1)), trusted(1));
}

#[test]
fn an_authority_never_makes_a_key_trusted() {
    let (k, other) = (text(1), text(2));
    let authority = Verdict::CertAuthority { line: 1 };
    assert_eq!(judged(&format!("@cert-authority * {k}")), authority);
    assert_eq!(judged(&format!("@cert-authority {NODE} {other}\n{NODE} {k}")), trusted(2));
    assert_eq!(judged(&format!("@cert-authority x {k}")), Verdict::Unknown);
    let changed = judged(&format!("@cert-authority * {k}\n{NODE} {other}"));
    assert!(matches!(changed, Verdict::Changed { .. }), "the graver news comes first");
}

#[test]
fn a_malformed_line_is_fatal_for_the_host_it_names_and_for_no_other() {
    let k = text(1);
    let (_, blob) = k.split_once(' ').unwrap();
    let long = "x".repeat(1023);
    let label = |label: &str, inside: &str| Malformation::Label {
        label: label.to_owned(),
        inside: inside.to_owned(),
    };
    for (line, why) in [
        (NODE.to_owned(), Malformation::NoKey),
        (format!("{NODE} ssh-ed25519"), Malformation::NoKey),
        (format!("{NODE} ssh-ed25519 {blob}!"), Malformation::NotBase64),
        (format!("{NODE} ssh-ed25519 AAAA"), Malformation::DamagedKey),
        (format!("{NODE} {}", &k[..k.len() - 4]), Malformation::DamagedKey),
        (format!("{NODE} {k}AAAA"), Malformation::DamagedKey),
        (format!("{NODE} ssh-rsa {blob}"), label("ssh-rsa", "ssh-ed25519")),
        (format!("{NODE} 1024 65537 1234"), Malformation::NotBase64),
        (format!("{NODE},{long} {k}"), Malformation::LongPattern),
        (format!("@revokd {NODE} {k}"), Malformation::Marker),
        (format!("@REVOKED {NODE} {k}"), Malformation::Marker),
        (format!("@revoked @revoked {NODE} {k}"), Malformation::Marker),
        (format!("@revoked@cert-authority {NODE} {k}"), Malformation::Marker),
        (format!("@revoked {NODE} damaged"), Malformation::NoKey),
        (format!("@cert-authority {NODE} damaged"), Malformation::NoKey),
    ] {
        let found = judged(&format!("{NODE} {k}\n{line}"));
        assert_eq!(found, malformed(2, why), "{line}");
        let elsewhere = line.replace(NODE, "10.0.0.2");
        assert_eq!(judged(&format!("{elsewhere}\n{NODE} {k}")), trusted(2), "{elsewhere}");
    }
    for nobody in ["@revoked", "@revoked  ", "@", "|", "|1|", ",", "!"] {
        assert_eq!(judged(&format!("{nobody}\n{NODE} {k}")), trusted(2), "{nobody}");
    }
}

#[test]
fn other_types_are_known_but_never_trusted() {
    let ecdsa = ecdsa().to_openssh().unwrap();
    let (rsa, sk) = (foreign("ssh-rsa"), foreign("sk-ssh-ed25519@openssh.com"));
    let content = format!("x {ecdsa}\n{NODE} {rsa}\n{NODE} {sk}\n{NODE} {rsa}");
    let known = ["ssh-rsa", "sk-ssh-ed25519@openssh.com"].map(str::to_owned).to_vec();
    assert_eq!(judged(&content), Verdict::OtherType { line: 2, known });
    assert_eq!(judged(&format!("{rsa} {NODE}")), Verdict::Unknown);
    assert_eq!(hosts(&content).algorithms(NODE, 22), []);
    assert!(hosts(&content).offerable(NODE, 22).is_err());
}

#[test]
fn only_the_recorded_types_are_offered() {
    let ecdsa = ecdsa();
    let label = ecdsa.algorithm();
    let content =
        format!("{NODE} {0}\n{NODE} {1}\n{NODE} {0}\n", ecdsa.to_openssh().unwrap(), text(1));
    let known = hosts(&content);
    assert_eq!(known.algorithms(NODE, 22), [label.clone(), Algorithm::Ed25519]);
    assert_eq!(known.offerable(NODE, 22).unwrap(), [label, Algorithm::Ed25519]);
    assert_eq!(known.algorithms("10.0.0.2", 22), []);
    assert_eq!(known.verify(NODE, 22, &ecdsa), trusted(1));
    for (content, verdict) in [
        (String::new(), Verdict::Unknown),
        (format!("@cert-authority * {}", text(1)), Verdict::CertAuthority { line: 1 }),
        (format!("{NODE} {}\n{NODE} damaged", text(1)), malformed(2, Malformation::NoKey)),
    ] {
        assert_eq!(*hosts(&content).offerable(NODE, 22).unwrap_err().verdict(), verdict);
    }
}

#[test]
fn a_comment_in_the_offered_key_changes_nothing() {
    let mut offered = key(1);
    offered.set_comment("somebody");
    assert_eq!(hosts(&format!("{NODE} {}", text(1))).check(NODE, 22, &offered).unwrap(), 1);
}

#[test]
fn a_refusal_tells_what_happened_and_how_to_look_closer() {
    let (k, other) = (text(1), text(2));
    for (content, parts) in [
        (String::new(), ["no line of", "without its port does not count"]),
        (format!("* {other}"), ["line 1 has SHA256:", "console"]),
        (format!("@revoked * {k}"), ["line 1 of", "revokes this key"]),
        (format!("@cert-authority * {k}"), ["not supported", "sed -n 1p"]),
        (format!("* {}", foreign("ssh-rsa")), ["ssh-rsa", "first on line 1 of"]),
        (format!("x {k}\n* ssh-rsa {}", &k[12..]), ["line 2 of", "\"ssh-rsa\" and its key is"]),
    ] {
        let refusal = hosts(&content).check(NODE, 2222, &key(1)).unwrap_err().to_string();
        let offered = key(1).fingerprint(HashAlg::Sha256).to_string();
        let common = [
            "[10.0.0.1]:2222",
            "/etc/vm-autoscale/known_hosts",
            "Nothing was sent",
            "ssh-keyscan -p 2222 10.0.0.1 | ssh-keygen -lf -",
            &offered,
        ];
        for part in parts.iter().chain(&common) {
            assert!(refusal.contains(part), "{part:?} is not in {refusal:?}");
        }
        let asks = refusal.contains("ssh-keygen -lF '[10.0.0.1]:2222' -f /etc/vm-autoscale");
        let line =
            refusal.contains("p /etc/vm-autoscale/known_hosts") && refusal.contains("sed -n ");
        assert!(asks != line, "{refusal}");
    }
    let before = hosts("").offerable("a\n'b", 22).unwrap_err().to_string();
    assert!(before.contains("no connection was opened") && !before.contains('\n'), "{before:?}");
    assert!(before.contains(r"-p 22 'a�'\''b' |"), "{before}");
}

/// No ASCII, but a terminal takes U+009B as the begin of an order.
#[test]
fn a_refusal_has_no_control_characters_of_the_file_or_its_name() {
    let label = foreign("x\u{9b}2J");
    for content in [format!("* {label}"), format!("* \u{9b}2J {}", &text(1)[12..])] {
        let file = KnownHosts::parse(Path::new("/etc/a\u{9b}2J\nb"), &content);
        let refusal = file.check(NODE, 22, &key(1)).unwrap_err().to_string();
        assert!(!refusal.chars().any(char::is_control), "{refusal:?}");
    }
}

#[test]
fn a_long_list_of_recorded_keys_is_cut_in_the_message() {
    let lines: Vec<String> = (2..=200).map(|seed| format!("* {}", text(seed))).collect();
    let refusal = hosts(&lines.join("\n")).check(NODE, 22, &key(1)).unwrap_err().to_string();
    assert!(refusal.contains("and 195 more."), "{refusal}");
}
