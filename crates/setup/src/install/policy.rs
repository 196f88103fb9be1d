//! helper.yaml, made of the example and the answers.

use std::fmt::Write as _;
use std::path::Path;

use vm_autoscale_config::{Checked, HelperConfig, Node};
use vm_autoscale_proxmox::VmId;

use super::answers::Answers;
use crate::error::Error;
use crate::paths;

pub(crate) const EXAMPLE: &str = include_str!("../../../../etc/helper.yaml");
/// The example's line that reaches nothing.
const NONE: &str = "\nclusters: []\n";

/// The text, or nothing where the answers do not name nodes. The example's comments stay in it.
///
/// # Errors
/// It would not be what the helper takes: what was answered is wrong in its meaning.
pub(crate) fn policy(answers: &Answers) -> Result<Option<String>, Error> {
    let Some(cluster) = answers.cluster.as_ref().filter(|_| answers.name_nodes()) else {
        return Ok(None);
    };
    let mut text = format!("\nclusters:\n  - name: {cluster}\n");
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(text, "    user: {}", answers.user.as_deref().unwrap_or("root"));
    let _ = writeln!(text, "    identity: {}\n    nodes:", paths::KEY);
    for Node { name, address, port } in &answers.nodes {
        let _ = writeln!(text, "      - {{name: {name}, address: '{address}', port: {port}}}");
    }
    rules(&mut text, answers);
    let made = EXAMPLE.replacen(NONE, &text, 1);
    let checked = Checked::<HelperConfig>::new(Path::new("helper.yaml"), made.as_bytes());
    let config = checked.finish().map_err(|report| {
        let what = format!("the answers make no valid helper.yaml:\n{report}");
        Error::failed(what, "answer otherwise; nothing was changed")
    })?;
    if config.clusters.len() == 1 { Ok(Some(made)) } else { Err(broken()) }
}

fn rules(text: &mut String, answers: &Answers) {
    if answers.vms.is_empty() {
        text.push_str("    # No VM may be changed yet: see below.\n    rules: []\n");
        return;
    }
    let vms: Vec<String> = answers.vms.ranges().map(|(first, last)| range(first, last)).collect();
    let _ = writeln!(text, "    rules:\n      - vms: [{}]", vms.join(", "));
    if let Some(most) = answers.max_vcpus {
        let _ = writeln!(text, "        max_vcpus: {most}");
    }
    if let Some(most) = answers.max_memory {
        let _ = writeln!(text, "        max_memory: {most}");
    }
}

fn range(first: VmId, last: VmId) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

fn broken() -> Error {
    let what = "a fault of this program: the example of helper.yaml has no place for clusters";
    Error::failed(what, "please report it; nothing was changed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::answers::{node, vms};

    fn answers() -> Answers {
        Answers {
            cluster: Some("home".try_into().unwrap()),
            nodes: vec![node("pve1=192.0.2.11").unwrap(), node("pve2=[fd00::12]:2222").unwrap()],
            vms: vms("101, 200-299").unwrap(),
            max_vcpus: Some(8.try_into().unwrap()),
            max_memory: Some(16384.try_into().unwrap()),
            ..Answers::default()
        }
    }

    #[test]
    fn the_helper_takes_what_is_made_of_the_answers() {
        let text = policy(&answers()).unwrap().unwrap();
        let config: HelperConfig =
            Checked::new(Path::new("helper.yaml"), text.as_bytes()).finish().unwrap();
        let cluster = config.cluster(&"home".try_into().unwrap()).unwrap();
        assert_eq!(cluster.identity.as_deref(), Some(Path::new(paths::KEY)));
        assert_eq!((cluster.nodes.len(), cluster.nodes[1].port), (2, 2222));
        let rule = cluster.rule(250.try_into().unwrap()).unwrap();
        assert_eq!(rule.max_vcpus, Some(8.try_into().unwrap()));
        assert!(cluster.rule(101.try_into().unwrap()).is_some());
        assert!(cluster.rule(300.try_into().unwrap()).is_none());
        // What the example explains is still explained.
        let comments = |text: &str| text.lines().filter(|it| it.starts_with('#')).count();
        assert_eq!(comments(&text), comments(EXAMPLE));
    }

    #[test]
    fn without_vms_nodes_are_reached_and_nothing_is_changed() {
        let none = Answers { vms: vms("101").unwrap(), ..Answers::default() };
        assert_eq!(policy(&none).unwrap(), None);
        let answers = Answers {
            vms: vm_autoscale_config::VmSet::default(),
            max_vcpus: None,
            max_memory: None,
            ..answers()
        };
        let text = policy(&answers).unwrap().unwrap();
        let config: HelperConfig =
            Checked::new(Path::new("helper.yaml"), text.as_bytes()).finish().unwrap();
        assert!(config.clusters[0].rules.is_empty());
    }
}
