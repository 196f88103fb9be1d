//! A file's values as `serde_yaml` reads them: every pair of a mapping kept, so that all keys
//! that stand twice can be named, and every value numbered, so that its place can be found.

use std::cell::Cell;
use std::fmt;

use serde::de::{self, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, Visitor};

use crate::Secret;

/// Most values that a file may have, aliases written out. 5,000 VMs with every key of theirs
/// have about 250,000.
pub(crate) const MAX_VALUES: u32 = 1_000_000;

/// What is said of more of them.
pub(crate) const TOO_MANY: &str = "too many values";

/// One value, or one key.
#[derive(Debug, PartialEq)]
pub(crate) struct Node {
    /// Counted in the order of the text, keys included, aliases written out.
    pub(crate) id: u32,
    /// One more than the last id within.
    pub(crate) end: u32,
    pub(crate) data: Data,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Data {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    /// Also whole numbers beyond the others.
    Float(f64),
    Text(Box<str>),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
    /// With a tag of its own (`!name`), which nothing here uses.
    Tagged,
    /// What variables gave.
    Expanded(Box<Expanded>),
}

/// A text with variables in it, or a variable's value in the place of whatever the file says.
#[derive(Debug, PartialEq)]
pub(crate) struct Expanded {
    /// What holds.
    pub(crate) value: Secret,
    /// What is shown: the text before its variables were replaced.
    pub(crate) written: Box<str>,
}

impl Node {
    /// The values of a text that was measured before, numbered from `start` on.
    pub(crate) fn parse(text: &str, start: u32) -> Result<Self, serde_yaml::Error> {
        let next = Cell::new(start);
        Numbered { next: &next }.deserialize(serde_yaml::Deserializer::from_str(text))
    }

    pub(crate) fn text(&self) -> Option<&str> {
        if let Data::Text(text) = &self.data { Some(text) } else { None }
    }

    /// The key's node and its value's, at its first place.
    pub(crate) fn pair(&self, key: &str) -> Option<&(Node, Node)> {
        let Data::Map(pairs) = &self.data else { return None };
        pairs.iter().find(|(name, _)| name.text() == Some(key))
    }

    /// Whether a variable gave it, or something in it.
    pub(crate) fn has_expanded(&self) -> bool {
        match &self.data {
            Data::Expanded(_) => true,
            Data::List(items) => items.iter().any(Self::has_expanded),
            Data::Map(pairs) => pairs.iter().any(|(_, value)| value.has_expanded()),
            _ => false,
        }
    }

    pub(crate) fn contains(&self, id: u32) -> bool {
        (self.id..self.end).contains(&id)
    }
}

#[derive(Clone, Copy)]
struct Numbered<'a> {
    next: &'a Cell<u32>,
}

impl Numbered<'_> {
    fn take(self) -> u32 {
        self.next.replace(self.next.get().saturating_add(1))
    }

    fn leaf(self, data: Data) -> Node {
        let id = self.take();
        Node { id, end: id.saturating_add(1), data }
    }

    fn branch<E: de::Error>(self, id: u32, data: Data) -> Result<Node, E> {
        let end = self.next.get();
        if end > MAX_VALUES {
            return Err(E::custom(TOO_MANY));
        }
        Ok(Node { id, end, data })
    }
}

impl<'de> DeserializeSeed<'de> for Numbered<'_> {
    type Value = Node;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Numbered<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(self.leaf(Data::Null))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(self.leaf(Data::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(self.leaf(Data::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(self.leaf(Data::Signed(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(self.leaf(Data::Unsigned(value)))
    }

    fn visit_i128<E>(self, _: i128) -> Result<Node, E> {
        Ok(self.leaf(Data::Float(f64::NEG_INFINITY)))
    }

    fn visit_u128<E>(self, _: u128) -> Result<Node, E> {
        Ok(self.leaf(Data::Float(f64::INFINITY)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(self.leaf(Data::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(self.leaf(Data::Text(value.into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let (id, mut list) = (self.take(), Vec::new());
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        self.branch(id, Data::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Node, A::Error> {
        let (id, mut map) = (self.take(), Vec::new());
        while let Some(pair) = pairs.next_entry_seed(self, self)? {
            map.push(pair);
        }
        self.branch(id, Data::Map(map))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Node, A::Error> {
        use serde::de::VariantAccess as _;
        let (_, value) = tagged.variant::<de::IgnoredAny>()?;
        let Node { id, end, .. } = value.newtype_variant_seed(self)?;
        Ok(Node { id, end, data: Data::Tagged })
    }
}
