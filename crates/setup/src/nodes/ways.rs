//! The ways into several nodes, as `--ssh` says them.

use super::{Site, Way};
use crate::error::Error;

/// What was said, for the nodes that it is about.
#[derive(Debug)]
pub(crate) struct Ways {
    named: Vec<(String, String)>,
    user: Option<String>,
    only: Option<String>,
}

impl Ways {
    /// Each is `NODE=[USER@]HOST`, `USER@` for that user at every other node's address or, where
    /// there is one node only, `[USER@]HOST`.
    ///
    /// # Errors
    /// One names a node that is none of these, or none where there are several.
    pub(crate) fn new(said: &[String], sites: &[Site]) -> Result<Self, Error> {
        let mut ways = Self { named: Vec::new(), user: None, only: None };
        for text in said {
            if let Some((node, target)) = text.split_once('=') {
                if !sites.iter().any(|site| site.is(node)) {
                    return Err(Error::Usage(format!(
                        "--ssh {text}: no node {node} is meant here"
                    )));
                }
                ways.named.push((node.to_owned(), target.to_owned()));
            } else if text.ends_with('@') {
                ways.user = Some(text.clone());
            } else if sites.len() == 1 {
                ways.only = Some(text.clone());
            } else {
                return Err(Error::Usage(format!(
                    "--ssh {text}: for which of {} nodes? Say NODE={text}, or root@ for the address \
                     of each",
                    sites.len()
                )));
            }
        }
        Ok(ways)
    }

    pub(crate) fn of(&self, site: &Site) -> Option<Way> {
        let named = self.named.iter().find(|(node, _)| site.is(node)).map(|(_, it)| it.clone());
        let user = || self.user.as_ref().map(|user| format!("{user}{}", site.address.ip()));
        named.or_else(|| self.only.clone()).or_else(user).map(Way::Ssh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(name: &str, address: &str) -> Site {
        Site {
            cluster: "home".to_owned(),
            name: name.to_owned(),
            address: address.parse().unwrap(),
            user: "root".to_owned(),
            identity: None,
        }
    }

    #[test]
    fn every_node_has_its_way() {
        let sites = [site("pve1", "192.0.2.1:22"), site("pve2", "[fd00::2]:2222")];
        let ways = |said: &[&str], sites: &[Site]| {
            let said: Vec<String> = said.iter().map(|&text| text.to_owned()).collect();
            Ways::new(&said, sites)
                .map(|ways| sites.iter().map(|it| ways.of(it)).collect::<Vec<_>>())
        };
        let ssh = |target: &str| Some(Way::Ssh(target.to_owned()));
        assert_eq!(ways(&[], &sites).unwrap(), [None, None]);
        assert_eq!(ways(&["root@"], &sites).unwrap(), [ssh("root@192.0.2.1"), ssh("root@fd00::2")]);
        let both = ways(&["root@", "home/pve2=me@b"], &sites).unwrap();
        assert_eq!(both, [ssh("root@192.0.2.1"), ssh("me@b")]);
        assert_eq!(ways(&["me@b"], &sites[..1]).unwrap(), [ssh("me@b")]);
        for wrong in ["me@b", "pve3=me@b"] {
            assert_eq!(ways(&[wrong], &sites).unwrap_err().exit_code(), 2, "{wrong}");
        }
    }
}
