//! `import`: an old program's configuration as ours, and what became of every key of it.

mod files;
mod guess;
mod keys;
mod new_config;
mod new_helper;
mod old;
mod reader;
mod report;
mod row;
mod said;
mod section;
mod steps;
mod table;
#[cfg(test)]
mod tests;
mod walk;
mod world;
mod yaml;

use std::net::IpAddr;
use std::path::Path;

use vm_autoscale_config::{
    Checked, Environment, Foreign, HelperConfig, Report, SchedulerConfig, quoted,
};

pub(crate) use self::keys::Tool;
use self::old::{Names, Old};
use self::report::Told;
pub(crate) use self::report::shown;
use self::row::Row;
pub(crate) use self::table::wrap;
use crate::args::{Format, Import};
use crate::error::Error;

/// The files, in the order in which they are written.
const NAMES: [&str; 3] = ["config.yaml", "helper.yaml", "import.txt"];

/// What the old file was made into.
#[derive(Debug)]
struct Made {
    tool: Tool,
    old: Old,
    rows: Vec<Row>,
    config: String,
    helper: String,
}

/// Does it all; what is to be printed.
pub(crate) fn run(arguments: &Import) -> Result<String, Error> {
    let file = Foreign::read(&arguments.old)?.hiding(said::is_secret);
    are_hosts(&file, arguments)?;
    files::are_free(&arguments.output, &NAMES)?;
    let made = make(&file, arguments, &world::resolver())?;
    let told = Told {
        tool: made.tool,
        source: &arguments.old,
        output: &arguments.output,
        rows: &made.rows,
        running: world::running(),
        steps: steps::all(&made.rows, &made.old, arguments),
    };
    let kept = told.text(report::KEPT_WIDTH);
    let texts = [made.config, made.helper, kept];
    let ready: Vec<(&str, String)> = NAMES.into_iter().zip(texts).collect();
    files::write(&arguments.output, &ready)?;
    Ok(match arguments.output_format {
        Format::Text => told.text(terminal_width()),
        Format::Json => told.json()?,
    })
}

/// Reads, judges and renders; touches nothing.
fn make(
    file: &Foreign,
    arguments: &Import,
    resolve: &dyn Fn(&str) -> Vec<IpAddr>,
) -> Result<Made, Error> {
    let mut found = walk::walk(file);
    let guessed = arguments.from.map_or_else(|| guess::tool(file, &found.rows), Ok);
    // With more than one mistake all of them are told, whichever program it is of.
    let tool = guessed.as_ref().copied().unwrap_or(Tool::Original);
    found.problems.extend(guessed.err().map(|problem| *problem));
    let mut reader = reader::Reader::new(tool);
    let names = Names { given: arguments.address.iter().cloned().collect(), resolve };
    let old = old::read(file, tool, &names, &mut reader);
    found.problems.append(&mut reader.problems);
    if !found.problems.is_empty() {
        return Err(vm_autoscale_config::Error::from(file.report(found.problems)).into());
    }
    row::complete(&mut found.rows, tool, &reader);
    let from = head(&arguments.old, tool);
    let config = new_config::render(&old, &from);
    let helper = new_helper::render(&old, &from, &arguments.identity, &arguments.known_hosts);
    prove(&config, &helper, &old.secrets()).map_err(Error::Made)?;
    Ok(Made { tool, old, rows: found.rows, config, helper })
}

/// What is written is what the programs take, once the secrets that were told are in their place:
/// they are asked before.
fn prove(config: &str, helper: &str, secrets: &Environment) -> Result<(), Report> {
    let file = Path::new("config.yaml");
    Checked::<SchedulerConfig>::expanded(file, config.as_bytes(), secrets).finish()?;
    Checked::<HelperConfig>::new(Path::new("helper.yaml"), helper.as_bytes()).finish()?;
    Ok(())
}

fn head(old: &Path, tool: Tool) -> String {
    let name = old.file_name().unwrap_or_default().to_string_lossy();
    format!(
        "# Made by vm-autoscale-setup import of {}, a file of {}.\n\
         # No secret was copied. import.txt says of every old key what became of it.\n",
        quoted(&name),
        tool.name()
    )
}

/// An address for a host that is not there would be without effect.
fn are_hosts(file: &Foreign, arguments: &Import) -> Result<(), Error> {
    let root = section::Section::root(file.root());
    // All of the programs have both keys.
    let mut scratch = reader::Reader::new(Tool::Original);
    let mut known = std::collections::BTreeSet::new();
    for host in root.list("proxmox_hosts") {
        known.extend(scratch.text(&host, "name"));
        known.extend(scratch.text(&host, "host"));
    }
    let stray = arguments.address.iter().find(|(name, _)| !known.contains(name));
    stray.map_or(Ok(()), |(name, _)| {
        let name = quoted(name);
        Err(Error::Usage(format!("--address names {name}, and the old file has no such host")))
    })
}

/// As the terminal says, as the shell does, else what fits everywhere.
pub(crate) fn terminal_width() -> usize {
    let terminal = terminal_size::terminal_size_of(std::io::stdout());
    let columns = || std::env::var("COLUMNS").ok()?.parse().ok();
    terminal.map(|(width, _)| width.0.into()).or_else(columns).unwrap_or(80)
}
