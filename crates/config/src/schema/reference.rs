//! `etc/reference.md`: every key in words, made from the schemas.

use std::fmt::Write as _;

use schemars::Schema;
use serde_json::{Map, Value};

use super::{all, etc};

const HEAD: &str = "# Every key\n\nMade from the program's own types: `UPDATE=1 cargo test -p vm-autoscale-config schema` writes it anew.\nThe examples beside this file show the keys at work.\n";

#[test]
fn the_reference_is_that_of_the_types() {
    let file = etc("reference.md");
    let pages: Vec<String> = all().iter().map(|(name, schema)| page(name, schema)).collect();
    let text = HEAD.to_owned() + &pages.concat();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == text, "{} is not of the types: see its head", file.display());
    assert!(!text.contains("Null") && !text.contains("| |"), "a key without words");
}

fn page(name: &str, schema: &Schema) -> String {
    let root = schema.as_value();
    let none = Map::new();
    let parts = root["$defs"].as_object().unwrap_or(&none);
    let mut page = format!("\n## {name}.yaml\n\n{}\n", plain(&root["description"]));
    table(root, parts, &mut page);
    for (part, content) in parts {
        let heading = format!("\n### {part}\n\n{}\n", plain(&content["description"]));
        if content["type"] == "array" {
            page += &heading;
        } else if content["properties"].is_object() {
            page += &heading;
            table(content, parts, &mut page);
        } else if let Some(words) = content["oneOf"].as_array() {
            page += &heading;
            page.push('\n');
            for word in words {
                let said = plain(&word["description"]);
                writeln!(page, "- `{}`: {said}", word["const"].as_str().unwrap()).unwrap();
            }
        }
    }
    page
}

fn table(section: &Value, parts: &Map<String, Value>, page: &mut String) {
    *page += "\n| key | value | where it is left out | meaning |\n|---|---|---|---|\n";
    let required = section["required"].as_array().cloned().unwrap_or_default();
    for (key, value) in section["properties"].as_object().unwrap() {
        let default = match &value["default"] {
            _ if required.contains(&Value::from(key.as_str())) => "must be there".to_owned(),
            // What is left out comes from another layer, or is none: the words say which.
            Value::Null | Value::Object(_) => "–".to_owned(),
            Value::Array(items) if items.is_empty() => "none".to_owned(),
            other => format!("`{}`", other.to_string().trim_matches('"')),
        };
        let (kind, said) = (kind(value, parts), plain(&value["description"]));
        writeln!(page, "| `{key}` | {kind} | {default} | {said} |").unwrap();
    }
}

/// What may stand there.
fn kind(value: &Value, parts: &Map<String, Value>) -> String {
    if let Some(name) = value["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        let part = &parts[name];
        let is_list = part["type"] == "array";
        let has_a_part = is_list || part["properties"].is_object() || part["oneOf"].is_array();
        return if has_a_part {
            format!("[{name}](#{})", name.to_lowercase())
        } else {
            kind(part, parts)
        };
    }
    if let Some(any) = value["anyOf"].as_array() {
        let kinds = any.iter().filter(|one| one["type"] != "null").map(|one| kind(one, parts));
        return kinds.collect::<Vec<_>>().join(" or ");
    }
    if let Some(words) = value["enum"].as_array() {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        return format!("one of {}", words.join(", "));
    }
    let types = match &value["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        name => name.as_str(),
    };
    let range = match (&value["minimum"], &value["maximum"]) {
        (Value::Null, Value::Null) => String::new(),
        (min, Value::Null) => format!(", {min} or more"),
        (Value::Null, max) => format!(", at most {max}"),
        (min, max) => format!(", {min} to {max}"),
    };
    match types {
        Some("integer") => format!("whole number{range}"),
        Some("number") => format!("number{range}"),
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("array") => format!("list of {}", kind(&value["items"], parts)),
        _ => "text".to_owned(),
    }
}

fn plain(text: &Value) -> String {
    text.as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|")
}
