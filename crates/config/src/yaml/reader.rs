//! serde's view of a [`Node`]: as strict as any, but it goes on where it can, so that one reading
//! after the other finds everything that is wrong.

use std::cell::{Ref, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserializer;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::access::{Items, Pairs};
use super::expanded;
use super::fault::{Fault, What};
use super::tree::{Data, Node};

/// What the readings found so far.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// By the node that each is about, and by key where several are about one.
    flaws: RefCell<BTreeMap<(u32, &'static str), What>>,
    /// The nodes that are left out from then on.
    bad: RefCell<BTreeSet<u32>>,
    /// Keys (section, name) of which nobody knows what was meant.
    doubtful: RefCell<BTreeSet<(u32, &'static str)>>,
    /// Values that were read, for the tests of how that grows.
    #[cfg(test)]
    steps: std::cell::Cell<u32>,
}

impl Findings {
    /// Reads until a reading finds nothing new. Each leaves out what those before it refused, so
    /// there are at most about as many as a type has keys. The value is whole only when there are
    /// no flaws.
    pub(crate) fn read<T: DeserializeOwned>(&self, root: &Node) -> Option<T> {
        loop {
            let known = self.bad.borrow().len();
            match T::deserialize(Reader { node: root, findings: self }) {
                Ok(value) => return Some(value),
                Err(Fault::New(what)) => {
                    self.flaw(root.id, "", what.about(root));
                    return None;
                }
                Err(Fault::Recorded) if self.bad.borrow().len() == known => return None,
                Err(Fault::Recorded) => {}
            }
        }
    }

    pub(crate) fn flaw(&self, id: u32, key: &'static str, what: What) {
        self.flaws.borrow_mut().entry((id, key)).or_insert(what);
    }

    /// Keeps what befell a value, which is left out from then on.
    pub(crate) fn keep(&self, node: &Node, fault: Fault) -> Fault {
        if let Fault::New(what) = fault {
            self.flaw(node.id, "", what.about(node));
            self.leave_out(node.id);
        }
        Fault::Recorded
    }

    /// Leaves a value out from now on.
    pub(crate) fn leave_out(&self, id: u32) {
        self.bad.borrow_mut().insert(id);
    }

    /// Whether a value was left out.
    pub(crate) fn is_partial(&self) -> bool {
        !self.bad.borrow().is_empty()
    }

    pub(crate) fn is_bad(&self, id: u32) -> bool {
        self.bad.borrow().contains(&id)
    }

    pub(crate) fn doubt(&self, section: u32, key: &'static str) {
        self.doubtful.borrow_mut().insert((section, key));
    }

    /// Whether something else in the section may have been meant as that key.
    pub(crate) fn is_doubtful(&self, section: &Node, key: &str) -> bool {
        let doubtful = self.doubtful.borrow();
        let next = section.id.saturating_add(1);
        doubtful.range((section.id, "")..(next, "")).any(|(_, doubted)| *doubted == key)
    }

    /// Whether what stands at that key of the section is what was meant.
    pub(crate) fn is_sound(&self, section: &Node, key: &str) -> bool {
        let flaws = self.flaws.borrow();
        let value = section.pair(key).map(|(_, value)| value);
        let within = |value: &Node| flaws.range((value.id, "")..(value.end, "")).next().is_some();
        !self.is_doubtful(section, key) && !value.is_some_and(within)
    }

    #[cfg(test)]
    pub(crate) fn steps(&self) -> u32 {
        self.steps.get()
    }

    /// What was found, in the order of the text.
    pub(crate) fn flaws(&self) -> Ref<'_, BTreeMap<(u32, &'static str), What>> {
        self.flaws.borrow()
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) node: &'a Node,
    pub(crate) findings: &'a Findings,
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        #[cfg(test)]
        self.findings.steps.set(self.findings.steps.get() + 1);
        match &self.node.data {
            Data::Null => visitor.visit_unit(),
            Data::Bool(value) => visitor.visit_bool(*value),
            Data::Signed(number) => visitor.visit_i64(*number),
            Data::Unsigned(number) => visitor.visit_u64(*number),
            Data::Float(number) => visitor.visit_f64(*number),
            Data::Text(text) => visitor.visit_str(text),
            Data::List(items) => visitor.visit_seq(Items::new(items, self.findings)),
            Data::Map(_) => visitor.visit_map(Pairs::any(self)),
            Data::Expanded(expanded) => expanded::visit(expanded.value.expose(), visitor),
            Data::Tagged => {
                let rule = "tags (`!name`) are not used here: leave it out";
                Err(Fault::New(What::Refused(format!("a value with a tag\n{rule}"))))
            }
        }
    }

    /// What a variable gave is text where text is wanted, whatever it looks like.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.data {
            Data::Expanded(expanded) => visitor.visit_str(expanded.value.expose()),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.data {
            Data::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.data {
            Data::Null => visitor.visit_seq(Items::new(&[], self.findings)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        keys: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.node.data {
            // One whose keys are all commented out is empty, and likewise a list.
            Data::Map(_) | Data::Null => visitor.visit_map(Pairs::section(self, name, keys)),
            // A list is no section, though serde would take one.
            Data::List(_) => Err(serde::de::Error::invalid_type(Unexpected::Seq, &visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        allowed: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.node.data {
            Data::Text(text) => visitor.visit_enum(StrDeserializer::new(text)),
            Data::Expanded(expanded) => {
                visitor.visit_enum(StrDeserializer::new(expanded.value.expose()))
            }
            // Messages describe the value itself.
            _ => Err(Fault::New(What::Choice { given: String::new(), allowed })),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit
        unit_struct tuple tuple_struct map identifier ignored_any
    }
}
