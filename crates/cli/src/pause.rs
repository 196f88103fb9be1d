//! `vm-autoscale pause` and `resume`.

use serde::Serialize;
use vm_autoscale_config::Selection;
use vm_autoscale_scheduler::{
    PauseOrder, PauseStatus, ResumeOrder, order_pause, order_resume, user_name,
};

use crate::args::{Args, Format, PauseArgs, ResumeArgs};
use crate::files::{Places, places};
use crate::{Error, json, say, wait};

/// Orders the pause; the exit code.
pub(crate) fn pause(args: &Args, wanted: &PauseArgs) -> Result<u8, Error> {
    let select = Selection::of_words(wanted.select.iter().map(String::as_str));
    let select = select.map_err(Error::Usage)?;
    let Places { socket, .. } = places(args, wanted.daemon.control_socket.as_deref())?;
    let order = PauseOrder { select, reason: wanted.reason.clone(), for_seconds: wanted.time };
    let paused = wait(order_pause(&socket, &order))??;
    let number = paused.number;
    let text = format!("{}\nto end it: vm-autoscale resume {number}\n", line(&paused, paused.at));
    answer(&paused, args.output_format, &text).map(|()| 0)
}

/// Ends pauses; the exit code, 1 where one of them is not there.
pub(crate) fn resume(args: &Args, wanted: &ResumeArgs) -> Result<u8, Error> {
    let Places { socket, .. } = places(args, wanted.daemon.control_socket.as_deref())?;
    let order = ResumeOrder { numbers: wanted.numbers.clone(), all: wanted.all };
    let resumed = wait(order_resume(&socket, &order))??;
    let ended = resumed.ended.iter().map(|pause| {
        format!("ended: pause {} of {}: {}\n", pause.number, pause.select, pause.reason)
    });
    let absent = resumed.absent.iter().map(|number| format!("no pause has the number {number}\n"));
    let mut text: String = ended.chain(absent).collect();
    if text.is_empty() {
        "nothing was paused\n".clone_into(&mut text);
    }
    answer(&resumed, args.output_format, &text)?;
    Ok(u8::from(!resumed.absent.is_empty()))
}

/// One pause in one line. `now` in seconds since 1970.
pub(crate) fn line(pause: &PauseStatus, now: u64) -> String {
    let who = match user_name(pause.uid) {
        Some(name) => format!("{name} (uid {})", pause.uid),
        None => format!("uid {}", pause.uid),
    };
    let left = match pause.left {
        Some(left) => format!("for {} more", span(left)),
        None => "until resumed".to_owned(),
    };
    let since = match now.saturating_sub(pause.at) {
        0 => String::new(),
        ago => format!(" {} ago", span(ago)),
    };
    let PauseStatus { number, select, reason, .. } = pause;
    format!("paused: {select} {left}: {reason} (pause {number}, by {who}{since})")
}

/// A time in the largest unit that says it without much loss.
pub(crate) fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// The seconds of `90s`, `30m`, `2h` or `3d`.
pub(crate) fn seconds(text: &str) -> Result<u64, String> {
    let rule = || "a number with s, m, h or d behind it: 90s, 30m, 2h, 3d".to_owned();
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3600,
        Some('d') => 86_400,
        _ => return Err(rule()),
    };
    let digits = text.get(..text.len().saturating_sub(1)).unwrap_or_default();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = digits.parse().ok().filter(|_| is_number).ok_or_else(rule)?;
    let seconds = number.checked_mul(unit).filter(|seconds| (1..=31_622_400).contains(seconds));
    seconds.ok_or_else(|| "from 1s to 366d; without it, it holds until resumed".to_owned())
}

fn answer(value: &impl Serialize, format: Format, text: &str) -> Result<(), Error> {
    match format {
        Format::Text => say(text),
        Format::Json => json(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_numbers_with_a_unit() {
        for (text, meant) in [("90s", 90), ("30m", 1800), ("2h", 7200), ("3d", 259_200)] {
            assert_eq!(seconds(text), Ok(meant));
        }
        assert_eq!(seconds("366d"), Ok(31_622_400));
        for bad in ["", "s", "2", "2 h", "-2h", "+2h", "2h30m", "0s", "367d", "2w", "1.5h", "2µ"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
        assert!(seconds("99999999999999999999d").is_err());
        assert!(seconds("18446744073709551615d").is_err());
    }

    #[test]
    fn a_pause_is_one_line() {
        let mut pause = PauseStatus {
            number: 3,
            select: "@all -101".to_owned(),
            reason: "moving racks".to_owned(),
            uid: 4_000_000_000,
            at: 1000,
            until: Some(8200),
            left: Some(7200),
        };
        let said =
            "paused: @all -101 for 2 h 0 min more: moving racks (pause 3, by uid 4000000000)";
        assert_eq!(line(&pause, 1000), said);
        pause.left = None;
        let said =
            "paused: @all -101 until resumed: moving racks (pause 3, by uid 4000000000 90 s ago)";
        assert_eq!(line(&pause, 1090), said);
        assert_eq!((span(7199), span(172_800)), ("119 min".to_owned(), "2 d 0 h".to_owned()));
    }
}
