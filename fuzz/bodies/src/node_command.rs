//! The line that a node is given.

use vm_autoscale_proxmox::NodeCommand;

const PROGRAMS: [&str; 4] = ["/usr/bin/grep", "/usr/bin/pvesh", "/usr/bin/tail", "/usr/sbin/qm"];

/// # Panics
/// A line is taken that this program would not have written, or that a shell splits otherwise.
pub fn node_command(data: &[u8]) {
    let Ok(line) = std::str::from_utf8(data) else { return };
    let Ok(command) = NodeCommand::parse(line) else { return };
    assert_eq!(command.line(), line);
    let argv = command.argv();
    assert_eq!(split(line), argv);
    assert!(argv.first().is_some_and(|program| PROGRAMS.contains(&program.as_ref())));
    let begin: Vec<&str> = argv.iter().take(2).map(AsRef::as_ref).collect();
    assert_eq!(command.is_change(), begin == ["/usr/sbin/qm", "set"]);
    for word in argv.iter().filter(|word| !line.contains(&format!("'{word}'"))) {
        assert!(!word.is_empty() && word.bytes().all(inert), "{word:?}");
    }
    for more in ["\n", " ", ";id", "|id", "&", "$(id)", "`id`", " --force", "\0", "'"] {
        for changed in [format!("{line}{more}"), format!("{more}{line}")] {
            assert!(NodeCommand::parse(&changed).is_err(), "{changed:?}");
        }
    }
}

/// The alphabet that means nothing to any shell.
fn inert(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._=,:+@%/-".contains(&byte)
}

/// As a POSIX shell splits a line that has blanks and single quotes.
fn split(line: &str) -> Vec<String> {
    let (mut words, mut in_quotes) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '\'' => in_quotes = !in_quotes,
            ' ' if !in_quotes => words.push(String::new()),
            c => words.last_mut().into_iter().for_each(|word| word.push(c)),
        }
    }
    words
}
