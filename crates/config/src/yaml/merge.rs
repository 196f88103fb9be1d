//! One tree of several files: sections key by key, lists one behind the other, and of all other
//! values the last.

use std::collections::HashMap;

use super::tree::{Data, Expanded, Node};
use crate::Secret;

/// The tree of all of them, in the order in which they hold. Numbers are still those of the files.
pub(super) fn merge(values: impl IntoIterator<Item = Node>) -> Option<Node> {
    let mut run: Vec<Node> = Vec::new();
    for value in values {
        match (run.last().map(|node| &node.data), &value.data) {
            (Some(Data::Map(_)), Data::Map(_)) | (Some(Data::List(_)), Data::List(_)) => {}
            // A section or list whose lines are all commented out adds nothing.
            (Some(Data::Map(_) | Data::List(_)), Data::Null) => continue,
            _ => run.clear(),
        }
        run.push(value);
    }
    if run.len() < 2 {
        return run.pop();
    }
    // An empty one has no first key that could be pointed at.
    let is_empty = |node: &Node| node.end <= node.id.saturating_add(1);
    let id = run.iter().find(|node| !is_empty(node)).or(run.first())?.id;
    let data = match run.first()?.data {
        Data::Map(_) => Data::Map(sections(run)),
        _ => Data::List(lists(run)),
    };
    Some(Node { id, end: id, data })
}

fn lists(run: Vec<Node>) -> Vec<Node> {
    let items = run.into_iter().map(|node| match node.data {
        Data::List(items) => items,
        _ => Vec::new(),
    });
    items.flatten().collect()
}

/// A key and its values from several files.
struct Group {
    key: Node,
    values: Vec<Node>,
    /// Which file's section it was last seen in.
    last: usize,
}

fn sections(run: Vec<Node>) -> Vec<(Node, Node)> {
    let mut groups: Vec<Group> = Vec::new();
    let mut known: HashMap<Box<str>, usize> = HashMap::new();
    for (file, node) in run.into_iter().enumerate() {
        let Data::Map(pairs) = node.data else { continue };
        for (key, value) in pairs {
            let name = key.text().map(Box::<str>::from);
            let at = name.as_ref().and_then(|name| known.get(name).copied());
            match at.and_then(|at| groups.get_mut(at)) {
                // A second time in the same file is a mistake, which stays to be found.
                Some(group) if group.last != file => {
                    (group.key, group.last) = (key, file);
                    group.values.push(value);
                }
                other => {
                    if let (None, Some(name)) = (other, name) {
                        known.insert(name, groups.len());
                    }
                    groups.push(Group { key, values: vec![value], last: file });
                }
            }
        }
    }
    let pairs = groups.into_iter().map(|group| Some((group.key, merge(group.values)?)));
    pairs.flatten().collect()
}

/// Puts a variable's value in the place of what the path names; `id` tells which variable. A path
/// that leads through something other than sections is left alone: that is a problem of its own.
pub(super) fn put(root: &mut Node, path: &[&str], id: u32, value: &str, name: &str) {
    if root.data == Data::Null {
        root.data = Data::Map(Vec::new());
    }
    let (Some((step, rest)), Data::Map(pairs)) = (path.split_first(), &mut root.data) else {
        return;
    };
    let node = |data| Node { id, end: id, data };
    let at = pairs.iter().position(|(key, _)| key.text() == Some(step)).unwrap_or_else(|| {
        pairs.push((node(Data::Text((*step).into())), node(Data::Null)));
        pairs.len() - 1
    });
    let Some((_, there)) = pairs.get_mut(at) else { return };
    if rest.is_empty() {
        let (value, written) = (Secret::from(value.to_owned()), format!("${{{name}}}").into());
        *there = node(Data::Expanded(Box::new(Expanded { value, written })));
    } else {
        put(there, rest, id, value, name);
    }
}

/// Numbers a tree anew in its order; the old numbers go to the end of the table.
pub(super) fn renumber(node: &mut Node, table: &mut Vec<u32>) {
    let next = |table: &Vec<u32>| u32::try_from(table.len()).unwrap_or(u32::MAX);
    let id = next(table);
    table.push(std::mem::replace(&mut node.id, id));
    match &mut node.data {
        Data::List(items) => items.iter_mut().for_each(|item| renumber(item, table)),
        Data::Map(pairs) => {
            for (key, value) in pairs {
                renumber(key, table);
                renumber(value, table);
            }
        }
        _ => {}
    }
    node.end = next(table);
}
