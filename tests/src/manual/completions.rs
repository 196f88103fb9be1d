//! What shells complete: as clap says it, and VMIDs as the running daemon says them.

use clap::builder::Resettable;
use clap::{Arg, Command, ValueHint};
use clap_complete::Shell;

use super::programs;

/// Stands for the daemon's VMIDs in what clap makes of a command line, until it is replaced by what
/// asks for them.
const MARK: &str = "VMIDS-OF-THE-DAEMON";
/// Arguments that take VMIDs, by the names of their values.
const TAKES_VMIDS: [&str; 2] = ["VMID", "SELECTOR"];

/// By their paths in the repository.
pub(super) fn all() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for program in programs::all() {
        for (shell, end) in [(Shell::Bash, "bash"), (Shell::Zsh, "zsh"), (Shell::Fish, "fish")] {
            let name = program.command.get_name().to_owned();
            let path = format!("deploy/completions/{name}.{end}");
            all.push((path, script(shell, &name, program.command.clone())));
        }
    }
    all
}

fn script(shell: Shell, name: &str, command: Command) -> String {
    let mut command = marked(command.disable_help_subcommand(true));
    let mut made = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut made);
    let made = String::from_utf8(made).unwrap();
    // Lines that end with a blank are the library's.
    let made: String = made.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    // For bash it spells a program's own hyphens in two ways, and then finds no subcommand.
    let made = made.replace(&name.replace('-', "__subcmd__"), &name.replace('-', "__"));
    let asking = if made.contains(MARK) { asking(shell, &command, &made) } else { made };
    assert!(!asking.contains(MARK), "{shell}: {name} has VMIDs where they are not asked for");
    asking
}

fn marked(command: Command) -> Command {
    command.mut_args(hinted).mut_subcommands(marked)
}

/// Where it takes VMIDs, the mark; where it takes words that are no files, none are offered.
fn hinted(argument: Arg) -> Arg {
    let names = argument.get_value_names().unwrap_or_default();
    if names.iter().any(|name| TAKES_VMIDS.contains(&name.as_str())) {
        return argument.value_parser([MARK]).default_value(Resettable::Reset);
    }
    let takes = argument.get_action().takes_values();
    let is_free = argument.get_value_hint() == ValueHint::Unknown
        && argument.get_possible_values().is_empty();
    if takes && is_free { argument.value_hint(ValueHint::Other) } else { argument }
}

const BASH: &str = "\
# The daemon's VMIDs; none where it does not answer within a second.
_vm_autoscale_vmids() {
    [[ ${cur} == -* ]] || vm-autoscale __vmids 2>/dev/null | cut -f1
}

";

const ZSH: &str = "
# The daemon's VMIDs with their names; none where it does not answer within a second.
_vm_autoscale_vmids() {
    local line
    local -a vmids
    for line in ${(f)\"$(vm-autoscale __vmids 2>/dev/null)\"}; do
        vmids+=(\"${line%%$'\\t'*}:${line#*$'\\t'}\")
    done
    _describe VMID vmids
}
";

const FISH: &str = "(vm-autoscale __vmids 2>/dev/null)";

fn asking(shell: Shell, command: &Command, made: &str) -> String {
    match shell {
        Shell::Bash => BASH.to_owned() + &made.replace(MARK, "$(_vm_autoscale_vmids)"),
        Shell::Zsh => {
            let made = made.replace(&format!("({MARK})"), "_vm_autoscale_vmids");
            let (first, rest) = made.split_once('\n').unwrap();
            format!("{first}\n{ZSH}{rest}")
        }
        // The library has no arguments without a name for it.
        Shell::Fish => made.replace(&format!("{MARK}\\t''"), FISH) + &positional(command),
        _ => panic!("{shell} is not made"),
    }
}

fn positional(command: &Command) -> String {
    let takes =
        |one: &&Command| one.get_positionals().any(|arg| !arg.get_possible_values().is_empty());
    let names = command.get_subcommands().filter(takes).map(Command::get_name);
    let line = |name| {
        format!(
            "complete -c vm-autoscale -n \"__fish_vm_autoscale_using_subcommand {name}\" -f -a \"{FISH}\"\n"
        )
    };
    names.map(line).collect()
}
