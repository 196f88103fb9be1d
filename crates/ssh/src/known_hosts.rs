//! Decides whether a node's SSH host key is the one on record: the part of the helper that stands
//! between root's key and whoever answers on the node's address.
//!
//! Pure: the caller reads the file (and refuses a huge one, or one that others may write);
//! nothing here trusts on first use or writes. russh's own checker is not used: it ignores
//! `@revoked`, negation and a wrong type label, and refuses a second key of one type.
//!
//! Where this is stricter than OpenSSH, on purpose (`tests/known_hosts.rs` holds each against the
//! real client):
//! * an entry without the port is not accepted for a port other than 22;
//! * a malformed line, or an unknown marker, that names the host is fatal; OpenSSH skips it, and
//!   with it perhaps a revocation;
//! * a revocation of the bare host name counts for each of its ports, and a tab may follow the
//!   marker (OpenSSH ignores such a line);
//! * `@cert-authority` and keys other than Ed25519 and ECDSA never make anything trusted.

mod line;
mod names;
mod refusal;
#[cfg(test)]
mod tests;
mod verdict;

use std::fmt;
use std::path::{Path, PathBuf};

use russh::keys::{Algorithm, HashAlg, PublicKey};

pub use self::line::Malformation;
use self::line::{Entry, Line, RecordedKey};
use self::names::Target;
pub use self::refusal::Refusal;
pub use self::verdict::{Recorded, Verdict};

/// The lines of a `known_hosts` file.
#[derive(Clone, Debug)]
pub struct KnownHosts {
    path: PathBuf,
    lines: Vec<Line>,
}

impl KnownHosts {
    /// Reads `text`; `path` only appears in messages.
    ///
    /// Never fails: a malformed line is kept as such, for it matters only to the host it names.
    /// Costs time linear in the text, which the caller bounds.
    #[must_use]
    pub fn parse(path: &Path, text: &str) -> Self {
        let lines = (1..).zip(text.split('\n'));
        Self {
            path: path.to_owned(),
            lines: lines.filter_map(|(n, text)| Line::parse(n, text)).collect(),
        }
    }

    /// Judges the key that `host` offered on `port`. `host` is an address or a name; for a
    /// certificate's inner key this must not be asked, the caller refuses certificates.
    pub fn verify<H>(&self, host: &H, port: u16, key: &PublicKey) -> Verdict
    where
        H: fmt::Display + ?Sized,
    {
        self.judge(&Target::new(host, port), Some(key))
    }

    /// As [`KnownHosts::verify`]: the line that trusts the key, or the refusal to show.
    ///
    /// # Errors
    /// Every verdict other than [`Verdict::Trusted`].
    pub fn check<H>(&self, host: &H, port: u16, key: &PublicKey) -> Result<usize, Box<Refusal>>
    where
        H: fmt::Display + ?Sized,
    {
        let target = Target::new(host, port);
        match self.judge(&target, Some(key)) {
            Verdict::Trusted { line } => Ok(line),
            verdict => Err(self.refuse(target, Some(key), verdict)),
        }
    }

    /// The key types on record for this host, in file order and without duplicates: the only ones
    /// that a client should offer. Never RSA, DSA or `sk-` types.
    #[must_use]
    pub fn algorithms<H>(&self, host: &H, port: u16) -> Vec<Algorithm>
    where
        H: fmt::Display + ?Sized,
    {
        self.algorithms_of(&Target::new(host, port))
    }

    /// As [`KnownHosts::algorithms`], never empty: asked before connecting, it refuses a host for
    /// which no key could be trusted, and says why without having opened a connection.
    ///
    /// # Errors
    /// Nothing usable is on record for the host, or a malformed line names it.
    pub fn offerable<H>(&self, host: &H, port: u16) -> Result<Vec<Algorithm>, Box<Refusal>>
    where
        H: fmt::Display + ?Sized,
    {
        let target = Target::new(host, port);
        let algorithms = self.algorithms_of(&target);
        match self.judge(&target, None) {
            verdict @ Verdict::Malformed { .. } => Err(self.refuse(target, None, verdict)),
            verdict if algorithms.is_empty() => Err(self.refuse(target, None, verdict)),
            _ => Ok(algorithms),
        }
    }

