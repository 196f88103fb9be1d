//! The journal's stable words, and figures, as people read them.

/// The word of a decision without what says whether it is carried out.
pub(crate) fn rule(kind: &str) -> &str {
    kind.strip_prefix("would: ").or_else(|| kind.strip_prefix("does: ")).unwrap_or(kind)
}

/// Whether by that decision more is needed than there is.
pub(crate) fn wants_more(kind: &str) -> bool {
    let rule = rule(kind);
    matches!(rule, "busy" | "high" | "saturated" | "short" | "undo")
        || REFUSED_GROWTH.contains(&rule)
}

const REFUSED_GROWTH: &[&str] = &["at-maximum", "growth-rests", "node-full", "node-unknown"];

/// What keeps a change that is wanted from being made.
pub(crate) const REFUSALS: &[(&str, &str)] = &[
    ("at-maximum", "wants more, and has the most that is allowed"),
    ("node-full", "wants more, and its node is full"),
    ("node-unknown", "wants more, and it is not known how full its node is"),
    ("growth-rests", "wants more, and did not use what it was given before"),
    ("taking-rests", "what was to be taken stayed: not tried again for a while"),
    ("regretted", "memory that was taken was missed: not taken again for a while"),
    ("limit-of-others", "somebody else gave it a limit on its CPU time"),
];

/// What keeps a VM from being looked after.
pub(crate) const LEFT_ALONE: &[(&str, &str)] = &[
    ("auto-balloon", "automatic ballooning has its memory"),
    ("bounds-leave-nothing", "the bounds leave no size"),
    ("changed-by-others", "changed by someone else"),
    ("config-unknown", "its config could not be read"),
    ("doubt", "not known whether it is to be looked after"),
    ("guest-has-less", "the guest uses less than is plugged"),
    ("guest-silent", "the guest does not say what it needs"),
    ("ha-manager", "the HA manager was busy with it"),
    ("huge-pages", "huge pages change its sizes"),
    ("locked", "locked by another task"),
    ("memory-use-unknown", "no balloon device to ask for its memory"),
    ("node-offline", "its node was offline"),
    ("not-able", "not able without another option and a power cycle"),
    ("not-set", "not able without another option"),
    ("other-size", "measured at another size"),
    ("paused", "paused"),
    ("pending", "changes of others were pending"),
    ("quarantined", "QEMU and config disagreed"),
    ("stale", "no new figures of it"),
    ("stopped", "not running"),
    ("template", "a template"),
    ("zero-filled", "figures of exactly zero"),
];

/// What became of a change.
pub(crate) fn outcome(kind: &str) -> &str {
    match kind {
        "in-part" => "went a part of the way",
        "differs" => "failed: QEMU and config differ",
        "gone" => "the VM was gone",
        "locked" => "the VM was locked",
        "moved" => "the VM moved meanwhile",
        "no-effect" => "the guest does not use it",
        "not-sent" => "not sent",
        "not-hot-pluggable" => "failed: not hot-pluggable",
        "refused" => "refused by the helper's rules",
        "replaced" => "another VM had the number",
        "stopped" => "the VM did not run",
        "unconfirmed" => "not verified",
        "unknown" => "not known: no answer",
        // `verified`, `failed`, and those of a later version.
        other => other,
    }
}

/// A figure with as many decimals as say something.
pub(crate) fn figure(value: f64) -> String {
    match value {
        value if value >= 99.95 => format!("{value:.0}"),
        value if value >= 0.05 => {
            let text = format!("{value:.1}");
            text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
        }
        value if value > 0.0 => "<0.1".to_owned(),
        _ => "0".to_owned(),
    }
}

/// A part of a whole in percent; nothing where there is no whole.
pub(crate) fn percent(part: f64, whole: f64) -> Option<String> {
    (whole > 0.0).then(|| format!("{:.0} %", 100.0 * part / whole))
}

/// Seconds as hours, or minutes where it is less than one.
pub(crate) fn time(seconds: f64) -> String {
    match seconds {
        seconds if seconds >= 3570.0 => format!("{} h", figure(seconds / 3600.0)),
        seconds if seconds >= 59.5 => format!("{:.0} min", seconds / 60.0),
        seconds if seconds > 0.0 => format!("{seconds:.0} s"),
        _ => "0".to_owned(),
    }
}

/// `1 VM`, `2 VMs`.
pub(crate) fn many(count: usize, of: &str) -> String {
    if count == 1 { format!("1 {of}") } else { format!("{count} {of}s") }
}

/// A text in lines of at most `width` letters where its words allow it, all but the first one
/// indented.
pub(crate) fn folded(text: &str, width: usize) -> String {
    let (mut lines, mut line) = (String::new(), String::new());
    for (at, word) in text.split(' ').enumerate() {
        if !line.trim().is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines = lines + line.trim_end() + "\n";
            line = format!("      {word}");
        } else {
            line.push_str(if at > 0 { " " } else { "" });
            line.push_str(word);
        }
    }
    lines + line.trim_end() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_that_want_more_are_known_by_their_words() {
        for kind in ["would: busy", "does: short", "at-maximum", "high", "node-full"] {
            assert!(wants_more(kind), "{kind}");
        }
        for kind in ["within", "would: low", "does: spare", "stale", "taking-rests", ""] {
            assert!(!wants_more(kind), "{kind}");
        }
    }

    #[test]
    fn long_lines_are_folded_between_words() {
        assert_eq!(folded("note: a short one", 40), "note: a short one\n");
        assert_eq!(folded("  ab cd ef", 7), "  ab cd\n      ef\n");
        assert_eq!(folded("abcdefghij k", 5), "abcdefghij\n      k\n");
    }

    #[test]
    fn figures_are_short() {
        let figures = [0.0, 0.01, 0.12, 2.0, 99.94, 1234.5].map(figure);
        assert_eq!(figures, ["0", "<0.1", "0.1", "2", "99.9", "1234"]);
        assert_eq!([0.0, 30.0, 90.0, 5400.0].map(time), ["0", "30 s", "2 min", "1.5 h"]);
        assert_eq!((percent(1.0, 4.0).as_deref(), percent(0.0, 0.0)), (Some("25 %"), None));
    }
}
