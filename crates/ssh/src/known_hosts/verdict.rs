//! The answers that a look into `known_hosts` can have.

use russh::keys::ssh_key::Fingerprint;

use super::line::Malformation;

/// What the file says of one key of one host. Only [`Verdict::Trusted`] may connect.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This key is on record for this host, and not revoked.
    Trusted {
        /// Counted from 1, as everywhere here.
        line: usize,
    },
    /// The key is revoked, whatever else matches.
    Revoked {
        /// The `@revoked` line.
        line: usize,
    },
    /// Keys of this type are on record, but not this one.
    Changed {
        /// Every recorded key of the offered type, in file order; never empty.
        recorded: Vec<Recorded>,
    },
    /// Only keys of other types are on record.
    OtherType {
        /// The first of them.
        line: usize,
        /// Their types without duplicates, in file order.
        known: Vec<String>,
    },
    /// No line names this host and port.
    Unknown,
    /// A line that names this host cannot be understood; another line may well match.
    Malformed {
        /// The first such line.
        line: usize,
        /// What is wrong with it.
        why: Malformation,
    },
    /// Only a certificate authority vouches for this host, which is not supported.
    CertAuthority {
        /// The `@cert-authority` line.
        line: usize,
    },
}

/// A recorded key, as far as a message needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The line that records the key.
    pub line: usize,
    /// SHA-256, as `ssh-keygen -l` prints it.
    pub fingerprint: Fingerprint,
}
