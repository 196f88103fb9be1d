//! Which of the three programs an old file is of.

use vm_autoscale_config::{Foreign, Part, Problem, Value};

use super::keys::{self, Tool};
use super::row::Row;
use super::section::Section;

/// The program whose keys the file has; where it has those of two, a problem that names both.
pub(crate) fn tool(file: &Foreign, rows: &[Row]) -> Result<Tool, Box<Problem>> {
    let root = Section::root(file.root());
    let only = |tool: Tool| {
        let of = move |row: &&Row| {
            keys::find(&row.general).is_some_and(|key| key.tools.first() == Some(&tool))
        };
        rows.iter()
            .filter(of)
            .find(|row| keys::find(&row.general).is_some_and(|key| key.tools.len() == 1))
    };
    let place = |row: &Row| (row.key.clone(), row.line.unwrap_or(0));
    let api = only(Tool::SecureApi).map(place);
    let fork = api.clone().or_else(|| sign_of_fork(&root));
    match (only(Tool::Original).map(place), fork) {
        (Some(original), Some(fork)) => Err(contradiction(&root, &original, &fork)),
        (_, None) => Ok(Tool::Original),
        (None, Some(_)) if api.is_some() => Ok(Tool::SecureApi),
        (None, Some(_)) => Ok(Tool::SecureSsh),
    }
}

/// What only the fork's own documents have, under keys that the original has, too.
fn sign_of_fork(root: &Section<'_>) -> Option<(String, usize)> {
    let text = |part: Part<'_>, begin: &str| matches!(part.value(), Value::Text(text) if text.starts_with(begin));
    let of = |section: &Section<'_>, key: &str, begin: &str| {
        let part = section.get(key).filter(|part| text(*part, begin))?;
        Some((section.path_of(key), part.line()))
    };
    let hosts = root.list("proxmox_hosts");
    let variable = hosts.iter().find_map(|host| of(host, "ssh_password", "${"));
    variable.or_else(|| of(&root.section("logging"), "log_file", "/var/log/vm-autoscale/"))
}

fn contradiction(
    root: &Section<'_>,
    (original, at): &(String, usize),
    (fork, line): &(String, usize),
) -> Box<Problem> {
    let problem = format!(
        "`{original}` is the original program's alone, and `{fork}` on line {line} is the secure \
         fork's"
    );
    let rule = "what its program never read has no effect, so that it must be known which it is";
    let help = "say it: --from original, --from secure-ssh or --from secure-api";
    let mut problem = root.whole_problem(problem).rule(rule).help(help);
    problem.path.clone_from(original);
    (problem.line, problem.column) = (*at, 1);
    Box::new(problem)
}
