use proptest::prelude::*;

use super::*;

/// A `user.cfg` as Proxmox writes it, in the form in which grep prints the lines that hold
/// `pool:`: also of the user and of the group whose names end in it.
const ANSWER: &str = "/etc/pve/.version:\"starttime\": 1795297200,\n\
/etc/pve/user.cfg:user:ann@pve:1:0:Ann:Vanderpool:ann@example.com::secret-key:\n\
/etc/pve/user.cfg:group:carpool:ann@pve:the car pool:\n\
/etc/pve/user.cfg:pool:web:Caf%C3%A9%3A 24/7:101,102:local,nfs:\n\
/etc/pve/user.cfg:pool:empty::::\n\
/etc/pve/user.cfg:pool:a/b/c::103;104 2001::\n\
/etc/pve/user.cfg:acl:1:/pool/web:ann@pve:PVEAdmin:pool:\n";

fn id(number: u32) -> VmId {
    number.try_into().unwrap()
}

#[test]
fn reads_what_proxmox_writes() {
    let pools = Pools::parse(ANSWER);
    assert_eq!(pools.of(id(101)), Some("web"));
    assert_eq!((pools.of(id(103)), pools.of(id(2001))), (Some("a/b/c"), Some("a/b/c")));
    assert_eq!((pools.of(id(105)), pools.iter().count()), (None, 5));
}

#[test]
fn only_pools_leave_the_helper_and_say_the_same() {
    let passed = redact_pools(ANSWER).unwrap();
    assert_eq!(Pools::parse(&passed), Pools::parse(ANSWER));
    assert!(passed.lines().all(|line| line.starts_with("/etc/pve/user.cfg:pool:")), "{passed}");
    for secret in ["ann", "example.com", "secret", "car", "acl", "Caf", "nfs", "starttime"] {
        assert!(!passed.contains(secret), "{secret}: {passed}");
    }
}

/// Nothing was found, or nothing was asked: only the first is an answer.
#[test]
fn silence_is_no_answer() {
    for noise in ["", "This account is currently not available.\n", "/etc/pve/.version"] {
        assert_eq!(redact_pools(noise), None, "{noise}");
    }
    assert_eq!(redact_pools("/etc/pve/.version:\"starttime\": 1,\n").unwrap(), "");
}

#[test]
fn what_proxmox_ignores_is_ignored() {
    let of = |lines: &[&str]| {
        let line = |line: &&str| format!("/etc/pve/user.cfg:pool:{line}\n");
        Pools::parse(&lines.iter().map(line).collect::<String>())
    };
    let doubled = of(&["a::101,101,102::", "b::102,103::", "a::104::"]);
    assert_eq!([101, 102, 103, 104].map(|n| doubled.of(id(n)).unwrap()), ["a", "a", "b", "a"]);
    for line in ["a b::101::", "a//b::101::", "/a::101::", "a/b/c/d::101::", "::101::", "a%::101::"]
    {
        assert_eq!(of(&[line]), Pools::default(), "{line}");
    }
    for numbers in ["99", "-101", "1e3", "0x65", "4294967397", ""] {
        assert_eq!(of(&[&format!("a::{numbers}::")]), Pools::default(), "{numbers}");
    }
    let long = format!("{}::101::", "a".repeat(MAX_NAME + 1));
    assert_eq!(of(&["a", "a:", "a::", &long]), Pools::default());
    // Of another file, or no whole path.
    for line in
        ["pool:a::101::", "/etc/pve/user.cfg.old:pool:a::101::", " /etc/pve/user.cfg:pool:a::101::"]
    {
        assert_eq!(Pools::parse(line), Pools::default(), "{line}");
    }
}

proptest! {
    /// Whatever a node prints: what leaves the helper is names and numbers, and says the same.
    #[test]
    fn no_answer_carries_more_than_pools(
        noise in prop::collection::vec("(/etc/pve/user.cfg:)?(pool:)?[ -~\t:@,/\u{fc}\0]{0,40}", 0..8),
        name in "[a-z]{1,4}(/[a-z]{1,3}){0,2}", vmids in prop::collection::vec(100u32..999_999, 0..9),
    ) {
        let ids: Vec<String> = vmids.iter().map(ToString::to_string).collect();
        let real = format!("/etc/pve/user.cfg:pool:{name}:x%3A@y:{}:local:", ids.join(","));
        let answer = format!("/etc/pve/.version:{{\n{real}\n{}\n", noise.join("\n"));
        let passed = redact_pools(&answer).unwrap();
        let pools = Pools::parse(&passed);
        prop_assert_eq!(&pools, &Pools::parse(&answer));
        prop_assert!(vmids.iter().all(|vmid| pools.of(id(*vmid)) == Some(name.as_str())));
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-/:,".contains(c);
        for line in passed.lines() {
            prop_assert!(line.starts_with("/etc/pve/user.cfg:pool:") && line.chars().all(plain), "{}", line);
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = (Pools::parse(&text), redact_pools(&text));
    }
}
