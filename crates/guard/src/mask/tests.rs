use proptest::prelude::*;

use super::*;

/// Made up, and of no use anywhere.
const KEY: &str = "hunter2Zq9";

#[test]
fn what_names_a_secret_hides_it() {
    for (line, shown) in [
        ("password=hunter2Zq9", "password=(masked)"),
        ("Password: hunter2Zq9, user: root", "Password: (masked), user: root"),
        (r#"{"api_key":"hunter2Zq9","vmid":101}"#, r#"{"api_key":"(masked)","vmid":101}"#),
        (r#"cluster: \"secret\": \"hunter2Zq9\""#, r#"cluster: \"secret\": \"(masked)\""#),
        ("SMTP_PASSWORD='hunter2Zq9'", "SMTP_PASSWORD='(masked)'"),
        ("GET /x?token=hunter2Zq9&a=1", "GET /x?token=(masked)&a=1"),
        ("Authorization: Bearer hunter2Zq9", "Authorization: (masked)"),
        ("sent bearer hunter2Zq9 to it", "sent bearer (masked) to it"),
        ("PVEAPIToken=root@pam!x=hunter2Zq9", "PVEAPIToken=(masked)"),
        ("Cookie: PVEAuthCookie=PVE:root@pam:hunter2Zq9", "Cookie: PVEAuthCookie=(masked)"),
        ("CSRFPreventionToken: 6551:hunter2Zq9", "CSRFPreventionToken: (masked)"),
        ("curl --api-token hunter2Zq9 -v", "curl --api-token (masked) -v"),
        ("https://bob:hunter2Zq9@host/p", "https://(masked)@host/p"),
        ("smtp://bob:hun@ter2Zq9@host", "smtp://(masked)@host"),
    ] {
        assert_eq!(masked(line), shown);
    }
}

#[test]
fn long_texts_without_sense_are_hidden() {
    let hex = "0123456789abcdef0123456789abcdef";
    let base64 = "AAAAC3NzaC1lZDI1NTE5AAAAIJ8xQ9zQ0kq8/9sXo0bXxq2n1p0Lr9T2";
    assert_eq!(masked(&format!("key {hex}.")), "key (masked).");
    assert_eq!(masked(&format!("ssh-ed25519 {base64}")), "ssh-ed25519 (masked)");
    assert_eq!(masked(&format!("{hex}01234567")), "(masked)", "of a digest's length");
    let pem = format!(r"id: -----BEGIN OPENSSH PRIVATE KEY-----\n{base64}\nc2hvcnQ=\n-----END");
    assert_eq!(masked(&pem), "id: -----BEGIN (masked)");
}

/// What an administrator needs to see.
#[test]
fn what_is_no_secret_stays() {
    let digest = "6ef0489b831f20953a6906fbf09d3a91d5ddef39";
    for line in [
        format!("/usr/sbin/qm set 101 --vcpus 4 --digest {digest}"),
        format!(r#""argv":["/usr/sbin/qm","set","101","--digest","{digest}"]"#),
        "SHA256:0rJ0Vw4pE5o6Q7r8S9t0UvWxYz1A2b3C4d5E6f7G8h9".to_owned(),
        "2026-11-22T12:00:00.000000Z  INFO listening socket=/run/vm-autoscale/helper.sock"
            .to_owned(),
        "/usr/libexec/vm-autoscale/vm-autoscale-helper --config /etc/vm-autoscale/helper.yaml"
            .to_owned(),
        "VM 101: 7f3b7c9e-1c2d-4e5f-8a9b-0c1d2e3f4a5b is another one".to_owned(),
        "https://pve1.example.com:8006/ is not asked".to_owned(),
        "the password cannot be read, and a token is missing".to_owned(),
        "logs in with a password; a key that the node ties to one command is safer".to_owned(),
    ] {
        assert_eq!(masked(&line), line);
    }
}

#[test]
fn a_writer_says_that_it_took_all() {
    let mut out = Vec::new();
    let line = b"token=hunter2Zq9\xff\n";
    assert_eq!(Masked(&mut out).write(line).unwrap(), line.len());
    assert_eq!(String::from_utf8(out).unwrap(), "token=(masked)\n");
}

proptest! {
    #[test]
    fn no_text_panics_and_masking_twice_changes_nothing(text in "\\PC{0,200}") {
        let once = masked(&text);
        prop_assert_eq!(masked(&once), once);
    }

    #[test]
    fn no_value_of_a_name_gets_through(
        name in "[A-Z_]{0,8}(password|token|api_key|secret|PASSWD)",
        sign in "(=| = |: |:|=\"|\": \"|=')",
        before in "[a-z ]{0,20}",
    ) {
        let line = format!("{before}{name}{sign}{KEY} rest");
        prop_assert!(!masked(&line).contains(KEY), "{}", masked(&line));
    }
}
