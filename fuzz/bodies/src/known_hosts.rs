//! The file of host keys: root's, but written by hand and by other programs.

use std::path::Path;

use russh::keys::{HashAlg, PublicKey};
use vm_autoscale_ssh::known_hosts::{KnownHosts, Refusal, Verdict};

/// Whom the file is asked about.
const HOSTS: [(&str, u16); 4] =
    [("192.0.2.11", 22), ("192.0.2.11", 2222), ("pve1", 22), ("2001:db8::1", 22)];

/// The seeds have lines with these.
const KEYS: [&str; 3] = [
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIXDmFmPm7/9UI8fQSxCU4YYwzWEN7S/XNzqCLDu+Tol",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Fyq1huo9y4kukFEftsR/mWuHJs2zawdJht8cwrRL",
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBDPoxrg4Hshs3fuU+dGlnOEzfeA/qJOxW56Mer925tzvquIKVzGKs7BXBY/e5P+XuZMJM1//K2tmHj5fAvuZY4Y=",
];

/// # Panics
/// A key is trusted that no line of its own records, or that is revoked; a line counts otherwise
/// than its meaning; or a refusal does not say what an administrator needs.
pub fn known_hosts(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let file = read(text);
    let cases = HOSTS.iter().flat_map(|host| KEYS.iter().map(move |key| (*host, *key)));
    for (n, ((host, port), written)) in cases.enumerate() {
        let Ok(key) = written.parse::<PublicKey>() else { continue };
        let case = Case { text, host, port, written, key };
        let verdict = file.verify(host, port, &case.key);
        case.trusted_by_its_own_line(&verdict);
        case.told(&file, &verdict);
        // These read the file many times more: of one case, or there would be too few files.
        if text.len() % (HOSTS.len() * KEYS.len()) == n {
            case.marked_lines_win(&verdict);
            case.empty_lines_do_not_count(&verdict);
        }
    }
}

fn read(text: &str) -> KnownHosts {
    KnownHosts::parse(Path::new("/etc/vm-autoscale/known_hosts"), text)
}

struct Case<'a> {
    text: &'a str,
    host: &'a str,
    port: u16,
    /// The key as a line has it.
    written: &'a str,
    key: PublicKey,
}

impl Case<'_> {
    fn judged(&self, text: &str) -> Verdict {
        read(text).verify(self.host, self.port, &self.key)
    }

    /// As the file names this host.
    fn name(&self) -> String {
        if self.port == 22 {
            self.host.to_owned()
        } else {
            format!("[{}]:{}", self.host, self.port)
        }
    }

    fn trusted_by_its_own_line(&self, verdict: &Verdict) {
        let Verdict::Trusted { line } = verdict else { return };
        let text = self.text.split('\n').nth(line - 1).unwrap_or_default();
        let fields = text.trim_end_matches('\r').split([' ', '\t']);
        let fields: Vec<&str> = fields.filter(|field| !field.is_empty()).collect();
        let hosts = fields.first().copied().unwrap_or_default();
        assert_eq!(fields.get(1..3).map(|key| key.join(" ")).as_deref(), Some(self.written));
        assert!(!hosts.starts_with(['#', '@']), "{text:?}");
        // Whoever names the host without its port says nothing of what listens on another one.
        assert!(self.port == 22 || hosts.contains(['*', '?', '|', ':']), "{text:?}");
    }

    /// Wherever they stand, and whatever else does.
    fn marked_lines_win(&self, verdict: &Verdict) {
        let (text, key) = (self.text, self.written);
        for hosts in ["*", self.host, &self.name(), &self.host.to_ascii_uppercase()] {
            let first = self.judged(&format!("@revoked {hosts} {key}\n{text}"));
            assert_eq!(first, Verdict::Revoked { line: 1 }, "revoked for {hosts}");
            let last = self.judged(&format!("{text}\n@revoked\t{hosts}  {key}\r\n"));
            assert!(matches!(last, Verdict::Revoked { .. }), "{last:?} though revoked for {hosts}");
        }
        let revoked = matches!(verdict, Verdict::Revoked { .. });
        for line in ["@revoked * ssh-ed25519 AAAA", "@other * x y", "* ssh-ed25519"] {
            let damaged = self.judged(&format!("{text}\n{line}"));
            assert_eq!(matches!(damaged, Verdict::Revoked { .. }), revoked);
            assert!(revoked || matches!(damaged, Verdict::Malformed { .. }), "{damaged:?}");
        }
        let other = self.judged(&format!("{text}\n@revoked x.example {key}"));
        assert_eq!(other, *verdict, "a revocation for another host");
    }

    /// Lines that say nothing of this host, behind all others.
    fn empty_lines_do_not_count(&self, verdict: &Verdict) {
        let (text, key, name) = (self.text, self.written, self.name());
        for line in ["#", " \t", &format!("# {name} {key}"), &format!("{name},!{name} {key}")] {
            assert_eq!(self.judged(&format!("{text}\n{line}")), *verdict, "{line:?}");
        }
        if !text.contains('\r') {
            assert_eq!(self.judged(&text.replace('\n', "\r\n")), *verdict, "with CRLF");
        }
        let authority = self.judged(&format!("{text}\n@cert-authority * {key}"));
        let (before, after) = (is_trusted(verdict), is_trusted(&authority));
        assert_eq!(before, after, "an authority makes nothing trusted");
    }

    /// What is offered before a connection, and what a refusal says.
    fn told(&self, file: &KnownHosts, verdict: &Verdict) {
        let Self { host, port, key, .. } = self;
        match file.check(*host, *port, key) {
            Ok(line) => {
                assert_eq!(Verdict::Trusted { line }, *verdict);
                let offered = file.offerable(*host, *port).unwrap_or_default();
                assert!(offered.contains(&key.algorithm()), "trusted, but not asked for");
            }
            Err(refusal) => {
                assert_eq!(refusal.verdict(), verdict);
                let said = readable(&refusal);
                assert!(said.contains(&key.fingerprint(HashAlg::Sha256).to_string()), "{said}");
            }
        }
        if let Err(refusal) = file.offerable(*host, *port) {
            readable(&refusal);
            assert!(!is_trusted(verdict), "nothing may be offered, but this key is trusted");
        }
    }
}

fn is_trusted(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Trusted { .. })
}

/// One line, with what to look at next.
fn readable(refusal: &Refusal) -> String {
    let said = refusal.to_string();
    assert!(!said.chars().any(char::is_control), "{said:?}");
    assert!(said.contains("ssh-keyscan -p ") && said.contains("ssh-keygen -lf -"), "{said}");
    said
}
