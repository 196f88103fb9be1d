use std::path::Path;

use super::*;
use crate::{HelperConfig, Report, SchedulerConfig};

mod properties;

fn check(bytes: &[u8]) -> Report {
    Checked::<SchedulerConfig>::new(Path::new("config.yaml"), bytes).into_report()
}

fn first(bytes: &[u8]) -> String {
    let report = check(bytes);
    assert_eq!(report.problems().len(), 1, "{report}");
    report.to_string().lines().next().unwrap().to_owned()
}

/// What must not cost the parser its time or memory is refused before it sees it.
#[test]
fn hostile_texts_are_refused_with_a_place() {
    let depth = "[".repeat(4_000_000);
    assert!(first(depth.as_bytes()).contains(":1:1001: more than 1000 brackets are open here"));
    let depth = "a: ".to_owned() + &"{b: ".repeat(300);
    assert!(first(depth.as_bytes()).contains(":1:512: sections or lists nest too deep"));
    let depth = "- ".repeat(1000);
    assert!(first(depth.as_bytes()).contains("nest too deep here"));
    for many in ["a,", "[],", "\n", "- ", "? ", "a: ", "{}: ,"] {
        let text = many.repeat(4_000_000 / many.len());
        let said = first(text.as_bytes());
        assert!(said.contains("lines, commas, colons and brackets"), "{said}");
    }
    let utf16: Vec<u8> = "\u{feff}mode: full".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(check(&utf16).to_string().contains("this looks like UTF-16"));
    assert!(first(&vec![0; 4_000_000]).contains(":1:1: a control character (U+0000), and 3999999"));
    assert!(first(b"").contains("config.yaml: the file holds no settings"));
}

/// Aliases are counted as often as they are used.
#[test]
fn a_bomb_of_aliases_ends_early() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb = format!("{bomb}a{level}: &a{level} [{below}]\n");
    }
    assert!(first(bomb.as_bytes()).contains("too many values, counted with those that aliases"));
    // Below the parser's own limit for them, and above that for values.
    let wide =
        format!("a: &a [{}]\nb: [{}]\n", vec!["x"; 1000].join(","), vec!["*a"; 90_000].join(","));
    assert!(first(wide.as_bytes()).contains("too many values"), "{}", first(wide.as_bytes()));
}

#[test]
fn a_thousand_problems_are_counted_and_a_hundred_shown() {
    let lines: Vec<String> = (0..20_000).map(|number| format!("key{number}: 1")).collect();
    let text = lines.join("\n");
    let report = check(text.as_bytes()).to_string();
    assert_eq!(report.matches("error: ").count(), 100);
    assert!(report.ends_with("\nand 19900 more\n"), "{report}");
}

/// The work: nodes of the tree, and readings of it.
fn work(vms: u32) -> (u32, u32) {
    let text = crate::tests_support::large(vms);
    let checked = Checked::<SchedulerConfig>::new(Path::new("config.yaml"), text.as_bytes());
    let (nodes, steps) = (checked.root.as_ref().unwrap().end, checked.findings.steps());
    assert_eq!(checked.finish().unwrap().virtual_machines.len(), usize::try_from(vms).unwrap());
    (nodes, steps)
}

#[test]
fn the_work_grows_with_the_file_and_no_faster() {
    let (small, large) = (work(500), work(5000));
    assert!(large.0 < 11 * small.0, "{small:?} {large:?}");
    assert!(large.1 < 11 * small.1, "{small:?} {large:?}");
    assert!(large.1 < 2 * large.0, "{large:?}");
}

/// A problem in every entry costs a few readings more, however many entries there are.
#[test]
fn the_work_of_finding_problems_grows_with_the_file_and_no_faster() {
    let steps = |vms: u32| {
        let text = crate::tests_support::large(vms).replace("mode: up-only", "mode: up-onyl");
        let checked = Checked::<SchedulerConfig>::new(Path::new("c"), text.as_bytes());
        assert_eq!(checked.findings.flaws().len(), usize::try_from(vms).unwrap());
        checked.findings.steps()
    };
    let (small, large) = (steps(500), steps(5000));
    assert!(large < 11 * small, "{small} {large}");
}

/// Where values are sound, their places are known: the second parser saw the same text.
#[test]
fn helper_values_can_be_objected_to_later() {
    let text = "clusters:\n- name: home\n  identity: /x\n  nodes:\n  - {name: a, address: 1.2.3.4}\n  - b\n  - {name: c, address: x}\n";
    let mut checked = Checked::<HelperConfig>::new(Path::new("h.yaml"), text.as_bytes());
    assert!(checked.is_sound("clusters[0].identity"));
    assert!(checked.is_sound("clusters[0].nodes[0].address"));
    // The second node that serde saw is the third of the text.
    assert!(!checked.is_sound("clusters[0].nodes[1].address"));
    checked.object("clusters[0].nodes[1].name", Problem::of_file(Path::new("h.yaml"), "late"));
    let report = checked.into_report();
    let said: Vec<String> =
        report.problems().iter().map(|p| format!("{}:{} {}", p.line, p.column, p.path)).collect();
    let expected = [
        "6:5 clusters[0].nodes[1]",
        "7:12 clusters[0].nodes[2].name",
        "7:24 clusters[0].nodes[2].address",
    ];
    assert_eq!(said, expected);
}

/// One that holds over the file stands in none: it is named instead.
#[test]
fn an_overriding_variable_that_does_not_fit_is_named() {
    #[derive(Default, serde::Deserialize, Validate)]
    #[serde(default)]
    struct Section {
        #[validate(nested)]
        gotify: Numbers,
    }
    #[derive(Default, serde::Deserialize, Validate)]
    #[serde(default)]
    struct Numbers {
        app_token: u32,
        #[validate(range(max = 5, message = "at most 5"))]
        other: u32,
    }
    let environment = |value: &str| {
        Environment::new([("VM_AUTOSCALE_GOTIFY_TOKEN".to_owned(), value.to_owned())])
    };
    let check = |value: &str| {
        let text = b"gotify: {app_token: 1, other: \"${VM_AUTOSCALE_GOTIFY_TOKEN}\"}";
        let file = Path::new("config.yaml");
        Checked::<Section>::expanded(file, text, &environment(value))
    };
    let good = check("4").finish().unwrap();
    assert_eq!((good.gotify.app_token, good.gotify.other), (4, 4));
    let said = check("hunter2").into_report().to_string();
    let named = "error: config.yaml: `app_token`: what VM_AUTOSCALE_GOTIFY_TOKEN gives";
    assert!(said.starts_with(named), "{said}");
    assert!(said.contains("config.yaml:1:31: `other`: what its variable gives"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    let said = check("6543").into_report().to_string();
    assert!(said.contains("rule: `other` is at most 5") && !said.contains("6543"), "{said}");
}
