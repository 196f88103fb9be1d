//! `rotate-key`: another key for the nodes.
//!
//! The new key lies beside the old one, is proven at every node, and only then takes its place; the
//! old one is kept until every node is proven to refuse it. Which of these files are there is all
//! that a repeated run needs to know.

mod files;
mod restart;
mod rotation;
mod told;

use std::path::PathBuf;
use std::process::ExitCode;

use vm_autoscale_config::HelperConfig;

use self::files::Files;
use self::rotation::Rotation;
use crate::args::Format;
use crate::authorize::{What, is_pinned};
use crate::error::Error;
use crate::nodes::{Site, Ways, named, policy, sites};
use crate::say;

const EXAMPLES: &str = "\
Examples:
  vm-autoscale-setup rotate-key --all --ssh root@
  vm-autoscale-setup rotate-key pve1 --ssh root@pve1
  vm-autoscale-setup rotate-key --all --ssh pve1=root@pve1 --ssh pve2=admin@gate2

A key is rotated at every node that it is for, also where one of them is named. The old key works
until the new one is proven everywhere. Interrupted, run it again: it goes on where it was.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 helper.yaml invalid, 5 not root,
6 a node does not answer, 66 no helper.yaml";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RotateKey {
    /// The key of this node, at every node that has the same one.
    #[arg(value_name = "NODE", required_unless_present = "all", conflicts_with = "all")]
    node: Option<String>,
    /// The keys of all nodes.
    #[arg(long)]
    all: bool,
    /// Your own way in as root: `NODE=[USER@]HOST`, `root@` for every node's own address, or
    /// `[USER@]HOST` where there is one node. Can be given again. Without one, the lines are printed.
    #[arg(long, value_name = "WAY")]
    ssh: Vec<String>,
    #[command(flatten)]
    what: What,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output_format: Format,
}

pub(crate) fn run(arguments: &RotateKey) -> Result<ExitCode, Error> {
    let config = policy(&arguments.what.config)?;
    let keys = arguments.keys(&config)?;
    let concerned: Vec<Site> = keys.iter().flat_map(|(_, sites)| sites.clone()).collect();
    for site in &concerned {
        is_pinned(&config, site)?;
    }
    let ways = Ways::new(&arguments.ssh, &concerned)?;
    let mut told = Vec::new();
    for (path, sites) in keys {
        let rotation = Rotation {
            what: &arguments.what,
            pins: &config.known_hosts,
            ways: &ways,
            sites: &sites,
            files: Files::new(&path),
        };
        told.push(rotation.run()?);
    }
    say(&told::text(&told, arguments.output_format)).map(|()| ExitCode::SUCCESS)
}

impl RotateKey {
    /// Each key that is meant, with all nodes that it is for.
    fn keys(&self, config: &HelperConfig) -> Result<Vec<(PathBuf, Vec<Site>)>, Error> {
        let all = sites(config);
        let only = match &self.node {
            Some(node) => {
                let site = named(config, &self.what.config, node)?;
                Some(crate::authorize::key_path(&site)?)
            }
            None => None,
        };
        let mut keys: Vec<(PathBuf, Vec<Site>)> = Vec::new();
        for site in all {
            // A cluster with a password has no key.
            let Some(path) = site.identity.clone() else { continue };
            if only.as_ref().is_some_and(|only| *only != path) {
                continue;
            }
            match keys.iter_mut().find(|(known, _)| *known == path) {
                Some((_, sites)) => sites.push(site),
                None => keys.push((path, vec![site])),
            }
        }
        if keys.is_empty() {
            return Err(Error::failed(
                "no node of helper.yaml has a key",
                "vm-autoscale-setup trust-host NODE ADDRESS, and its line in helper.yaml",
            ));
        }
        Ok(keys)
    }
}
