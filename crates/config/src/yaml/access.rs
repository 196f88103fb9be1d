//! The items of a list and the pairs of a section, without those that were refused before.

use std::collections::BTreeMap;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess};

use super::fault::{Fault, What};
use super::known::{self, StandIn};
use super::reader::{Findings, Reader};
use super::tree::{Data, Node};

pub(crate) struct Items<'a> {
    items: std::slice::Iter<'a, Node>,
    findings: &'a Findings,
}

impl<'a> Items<'a> {
    pub(crate) fn new(items: &'a [Node], findings: &'a Findings) -> Self {
        Self { items: items.iter(), findings }
    }
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Fault> {
        let findings = self.findings;
        let Some(node) = self.items.find(|node| !findings.is_bad(node.id)) else {
            return Ok(None);
        };
        let value = seed.deserialize(Reader { node, findings });
        value.map(Some).map_err(|fault| findings.keep(node, fault))
    }

    /// `each` goes on after a refused item for as long as this says that there are more.
    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

enum Value<'a> {
    There(&'a Node),
    StandIn(StandIn),
}

/// The pairs that the visitor is to see.
pub(crate) struct Pairs<'a> {
    left: std::vec::IntoIter<(&'a str, Value<'a>)>,
    value: Option<Value<'a>>,
    findings: &'a Findings,
}

impl<'a> Pairs<'a> {
    /// Those of a mapping whose keys nobody knows.
    pub(crate) fn any(reader: Reader<'a>) -> Self {
        let Reader { node, findings } = reader;
        let pairs = match &node.data {
            Data::Map(pairs) => pairs.as_slice(),
            _ => &[],
        };
        let known = pairs.iter().filter(|(_, value)| !findings.is_bad(value.id));
        let known = known.filter_map(|(key, value)| Some((key.text()?, Value::There(value))));
        Self { left: known.collect::<Vec<_>>().into_iter(), value: None, findings }
    }

    /// Those of a section; what is wrong with its keys is noted on the way.
    pub(crate) fn section(reader: Reader<'a>, name: &str, keys: &'static [&'static str]) -> Self {
        let Reader { node, findings } = reader;
        let mut first: BTreeMap<&'static str, &'a (Node, Node)> = BTreeMap::new();
        if let Data::Map(pairs) = &node.data {
            for pair in pairs {
                let Some(key) = known_key(&pair.0, node, keys, findings) else { continue };
                if let Some((other, _)) = first.get(key) {
                    findings.flaw(pair.0.id, "", What::Duplicate { first: other.id });
                } else {
                    first.insert(key, pair);
                }
            }
        }
        let mut seen: Vec<(&str, Value<'a>)> = Vec::with_capacity(first.len());
        let required = known::required(name);
        for &(key, stand_in) in required {
            if first.get(key).is_none_or(|(_, value)| findings.is_bad(value.id)) {
                seen.push((key, Value::StandIn(stand_in)));
            }
            if !first.contains_key(key) && findings.is_sound(node, key) {
                let all = required.iter().map(|(key, _)| *key).collect();
                findings.flaw(node.id, key, What::Missing { key, all });
                findings.doubt(node.id, key);
            }
        }
        let good = first.into_iter().filter(|(_, (_, value))| !findings.is_bad(value.id));
        seen.extend(good.map(|(key, (_, value))| (key, Value::There(value))));
        Self { left: seen.into_iter(), value: None, findings }
    }
}

/// The section's own name of a key, or a note of what is wrong with it.
fn known_key(
    key: &Node,
    section: &Node,
    keys: &'static [&'static str],
    findings: &Findings,
) -> Option<&'static str> {
    let Some(text) = key.text() else {
        findings.flaw(key.id, "", What::KeyNotText);
        return None;
    };
    let found = keys.iter().find(|known| **known == text).copied();
    if found.is_none() {
        findings.flaw(key.id, "", What::UnknownKey { known: keys });
        if let Some(meant) = known::nearest(text, keys) {
            findings.doubt(section.id, meant);
        }
    }
    found
}

impl<'de> MapAccess<'de> for Pairs<'_> {
    type Error = Fault;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Fault> {
        let Some((key, value)) = self.left.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(StrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        let findings = self.findings;
        match self.value.take() {
            Some(Value::There(node)) => seed
                .deserialize(Reader { node, findings })
                .map_err(|fault| findings.keep(node, fault)),
            Some(Value::StandIn(stand_in)) => stand_in.give(seed),
            None => Err(serde::de::Error::custom("a value was asked for before its key")),
        }
    }
}
