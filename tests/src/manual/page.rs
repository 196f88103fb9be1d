//! A page in roff.

use clap_mangen::roff::{Inline, Roff, bold, roman};

/// One that grows. Texts have names of things in backticks, as help texts do.
pub(super) struct Page(String);

impl Page {
    /// With its heading. There is no date, which would be another one with every build.
    pub(super) fn new(name: &str, section: &str, purpose: &str) -> Self {
        let source = concat!("vm-autoscale ", env!("CARGO_PKG_VERSION"));
        let mut head = Roff::new();
        head.control("TH", [name, section, "\"\"", source, "vm-autoscale"]);
        // Names are not hyphenated, and lines are not filled up with blanks.
        head.control("nh", []).control("ad", ["l"]);
        // What apostrophes look like comes with it; all that follows does without.
        Self(head.render()).section("NAME").text(&format!("{name} - {purpose}"))
    }

    pub(super) fn section(self, name: &str) -> Self {
        self.control("SH", [name])
    }

    pub(super) fn subsection(self, name: &str) -> Self {
        self.control("SS", [name])
    }

    /// One paragraph, or some between blank lines.
    pub(super) fn text(mut self, text: &str) -> Self {
        for (index, paragraph) in text.split("\n\n").enumerate() {
            if index > 0 {
                self = self.paragraph();
            }
            self = self.line(inlines(&joined(paragraph)));
        }
        self
    }

    pub(super) fn paragraph(self) -> Self {
        self.control("PP", [])
    }

    /// A term and what it means.
    pub(super) fn item(self, term: &str, text: &str) -> Self {
        self.control("TP", []).line(inlines(term)).text(text)
    }

    /// A term whose text is more than one thing.
    pub(super) fn line_break(self) -> Self {
        self.control("br", [])
    }

    /// Lines as they are. Behind a text it wants a new paragraph.
    pub(super) fn example(mut self, lines: &[impl AsRef<str>]) -> Self {
        self = self.control("nf", []);
        for line in lines {
            self = self.line(vec![roman(line.as_ref())]);
        }
        self.control("fi", [])
    }

    /// What another one made.
    pub(super) fn made(mut self, roff: &str) -> Self {
        let is_own = |line: &&str| !line.starts_with(".ie ") && !line.starts_with(".el ");
        for line in roff.lines().filter(is_own) {
            self.0 += &with_names(line);
            self.0.push('\n');
        }
        self
    }

    pub(super) fn finish(self) -> String {
        self.0
    }

    fn control<'a>(mut self, name: &str, words: impl IntoIterator<Item = &'a str>) -> Self {
        self.0 += &Roff::new().control(name, words).to_roff();
        self
    }

    fn line(self, line: Vec<Inline>) -> Self {
        let text = Roff::new().text(line).render();
        self.made(&text)
    }
}

/// What stands in backticks is bold.
fn inlines(text: &str) -> Vec<Inline> {
    let parts = text.split('`').enumerate().filter(|(_, part)| !part.is_empty());
    parts.map(|(index, part)| if index % 2 == 1 { bold(part) } else { roman(part) }).collect()
}

/// The same in a line that is roff already.
fn with_names(line: &str) -> String {
    let parts = line.split('`').enumerate();
    let part = |(index, part): (usize, &str)| match index % 2 {
        1 => format!("\\fB{part}\\fR"),
        _ => part.to_owned(),
    };
    parts.map(part).collect()
}

/// The lines of a paragraph in one.
pub(super) fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A sentence, of what stands in a list or a help text without being one.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let first = text.split(' ').next().unwrap_or_default();
    let mut letters = text.chars();
    match letters.next() {
        // A file's name stays as it is.
        Some(letter) if !first.contains('.') => {
            format!("{}{}.", letter.to_uppercase(), letters.as_str())
        }
        _ => format!("{text}."),
    }
}

#[test]
fn what_roff_would_take_for_its_own_is_text() {
    let page = Page::new("x", "1", "a - b").text("'a'\n.b `--c d` \\e").example(&[".x 'y' -z"]);
    let text = page.finish();
    let body: Vec<&str> = text.lines().skip(5).collect();
    assert_eq!(
        body,
        [
            ".SH NAME",
            "x \\- a \\- b",
            "\\*(Aqa\\*(Aq .b \\fB\\-\\-c d\\fR \\\\e",
            ".nf",
            "\\&.x \\*(Aqy\\*(Aq \\-z",
            ".fi",
        ]
    );
}

#[test]
fn a_sentence_begins_large_and_ends() {
    assert_eq!(sentence("all is well"), "All is well.");
    assert_eq!(sentence("It is."), "It is.");
    assert_eq!(sentence("a.yaml is it"), "a.yaml is it.");
}
