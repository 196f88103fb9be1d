//! The rotation of one key.

use std::path::Path;

use super::files::{Files, Step};
use super::restart;
use super::told::{self, Told};
use crate::authorize::{Place, What, put, take};
use crate::error::Error;
use crate::nodes::{Key, Line, Site, Unproven, Ways, identity, is_refused, note, prove};

/// One key.
pub(super) struct Rotation<'a> {
    pub(super) what: &'a What,
    pub(super) pins: &'a Path,
    pub(super) ways: &'a Ways,
    pub(super) sites: &'a [Site],
    pub(super) files: Files,
}

impl Rotation<'_> {
    /// From where it was to its end.
    ///
    /// # Errors
    /// It is not at its end; run again, it goes on.
    pub(super) fn run(&self) -> Result<Told, Error> {
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