    /// The order is the point: revocation and damage come before trust, over all lines.
    fn judge(&self, target: &Target, key: Option<&PublicKey>) -> Verdict {
        let ours: Vec<&Line> = self.lines.iter().filter(|l| l.names(target)).collect();
        find(&ours, |entry| revokes(entry, key))
            .map(|(line, ())| Verdict::Revoked { line })
            .or_else(|| {
                find(&ours, malformation).map(|(line, why)| Verdict::Malformed { line, why })
            })
            .or_else(|| find(&ours, |e| trusts(e, key)).map(|(line, ())| Verdict::Trusted { line }))
            .or_else(|| changed(&ours, key))
            .or_else(|| find(&ours, authority).map(|(line, ())| Verdict::CertAuthority { line }))
            .or_else(|| other_type(&ours))
            .unwrap_or(Verdict::Unknown)
    }

    fn algorithms_of(&self, target: &Target) -> Vec<Algorithm> {
        let mut found = Vec::new();
        for line in self.lines.iter().filter(|line| line.names(target)) {
            if let Entry::Plain(RecordedKey::Usable(data)) = &line.entry
                && !found.contains(&data.algorithm())
            {
                found.push(data.algorithm());
            }
        }
        found
    }

    fn refuse(&self, target: Target, key: Option<&PublicKey>, verdict: Verdict) -> Box<Refusal> {
        Box::new(Refusal::new(self.path.clone(), target, key, verdict))
    }
}

/// The first line whose entry has what is looked for.
fn find<T>(lines: &[&Line], what: impl Fn(&Entry) -> Option<T>) -> Option<(usize, T)> {
    lines.iter().find_map(|line| what(&line.entry).map(|found| (line.number, found)))
}

fn revokes(entry: &Entry, key: Option<&PublicKey>) -> Option<()> {
    matches!(entry, Entry::Revoked(recorded) if recorded.is(key?)).then_some(())
}

/// Only a usable key trusts: one of another type is never compared, let alone accepted.
fn trusts(entry: &Entry, key: Option<&PublicKey>) -> Option<()> {
    matches!(entry, Entry::Plain(RecordedKey::Usable(data)) if data == key?.key_data())
        .then_some(())
}

fn malformation(entry: &Entry) -> Option<Malformation> {
    match entry {
        Entry::Malformed(why) => Some(why.clone()),
        _ => None,
    }
}

fn authority(entry: &Entry) -> Option<()> {
    matches!(entry, Entry::CertAuthority).then_some(())
}

/// Before `@cert-authority`: a changed key is the graver news.
fn changed(lines: &[&Line], key: Option<&PublicKey>) -> Option<Verdict> {
    let offered = key?.algorithm();
    let same_type = |line: &&Line| match &line.entry {
        Entry::Plain(RecordedKey::Usable(data)) if data.algorithm() == offered => {
            Some(Recorded { line: line.number, fingerprint: data.fingerprint(HashAlg::Sha256) })
        }
        _ => None,
    };
    let recorded: Vec<Recorded> = lines.iter().filter_map(same_type).collect();
    (!recorded.is_empty()).then_some(Verdict::Changed { recorded })
}

fn other_type(lines: &[&Line]) -> Option<Verdict> {
    let plain = |entry: &Entry| match entry {
        Entry::Plain(key) => Some(key.label()),
        _ => None,
    };
    let (line, _) = find(lines, plain)?;
    let mut known = Vec::new();
    for label in lines.iter().filter_map(|line| plain(&line.entry)) {
        if !known.contains(&label) {
            known.push(label);
        }
    }
    Some(Verdict::OtherType { line, known })
}
