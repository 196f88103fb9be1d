//! Figures of a policy that does not hold: none goes inert in silence.

use std::collections::BTreeSet;

use super::layers::{MOST, combinations};
use crate::schedule::Holding;
use crate::yaml::meaning::Broken;
use crate::{Policy, SchedulerConfig};

/// Every key that stands in the section by which another policy was chosen, or nearer to the VM.
/// One that stands farther holds for other VMs.
pub(super) fn inert(config: &SchedulerConfig) -> Vec<Broken> {
    let mut seen = BTreeSet::new();
    let mut broken = Vec::new();
    for (class, entry) in combinations(config) {
        let (settings, origins) = config.resolve(class, entry, Holding::default());
        let layers = config.layers(class, entry, Holding::default());
        let chosen = layers.iter().position(|(place, _)| *place == origins.policy);
        let near = layers.iter().take(chosen.map_or(0, |at| at + 1));
        let near = near.filter(|(place, _)| place.profile().is_none());
        let keys = near.flat_map(|(place, own)| own.keys().map(|key| (*place, key)));
        for (place, key) in keys.filter(|(_, key)| !settings.knows(key)) {
            let Some(path) = place.path(config, key).filter(|_| broken.len() < MOST) else {
                continue;
            };
            // Said once of a key, however many classes its VM may be of.
            if seen.insert(path.clone()) {
                let between = layers.iter().map(|(place, _)| place.key("policy"));
                let chosen = (origins.policy.path(config, "policy"), settings.policy);
                broken.push(words(&path, chosen, &between.collect::<Vec<_>>()));
            }
        }
    }
    broken
}

/// What is wrong, by which key the other policy is chosen, and the `policy` of all layers: where
/// one of them is not understood, nobody knows which holds.
fn words(path: &str, (by, policy): (Option<String>, Policy), others: &[String]) -> Broken {
    let by = by.unwrap_or_default();
    let last = |path: &str| path.rsplit('.').next().unwrap_or(path).to_owned();
    let (key, chooser) = (last(path), last(&by));
    let other = match policy {
        Policy::Adaptive => Policy::Threshold,
        Policy::Threshold => Policy::Adaptive,
    };
    let (problem, help) = if chooser == "policy" {
        (format!("on line {{line}} `policy` is `{policy}`"), "leave it out")
    } else {
        (format!("`{chooser}` on line {{line}} chooses `{policy}`"), "leave one of them out")
    };
    let problem = format!("`{key}` is without effect: {problem}");
    let help = format!("{help}, or say `policy: {other}` in its section");
    let keys: Vec<&str> =
        [path, &by].into_iter().chain(others.iter().map(String::as_str)).collect();
    let rule = "a key that the policy does not know is an error: it would do nothing";
    Broken { help: Some(help), ..Broken::new(&keys, problem, rule) }
}
