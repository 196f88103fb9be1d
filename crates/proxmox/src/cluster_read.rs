//! The answer to the one command that observes a whole cluster.

use std::collections::BTreeMap;

use vm_autoscale_node::{HA_STATUS, MEMBERS, PAUSE, RRD, VERSION, VMLIST};

use crate::{
    Error, GuestKind, HaMoves, Members, NodeLine, NodeName, PmxcfsVersion, RrdLine, VmId, VmLine,
    VmList,
};

/// What one look at a cluster found. Whatever was torn, doubled or half is not in it.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterRead {
    /// The pmxcfs that answered.
    pub version: PmxcfsVersion,
    /// Who answered and who else is there.
    pub members: Members,
    /// Where every guest is, as far as both copies agree.
    pub guests: VmList,
    /// The last measurement of each node.
    pub nodes: BTreeMap<NodeName, NodeLine>,
    /// The last measurement of each VM that `.vmlist` knows.
    pub vms: BTreeMap<VmId, VmLine>,
    /// The last measurement of each container that `.vmlist` knows.
    pub containers: BTreeMap<VmId, VmLine>,
    /// VMs that the HA manager is busy with.
    pub ha_moves: HaMoves,
    /// The administrator's pause file, where there is one.
    pub pause: Option<String>,
    /// Lines of `.rrd` that were not believed.
    pub doubted: usize,
    /// Those of them that both copies have, of nodes and guests: not torn, but of no format that is
    /// known, or with a column that is none. The next look finds them again.
    pub unread: usize,
}

impl ClusterRead {
    /// Reads what `grep -H .` printed of the files.
    ///
    /// The two that can tear (`pmxcfs/cfs-plug-func.c`: content is made anew at every open, into
    /// one shared buffer) are there twice, and only what both copies say counts.
    ///
    /// # Errors
    /// A file that must be there is missing or is not what pmxcfs writes.
    pub fn parse(answer: &str) -> Result<Self, Error> {
        let blocks = blocks(answer);
        let file = |path: &str, copy: usize| {
            blocks
                .iter()
                .filter(|(name, _)| *name == path)
                .nth(copy)
                .map(|(_, lines)| lines.as_slice())
        };
        let text = |path: &'static str, copy| {
            let lines = file(path, copy).ok_or_else(|| Error::format(path, "no answer"))?;
            Ok::<_, Error>(lines.join("\n"))
        };
        // Mostly both copies are the same to the letter: then what one says is what both say.
        let [list, list_again] = [text(VMLIST, 0)?, text(VMLIST, 1)?];
        let guests = VmList::parse(&list)?;
        let guests =
            if list == list_again { guests } else { guests.agreed(&VmList::parse(&list_again)?) };
        let [lines, lines_again] = [file(RRD, 0), file(RRD, 1)].map(Option::unwrap_or_default);
        let first = once_by_key(lines);
        let second = (lines != lines_again).then(|| once_by_key(lines_again));
        let mut read = Self {
            version: PmxcfsVersion::parse(&text(VERSION, 0)?)?,
            members: Members::parse(&text(MEMBERS, 0)?)?,
            guests,
            nodes: BTreeMap::new(),
            vms: BTreeMap::new(),
            containers: BTreeMap::new(),
            ha_moves: file(HA_STATUS, 0)
                .map_or(Ok(HaMoves::default()), |lines| HaMoves::parse(&lines.join("\n")))?,
            pause: file(PAUSE, 0).map(|lines| lines.join("\n")),
            doubted: 0,
            unread: 0,
        };
        read.add_agreed(&first, second.as_ref().unwrap_or(&first));
        Ok(read)
    }

    /// Takes the lines that both copies have.
    fn add_agreed(&mut self, first: &Lines<'_>, second: &Lines<'_>) {
        for (key, line) in second {
            let agreed = line.filter(|_| first.get(key) == Some(line));
            if let Some(line) = agreed.and_then(RrdLine::parse) {
                self.add(line);
            } else {
                self.doubted += 1;
                self.unread += usize::from(agreed.is_some_and(RrdLine::is_meant));
            }
        }
    }

    /// Takes a line; of two that speak of the same thing (an old key beside a new one while a
    /// cluster is upgraded) the younger one.
    fn add(&mut self, line: RrdLine) {
        match line {
            RrdLine::Node(name, line) => keep_youngest(&mut self.nodes, name, line, |l| l.ctime),
            RrdLine::Vm(id, line) => match self.guests.get(id).map(|guest| guest.kind) {
                Some(GuestKind::Qemu) => keep_youngest(&mut self.vms, id, line, |l| l.ctime),
                Some(GuestKind::Lxc) => keep_youngest(&mut self.containers, id, line, |l| l.ctime),
                None => self.doubted += 1,
            },
        }
    }
}

fn keep_youngest<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: V, ctime: impl Fn(&V) -> u64) {
    if map.get(&key).is_none_or(|old| ctime(old) < ctime(&value)) {
        map.insert(key, value);
    }
}

/// The lines of each file, a block a copy. What is of no known file (a banner, a shell's noise)
/// is left out.
fn blocks(answer: &str) -> Vec<(&'static str, Vec<&str>)> {
    let mut blocks: Vec<(&'static str, Vec<&str>)> = Vec::new();
    for line in answer.lines() {
        let named = [RRD, VMLIST, VERSION, MEMBERS, HA_STATUS, PAUSE]
            .into_iter()
            .find_map(|path| Some((path, line.strip_prefix(path)?.strip_prefix(':')?)));
        let Some((path, content)) = named else {
            continue;
        };
        match blocks.last_mut() {
            // Where `.rrd` is empty, one copy of `.vmlist` follows the other.
            Some((last, lines)) if *last == path && content != "{" => lines.push(content),
            _ => blocks.push((path, vec![content])),
        }
    }
    blocks
}

/// Lines by the text before their first colon; `None` where that stands there twice. In order: of
/// two keys of one VM whose lines are of the same second it is always the same one that counts.
type Lines<'a> = BTreeMap<&'a str, Option<&'a str>>;

fn once_by_key<'a>(lines: &[&'a str]) -> Lines<'a> {
    let mut by_key = Lines::new();
    for line in lines {
        let key = line.split_once(':').map_or(*line, |(key, _)| key);
        by_key.entry(key).and_modify(|twice| *twice = None).or_insert(Some(*line));
    }
    by_key
}

#[cfg(test)]
mod tests;
