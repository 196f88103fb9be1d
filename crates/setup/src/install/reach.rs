//! Which addresses the helper's unit may send to: a drop-in that is made of helper.yaml, so that the
//! unit's list of networks becomes the list of the nodes.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::Path;

use vm_autoscale_config::{Checked, HelperConfig};

use super::judge::{Verdict, judge};
use super::seen::Seen;
use super::wanted::{Fate, Item, Wanted, above};
use crate::disk::sha256;
use crate::paths;
use crate::root::Root;
use crate::step::{Content, Owned};

/// The drop-in, of which it is not known yet what it will hold.
pub(crate) fn item() -> Item {
    Item {
        path: paths::NODES.to_owned(),
        owned: Owned::root(0o644),
        fate: Fate::Yours,
        content: None,
        example: None,
    }
}

/// Fills it with the nodes of the helper.yaml that will be there. Where that names none, or is not
/// valid, nothing is done about it: the unit's own list of networks may stay.
pub(crate) fn settle(wanted: &mut Wanted, seen: &Seen, root: &Root) {
    let text = policy(wanted, seen, root).and_then(|config| drop_in(&config));
    let Some(text) = text else {
        wanted.items.retain(|item| item.path != paths::NODES);
        let own = above(paths::NODES).last().unwrap_or_default();
        wanted.directories.remove(own);
        return;
    };
    let sha = sha256(text.as_bytes()).unwrap_or_default();
    for item in wanted.items.iter_mut().filter(|item| item.path == paths::NODES) {
        item.content = Some((Content::Text(text.clone()), sha.clone()));
    }
}

/// What helper.yaml will say.
fn policy(wanted: &Wanted, seen: &Seen, root: &Root) -> Option<HelperConfig> {
    let item = wanted.items.iter().find(|item| item.path == paths::POLICY)?;
    let known = seen.record.files.get(paths::POLICY);
    let checked = match (judge(item, seen, known), &item.content) {
        (Verdict::Put, Some((Content::Text(text), _))) => {
            Checked::new(Path::new(paths::POLICY), text.as_bytes())
        }
        (Verdict::Put, Some((Content::File(from), _))) => HelperConfig::check(from).ok()?,
        _ => HelperConfig::check(&root.at(paths::POLICY)).ok()?,
    };
    checked.finish().ok()
}

/// The drop-in; none without a node.
fn drop_in(config: &HelperConfig) -> Option<String> {
    let nodes = config.clusters.iter().flat_map(|cluster| &cluster.nodes);
    // An IPv4 address in IPv6's clothes is sent to as what it is.
    let addresses: BTreeSet<IpAddr> = nodes.map(|node| node.address.to_canonical()).collect();
    if addresses.is_empty() {
        return None;
    }
    let lines = addresses.iter().map(|address| format!("IPAddressAllow={address}\n"));
    Some(format!(
        "# Made by vm-autoscale-setup of the nodes in /etc/vm-autoscale/helper.yaml. After a change\n\
         # there `vm-autoscale-setup install` makes it anew; to let the helper reach more, write\n\
         # another file beside this one.\n\
         [Service]\n\
         # In place of the networks that the unit names.\n\
         IPAddressAllow=\n{}",
        lines.collect::<String>()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::Step;

    const POLICY: &str = include_str!("../../tests/fixtures/reach.helper.yaml");
    /// `tests/e2e/booted/credentials.rs` shows what systemd makes of it.
    const DROP_IN: &str = include_str!("../../tests/fixtures/reach.nodes.conf");

    /// What is written there, on an image with such a helper.yaml.
    fn written(policy: &str) -> Option<String> {
        let image = tempfile::tempdir().unwrap();
        let root = Root::new(Some(image.path())).unwrap();
        std::fs::create_dir_all(root.at(paths::ETC)).unwrap();
        std::fs::write(root.at(paths::POLICY), policy).unwrap();
        let example = Some((Content::Text("clusters: []\n".to_owned()), String::new()));
        let policy = Item { path: paths::POLICY.to_owned(), content: example, ..item() };
        let mut wanted = Wanted {
            items: vec![policy, item()],
            directories: above(paths::NODES)
                .map(|it| (it.to_owned(), Owned::root(0o755)))
                .collect(),
            version: String::new(),
            start_at_boot: false,
        };
        let (seen, _) = Seen::look(&root, &wanted).unwrap();
        settle(&mut wanted, &seen, &root);
        let plan = super::super::plan::plan(&wanted, &seen);
        let own = above(paths::NODES).last().unwrap();
        let text = plan.steps.iter().find_map(|step| match step {
            Step::Put(path, Content::Text(text), owned) if path == paths::NODES => {
                assert_eq!(*owned, Owned::root(0o644));
                Some(text.clone())
            }
            _ => None,
        });
        assert_eq!(wanted.directories.contains_key(own), text.is_some());
        text
    }

    #[test]
    fn it_is_the_list_of_the_nodes_that_are_there() {
        assert_eq!(written(POLICY).unwrap(), DROP_IN);
        let fewer = POLICY.replace("  - {name: pve2, address: 192.0.2.12}\n", "");
        let less = DROP_IN.replace("IPAddressAllow=192.0.2.12\n", "");
        assert_eq!(written(&fewer).unwrap(), less);
    }

    #[test]
    fn without_a_node_or_a_valid_policy_nothing_is_narrowed() {
        assert_eq!(written("clusters: []\n"), None);
        assert_eq!(written("clusters: {}\n"), None);
    }
}
