//! Use under allocation over time, drawn as SVG.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::super::model::Mark;
use super::super::series::{COLUMNS, Grid, float};

/// Room above the plot for the marks of moves, and below it for what was short.
const ABOVE: f64 = 12.0;
const BELOW: f64 = 8.0;

/// What is drawn of a column; a column of which nothing is known is a gap.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub(super) allocated: f64,
    pub(super) used: f64,
    pub(super) most: Option<f64>,
    pub(super) before: Option<f64>,
    pub(super) is_short: bool,
}

/// One chart.
#[derive(Debug)]
pub(super) struct Chart<'a> {
    /// Told apart from the page's others by this.
    pub(super) id: String,
    pub(super) title: String,
    /// What it shows, for whoever does not see it.
    pub(super) description: String,
    pub(super) points: Vec<Option<Point>>,
    pub(super) marks: Vec<&'a Mark>,
    pub(super) grid: Grid,
    /// Its width and the plot's height, in units of the drawing.
    pub(super) size: (f64, f64),
    /// What stands below it, at equal distances.
    pub(super) times: Vec<String>,
}

impl Chart<'_> {
    pub(super) fn figure(&self) -> Markup {
        let top = self.top();
        html! {
            figure {
                figcaption { (self.title) }
                div.y aria-hidden="true" { span { (label(top)) } span { "0" } }
                (self.drawing(top))
                @if !self.times.is_empty() {
                    div.x aria-hidden="true" { @for time in &self.times { span { (time) } } }
                }
            }
        }
    }

    fn drawing(&self, top: f64) -> Markup {
        let (width, height) = self.size;
        let whole = format!("0 0 {} {}", number(width), number(ABOVE + height + BELOW));
        let (title, description) = (format!("{}-t", self.id), format!("{}-d", self.id));
        let (base, half) = (number(ABOVE + height), number(ABOVE + height / 2.0));
        let lines =
            format!("M0 {}H{w}M0 {half}H{w}M0 {base}H{w}", number(ABOVE), w = number(width));
        html! {
            svg viewBox=(whole) role="img" aria-labelledby=(format!("{title} {description}")) {
                title id=(title) { (self.title) }
                desc id=(description) { (self.description) }
                path.used d=(self.area(top)) {}
                path.grid d=(lines) {}
                (line("most", &self.steps(top, |point| point.most)))
                (line("before", &self.steps(top, |point| point.before)))
                (line("given", &self.steps(top, |point| Some(point.allocated))))
                (line("short", &self.shortages()))
                @for (class, path) in self.moves() { path class=(class) d=(path) {} }
            }
        }
    }

    /// The top of its scale: a round figure that nothing is above.
    fn top(&self) -> f64 {
        let of = |point: &Point| {
            point.allocated.max(point.most.unwrap_or(point.used)).max(point.before.unwrap_or(0.0))
        };
        let most = self.points.iter().flatten().map(of).fold(0.0, f64::max);
        let power = 10.0_f64.powf(most.max(0.01).log10().floor());
        let steps = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
        steps.into_iter().map(|step| step * power).find(|top| *top >= most).unwrap_or(most)
    }

    fn x(&self, column: usize) -> f64 {
        let all = u32::try_from(COLUMNS).unwrap_or(1);
        self.size.0 * f64::from(u32::try_from(column).unwrap_or(all)) / f64::from(all)
    }

    fn y(&self, value: f64, top: f64) -> f64 {
        ABOVE + self.size.1 * (1.0 - value / top)
    }

    /// A line of steps that is not there where nothing is known.
    fn steps(&self, top: f64, of: impl Fn(&Point) -> Option<f64>) -> String {
        let (mut path, mut is_on) = (String::new(), false);
        for (at, point) in self.points.iter().enumerate() {
            let Some(value) = point.as_ref().and_then(&of) else {
                is_on = false;
                continue;
            };
            let y = number(self.y(value, top));
            // Writing to a String cannot fail.
            let _ = if is_on {
                write!(path, "V{y}H{}", number(self.x(at + 1)))
            } else {
                write!(path, "M{} {y}H{}", number(self.x(at)), number(self.x(at + 1)))
            };
            is_on = true;
        }
        path
    }

    /// What was used, down to nothing.
    fn area(&self, top: f64) -> String {
        let base = number(ABOVE + self.size.1);
        let mut path = String::new();
        for (at, point) in self.points.iter().enumerate() {
            let Some(point) = point.as_ref().filter(|point| point.used > 0.0) else { continue };
            let (from, to) = (number(self.x(at)), number(self.x(at + 1)));
            // Writing to a String cannot fail.
            let _ = write!(path, "M{from} {base}V{}H{to}V{base}", number(self.y(point.used, top)));
        }
        path
    }

    fn shortages(&self) -> String {
        let y = number(ABOVE + self.size.1 + BELOW - 3.0);
        let mut path = String::new();
        for (at, _) in self.points.iter().enumerate().filter(|(_, p)| p.is_some_and(|p| p.is_short))
        {
            // Writing to a String cannot fail.
            let _ = write!(path, "M{} {y}H{}", number(self.x(at)), number(self.x(at + 1)));
        }
        path
    }

    /// Up, down, and what did not come to be: each has its own form, for who sees no colours.
    fn moves(&self) -> [(&'static str, String); 3] {
        let mut paths = [("up", String::new()), ("down", String::new()), ("bad", String::new())];
        let [up, down, bad] = &mut paths;
        for mark in &self.marks {
            let at = float(mark.at.saturating_sub(self.grid.since));
            let x = number(self.size.0 * at / float(self.grid.length()));
            let (path, form) = match (mark.verified, mark.step.is_growth()) {
                (true, true) => (&mut up.1, "1l4 8h-8z"),
                (true, false) => (&mut down.1, "9l4-8h-8z"),
                (false, _) => (&mut bad.1, "1l4 4-4 4-4-4z"),
            };
            // Writing to a String cannot fail.
            let _ = write!(path, "M{x} {form}");
        }
        paths
    }
}

fn line(class: &str, path: &str) -> Markup {
    html! { @if !path.is_empty() { path class=(class) d=(path) {} } }
}

/// A place in a drawing.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

/// The top of a scale.
fn label(top: f64) -> String {
    if top < 10.0 { number(top) } else { format!("{top:.0}") }
}

/// What the lines and marks mean.
pub(super) fn legend() -> Markup {
    let sign = |class: &str, path: &str| {
        html! { svg viewBox="0 0 24 12" aria-hidden="true" { path class=(class) d=(path) {} } }
    };
    html! {
        ul.legend {
            li { (sign("used", "M0 12V4H24V12Z")) "used" }
            li { (sign("most", "M0 6H24")) "highest sample" }
            li { (sign("given", "M0 6H24")) "allocated" }
            li { (sign("before", "M0 6H24")) "before our first change" }
            li { (sign("short", "M0 6H24")) "short" }
            li { (sign("up", "M12 1l4 8h-8z")) "grown" }
            li { (sign("down", "M12 9l4-8h-8z")) "shrunk" }
            li { (sign("bad", "M12 1l4 4-4 4-4-4z")) "asked for, did not come to be" }
        }
    }
}
