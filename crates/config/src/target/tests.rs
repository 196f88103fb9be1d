use super::*;

fn of(items: &[&str]) -> Vec<Target> {
    items.iter().map(|item| item.parse().unwrap()).collect()
}

fn judged(allow: &[&str], host: &str, way: Way) -> Result<(), Refusal> {
    judge(&of(allow), host, host.parse().unwrap(), way)
}

#[test]
fn addresses_are_judged_by_what_they_are() {
    for ip in ["2001:db8::1", "203.0.113.9", "64:ff9b::203.0.113.9", "100.63.0.1", "172.32.0.1"] {
        assert_eq!(judged(&[], ip, Way::Https), Ok(()), "{ip}");
        assert_eq!(judged(&[], ip, Way::Mail(587)), Ok(()), "{ip}");
        assert_eq!(judged(&[], ip, Way::Http), Err(Refusal::Clear), "{ip}");
        assert_eq!(judged(&[ip], ip, Way::Http), Ok(()), "{ip}");
    }
    let own = ["127.0.0.1", "127.8.8.8", "::1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "fd00::1"];
    let near = ["169.254.1.1", "fe80::1", "100.64.0.1", "2002:808:808::1", "2001::1"];
    let dressed = ["::ffff:127.0.0.1", "::ffff:203.0.113.9", "64:ff9b::127.0.0.1"];
    for ip in own.into_iter().chain(near).chain(dressed) {
        for way in [Way::Http, Way::Https, Way::Mail(465)] {
            let refused = judged(&[], ip, way);
            assert!(matches!(refused, Err(Refusal::Unlisted(_))), "{ip}: {refused:?}");
            assert_eq!(judged(&["198.51.100.0/24", ip], ip, way), Ok(()), "{ip}");
        }
    }
}

/// Nobody's server is there, and a list does not make one.
#[test]
fn some_are_never_targets() {
    let plain = ["0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1", "::169.254.169.254"];
    let metadata = ["169.254.169.254", "100.100.100.200", "fd00:ec2::254"];
    let hidden = ["::ffff:169.254.169.254", "2002:a9fe:a9fe::1", "64:ff9b::169.254.169.254"];
    for ip in plain.into_iter().chain(metadata).chain(hidden) {
        for allow in [&[][..], &[ip], &["0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"]] {
            let refused = judged(allow, ip, Way::Https);
            assert!(matches!(refused, Err(Refusal::Never(_))), "{ip}: {refused:?}");
        }
    }
}

/// A node's own Postfix, and no other service of this machine.
#[test]
fn local_mail_needs_no_list() {
    for ip in ["127.0.0.1", "::1"] {
        assert_eq!(judged(&[], ip, Way::Mail(25)), Ok(()), "{ip}");
        assert!(judged(&[], ip, Way::Mail(26)).is_err(), "{ip}");
    }
    assert!(judged(&[], "10.0.0.1", Way::Mail(25)).is_err());
}

#[test]
fn a_name_lets_its_addresses_and_a_network_its_own() {
    let (home, away) = ("192.168.1.5".parse().unwrap(), "192.168.2.5".parse().unwrap());
    let name = of(&["Gotify.lan"]);
    assert_eq!(judge(&name, "gotify.LAN", home, Way::Http), Ok(()));
    assert!(judge(&name, "other.lan", home, Way::Http).is_err());
    let network = of(&["192.168.1.0/24"]);
    assert_eq!(judge(&network, "any.lan", home, Way::Http), Ok(()));
    assert!(judge(&network, "any.lan", away, Way::Https).is_err());
    // A network of IPv4 is none of what hides such an address.
    assert!(
        judge(&of(&["10.0.0.0/8"]), "x", "::ffff:10.0.0.1".parse().unwrap(), Way::Https).is_err()
    );
    assert_eq!(
        judge(&of(&["fd00::/8"]), "[fd12::1]", "fd12::1".parse().unwrap(), Way::Http),
        Ok(())
    );
}

#[test]
fn items_read_back_as_themselves_and_others_are_none() {
    for text in ["gotify.lan", "localhost", "192.168.1.5", "10.0.0.0/8", "fd00::/8", "::1"] {
        assert_eq!(of(&[text])[0].to_string(), text);
    }
    assert_eq!(of(&["[::1]"]), of(&["::1"]));
    for bad in [
        "",
        "a b",
        "http://x",
        "10.0.0.0/33",
        "10.0.0.0/0",
        "x/8",
        "127.1",
        "*.lan",
        "x:80",
        "fd00::/129",
    ] {
        assert!(bad.parse::<Target>().is_err(), "{bad}");
    }
}
