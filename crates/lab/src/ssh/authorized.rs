//! Whose keys may log in beside the lab's own.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use russh::keys::PublicKey;
use russh::keys::ssh_key::AuthorizedKeys;

/// More than a lab's file has.
const MOST: u64 = 64 * 1024;

/// Whether the key stands in that file of the form of `authorized_keys`, where there is one.
/// Options before a key count for nothing: the lab executes nothing but commands of ours anyway.
pub(super) fn has(path: &Path, key: &PublicKey) -> bool {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(MOST).read_to_string(&mut text));
    let mut entries = AuthorizedKeys::new(&text).flatten();
    read.is_ok() && entries.any(|entry| entry.public_key().key_data() == key.key_data())
}
