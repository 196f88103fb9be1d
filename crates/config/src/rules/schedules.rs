//! Schedules that say nothing, or cannot be told from each other.

use validator::ValidationError;

use super::{covered, twice};
use crate::Schedule;
use crate::schedule::MOST;
use crate::scheduler::layer::Layer;
use crate::settings::Own;
use crate::yaml::meaning::{Broken, all};

/// It says something.
pub(crate) fn schedule(schedule: &Schedule) -> Result<(), ValidationError> {
    if schedule.profile.is_some() || schedule.limits() != Own::default() {
        return Ok(());
    }
    let problem = format!("the schedule `{}` says nothing", schedule.name);
    let rule = "a schedule has a `profile`, or `scaling_limits`, or both";
    // Not where one of them is there and cannot be read: that is said already.
    all(&[Broken::new(&["name", "profile", "scaling_limits"], problem, rule)])
}

/// What is wrong with a section's list.
pub(super) fn of<L: Layer>(layer: &L) -> Vec<Broken> {
    let schedules = layer.schedules().unwrap_or_default();
    let names = twice(schedules.iter().map(|schedule| &schedule.name)).into_iter();
    let mut broken: Vec<Broken> = names
        .map(|(at, before)| {
            let keys = [format!("schedules[{at}].name"), format!("schedules[{before}].name")];
            let problem = "a schedule of that name stands on line {line} already";
            Broken::new(&keys.each_ref().map(String::as_str), problem, "one schedule of a name")
        })
        .collect();
    if schedules.len() > MOST {
        let problem = format!("{} schedules stand in one list", schedules.len());
        broken.push(Broken::new(&["schedules"], problem, format!("at most {MOST} in a list")));
    }
    let profiles = schedules.iter().enumerate();
    let profiles = profiles.filter_map(|(at, schedule)| Some((at, schedule.profile?)));
    broken.extend(profiles.filter_map(|(at, profile)| {
        covered(layer, profile, &format!("schedules[{at}].profile"), "profile")
    }));
    broken
}
