//! Which hosts a line of `known_hosts` names.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

/// OpenSSH's buffer for one pattern; with a longer one it gives up on the whole line.
const LONGEST_PATTERN: usize = 1022;

/// SSH's own port, the only one that is not written into names.
const DEFAULT_PORT: u16 = 22;

/// The host that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) host: String,
    pub(super) port: u16,
    /// As the file writes it. The port belongs to the name: whoever may listen on a high port of
    /// a host is not thereby its administrator. (OpenSSH also tries the bare name.)
    pub(super) name: String,
}

impl Target {
    /// Host names are compared in lower case, and hashed so. None has control characters, which
    /// would also disfigure messages.
    pub(super) fn new(host: &(impl fmt::Display + ?Sized), port: u16) -> Self {
        let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
        let host = host.to_string().to_ascii_lowercase();
        let host: String = host.chars().map(clean).collect();
        let name = match port {
            DEFAULT_PORT => host.clone(),
            port => format!("[{host}]:{port}"),
        };
        Self { host, port, name }
    }

    pub(super) fn has_own_port(&self) -> bool {
        self.port != DEFAULT_PORT
    }
}

/// The first field of a line.
#[derive(Clone, Debug)]
pub(super) enum Hosts {
    /// Comma-separated patterns, in lower case.
    Patterns(String),
    /// `|1|salt|hash`: one name, by its HMAC-SHA1.
    Hashed { salt: Vec<u8>, hash: Vec<u8> },
    /// Starts like a hashed name but is none, so it cannot be told whose it is: nobody's.
    Nobody,
}

impl Hosts {
    pub(super) fn parse(field: &str) -> Self {
        if field.starts_with('|') {
            Self::hashed(field).unwrap_or(Self::Nobody)
        } else {
            Self::Patterns(field.to_ascii_lowercase())
        }
    }

    fn hashed(field: &str) -> Option<Self> {
        let (salt, hash) = field.strip_prefix("|1|")?.split_once('|')?;
        let salt = STANDARD.decode(salt).ok()?;
        let hash = STANDARD.decode(hash).ok()?;
        // OpenSSH takes no other salt than one of the hash's own length.
        (salt.len() == 20 && hash.len() == 20).then_some(Self::Hashed { salt, hash })
    }

    /// A pattern longer than OpenSSH reads.
    pub(super) fn too_long(&self) -> bool {
        let long =
            |pattern: &str| pattern.strip_prefix('!').unwrap_or(pattern).len() > LONGEST_PATTERN;
        matches!(self, Self::Patterns(list) if list.split(',').any(long))
    }

    /// Whether the line is about `name` (in lower case), `None` if it does not mention it. A
    /// negated match rejects the line, wherever it stands.
    pub(super) fn mention(&self, name: &str) -> Option<bool> {
        match self {
            Self::Patterns(list) => listed(list, name),
            Self::Hashed { salt, hash } => {
                let mac = Hmac::<Sha1>::new_from_slice(salt).ok()?;
                mac.chain_update(name).verify_slice(hash).ok().map(|()| true)
            }
            Self::Nobody => None,
        }
    }
}

fn listed(list: &str, name: &str) -> Option<bool> {
    let mut found = None;
    for pattern in list.split(',') {
        match pattern.strip_prefix('!') {
            Some(negated) if matches(negated, name) => return Some(false),
            None if matches(pattern, name) => found = Some(true),
            _ => {}
        }
    }
    found
}

/// `*` is any run of bytes, `?` any one byte.
///
/// On a mismatch only the last `*` can usefully take one more byte, so the cost is at most the
/// product of the lengths, however many stars there are.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let (mut pattern, mut name) = (pattern.as_bytes(), name.as_bytes());
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        match (pattern.split_first(), name.split_first()) {
            (Some((b'*', rest)), _) => {
                retry = Some((rest, name));
                pattern = rest;
            }
            (Some((p, ps)), Some((n, ns))) if *p == b'?' || p == n => (pattern, name) = (ps, ns),
            (None, None) => return true,
            _ => {
                let Some((after_star, [_, ns @ ..])) = retry else {
                    return false;
                };
                retry = Some((after_star, ns));
                (pattern, name) = (after_star, ns);
            }
        }
    }
}
