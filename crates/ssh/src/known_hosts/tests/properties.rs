//! What holds for any input.

use proptest::prelude::*;

use super::*;
use crate::known_hosts::names::matches;

/// The definition of a wildcard, without care for its cost.
fn reference(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=name.len()).any(|taken| reference(rest, &name[taken..])),
        ([p, ps @ ..], [n, ns @ ..]) => (*p == b'?' || p == n) && reference(ps, ns),
        _ => false,
    }
}

fn blanks() -> impl Strategy<Value = String> {
    "[ \t]{1,3}"
}

/// Lines that know each other's words, so that they meet.
fn line() -> impl Strategy<Value = String> {
    let marker = prop_oneof![
        4 => Just(""),
        2 => Just("@revoked"),
        1 => Just("@cert-authority"),
        1 => Just("@other"),
    ];
    let hosts = prop_oneof![
        Just("10.0.0.1"),
        Just("10.0.0.2"),
        Just("*"),
        Just("!10.0.0.1,*"),
        Just("!10.0.0.2,10.*"),
    ];
    let key = prop_oneof![3 => Just(text(1)), 2 => Just(text(2)), 1 => "[ -~]{0,20}"];
    (marker, blanks(), hosts, blanks(), key)
        .prop_map(|(marker, b1, hosts, b2, key)| format!("{marker}{b1}{hosts}{b2}{key}"))
}

proptest! {
    #[test]
    fn wildcards_are_what_they_are_defined_to_be(p in "[ab*?]{0,10}", name in "[ab]{0,10}") {
        prop_assert_eq!(matches(&p, &name), reference(p.as_bytes(), name.as_bytes()));
    }

    #[test]
    fn nothing_panics(content in "(.|\n|\t|[@|!,* #1a=]){0,200}", host in ".{0,20}", port: u16) {
        let known = hosts(&content);
        let _ = known.check(&host, port, &key(1)).map_err(|refusal| refusal.to_string());
        let _ = known.offerable(&host, port).map_err(|refusal| refusal.to_string());
    }

    #[test]
    fn no_line_makes_a_revoked_key_trusted(mut lines in prop::collection::vec(line(), 0..6), at in 0..6_usize) {
        lines.insert(at.min(lines.len()), format!("@revoked {NODE} {}", text(1)));
        let verdict = judged(&lines.join("\n"));
        prop_assert!(matches!(verdict, Verdict::Revoked { .. }), "{verdict:?}");
    }

    #[test]
    fn only_a_plain_line_with_this_key_trusts(lines in prop::collection::vec(line(), 0..6)) {
        if let Verdict::Trusted { line } = judged(&lines.join("\n")) {
            let line = lines[line - 1].trim_start();
            prop_assert!(!line.starts_with('@') && !line.contains("!10.0.0.1"), "{}", line);
            prop_assert!(line.contains(&text(1)), "{}", line);
        }
    }

    #[test]
    fn blanks_make_no_difference(lines in prop::collection::vec(line(), 0..6)) {
        let single: Vec<String> = lines
            .iter()
            .map(|line| line.split([' ', '\t']).filter(|f| !f.is_empty()).collect::<Vec<_>>().join(" "))
            .collect();
        prop_assert_eq!(judged(&lines.join("\n")), judged(&single.join("\r\n")));
    }

    #[test]
    fn a_negated_match_wins_wherever_it_stands(
        mut patterns in prop::collection::vec("[!]?[1*.?]{1,4}|10[.]0[.]0[.]1", 0..5), at in 0..5_usize,
    ) {
        patterns.insert(at.min(patterns.len()), format!("!{NODE}"));
        prop_assert_eq!(judged(&format!("{} {}", patterns.join(","), text(1))), Verdict::Unknown);
    }
}

#[test]
fn many_stars_cost_little() {
    let stars = "*a".repeat(500);
    let names: String = format!("{stars}b,").repeat(200);
    let known = hosts(&format!("{names}x {}", text(1)));
    // With backtracking at every star this would not end.
    assert_eq!(known.verify(&"a".repeat(255), 22, &key(1)), Verdict::Unknown);
}
