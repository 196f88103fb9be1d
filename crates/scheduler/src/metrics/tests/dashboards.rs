//! What `deploy/` shows of the figures, against those that there are.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::*;

type Names = BTreeMap<String, BTreeSet<String>>;

/// The names that a running daemon shows, each with its labels.
async fn shown() -> Names {
    let mut names = Names::new();
    for family in exposition::read(&metrics(board(2, None)).await).into_values() {
        for (name, labels, _) in family.samples {
            names.entry(name).or_default().extend(labels.into_keys());
        }
    }
    names
}

fn deployed(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name);
    std::fs::read_to_string(path).unwrap()
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// What a list in parentheses or braces names: `a, b` or `a="x",b=~"y"`.
fn named(list: &str) -> impl Iterator<Item = &str> {
    let items = list.split(',').map(|item| item.trim().split(['=', '!', '~']).next().unwrap());
    items.filter(|label| !label.is_empty())
}

/// Every name of ours in an expression, and what it says of labels, is one that there is.
fn check(expr: &str, shown: &Names) -> usize {
    let (mut found, mut all) = (0, BTreeSet::from(["le", "instance"]));
    for (at, _) in expr.match_indices("vm_autoscale_") {
        let rest = &expr[at..];
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let labels =
            shown.get(&rest[..end]).unwrap_or_else(|| panic!("no {}: {expr}", &rest[..end]));
        all.extend(labels.iter().map(String::as_str));
        found += 1;
        let Some(selector) = rest[end..].strip_prefix('{') else { continue };
        for label in named(selector.split('}').next().unwrap()) {
            assert!(labels.contains(label), "no label {label}: {expr}");
        }
    }
    for word in ["by (", "on(", "ignoring(", "group_left("] {
        for (at, _) in expr.match_indices(word) {
            for label in named(expr[at + word.len()..].split(')').next().unwrap()) {
                assert!(all.contains(label), "no label {label}: {expr}");
            }
        }
    }
    found
}

/// Each `{{label}}` of a legend is one of the expression's figures.
fn check_legend(legend: &str, expr: &str, shown: &Names) {
    let used = shown.iter().filter(|(name, _)| expr.contains(name.as_str()));
    let labels: BTreeSet<&str> = used.flat_map(|(_, all)| all.iter().map(String::as_str)).collect();
    for part in legend.split("{{").skip(1) {
        let label = part.split("}}").next().unwrap();
        assert!(label == "instance" || labels.contains(label), "{legend}: {expr}");
    }
}

#[tokio::test]
async fn the_dashboard_shows_figures_that_there_are() {
    let shown = shown().await;
    let dashboard: Value = serde_json::from_str(&deployed("grafana/vm-autoscale.json")).unwrap();
    assert!(dashboard["schemaVersion"].as_u64().unwrap() >= 39);
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    let names: Vec<&str> = variables.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["datasource", "cluster", "node", "vm"]);
    for variable in &variables[1..] {
        let query = variable["definition"].as_str().unwrap();
        assert_eq!(check(query, &shown), 1, "{query}");
        let label = query.rsplit_once(", ").unwrap().1.trim_end_matches(')');
        assert!(shown.iter().any(|(name, all)| query.contains(name) && all.contains(label)));
    }
    let (mut ids, mut used, mut rows) = (BTreeSet::new(), String::new(), Vec::new());
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        if panel["type"] == "row" {
            rows.push(panel["title"].as_str().unwrap());
            continue;
        }
        for target in panel["targets"].as_array().unwrap() {
            let (expr, legend) =
                (target["expr"].as_str().unwrap(), target["legendFormat"].as_str().unwrap());
            assert_eq!(target["datasource"]["uid"], "${datasource}");
            assert!(check(expr, &shown) > 0, "{expr}");
            check_legend(legend, expr, &shown);
            used += expr;
        }
    }
    assert!(rows.len() >= 6, "{rows:?}");
    // And leaves out none but the start's time.
    let unused: Vec<_> = shown.keys().filter(|name| !used.contains(name.as_str())).collect();
    assert_eq!(
        unused,
        [
            "vm_autoscale_cycle_age_seconds",
            "vm_autoscale_start_time_seconds",
            "vm_autoscale_unread_lines"
        ]
    );
}

#[tokio::test]
async fn the_alerts_are_of_figures_that_there_are() {
    let shown = shown().await;
    let rules = deployed("prometheus/vm-autoscale.rules.yaml");
    let exprs: Vec<&str> =
        rules.lines().filter_map(|line| line.trim().strip_prefix("expr: ")).collect();
    assert_eq!(exprs.len(), rules.matches("- alert: ").count());
    for expr in exprs {
        assert!(check(expr, &shown) > 0, "{expr}");
        // A value that an alert waits for is one that there can be.
        for (_, states) in
            expr.match_indices("state=~\"").map(|(at, word)| (at, &expr[at + word.len()..]))
        {
            for state in states.split('"').next().unwrap().split('|') {
                assert!(["auth-failed", "host-key-refused", "hung"].contains(&state), "{state}");
            }
        }
    }
}

/// The test itself finds what is wrong.
#[tokio::test]
async fn an_expression_of_what_there_is_not_is_found() {
    let shown = shown().await;
    for bad in [
        "vm_autoscale_nothing",
        "vm_autoscale_vm_info{tags=\"x\"}",
        "sum by (name) (vm_autoscale_vm_info)",
        "vm_autoscale_actions",
    ] {
        let checked = std::panic::catch_unwind(|| check(bad, &shown));
        assert!(checked.is_err(), "{bad}");
    }
}
