//! Why a script on a node ended early.

use std::io::Read as _;

use vm_autoscale_guard::one_line;

use super::{MOST, Remote};
use crate::error::Error;

/// As `timeout` and shells say it.
const LATE: i32 = 124;
const MISSING: i32 = 127;
/// As ssh says that there was no session.
const NO_SESSION: i32 = 255;

impl Remote {
    /// Waits for the end; the error is what to say where nothing else was said.
    pub(crate) fn ended(self) -> Error {
        let Self { mut child, stdin, mut said, complaints, target, trust, .. } = self;
        drop(stdin);
        // Else one that still has something to say never ends.
        let _ = said.by_ref().take(MOST).read_to_end(&mut Vec::new());
        let code = child.wait().ok().and_then(|status| status.code());
        let text = complaints.join().unwrap_or_default();
        told(&target, &trust, code, &String::from_utf8_lossy(&text))
    }
}

fn told(target: &str, trust: &str, code: Option<i32>, text: &str) -> Error {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last: Vec<String> =
        lines.iter().rev().take(4).rev().map(|line| format!("\n    {}", one_line(line))).collect();
    let what = |problem: &str| format!("ssh {target}: {problem}{}", last.concat());
    match code {
        Some(LATE) | None => Error::unreachable(what("no end within 300 s"), "try again"),
        Some(MISSING) => Error::failed(
            "there is no OpenSSH client on this machine",
            "apt install openssh-client, or leave --ssh out: the line is printed then",
        ),
        Some(NO_SESSION) if text.contains("ost key") => {
            Error::failed(what("its host key is not the pinned one"), format!("{trust} shows both"))
        }
        Some(NO_SESSION) if text.contains("ermission denied") => Error::failed(
            what("it does not let you in"),
            format!("try by hand: ssh {target}; or leave --ssh out: the line is printed then"),
        ),
        Some(NO_SESSION) => Error::unreachable(what("no session"), format!("ssh {target}")),
        Some(code) => {
            let what = what(&format!("the shell there ended with {code}"));
            Error::failed(what, format!("does this work? ssh {target} /bin/sh -c true"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_names_what_to_type() {
        for (code, text, exit, said) in [
            (Some(255), "Host key verification failed.\r\n", 1, "trust-host pve1 192.0.2.1:22"),
            (Some(255), "No ED25519 host key is known for x", 1, "trust-host"),
            (Some(255), "root@x: Permission denied (publickey).", 1, "try by hand: ssh root@x"),
            (Some(255), "ssh: Could not resolve hostname x", 6, "Could not resolve"),
            (Some(127), "", 1, "apt install openssh-client"),
            (Some(124), "", 6, "no end within 300 s"),
            (Some(3), "\u{1b}[2Jbad", 1, "ended with 3\n    \\u{1b}[2Jbad"),
        ] {
            let error = told("root@x", "trust-host pve1 192.0.2.1:22", code, text);
            let told = error.to_string();
            assert!(error.exit_code() == exit && told.contains(said), "{told}");
            assert!(told.contains("\n  help: ") && !told.contains('\u{1b}'), "{told}");
        }
    }
}
