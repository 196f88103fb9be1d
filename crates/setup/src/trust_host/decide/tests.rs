use russh::keys::Algorithm;

use super::*;
use crate::trust_host::pins::tests::{file, key};

const ADDRESS: &str = "192.0.2.1:22";

/// Another type than [`key`].
fn ecdsa() -> PublicKey {
    let text = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBHwf2HMM5TRXvo2SQJjsNkiDD5KqiiNjrGVv3UUh+mMT5RHxiRtOnlqvjhQtBq0VpmpCV/PwUdhOig4vkbqAcEc=";
    text.parse().unwrap()
}

fn line(head: &str, key: &PublicKey) -> String {
    let bare = PublicKey::new(key.key_data().clone(), "").to_openssh().unwrap();
    format!("{head}192.0.2.1 {bare}\n")
}

/// Lines taken out and types put in, or the first line of what is said.
fn of(
    text: &str,
    shown: &[PublicKey],
    wanted: &[&PublicKey],
) -> Result<(Vec<usize>, Vec<Algorithm>), String> {
    let (_directory, path) = file(text);
    let wanted: Vec<Fingerprint> =
        wanted.iter().map(|key| key.fingerprint(HashAlg::Sha256)).collect();
    match decide(&File::read(&path).unwrap(), ADDRESS.parse().unwrap(), shown, &wanted) {
        Ok(Decision::Already(keys)) => Ok((vec![], keys.iter().map(|_| Algorithm::Dsa).collect())),
        Ok(Decision::Pin { remove, add }) => Ok((
            remove.iter().map(|pinned| pinned.line).collect(),
            add.iter().map(PublicKey::algorithm).collect(),
        )),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn a_new_node_gets_what_is_shown_or_what_was_named() {
    let both = [key(1), ecdsa()];
    let (ed, ec) = (both[0].algorithm(), both[1].algorithm());
    assert_eq!(of("", &both, &[]), Ok((vec![], vec![ed, ec.clone()])));
    assert_eq!(of("", &both, &[&both[1]]), Ok((vec![], vec![ec])));
    let said = of("", &both, &[&both[0], &key(2)]).unwrap_err();
    for key in [&key(2), &both[0], &both[1]] {
        assert!(said.contains(&key.fingerprint(HashAlg::Sha256).to_string()), "{said}");
    }
}

#[test]
fn what_is_pinned_and_equal_stays_and_a_second_type_comes_only_by_name() {
    let (pin, both) = (line("", &key(1)), [key(1), ecdsa()]);
    let already = Ok((vec![], vec![Algorithm::Dsa]));
    assert_eq!(of(&pin, &both, &[]), already);
    assert_eq!(of(&pin, &both, &[&both[0]]), already);
    assert_eq!(of(&pin, &both, &[&both[1]]), Ok((vec![], vec![both[1].algorithm()])));
}

#[test]
fn another_key_takes_the_place_of_all_that_are_pinned_and_not_shown() {
    let pins = "# by hand\n".to_owned() + &line("", &key(1)) + &line("", &ecdsa());
    let ed = key(2).algorithm();
    assert_eq!(of(&pins, &[key(2)], &[]), Ok((vec![2, 3], vec![ed.clone()])));
    assert_eq!(of(&pins, &[key(2), ecdsa()], &[]), Ok((vec![2], vec![ed])));
    // One type is gone and the other was never pinned: that is no proof that it is the same node.
    let ec = ecdsa().algorithm();
    assert_eq!(of(&line("", &key(1)), &[ecdsa()], &[]), Ok((vec![1], vec![ec])));
}

#[test]
fn what_is_revoked_or_cannot_be_understood_is_refused() {
    let revoked = line("@revoked ", &key(1)) + &line("", &ecdsa());
    let said = of(&revoked, &[key(1), ecdsa()], &[&ecdsa()]).unwrap_err();
    assert!(said.contains("line 1 of ") && said.contains("revokes this key"), "{said}");
    let said = of("192.0.2.1 ssh-ed25519 ?\n", &[key(1)], &[]).unwrap_err();
    assert!(said.contains("its key is not base64"), "{said}");
}
