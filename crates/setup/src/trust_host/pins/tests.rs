use std::fs::{read_to_string, set_permissions, write};

use proptest::prelude::*;

use super::*;

/// A key of its own, without looking for randomness.
pub(crate) fn key(seed: u8) -> PublicKey {
    let key = russh::keys::ssh_key::public::Ed25519PublicKey([seed; 32]);
    PublicKey::from(key)
}

fn at(address: &str) -> SocketAddr {
    address.parse().unwrap()
}

/// A file of that text in a directory of its own.
pub(crate) fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("known_hosts");
    write(&path, text).unwrap();
    set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    (directory, path)
}

#[test]
fn lines_are_as_openssh_writes_them_and_are_read_back() {
    for (address, begins) in [
        ("192.0.2.1:22", "192.0.2.1 ssh-ed25519 AAAA"),
        ("192.0.2.1:2222", "[192.0.2.1]:2222 ssh-ed25519 AAAA"),
        ("[fd00::1]:22", "fd00::1 ssh-ed25519 AAAA"),
        ("[fd00::1]:2222", "[fd00::1]:2222 ssh-ed25519 AAAA"),
    ] {
        let line = line(at(address), &key(1)).unwrap();
        assert!(line.starts_with(begins) && line.ends_with('\n'), "{line}");
        let pinned = pinned(1, line.trim_end(), at(address)).unwrap();
        assert!(pinned.alone && pinned.key == key(1));
        assert!(super::pinned(1, line.trim_end(), at("192.0.2.9:22")).is_none());
    }
}

#[test]
fn revoked_lines_authorities_and_others_hosts_are_no_pins_of_a_node() {
    let of = |head: &str| {
        let line = line(at("192.0.2.1:22"), &key(1)).unwrap();
        let line = line.trim_end().replacen("192.0.2.1", head, 1);
        pinned(7, &line, at("192.0.2.1:22")).map(|pinned| (pinned.line, pinned.alone))
    };
    assert_eq!(of("192.0.2.1"), Some((7, true)));
    assert_eq!(of("pve1,192.0.2.1"), Some((7, false)));
    assert_eq!(of("192.0.2.*"), Some((7, false)));
    for none in ["@revoked 192.0.2.1", "@cert-authority 192.0.2.1", "192.0.2.2", "#192.0.2.1"] {
        assert_eq!(of(none), None, "{none}");
    }
}

#[test]
fn a_line_that_names_others_is_left_to_the_administrator() {
    let text = line(at("192.0.2.1:22"), &key(1)).unwrap().replacen("192", "pve1,192", 1);
    let (_directory, path) = file(&text);
    let file = File::read(&path).unwrap();
    let address = at("192.0.2.1:22");
    let error = file.replace(address, &file.of(address), &[key(2)]).unwrap_err().to_string();
    assert!(error.contains("line 1 of ") && error.contains("names other hosts"), "{error}");
    assert_eq!(read_to_string(&path).unwrap(), text);
}

#[test]
fn what_is_written_is_whole_keeps_its_mode_and_is_never_over_another_hand() {
    let (directory, path) = file("# by hand");
    set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let address = at("192.0.2.1:22");
    let read = File::read(&path).unwrap();
    read.replace(address, &[], &[key(1)]).unwrap();
    let text = read_to_string(&path).unwrap();
    assert!(text.starts_with("# by hand\n192.0.2.1 ssh-ed25519 "), "{text}");
    assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o644);
    let late = read.replace(address, &[], &[key(2)]).unwrap_err().to_string();
    assert!(late.contains("changed meanwhile"), "{late}");
    assert_eq!(read_to_string(&path).unwrap(), text);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left over");
    std::fs::remove_file(&path).unwrap();
    File::read(&path).unwrap().replace(address, &[], &[key(1)]).unwrap();
    assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
}

#[test]
fn a_file_that_others_can_write_is_not_used() {
    let (_directory, path) = file("");
    set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
    let error = File::read(&path).err().unwrap();
    assert!(error.exit_code() == 3 && error.to_string().contains("chmod go-w"), "{error}");
}

proptest! {
    /// Whatever stands in the file, and wherever the node's lines are.
    #[test]
    fn other_lines_are_kept_byte_for_byte(
        others in prop::collection::vec("[^\n]{0,40}", 0..8),
        ours in prop::collection::vec(0usize..8, 0..4),
        ends in any::<bool>(),
    ) {
        let address = at("192.0.2.1:22");
        let own = line(address, &key(1)).unwrap();
        prop_assume!(others.iter().all(|other| pinned(1, other, address).is_none()));
        let mut lines: Vec<String> = others.iter().map(|other| format!("{other}\n")).collect();
        for place in ours {
            lines.insert(place.min(lines.len()), own.clone());
        }
        let mut text = lines.concat();
        if !ends {
            text.truncate(text.trim_end_matches('\n').len());
        }
        let out: Vec<usize> = (1..)
            .zip(text.split('\n'))
            .filter_map(|(number, line)| Some(pinned(number, line, address)?.line))
            .collect();
        let new = line(address, &key(2)).unwrap();
        let kept: String = text.split_inclusive('\n').filter(|it| it.trim_end() != own.trim_end()).collect();
        let after = edited(&text, &out, std::slice::from_ref(&new));
        let before = after.strip_suffix(new.as_str()).unwrap();
        prop_assert!(before == kept || before == kept.clone() + "\n", "{before:?} {kept:?}");
        let untouched = edited(&text, &[], &[]);
        prop_assert!(untouched == text || untouched == text + "\n");
    }
}
