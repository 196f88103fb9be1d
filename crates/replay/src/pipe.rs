//! The same as a policy of the simulator: one JSON object a line, in both directions.

mod words;

use std::io::{BufRead, Read as _, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Driver, Error, Policy, Rules, Seen};
use words::{Act, Init, Observed, Ready};

/// No line of the simulator is so long: 64 MiB are a million VMs.
const MAX_LINE: u64 = 64 * 1024 * 1024;

/// Answers until the other end closes.
///
/// # Errors
/// What comes is not what the simulator says, with the line; the stream breaks.
pub fn pipe(input: &mut dyn BufRead, output: &mut dyn Write, rules: &Rules) -> Result<(), Error> {
    let mut lines = Lines { input, line: 0, text: Vec::new() };
    let Some(init) = lines.next::<Init>()? else {
        return Err(lines.wrong("it ended before it began: nothing came"));
    };
    let fleet = init.fleet().map_err(|what| lines.wrong(&what))?;
    let mut driver = Driver::new(&fleet, rules)?;
    say(output, &Ready::default())?;
    let (mut seen, mut asks, mut before) =
        (vec![Seen::default(); fleet.vms.len()], Vec::new(), 0.0);
    while let Some(observed) = lines.next::<Observed>()? {
        if observed.t_s <= before {
            return Err(lines.wrong("`t_s` does not rise"));
        }
        before = observed.t_s;
        observed.show(&mut seen).map_err(|what| lines.wrong(&what))?;
        asks.clear();
        driver.step(observed.t_s, &seen, &mut asks);
        say(output, &Act::of(&asks))?;
    }
    Ok(())
}

struct Lines<'a> {
    input: &'a mut dyn BufRead,
    line: u64,
    text: Vec<u8>,
}

impl Lines<'_> {
    /// The next line; nothing where the stream ended.
    fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Error> {
        self.text.clear();
        self.line += 1;
        let mut bounded = (&mut *self.input).take(MAX_LINE);
        let count = bounded.read_until(b'\n', &mut self.text).map_err(Error::io("the pipe"))?;
        if count == 0 {
            return Ok(None);
        }
        if self.text.last() != Some(&b'\n') {
            let is_full = u64::try_from(count).unwrap_or(u64::MAX) >= MAX_LINE;
            let what = if is_full { "longer than 64 MiB" } else { "it ends within the line" };
            return Err(self.wrong(what));
        }
        serde_json::from_slice(&self.text).map(Some).map_err(|e| self.wrong(&e.to_string()))
    }

    fn wrong(&self, what: &str) -> Error {
        Error::Pipe { line: self.line, what: what.to_owned() }
    }
}

fn say(output: &mut dyn Write, value: &impl Serialize) -> Result<(), Error> {
    let mut text = serde_json::to_vec(value).map_err(|e| Error::io("the answer")(e.into()))?;
    text.push(b'\n');
    output.write_all(&text).and_then(|()| output.flush()).map_err(Error::io("the answer"))
}

#[cfg(test)]
mod tests;
