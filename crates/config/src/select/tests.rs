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
        "'/101'",
        "'lab/'",
        "'lab/-101'",
        "'lab/99'",
        "'la b/101'",
        "'lab/@everything'",
        "'lab/lab/101'",
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

/// A number may be several VMs', one in each cluster.
#[test]
fn an_item_may_be_of_one_cluster() {
    let (lab, shop) = ("lab".try_into().unwrap(), "shop".try_into().unwrap());
    let tags = "web".parse().unwrap();
    let names = |words: &str, cluster, vmid: u32| {
        let vm = VmFacts {
            vmid: vmid.try_into().unwrap(),
            cluster,
            node: None,
            described: Some((None, &tags)),
            pool: None,
        };
        Selection::of_words(words.split(' ')).unwrap().names(&vm)
    };
    for (words, of_lab, of_shop) in [
        ("101", Some(true), Some(true)),
        ("lab/101", Some(true), Some(false)),
        ("lab/200-299", Some(false), Some(false)),
        ("lab/@tag-web", Some(true), Some(false)),
        ("lab/@pool-a/b", None, Some(false)),
        ("@all -lab/101", Some(false), Some(true)),
    ] {
        assert_eq!(names(words, Some(&lab), 101), of_lab, "{words}");
        assert_eq!(names(words, Some(&shop), 101), of_shop, "{words}");
        let said = Selection::of_words(words.split(' ')).unwrap().to_string();
        assert_eq!(said, words);
    }
    assert_eq!((names("lab/101", None, 101), names("lab/101", None, 102)), (None, Some(false)));
    let out = Selection::of_words(["@all", "-lab/101"]).unwrap();
    assert_eq!(out.excluded_by(101.try_into().unwrap()), None, "one of another cluster is in");
}
