//! Other programs of this machine, each with a deadline and without a shell.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use crate::error::Error;

/// What `timeout` ends with when the time was over.
const LATE: i32 = 124;
/// And when there is no such program.
const MISSING: i32 = 127;

/// A program, by its name on root's usual path, that has so many seconds.
pub(crate) fn program(name: &str, seconds: u32) -> Command {
    #[expect(clippy::disallowed_methods, reason = "setting up is done with the system's own tools")]
    let mut command = Command::new("timeout");
    command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    // Answers are read by this program; and one that asks the user something has the terminal.
    command.env("LC_ALL", "C.UTF-8").arg("--foreground").arg("--kill-after=5");
    command.arg(seconds.to_string()).arg(name);
    command
}

/// Runs one that [`program`] made to its end, with `input` on its standard input. Whatever it ends
/// with is an answer.
///
/// # Errors
/// There is no such program, or it did not end in time.
pub(crate) fn run(mut command: Command, input: &[u8]) -> Result<Output, Error> {
    let name = name(&command);
    let failed = |why: String| Error::failed(why, "see that it works by itself, then try again");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| failed(format!("{name}: {error}")))?;
    if let Some(mut stdin) = child.stdin.take() {
        let input = input.to_vec();
        // Beside the reading of what it says. One that ends without listening has said why.
        std::thread::spawn(move || stdin.write_all(&input));
    }
    let output = child.wait_with_output().map_err(|error| failed(format!("{name}: {error}")))?;
    match output.status.code() {
        Some(LATE) | None => Err(failed(format!("{name} did not end in time"))),
        Some(MISSING) => Err(failed(format!("there is no program {name}"))),
        Some(_) => Ok(output),
    }
}

/// The same, where anything but success is an error that says what the program said.
///
/// # Errors
/// It did not end well.
pub(crate) fn done(command: Command) -> Result<String, Error> {
    let name = name(&command);
    let output = run(command, b"")?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        return Ok(said(&output.stdout));
    }
    let why = said(&[&output.stdout[..], &output.stderr].concat());
    Err(Error::failed(format!("{name}: {why}"), "mend what it says, then run this again"))
}

/// The program behind `timeout`, with its first word.
fn name(command: &Command) -> String {
    let words: Vec<_> = command.get_args().skip(3).take(2).map(|it| it.to_string_lossy()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_is_given_it_gets_and_how_it_ends_is_told() {
        assert_eq!(run(program("cat", 9), b"in").unwrap().stdout, b"in");
        assert!(!run(program("false", 9), b"").unwrap().status.success());
        let error = done(program("no-such-program-here", 9)).unwrap_err().to_string();
        assert!(error.starts_with("there is no program no-such-program-here"), "{error}");
        let mut late = program("sleep", 1);
        late.arg("60");
        assert!(run(late, b"").unwrap_err().to_string().starts_with("sleep 60 did not end"));
        let mut sh = program("ls", 9);
        sh.arg("/nowhere");
        let error = done(sh).unwrap_err().to_string();
        assert!(error.contains("/nowhere") && error.contains("\n  help: "), "{error}");
    }
}
