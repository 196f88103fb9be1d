//! What the project's pages claim: the tests that they name exist.

use std::path::Path;

/// The repository's root.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// How many tests a table's cell names: each a function's name in backticks behind the path of its
/// file.
///
/// # Errors
/// The file, or a test in it, does not exist.
pub fn named_tests(cell: &str) -> Result<usize, String> {
    let (mut source, mut tests) = (String::new(), 0);
    for word in cell.split('`').skip(1).step_by(2) {
        // A setting that lengthens a test.
        if word.contains('=') {
            continue;
        }
        if word.contains('/') {
            source = std::fs::read_to_string(root().join(word))
                .map_err(|error| format!("{word}: {error}"))?;
        } else {
            is_test(&source, word)?;
            tests += 1;
        }
    }
    Ok(tests)
}

fn is_test(source: &str, name: &str) -> Result<(), String> {
    let place = source.find(&format!("fn {name}(")).ok_or(format!("{name} does not exist"))?;
    let before = source.get(..place).unwrap_or_default();
    // Its attribute, which property tests have, too.
    let is_near = |at| before.get(at..).is_some_and(|text: &str| text.lines().count() <= 3);
    let attributes = ["#[test]", "#[tokio::test"];
    let is_test = attributes.iter().any(|attribute| before.rfind(attribute).is_some_and(is_near));
    if is_test { Ok(()) } else { Err(format!("{name} is no test")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every threat and every defect of the ancestors has a test, or says why it has none.
    #[test]
    fn the_security_page_names_tests_that_exist() {
        let page = std::fs::read_to_string(root().join("SECURITY.md")).unwrap();
        let (mut rows, mut named) = (0, 0);
        for row in page.lines().filter(|line| line.starts_with("| ") && line.contains(".rs`")) {
            let cell = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
            named += named_tests(cell).unwrap_or_else(|error| panic!("{error}\nin: {row}"));
            rows += 1;
        }
        assert!(rows > 30 && named > 100, "{rows} rows, {named} tests");
    }

    #[test]
    fn what_does_not_exist_is_found_out() {
        let here = "`tests/src/pages.rs`";
        assert_eq!(named_tests(&format!("{here} `what_does_not_exist_is_found_out`")), Ok(1));
        for wrong in ["`no_such_test`", "`named_tests`"] {
            assert!(named_tests(&format!("{here} {wrong}")).is_err(), "{wrong}");
        }
        assert!(named_tests("`tests/no/such.rs` `x`").is_err());
    }
}
