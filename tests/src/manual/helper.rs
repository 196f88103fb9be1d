//! The page of the helper, which has no command line of clap's: made of its own help.

use super::page::{Page, joined, sentence};
use super::said::said;

const HELPER: &str = "\
It reads root's files, says all that is wrong with them, and becomes `vm-autoscale-broker`, which \
stands beside it, in the same process. The broker hears the scheduler's user alone, holds the SSH \
keys, checks the nodes' host keys, and turns typed requests into one command each, within the rules \
of `vm-autoscale-helper.yaml`(5). Once it listens, it gives up capabilities, files, ports and \
system calls that it does not need any more; its log says what the kernel let it give up. \
`vm-autoscale-broker` is never started by hand.

It runs as root without any capability, as `vm-autoscale-helper.service`, which systemd starts \
through `vm-autoscale-helper.socket`.

Every request is a line of JSON in its log: who asked, what for, what ran on the node, what came of \
it and how long that took.";

/// The page.
pub(super) fn helper() -> String {
    let help = vm_autoscale_helper::HELP;
    let mut parts = help.split("\n\n");
    let purpose = parts.next().and_then(|line| line.split_once(": ")).unwrap().1;
    let usage = parts.next().and_then(|line| line.strip_prefix("Usage: ")).unwrap();
    let mut page = Page::new("vm-autoscale-helper", "8", purpose)
        .section("SYNOPSIS")
        .text(&usage.replacen("vm-autoscale-helper", "`vm-autoscale-helper`", 1))
        .section("DESCRIPTION")
        .text(HELPER);
    for part in parts {
        if let Some(options) = part.strip_prefix("Options:\n") {
            page = page.section("OPTIONS");
            for (option, meaning) in items(options) {
                page = page.item(&format!("`{option}`"), &sentence(&meaning));
            }
        } else if part.starts_with("Exit codes:") {
            page = page.section("EXIT STATUS");
            for (code, meaning) in said(part).codes {
                page = page.item(&format!("`{code}`"), &sentence(&meaning));
            }
        } else {
            page = page.paragraph().text(part);
        }
    }
    page.section("EXAMPLES")
        .example(&[
            "/usr/libexec/vm-autoscale/vm-autoscale-helper --validate-only",
            "journalctl -u vm-autoscale-helper -o cat | grep '^{' |",
            "    jq -c 'select(.method == \"SetVcpus\") | [.time, .verdict]'",
        ])
        .section("FILES")
        .item("`/etc/vm-autoscale/helper.yaml`", "Its rules.")
        .item("`/etc/vm-autoscale/helper.env`", "Passwords, where a login has one.")
        .item("`/etc/vm-autoscale/known_hosts`", "The nodes' host keys; no other is believed.")
        .item("`/run/vm-autoscale/helper.sock`", "Where the scheduler asks.")
        .item("`/run/vm-autoscale-helper`", "The last changes, by which rates are counted.")
        .section("SEE ALSO")
        .text("`vm-autoscale-helper.yaml`(5), `vm-autoscale-gate`(8), `vm-autoscale`(1)")
        .finish()
}

/// An option, two blanks or more, what it means; that may go on in lines that are set in further.
fn items(text: &str) -> Vec<(String, String)> {
    let mut items: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let line = line.strip_prefix("  ").unwrap();
        match (line.split_once("  "), items.last_mut()) {
            (Some((option, meaning)), _) if !option.is_empty() => {
                items.push((option.to_owned(), joined(meaning)));
            }
            (_, Some((_, meaning))) => *meaning = format!("{meaning} {}", line.trim()),
            _ => panic!("{line}"),
        }
    }
    items
}
