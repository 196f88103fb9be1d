//! The JSON Schemas in `etc/`, made from the types. Only tests have this: no program links it.
//!
//! `UPDATE=1 cargo test -p vm-autoscale-config schema` writes them anew.

mod reference;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema, schema_for};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::yaml::{known_keys, required_keys};
use crate::{
    Adaptive, AdaptiveCpu, AdaptiveMemory, Alerts, Class, Cluster, Digest, Doctor, Gotify,
    HelperConfig, HostLimits, JournalFile, Limits, Logging, Metrics, Node, Ntfy, Rates, Rule,
    Schedule, SchedulerConfig, Selection, Threshold, Thresholds, VirtualMachine, VmSet,
};

/// What the schema says of a type of `crates/proxmox`; a test holds the two together.
macro_rules! stand_in {
    ($name:ident, $schema:tt) => {
        pub(crate) struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

stand_in!(Vcpus, { "type": "integer", "minimum": 1, "maximum": 4096 });
stand_in!(MemoryMib, { "type": "integer", "minimum": 16, "maximum": 4_194_304 });
stand_in!(BalloonMib, { "type": "integer", "minimum": 1, "maximum": 4_194_304 });
stand_in!(CpuLimit, { "type": "number", "minimum": 0, "maximum": 128 });
stand_in!(Label, {
    "type": "string",
    "pattern": "^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$"
});
stand_in!(VmId, {
    "anyOf": [
        { "type": "integer", "minimum": 100, "maximum": 999_999_999 },
        { "type": "string", "pattern": "^[1-9][0-9]{2,8}$" }
    ]
});
stand_in!(Listen, {
    "type": "string",
    "pattern": "^(unix:/.*|127\\.[0-9.]+:[0-9]+|\\[::1\\]:[0-9]+)$"
});
stand_in!(SecretText, { "type": "string" });
stand_in!(Event, { "type": "string", "maxLength": 200 });
stand_in!(Span, { "type": "string", "pattern": "^[0-9]+[mhd]$" });
stand_in!(ZoneName, { "type": "string" });
stand_in!(Level, {
    "enum": [
        "error", "warn", "warning", "info", "debug", "trace",
        "CRITICAL", "ERROR", "WARN", "WARNING", "INFO", "DEBUG", "TRACE"
    ]
});

impl JsonSchema for VmSet {
    fn schema_name() -> Cow<'static, str> {
        "VmSet".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "VMIDs and ranges of them: `[101, 200-299]`.",
            "type": "array",
            "items": {
                "anyOf": [
                    { "type": "integer", "minimum": 100, "maximum": 999_999_999 },
                    { "type": "string", "pattern": "^ *[1-9][0-9]{2,8} *(- *[1-9][0-9]{2,8} *)?$" }
                ]
            }
        })
    }
}

impl JsonSchema for Selection {
    fn schema_name() -> Cow<'static, str> {
        "Selection".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let cluster = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?/";
        let range = "[1-9][0-9]{2,8} *(- *[1-9][0-9]{2,8} *)?";
        json_schema!({
            "description": "VMs by number, range, name, tag, pool and node: `[101, 200-299, \"@name-web*\", \"@tag-prod\", \"@pool-shop\", \"@node-pve1\", \"@all\"]`. A cluster and a slash before an item (`\"lab/101\"`) mean that cluster only; a hyphen before it all takes out what it names.",
            "type": "array",
            "items": {
                "anyOf": [
                    { "type": "integer", "minimum": 100, "maximum": 999_999_999 },
                    { "type": "integer", "minimum": -999_999_999, "maximum": -100 },
                    {
                        "type": "string",
                        "pattern": format!("^ *(- *)?({cluster})?({range}|@all|@(tag|pool|node|name)-[^ ]+) *$")
                    }
                ]
            }
        })
    }
}

fn etc(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../etc").join(name)
}

fn all() -> [(&'static str, Schema); 2] {
    [("config", schema_for!(SchedulerConfig)), ("helper", schema_for!(HelperConfig))]
}

#[test]
fn the_schemas_in_etc_are_those_of_the_types() {
    for (name, schema) in all() {
        let file = etc(&format!("{name}.schema.json"));
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, &text).unwrap();
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(kept == text, "{} is not of the types: see this file's head", file.display());
    }
}

/// The sections of a schema with their keys.
fn sections(schema: &Schema) -> Vec<(String, Value)> {
    let root = schema.as_value().clone();
    let definitions = root["$defs"].as_object().cloned().unwrap_or_default();
    let title = root["title"].as_str().unwrap().to_owned();
    let all = std::iter::once((title, root)).chain(definitions);
    all.filter(|(_, section)| section["properties"].is_object()).collect()
}

