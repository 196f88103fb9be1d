//! Lines of values whose key says that they are nobody's business.

use super::places::Places;
use super::tree::{Data, Node};
use crate::source::{Source, is_telling};

pub(super) fn hide(node: &Node, places: &Places, source: &mut Source) {
    match &node.data {
        Data::List(items) => items.iter().for_each(|item| hide(item, places, source)),
        Data::Map(pairs) => {
            for (key, value) in pairs {
                match (places.lines(source, key), places.lines(source, value)) {
                    (Some((first, _)), Some((_, last))) if key.text().is_some_and(is_telling) => {
                        source.hide(first, last);
                    }
                    _ => hide(value, places, source),
                }
            }
        }
        _ => {}
    }
}
