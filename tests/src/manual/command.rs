//! The pages of a program and of its subcommands.

use clap::Command;
use clap_mangen::Man;

use super::page::{Page, sentence};
use super::programs::Program;
use super::said::{Said, said};

/// By their files' names.
pub(super) fn pages(program: &Program) -> Vec<(String, String)> {
    // The page of a subcommand says what `help` would.
    let mut command = program.command.clone().disable_help_subcommand(true);
    command.build();
    let common = of(&command).codes;
    let mut pages = Vec::new();
    walk(program, &command, &common, &mut pages);
    pages
}

fn walk(
    program: &Program,
    command: &Command,
    common: &[(u8, String)],
    pages: &mut Vec<(String, String)>,
) {
    let name = name(command);
    pages.push((format!("{name}.{}", program.section), page(program, command, common)));
    for one in command.get_subcommands() {
        walk(program, one, common, pages);
    }
}

fn page(program: &Program, command: &Command, common: &[(u8, String)]) -> String {
    let name = name(command);
    let about = command.get_about().unwrap_or_else(|| panic!("{name} says nothing")).to_string();
    let Said { first, examples, last, codes } = of(command);
    let codes = if codes.is_empty() { common } else { &codes };
    let mut page = Page::new(&name, program.section, purpose(&about))
        .section("SYNOPSIS")
        .text(&usage(command))
        .section("DESCRIPTION")
        .text(&sentence(&about));
    for text in first {
        page = page.paragraph().text(&text);
    }
    let man = Man::new(command.clone()).section(program.section);
    let mut made = Vec::new();
    if command.has_subcommands() {
        man.render_subcommands_section(&mut made).unwrap();
    }
    man.render_options_section(&mut made).unwrap();
    page = page.made(&String::from_utf8(made).unwrap());
    if !examples.is_empty() {
        page = page.section("EXAMPLES").example(&wrapped(&examples));
    }
    page = page.section("EXIT STATUS");
    for (code, meaning) in codes {
        page = page.item(&format!("`{code}`"), &sentence(meaning));
    }
    if !last.is_empty() {
        page = page.section("NOTES").text(&last.join("\n\n"));
    }
    if command.get_name() == program.command.get_name() {
        page = page.section("FILES");
        for (file, meaning) in program.files {
            page = page.item(&format!("`{file}`"), meaning);
        }
    }
    page.section("SEE ALSO").text(&see(program, command)).finish()
}

/// What is too long for 80 columns goes on in the next line, from an option on.
fn wrapped(examples: &[String]) -> Vec<String> {
    const WIDE: usize = 73;
    let mut lines = Vec::new();
    for example in examples {
        let mut line = example.clone();
        while let Some(at) = line.get(..WIDE - 2).filter(|_| line.len() > WIDE) {
            let Some(at) = at.rfind(" --") else { break };
            let rest = line.split_off(at);
            lines.push(line + " \\");
            line = format!("   {rest}");
        }
        lines.push(line);
    }
    lines
}

/// The page's own name: `vm-autoscale-config-show`.
fn name(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

/// What stands behind the options in its help.
fn of(command: &Command) -> Said {
    command.get_after_help().map(|text| said(&text.to_string())).unwrap_or_default()
}

/// The first sentence, in the one line that `whatis` has.
fn purpose(about: &str) -> &str {
    about.split_once(". ").map_or(about, |(first, _)| first).trim_end_matches('.')
}

/// As the program says it, with the words that are typed as they are in bold.
fn usage(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    format!("`{name}`{}", usage.strip_prefix(name).unwrap_or_else(|| panic!("{usage}")))
}

/// The command that it belongs to, and what that one names.
fn see(program: &Program, command: &Command) -> String {
    let own = program.command.get_name();
    let is_root = command.get_name() == own;
    let root = (!is_root).then(|| format!("{own}({})", program.section));
    let all = root.into_iter().chain(program.see.iter().map(|&page| page.to_owned()));
    let bold = |page: String| page.replacen('(', "`(", 1);
    all.map(|page| format!("`{}", bold(page))).collect::<Vec<_>>().join(", ")
}

#[test]
fn long_examples_go_on_in_the_next_line() {
    let long = format!("x --a {} --b 'c d'", "y".repeat(60));
    let lines = wrapped(&["x --a".to_owned(), long.clone()]);
    let first = format!("{} \\", &long[..66]);
    assert_eq!(lines, ["x --a", first.as_str(), "    --b 'c d'"]);
}

#[test]
fn the_first_sentence_is_the_purpose() {
    assert_eq!(purpose("Ask of `x.y`. 1 where not."), "Ask of `x.y`");
    assert_eq!(purpose("End pauses."), "End pauses");
}

/// Whoever asks for help sees how it is used, and what an exit code means.
#[test]
fn every_command_has_examples_and_exit_codes() {
    fn check(command: &Command) {
        let name = name(command);
        let Said { examples, codes, .. } = of(command);
        assert!(examples.iter().any(|line| line.contains("vm-autoscale")), "{name}");
        assert!(codes.first().is_some_and(|(code, _)| *code == 0), "{name}");
        command.get_subcommands().for_each(check);
    }
    for command in [vm_autoscale::command(), vm_autoscale_setup::command()] {
        let mut command = command.disable_help_subcommand(true);
        command.build();
        check(&command);
    }
}
