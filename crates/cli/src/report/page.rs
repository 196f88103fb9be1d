//! A report as a page: one file that loads nothing, runs nothing, and is read on a screen of any
//! width, on paper, and by whoever does not see the charts.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::model::Report;

mod chart;
mod cluster;
mod vm;

const STYLE: &str = include_str!("page/style.css");

/// No script, nothing of anywhere, and of styles only the one of this page: what a guest calls
/// itself can do nothing here, even if it were not escaped.
const POLICY: &str = "default-src 'none'; \
                      style-src 'sha256-vwOgjBs5oMURS+00+daw5n8pYn9SjrCHSAgFmrP5x54='; \
                      base-uri 'none'; form-action 'none'";

/// The whole file.
pub(crate) fn page(report: &Report) -> String {
    let [since, until, made] = &report.written;
    let page: Markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="referrer" content="no-referrer";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "vm-autoscale: " (since) " to " (until) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "What the VMs used, got and gave back" }
                    p.lead { "From " (time(since)) " to " (time(until)) "." }
                    p.quiet { "Made by vm-autoscale " (env!("CARGO_PKG_VERSION")) " on " (time(made)) "." }
                }
                main {
                    @for (at, cluster) in report.clusters.iter().enumerate() {
                        (cluster::section(report, cluster, at))
                    }
                    @if report.clusters.is_empty() {
                        p { "The journal has nothing of that time." }
                    }
                    section.notes {
                        h2 { "How to read it, and what is not known" }
                        ul { @for note in &report.notes { li { (note) } } }
                    }
                }
            }
        }
    };
    page.into_string()
}

/// A time that does not break in two lines.
fn time(written: &str) -> Markup {
    html! { span.time { (written) } }
}

/// What a guest or a node calls itself: its letters go their own way and no other's.
fn name(text: &str) -> Markup {
    html! { bdi { (text) } }
}
