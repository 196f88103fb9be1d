use super::*;

#[test]
fn what_names_nothing_is_refused() {
    for bad in [
        "99",
        "-99",
        "abc",
        "tag-web",
        "'@'",
        "'@tag-'",
        "'@tag'",
        "'@everything'",
        "'@all-x'",
        "'@class-a'",
        "200-100",
        "'@name-a b'",
        "1.5",
        "{}",
        "''",
        "'-'",
        "'--101'",
        "null",
        "'@tag-prod*'",
        "'-@tag-a,b'",
        "'@pool-prod*'",
        "'@pool-a:b'",
        "'@pool-a//b'",
        "'@node-pve*'",
        "'@node-pve1.example.com'",
        "'@name-web_1'",
    ] {
        assert!(serde_yaml::from_str::<Selection>(&format!("[{bad}]")).is_err(), "{bad}");
    }
    assert!(serde_yaml::from_str::<Selection>("'@all'").is_err());
}

#[test]
fn stars_stand_for_anything() {
    let pieces = |pattern: &str| pattern.split('*').map(str::to_owned).collect::<Vec<_>>();
    for (pattern, text, fits) in [
        ("web", "web", true),
        ("web", "web1", false),
        ("web*", "web1", true),
        ("*", "", true),
        ("*b1", "web1", true),
        ("w*b*1", "web-b-1", true),
        ("w*b*1", "w1", false),
        ("ab*ba", "aba", false),
        ("**a**", "xay", true),
    ] {
        assert_eq!(selector::fits(&pieces(pattern), text), fits, "{pattern} {text}");
    }
}
