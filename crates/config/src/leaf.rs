//! Values that need more than their type's own words, for serde's `deserialize_with`. A message
//! is the problem and, after a line break, the rule.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde::{Serialize as _, Serializer};
use vm_autoscale_proxmox::{NodeName, VmId};

/// Every item of a list, going on after a refused one where the deserializer is one that keeps
/// what it refused ([`crate::yaml`]), so that all of them are found at once.
pub(crate) fn each<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    struct Each<T>(std::marker::PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Each<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
            let (mut good, mut refused) = (Vec::new(), None);
            loop {
                match items.next_element() {
                    Ok(Some(item)) => good.push(item),
                    Ok(None) => break,
                    Err(error) => {
                        refused.get_or_insert(error);
                        // Others may not be able to go on, and do not say how many there are.
                        if items.size_hint().unwrap_or(0) == 0 {
                            break;
                        }
                    }
                }
            }
            refused.map_or(Ok(good), Err)
        }
    }

    deserializer.deserialize_seq(Each(std::marker::PhantomData))
}

/// The same where there may be no list.
pub(crate) fn some_each<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    struct Items<T>(Vec<T>);

    impl<'de, T: Deserialize<'de>> Deserialize<'de> for Items<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            each(deserializer).map(Self)
        }
    }
    Ok(Option::<Items<T>>::deserialize(deserializer)?.map(|Items(items)| items))
}

/// A value of a type that reads its own text.
pub(crate) fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: std::fmt::Display>,
{
    String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
}

/// The same where it may be missing.
pub(crate) fn some_parsed<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: std::fmt::Display>,
{
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse().map_err(de::Error::custom)).transpose()
}

/// Such a value's text.
pub(crate) fn shown<T: std::fmt::Display, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// The same where it may be missing.
#[expect(clippy::ref_option, reason = "serde hands it over so")]
pub(crate) fn some_shown<T: std::fmt::Display, S: Serializer>(
    value: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value.as_ref().map(ToString::to_string).serialize(serializer)
}

#[derive(serde::Deserialize)]
#[serde(untagged, expecting = "this is no VMID\na VMID is a number, 100 to 999999999")]
enum NumberOrText {
    Number(u32),
    Text(String),
}

/// A VMID that users write as a number or as text.
pub(crate) fn vm_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<VmId, D::Error> {
    let vmid = match NumberOrText::deserialize(deserializer)? {
        NumberOrText::Number(number) => VmId::try_from(number).map_err(|e| e.to_string()),
        NumberOrText::Text(text) => parse_vm_id(&text),
    };
    vmid.map_err(de::Error::custom)
}

/// As text, which need not be a number at all.
pub(crate) fn parse_vm_id(text: &str) -> Result<VmId, String> {
    let rule = "a VMID is a number, 100 to 999999999, without leading zeros";
    text.parse().map_err(|_| format!("{} is no VMID\n{rule}", crate::render::quote(text)))
}

/// A number, or two with a hyphen between them.
pub(crate) fn parse_range(text: &str) -> Result<RangeInclusive<VmId>, String> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let range = parse_vm_id(from.trim())?..=parse_vm_id(to.trim())?;
    if range.is_empty() {
        let (from, to) = (range.start(), range.end());
        return Err(format!(
            "the range {from}-{to} ends before it begins\nthe lower VMID stands first"
        ));
    }
    Ok(range)
}

/// A name of one DNS label.
pub(crate) fn label<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    // The rule is that of Proxmox's own names.
    NodeName::try_from(text.as_str()).map(|_| ()).map_err(|_| {
        let shown = crate::render::quote(&text);
        de::Error::custom(format!(
            "{shown} is no name\none word: letters, digits and inner hyphens, at most 63"
        ))
    })?;
    Ok(text)
}

/// The same where it may be missing.
pub(crate) fn some_label<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    struct Label(String);

    impl<'de> Deserialize<'de> for Label {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            label(deserializer).map(Self)
        }
    }
    Ok(Option::<Label>::deserialize(d)?.map(|Label(text)| text))
}

/// 0 to 10.
pub(crate) fn priority<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let priority = u8::deserialize(deserializer)?;
    if priority <= 10 {
        return Ok(priority);
    }
    Err(de::Error::custom(format!("{priority} is out of range\na priority, 0 to 10")))
}

/// 0 to 100, where it is said.
pub(crate) fn some_percent<'de, D: Deserializer<'de>>(d: D) -> Result<Option<f64>, D::Error> {
    struct Percent(f64);

    impl<'de> Deserialize<'de> for Percent {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            percent(deserializer).map(Self)
        }
    }
    Ok(Option::<Percent>::deserialize(d)?.map(|Percent(percent)| percent))
}

/// 0 to 100.
pub(crate) fn percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let percent = f64::deserialize(deserializer)?;
    if (0.0..=100.0).contains(&percent) {
        return Ok(percent);
    }
    Err(de::Error::custom(format!("{percent} is out of range\na percentage, 0 to 100")))
}

/// 0.1 to 100.
pub(crate) fn ratio<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let ratio = f64::deserialize(deserializer)?;
    if (0.1..=100.0).contains(&ratio) {
        return Ok(ratio);
    }
    Err(de::Error::custom(format!("{ratio} is out of range\na ratio, 0.1 to 100")))
}

/// An address of either version.
pub(crate) fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IpAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    let shown = crate::render::quote(&text);
    let rule = "names are not resolved: an address such as 192.0.2.11 or 2001:db8::11";
    text.parse().map_err(|_| de::Error::custom(format!("{shown} is no IP address\n{rule}")))
}

/// One of tracing's levels by its own name or Python's, in any case.
pub(crate) fn level<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];
    let Some(text) = Option::<String>::deserialize(d)? else { return Ok(None) };
    let lower = text.to_ascii_lowercase();
    let meant = match lower.as_str() {
        "warning" => "warn",
        "critical" => "error",
        other => other,
    };
    if LEVELS.contains(&meant) {
        return Ok(Some(meant.to_owned()));
    }
    let (shown, levels) = (crate::render::quote(&text), LEVELS.join(", "));
    Err(de::Error::custom(format!("{shown} is no level\none of {levels}")))
}
