//! A scenario: what happens to a lab, and when.

use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::{Control, Error, Lab};

/// Events in the order of their times. As a file: a YAML list of maps, each with `at` (seconds
/// since the lab's start) and one control.
///
/// ```yaml
/// - at: 5
///   lock: {vmid: 104, lock: backup}
/// - at: 12
///   migrate: {vmid: 103, to: pve2, seconds: 4}
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scenario {
    events: Vec<(Duration, Control)>,
}

impl Scenario {
    /// Reads one.
    ///
    /// # Errors
    /// It says which event is none, from 1, and why.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let failed = |e: serde_yaml::Error| Error::Scenario(e.to_string());
        let all: Option<Vec<Map<String, Value>>> = serde_yaml::from_str(text).map_err(failed)?;
        let events = (1usize..).zip(all.unwrap_or_default());
        let events = events.map(|(number, event)| {
            self::event(event).map_err(|why| Error::Scenario(format!("event {number}: {why}")))
        });
        let mut events = events.collect::<Result<Vec<_>, _>>()?;
        events.sort_by_key(|(at, _)| *at);
        Ok(Self { events })
    }

    /// Reads one from a file.
    ///
    /// # Errors
    /// The file cannot be read, or is none.
    pub fn read(path: &Path) -> Result<Self, Error> {
        Self::parse(&std::fs::read_to_string(path).map_err(Error::io(path.display()))?)
    }
}

fn event(mut event: Map<String, Value>) -> Result<(Duration, Control), String> {
    let at = event.remove("at").and_then(|at| at.as_f64()).ok_or("`at` is to be seconds")?;
    let at = Duration::try_from_secs_f64(at).map_err(|e| e.to_string())?;
    if event.len() != 1 {
        return Err("one control an event, beside `at`".into());
    }
    let control = serde_json::from_value(Value::Object(event)).map_err(|e| e.to_string())?;
    Ok((at, control))
}

impl Lab {
    /// Plays a scenario to its end. What cannot be is told on standard error and passed over.
    pub async fn play(self, scenario: Scenario) {
        for (at, control) in scenario.events {
            tokio::time::sleep_until(self.started() + at).await;
            let text = format!("{control:?}");
            if let Err(error) = self.control(control) {
                self.count(|stats| stats.refused_controls += 1);
                eprintln!("vm-autoscale-lab: at {} s: {text}: {error}", at.as_secs_f64());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_lines_say_it() {
        let text = "# what happens\n- at: 12.5\n  migrate: {vmid: 103, to: pve2, seconds: 4}\n- at: 5\n  tear: {on: true}\n";
        let events = Scenario::parse(text).unwrap().events;
        assert_eq!(events[0], (Duration::from_secs(5), Control::Tear { on: true }));
        assert_eq!(events[1].0, Duration::from_millis(12_500));
        assert!(matches!(events[1].1, Control::Migrate { gap, .. } if gap > 0.0));
        assert_eq!(Scenario::parse("").unwrap(), Scenario::default());
    }

    /// What settings can be chosen by is set like everything else.
    #[tokio::test(start_paused = true)]
    async fn vms_get_tags_and_pools() {
        let text = "- at: 0\n  edit: {vmid: 101, key: tags, value: web;prod}\n- at: 0\n  pool: {vmid: 101, pool: web/shop}\n- at: 1\n  pool: {vmid: 102}\n";
        let lab = Lab::new(&crate::Options { vms: 2, ..crate::Options::new().unwrap() }).unwrap();
        lab.clone().play(Scenario::parse(text).unwrap()).await;
        assert_eq!(lab.stats().refused_controls, 0);
        assert!(lab.vms()[0].conf.contains("\ntags: web;prod\n"), "{}", lab.vms()[0].conf);
        let line = vm_autoscale_proxmox::NodeCommand::ReadPools.line();
        let pools = vm_autoscale_proxmox::Pools::parse(&lab.execute(&line).await.stdout);
        let all: Vec<_> = pools.iter().map(|(vmid, pool)| (vmid.get(), pool)).collect();
        assert_eq!(all, [(101, "web/shop")]);
    }

    #[test]
    fn what_is_none_is_named() {
        for (text, why) in [
            ("- at: 1\n  stop: {vmid: 99}\n", "event 1: "),
            ("- at: 1\n  tear: {on: true}\n- tear: {on: true}\n", "event 2: `at` is to be"),
            ("- at: -1\n  tear: {on: true}\n", "event 1: "),
            ("- at: 1\n  tear: {on: true}\n  stop: {vmid: 101}\n", "event 1: one control"),
            ("- at: 1\n  explode: {}\n", "unknown variant `explode`"),
            ("- at: [", "line 2"),
        ] {
            let error = Scenario::parse(text).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
