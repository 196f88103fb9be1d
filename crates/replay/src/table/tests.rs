use super::*;
use crate::Still;
use crate::made::{WORLD, run, trace};

#[test]
fn every_line_has_a_figure_of_every_policy_and_fits() {
    let figures = run(&trace(60, &[[5.0]; 60], &[]), WORLD, &mut Still);
    let text = table(&[figures.clone(), figures.clone(), figures]);
    assert_eq!(text.lines().count(), LINES.len() + 1);
    assert!(text.lines().all(|line| line.chars().count() == 34 + 3 * 16), "{text}");
    let slack = text.lines().nth(1).unwrap();
    assert_eq!(slack.split_whitespace().collect::<Vec<_>>()[3..], ["3", "3", "3"]);
}
