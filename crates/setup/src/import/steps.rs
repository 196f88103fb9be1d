//! What only a human can do, with the commands for it.

mod nodes;
mod service;

use std::path::{Path, PathBuf};

use vm_autoscale_config::visible;

use super::old::Old;
use super::row::Row;
use crate::args::Import;

/// So many hosts get commands of their own; the others are named by them.
const SHOWN: usize = 20;

/// Where our own file goes; the secure fork has its own there.
const DESTINATION: &str = "/etc/vm-autoscale/config.yaml";

/// Each a title and its lines.
pub(crate) type Step = (String, Vec<String>);

pub(crate) fn all(rows: &[Row], old: &Old, arguments: &Import) -> Vec<Step> {
    let Import { old: source, output, identity, .. } = arguments;
    let mut steps = vec![nodes::names()];
    steps.extend(nodes::clusters(old));
    steps.push(service::stop(source));
    steps.push(service::install());
    steps.extend(nodes::key(identity));
    steps.extend(service::secrets(old));
    steps.extend(service::switched_off(old));
    steps.push(service::files(output));
    steps.push(nodes::trust(old));
    steps.push(nodes::authorize(old));
    steps.extend(service::network(old));
    steps.push(service::begin());
    steps.extend(service::plain(rows, source));
    steps
}

/// The old file itself and, where ours will take its place, the copy that is to be kept.
fn old_file(source: &Path) -> (PathBuf, Option<PathBuf>) {
    let whole = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).ok();
    let file = whole(source).unwrap_or_else(|| source.to_owned());
    let is_in_the_way = whole(Path::new(DESTINATION)).is_some_and(|other| other == file);
    let mut backup = file.clone().into_os_string();
    backup.push(".old");
    if is_in_the_way { (file, Some(backup.into())) } else { (source.to_owned(), None) }
}

/// As a shell takes it for one word.
fn word(path: &Path) -> String {
    let text = path.display().to_string();
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '@' | ':');
    if !text.is_empty() && text.chars().all(plain) {
        return text;
    }
    if !text.chars().any(is_unseen) {
        return format!("'{}'", text.replace('\'', "'\\''"));
    }
    let escaped = text.chars().map(|c| match c {
        '\'' | '\\' => format!("\\{c}"),
        c if is_unseen(c) => format!("\\U{:08x}", u32::from(c)),
        c => c.to_string(),
    });
    format!("$'{}'", escaped.collect::<String>())
}

/// What a terminal would act on.
fn is_unseen(c: char) -> bool {
    let text = c.to_string();
    visible(&text) != text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_for_a_shell_and_does_nothing_to_a_terminal() {
        let of = |text: &str| word(Path::new(text));
        assert_eq!(of("/etc/a-b_c.yaml"), "/etc/a-b_c.yaml");
        assert_eq!(of("a b'c"), "'a b'\\''c'");
        assert_eq!(of("a\u{1b}[31m'\\"), "$'a\\U0000001b[31m\\'\\\\'");
    }
}
