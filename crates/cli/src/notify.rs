//! `vm-autoscale notify test`.

use std::fmt::Write as _;

use serde::Serialize;
use vm_autoscale_config::SchedulerConfig;
use vm_autoscale_scheduler::{TestOrder, Tested, Tried, order_test, try_channels};

use crate::args::{Args, Format, TestArgs};
use crate::environment::environment;
use crate::files::{Places, places};
use crate::{Error, json, say, wait};

/// What is printed for programs.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    /// Whether the daemon sent them; else this command did.
    by_daemon: bool,
    channels: &'a [Tried],
}

/// Sends them; the exit code.
pub(crate) fn test(args: &Args, wanted: &TestArgs) -> Result<u8, Error> {
    let Places { socket, .. } = places(args, wanted.daemon.control_socket.as_deref())?;
    let order = TestOrder { channel: wanted.channel.clone() };
    let (by_daemon, channels) = match wait(order_test(&socket, &order))? {
        Ok(Tested { channels }) => (true, channels),
        // No daemon: by the files themselves.
        Err(error) if error.exit_code() == 6 => (false, by_itself(args, &order)?),
        Err(error) => return Err(error.into()),
    };
    match args.output_format {
        Format::Json => json(&Answer { by_daemon, channels: &channels })?,
        Format::Text => say(&text(by_daemon, &channels))?,
    }
    Ok(exit_code(&channels))
}

fn by_itself(args: &Args, order: &TestOrder) -> Result<Vec<Tried>, Error> {
    let config = SchedulerConfig::read(&args.config, &environment(args)?)?;
    try_channels(&config, order.channel.as_deref(), false).map_err(Error::Usage)
}

fn exit_code(channels: &[Tried]) -> u8 {
    u8::from(channels.is_empty() || channels.iter().any(|tried| tried.delivered == Some(false)))
}

fn text(by_daemon: bool, channels: &[Tried]) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    if !by_daemon {
        text.push_str("The daemon does not answer: this command itself sends them.\n");
    }
    if channels.is_empty() {
        text.push_str("no channel is switched on: see `alerts`, `gotify`, `ntfy` in config.yaml\n");
    }
    for Tried { channel, delivered, why, ms } in channels {
        let why = why.as_deref().unwrap_or_default();
        let _ = match delivered {
            Some(true) => writeln!(text, "{channel}: delivered in {ms} ms"),
            Some(false) => writeln!(text, "{channel}: NOT delivered after {ms} ms: {why}"),
            None => writeln!(text, "{channel}: {why}"),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_has_a_line_and_one_that_failed_is_seen() {
        let tried = |channel: &str, delivered, why: &str| Tried {
            channel: channel.to_owned(),
            delivered,
            why: Some(why.to_owned()).filter(|why| !why.is_empty()),
            ms: 12,
        };
        let mut all = vec![tried("mail", Some(true), ""), tried("x", None, "not tried")];
        assert_eq!(exit_code(&all), 0);
        all.push(tried("gotify", Some(false), "no answer within 5 s"));
        assert_eq!((exit_code(&all), exit_code(&[])), (1, 1));
        let wanted = "mail: delivered in 12 ms\nx: not tried\n\
                      gotify: NOT delivered after 12 ms: no answer within 5 s\n";
        assert_eq!(text(true, &all), wanted);
        assert!(text(false, &[]).contains("this command itself"));
    }
}