/// The types are where keys are documented, and the examples show all of them.
#[test]
fn every_key_is_documented_and_in_the_example() {
    for (name, schema) in all() {
        let example = std::fs::read_to_string(etc(&format!("{name}.yaml"))).unwrap();
        let first = format!("# yaml-language-server: $schema={name}.schema.json");
        assert_eq!(example.lines().next(), Some(first.as_str()));
        let full = etc("../crates/config/tests/good/everything.yaml");
        let full = (name == "config").then(|| std::fs::read_to_string(full).unwrap());
        for (section, content) in sections(&schema) {
            for (key, value) in content["properties"].as_object().unwrap() {
                let said = value["description"].as_str().unwrap_or_default();
                assert!(said.len() > 5, "{section}.{key} is not documented");
                let written = format!("{key}:");
                assert!(example.contains(&written), "{key} is not in {name}.yaml");
                let full = full.as_ref().is_none_or(|full| full.contains(&written));
                assert!(full, "{key} is not in everything.yaml");
            }
        }
    }
}

/// Commented out in the example stand the figures that hold without them.
#[test]
fn the_example_shows_the_usual_figures_of_adaptive() {
    let example = std::fs::read_to_string(etc("config.yaml")).unwrap();
    let section = example.split("\n\n").find(|part| part.contains("#adaptive:")).unwrap();
    let is_key = |line: &&str| line.trim_start().starts_with('#') && !line.contains("# ");
    let keys = section.lines().filter(is_key).map(|line| line.replacen('#', "", 1) + "\n");
    let config: SchedulerConfig = serde_yaml::from_str(&keys.collect::<String>()).unwrap();
    assert_eq!(config.adaptive.keys().len(), 33);
    assert_eq!(config.settings(), crate::VmSettings::DEFAULT);
}

fn names(list: &Value) -> BTreeSet<String> {
    let list = list.as_array().cloned().unwrap_or_default();
    list.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

fn compare<T: JsonSchema + DeserializeOwned>(seen: &mut BTreeSet<String>) {
    let schema = schema_for!(T);
    let schema = schema.as_value();
    let name = schema["title"].as_str().unwrap();
    assert_eq!(schema["additionalProperties"], json!(false), "{name}");
    let keys: BTreeSet<String> =
        schema["properties"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, known_keys::<T>().iter().map(|&key| key.to_owned()).collect(), "{name}");
    assert_eq!(names(&schema["required"]), required_keys(name), "{name}");
    seen.insert(name.to_owned());
}

/// What the schema calls keys and demands is what serde does, and what missing keys are named by.
#[test]
fn the_schema_has_the_keys_that_serde_has() {
    let mut seen = BTreeSet::new();
    compare::<SchedulerConfig>(&mut seen);
    compare::<Thresholds>(&mut seen);
    compare::<Threshold>(&mut seen);
    compare::<Limits>(&mut seen);
    compare::<Adaptive>(&mut seen);
    compare::<AdaptiveCpu>(&mut seen);
    compare::<AdaptiveMemory>(&mut seen);
    compare::<HostLimits>(&mut seen);
    compare::<Class>(&mut seen);
    compare::<VirtualMachine>(&mut seen);
    compare::<Schedule>(&mut seen);
    compare::<JournalFile>(&mut seen);
    compare::<Logging>(&mut seen);
    compare::<Doctor>(&mut seen);
    compare::<Metrics>(&mut seen);
    compare::<Alerts>(&mut seen);
    compare::<Gotify>(&mut seen);
    compare::<Ntfy>(&mut seen);
    compare::<Digest>(&mut seen);
    compare::<HelperConfig>(&mut seen);
    compare::<Rates>(&mut seen);
    compare::<Cluster>(&mut seen);
    compare::<Node>(&mut seen);
    compare::<Rule>(&mut seen);
    let sections =
        all().into_iter().flat_map(|(_, schema)| sections(&schema)).map(|(name, _)| name);
    assert_eq!(seen, sections.collect(), "a section that is not compared here");
}

/// Numbers at the bounds of what the schema allows.
fn bounds<S: JsonSchema, T: TryFrom<u32>>() {
    let schema = S::json_schema(&mut SchemaGenerator::default());
    let bound = |key: &str| u32::try_from(schema.as_value()[key].as_u64().unwrap()).unwrap();
    let (min, max) = (bound("minimum"), bound("maximum"));
    for (number, good) in [(min - 1, false), (min, true), (max, true), (max + 1, false)] {
        assert_eq!(T::try_from(number).is_ok(), good, "{} {number}", S::schema_name());
    }
}

#[test]
fn the_stand_ins_have_the_bounds_of_the_types() {
    use vm_autoscale_proxmox as proxmox;

    bounds::<Vcpus, proxmox::Vcpus>();
    bounds::<MemoryMib, proxmox::MemoryMib>();
    bounds::<BalloonMib, proxmox::BalloonMib>();
    for (number, good) in [(0.0, true), (128.0, true), (128.01, false), (-0.01, false)] {
        assert_eq!(proxmox::CpuLimit::try_from(number).is_ok(), good, "{number}");
    }
    for (number, good) in [(99, false), (100, true), (999_999_999, true), (1_000_000_000, false)] {
        assert_eq!(proxmox::VmId::try_from(number).is_ok(), good, "{number}");
    }
    let level = Level::json_schema(&mut SchemaGenerator::default());
    for level in names(&level.as_value()["enum"]) {
        let text = format!("logging: {{level: {level}}}");
        let config: SchedulerConfig = serde_yaml::from_str(&text).unwrap();
        let meant = level.to_lowercase().replace("warning", "warn").replace("critical", "error");
        assert_eq!(config.logging.level, Some(meant));
    }
}
