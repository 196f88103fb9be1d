//! Each way to name VMs, and to take them out.

use serde_json::json;

use super::case::Case;
use super::layers::BUSY;

const GROWS: &str = "110: vcpus 4 -> 5";
const NOT: &str = "not looked after at all";

/// An item's values: alone against nothing, and everything against everything but it.
macro_rules! item {
    ($item:literal, $out:literal) => {
        [["[]", concat!("[", $item, "]")], ["[\"@all\"]", concat!("[\"@all\", ", $out, "]")]]
    };
}

type Values = [[&'static str; 2]; 2];

/// An item, whom it names, and whom it does not.
const ITEMS: [(Values, &[&str], &[&str]); 8] = [
    (item!("102", "-102"), &["home 102"], &["home 101", "away 101"]),
    (item!("\"100-101\"", "\"-100-101\""), &["home 101", "away 101"], &["home 102"]),
    (item!("\"@all\"", "\"-@all\""), &["home 101", "home 102", "away 101"], &[]),
    (item!("\"@tag-db\"", "\"-@tag-db\""), &["home 102"], &["home 101", "away 101"]),
    (item!("\"@pool-db\"", "\"-@pool-db\""), &["home 102"], &["home 101", "away 101"]),
    (item!("\"@node-pve2\"", "\"-@node-pve2\""), &["home 102"], &["home 101", "away 101"]),
    (item!("\"@name-d*1\"", "\"-@name-d*1\""), &["home 102"], &["home 101", "away 101"]),
    (item!("\"@name-mail1\"", "\"-@name-mail1\""), &["away 101"], &["home 101", "home 102"]),
];

pub(super) fn all() -> Vec<Case> {
    let base = json!({"mode": "full", "check_interval": 10, "scale_cooldown": 60});
    let case = |values, of, said, same| {
        let (path, base) = ("select".to_owned(), base.clone());
        Case { path, base, values, scene: BUSY, of, said, same }
    };
    let both = |([alone, out], of, same): &(Values, &'static [&str], &'static [&str])| {
        [case(*alone, of, [NOT, GROWS], same), case(*out, of, [GROWS, NOT], same)]
    };
    ITEMS.iter().flat_map(both).collect()
}
