//! The table of `tests/README.md`.

use std::collections::BTreeSet;
use std::path::Path;

/// It has every row of the matrix, and names no test that does not exist.
#[test]
fn the_table_names_every_row_and_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = std::fs::read_to_string(root.join("tests/README.md")).unwrap();
    let (mut rows, mut named) = (BTreeSet::new(), 0);
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        let Ok(number) = row.split('|').nth(1).unwrap().trim().parse::<u32>() else { continue };
        assert!(rows.insert(number), "row {number} twice");
        let (mut source, mut tests) = (String::new(), 0);
        let cell = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        for word in cell.split('`').skip(1).step_by(2) {
            // A setting that lengthens a test.
            if word.contains('=') {
                continue;
            }
            if word.contains('/') {
                source = std::fs::read_to_string(root.join(word))
                    .unwrap_or_else(|e| panic!("{word}: {e}"));
            } else {
                let test = format!("fn {word}(");
                let place = source.find(&test).unwrap_or_else(|| panic!("{word} does not exist"));
                let before = &source[..place];
                let is_test = before.rfind("test").is_some_and(|at| {
                    // Its attribute, or the macro that property tests are in.
                    before[at..].lines().count() <= 3 || before.contains("proptest!")
                });
                assert!(is_test, "{word} is no test");
                tests += 1;
            }
        }
        assert!(tests > 0 || cell.contains("left out"), "row {number} has no test and no reason");
        named += tests;
    }
    assert_eq!(rows, (1..=42).collect());
    assert!(named > 50, "only {named} tests are named");
}
