//! Finding a value by its path, and the path of a value.

use super::reader::Findings;
use super::tree::{Data, Node};

/// A place in the tree: the section, and the key or item in it that a path ends with.
pub(crate) struct Found<'a> {
    /// The nearest section, list or value that is there.
    pub(crate) node: &'a Node,
    /// Whether that is all of the path.
    pub(crate) is_there: bool,
    /// The sections on the way, outermost first, each with the key that was taken in it.
    pub(crate) steps: Vec<(&'a Node, String)>,
}

/// Follows a path such as `clusters[0].nodes` as far as it leads. Items count as serde saw them:
/// those that were refused do not.
pub(crate) fn follow<'a>(root: &'a Node, path: &str, findings: &Findings) -> Found<'a> {
    let mut found = Found { node: root, is_there: false, steps: Vec::new() };
    for step in path.split('.').filter(|step| !step.is_empty()) {
        let (key, indexes) = step.split_once('[').unwrap_or((step, ""));
        if !key.is_empty() {
            found.steps.push((found.node, key.to_owned()));
            let Some((_, value)) = found.node.pair(key) else { return found };
            found.node = value;
        }
        let indexes = indexes.split(['[', ']']).filter_map(|index| index.parse::<usize>().ok());
        for index in indexes {
            let Data::List(items) = &found.node.data else { return found };
            let mut good = items.iter().filter(|item| !findings.is_bad(item.id));
            let Some(item) = good.nth(index) else { return found };
            found.node = item;
        }
    }
    found.is_there = true;
    found
}

/// What leads to a node.
pub(crate) struct Trail<'a> {
    pub(crate) path: String,
    /// The node itself and, where it is a key's value, that key.
    pub(crate) node: &'a Node,
    pub(crate) key: Option<&'a Node>,
    /// Whether a key on the way says that its value is a secret.
    pub(crate) is_secret: bool,
}

/// The way to the node of that id. A key's own node has its value's path.
pub(crate) fn trail(root: &Node, id: u32) -> Trail<'_> {
    let mut trail = Trail { path: String::new(), node: root, key: None, is_secret: false };
    while trail.node.id != id {
        let children = match &trail.node.data {
            Data::List(items) => {
                let at = items.partition_point(|item| item.end <= id);
                trail.path += "[";
                trail.path += &at.to_string();
                trail.path += "]";
                items.get(at).map(|item| (None, item, false))
            }
            Data::Map(pairs) => {
                let at = pairs.partition_point(|(_, value)| value.end <= id);
                pairs.get(at).map(|(key, value)| (Some(key), value, key.contains(id)))
            }
            _ => None,
        };
        let Some((key, node, is_key)) = children else { break };
        trail.key = key;
        if let Some(name) = key.map(|key| key.text().unwrap_or("?")) {
            let name: String = name.chars().take(64).map(crate::render::visible).collect();
            trail.path.push_str(if trail.path.is_empty() { "" } else { "." });
            trail.path.push_str(&name);
            trail.is_secret |= crate::source::is_telling(&name) && !is_key;
        }
        if is_key {
            break;
        }
        trail.node = node;
    }
    trail
}
