//! The table of `tests/README.md`.

use std::collections::BTreeSet;

use vm_autoscale_tests::pages::{named_tests, root};

/// It has every row of the matrix, and names no test that does not exist.
#[test]
fn the_table_names_every_row_and_tests_that_exist() {
    let page = std::fs::read_to_string(root().join("tests/README.md")).unwrap();
    let (mut rows, mut named) = (BTreeSet::new(), 0);
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        let Ok(number) = row.split('|').nth(1).unwrap().trim().parse::<u32>() else { continue };
        assert!(rows.insert(number), "row {number} twice");
        let cell = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let tests = named_tests(cell).unwrap_or_else(|error| panic!("row {number}: {error}"));
        assert!(tests > 0 || cell.contains("left out"), "row {number} has no test and no reason");
        named += tests;
    }
    assert_eq!(rows, (1..=42).collect());
    assert!(named > 50, "only {named} tests are named");
}
