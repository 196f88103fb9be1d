//! The helper's policy: root's file, but what an editor leaves of it can be anything.

use std::path::Path;

use vm_autoscale_config::{Checked, HelperConfig, Severity};

/// # Panics
/// What is wrong is said with characters that a terminal acts on or without an error, or a policy
/// is taken in which it is not clear what holds.
pub fn helper_yaml(data: &[u8]) {
    let read = || Checked::<HelperConfig>::new(Path::new("helper.yaml"), data);
    let report = read().into_report();
    let is_bad = report.problems().iter().any(|problem| problem.severity == Severity::Error);
    // A carriage return alone ends a line, too.
    let lines = data.split(|byte| b"\r\n".contains(byte)).count();
    for problem in report.problems() {
        assert!(problem.line <= lines, "{problem:?}");
    }
    assert!(serde_json::from_str::<serde_json::Value>(&report.to_json()).is_ok());
    match read().finish() {
        Ok(config) => {
            assert!(!is_bad, "{report}");
            unambiguous(&config);
        }
        Err(error) => {
            let said = error.to_string();
            assert!(is_bad, "{said}");
            assert!(!said.chars().any(|c| c.is_control() && c != '\n'), "{said:?}");
        }
    }
}

fn unambiguous(config: &HelperConfig) {
    for cluster in &config.clusters {
        let first = config.cluster(&cluster.name);
        assert!(
            first.is_some_and(|first| std::ptr::eq(first, cluster)),
            "a second one of its name"
        );
        assert_ne!(cluster.identity.is_some(), cluster.password_variable.is_some());
        assert!(!cluster.nodes.is_empty());
        for node in &cluster.nodes {
            let first = cluster.node(&node.name);
            assert!(
                first.is_some_and(|first| std::ptr::eq(first, node)),
                "a second one of its name"
            );
            assert_ne!(node.port, 0);
        }
        for rule in &cluster.rules {
            assert!(rule.max_vcpus.is_none_or(|max| rule.min_vcpus.is_none_or(|min| min <= max)));
            let (least, most) = (rule.min_memory, rule.max_memory);
            assert!(most.is_none_or(|max| least.is_none_or(|min| min <= max)));
        }
    }
}
