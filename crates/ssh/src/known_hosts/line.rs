//! One line of `known_hosts`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use russh::keys::PublicKey;
use russh::keys::ssh_key::public::KeyData;

use super::names::{Hosts, Target};

/// The key types that are verified here: what Proxmox VE's nodes have besides RSA.
const USABLE: [&str; 4] =
    ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"];

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformation {
    /// A word with `@` that is none of the two known, or two of them.
    #[error("its marker is not one of @revoked and @cert-authority")]
    Marker,
    /// A byte that no editor puts there by intent; a C program reads such a line differently.
    #[error("it contains a control character")]
    ControlCharacter,
    /// Longer than OpenSSH reads.
    #[error("a host pattern on it is too long")]
    LongPattern,
    /// The line ends early.
    #[error("it has no complete key (host names, key type, key)")]
    NoKey,
    /// The third field is not base64.
    #[error("its key is not base64")]
    NotBase64,
    /// The two ways in which a line tells its type differ.
    #[error("it says {label:?} and its key is of type {inside:?}")]
    Label {
        /// The second field.
        label: String,
        /// The type in the key itself.
        inside: String,
    },
    /// The key's own structure is broken.
    #[error("its key is damaged")]
    DamagedKey,
}

/// A line that is neither empty nor a comment.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) entry: Entry,
    hosts: Hosts,
    /// Also meant for the ports of a host that is named without one: see [`Line::names`].
    every_port: bool,
}

/// What a line says.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    Plain(RecordedKey),
    Revoked(RecordedKey),
    CertAuthority,
    Malformed(Malformation),
}

/// The key on a line.
#[derive(Clone, Debug)]
pub(super) enum RecordedKey {
    /// Of one of the supported types.
    Usable(KeyData),
    /// Of any other type: known to be there, never trusted.
    Other { label: String, blob: Vec<u8> },
}

impl Line {
    /// `None` for an empty line and a comment. `#` starts a comment only before everything else.
    pub(super) fn parse(number: usize, text: &str) -> Option<Self> {
        let text = text.strip_suffix('\r').unwrap_or(text);
        let mut fields = text.split([' ', '\t']).filter(|field| !field.is_empty());
        let mut field = fields.next().filter(|field| !field.starts_with('#'))?;
        let mut markers = Vec::new();
        while field.starts_with('@') {
            markers.push(field);
            field = fields.next().unwrap_or_default();
        }
        let hosts = Hosts::parse(field);
        let key = if text.contains(|c: char| c.is_ascii_control() && c != '\t') {
            Err(Malformation::ControlCharacter)
        } else if hosts.too_long() {
            Err(Malformation::LongPattern)
        } else {
            RecordedKey::parse(fields.next(), fields.next())
        };
        Some(Self {
            number,
            entry: Entry::new(&markers, key),
            hosts,
            every_port: !matches!(markers.as_slice(), [] | ["@cert-authority"]),
        })
    }

    /// Revocations, and what may have been meant as one, also count when they name the host
    /// without its port, unless they except that port: a leaked key is no better elsewhere.
    pub(super) fn names(&self, target: &Target) -> bool {
        let wider = self.every_port && target.has_own_port();
        let bare = || wider && self.hosts.mention(&target.host) == Some(true);
        self.hosts.mention(&target.name).unwrap_or_else(bare)
    }
}

impl Entry {
    fn new(markers: &[&str], key: Result<RecordedKey, Malformation>) -> Self {
        match (markers, key) {
            ([], Ok(key)) => Self::Plain(key),
            (["@revoked"], Ok(key)) => Self::Revoked(key),
            (["@cert-authority"], Ok(_)) => Self::CertAuthority,
            ([] | ["@revoked" | "@cert-authority"], Err(why)) => Self::Malformed(why),
            _ => Self::Malformed(Malformation::Marker),
        }
    }
}

impl RecordedKey {
    /// What follows the key on its line is a comment and not looked at.
    fn parse(label: Option<&str>, key: Option<&str>) -> Result<Self, Malformation> {
        let (Some(label), Some(key)) = (label, key) else {
            return Err(Malformation::NoKey);
        };
        let blob = STANDARD.decode(key).map_err(|_| Malformation::NotBase64)?;
        let inside = type_inside(&blob).ok_or(Malformation::DamagedKey)?;
        if inside != label.as_bytes() {
            return Err(Malformation::Label {
                label: short(label),
                inside: short(&String::from_utf8_lossy(inside)),
            });
        }
        if !USABLE.contains(&label) {
            let label = short(label);
            return Ok(Self::Other { label, blob });
        }
        let key = PublicKey::from_bytes(&blob).map_err(|_| Malformation::DamagedKey)?;
        Ok(Self::Usable(key.key_data().clone()))
    }

    /// Compares key data only, never comments.
    pub(super) fn is(&self, key: &PublicKey) -> bool {
        match self {
            Self::Usable(data) => data == key.key_data(),
            Self::Other { blob, .. } => key.to_bytes().is_ok_and(|bytes| bytes == *blob),
        }
    }

    pub(super) fn label(&self) -> String {
        match self {
            Self::Usable(data) => data.algorithm().to_string(),
            Self::Other { label, .. } => label.clone(),
        }
    }
}

/// Every SSH key starts with its type: a length of four bytes, then that many bytes.
fn type_inside(blob: &[u8]) -> Option<&[u8]> {
    let (length, rest) = blob.split_first_chunk::<4>()?;
    rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

/// Text out of the file, fit for a message: those control characters that are no malformation
/// are no ASCII, and a terminal acts on some of them, too.
fn short(text: &str) -> String {
    text.chars().take(64).map(|c| if c.is_control() { '?' } else { c }).collect()
}
