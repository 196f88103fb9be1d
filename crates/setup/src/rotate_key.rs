//! `rotate-key`: another key for the nodes.
//!
//! The new key lies beside the old one, is proven at every node, and only then takes its place; the
//! old one is kept until every node is proven to refuse it. Which of these files are there is all
//! that a repeated run needs to know.

mod files;
mod restart;
mod told;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use vm_autoscale_config::HelperConfig;

use self::files::{Files, Step};
use self::told::Told;
use crate::args::Format;
use crate::authorize::{Place, What, is_pinned, put, take};
use crate::error::Error;
use crate::nodes::{
    Key, Line, Site, Unproven, Ways, identity, is_refused, named, note, policy, prove, sites,
};
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

/// One key.
struct Rotation<'a> {
    what: &'a What,
    pins: &'a Path,
    ways: &'a Ways,
    sites: &'a [Site],
    files: Files,
}

impl Rotation<'_> {
    fn run(&self) -> Result<Told, Error> {
        if self.files.step()? == Step::Fresh {
            identity(&self.files.key)?;
            self.files.make()?;
        }
        if self.files.step()? == Step::New {
            self.let_in()?;
            self.files.swap()?;
        }
        let restarted = restart::restart()?;
        self.shut_out()?;
        self.files.forget()?;
        let nodes = self.sites.iter().map(|site| site.name.clone()).collect();
        Ok(Told { key: self.files.key.clone(), nodes, restarted })
    }

    /// The new key works at every node, or this is where it ends.
    fn let_in(&self) -> Result<(), Error> {
        let (key, gate) = (key_of(&self.files.new)?, self.what.gate()?);
        let mut missing = Vec::new();
        for site in self.sites {
            let line = self.what.line(site, &key)?;
            match prove(site, &key, self.pins, line.gated)? {
                Ok(_) => continue,
                Err(Unproven::Unreachable(why)) => {
                    return Err(Error::unreachable(why, "try again"));
                }
                // Anything else is what the line and the gate are for.
                Err(_) => {}
            }
            let Some(way) = self.ways.of(site) else {
                missing.push((site, line));
                continue;
            };
            note(&format!("{}: lets the new key in and tries it…", site.name));
            let place = Place { site, way: &way, pins: self.pins, gate: gate.as_deref() };
            put(&place, &key, &line)?;
        }
        if missing.is_empty() { Ok(()) } else { Err(told::to_add(&missing)) }
    }

    /// The old key works at no node, or this is where it ends.
    fn shut_out(&self) -> Result<(), Error> {
        let key = key_of(&self.files.old)?;
        let line = Line::new(&key.key, Vec::new(), true)?;
        let mut left = Vec::new();
        for site in self.sites {
            if is_refused(site, &key, self.pins)? {
                continue;
            }
            let Some(way) = self.ways.of(site) else {
                left.push(site);
                continue;
            };
            note(&format!("{}: takes the old key away…", site.name));
            let taken = take(site, &way, self.pins, &line, false)?;
            if !is_refused(site, &key, self.pins)? {
                return Err(told::still_in(site, &taken.file, &self.files.old));
            }
        }
        if left.is_empty() { Ok(()) } else { Err(told::to_remove(&left, &line)) }
    }
}

fn key_of(path: &Path) -> Result<Key<'_>, Error> {
    Ok(Key { key: identity(path)?, path })
}
