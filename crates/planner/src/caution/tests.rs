use super::*;

fn at(seconds: u64) -> Moment {
    Moment(Duration::from_secs(seconds))
}

#[test]
fn on_its_first_day_nothing_goes_below_the_most_that_was_used() {
    let mut day = FirstDay::default();
    day.see(at(100), [Some(2.34), Some(3000.0)]);
    day.see(at(110), [Some(1.0), None]);
    assert_eq!(day.most, [240, 3008]);
    let least = |now, resource, sizes| day.least(at(now), resource, sizes, None);
    assert_eq!(least(200, Resource::Cpu, (800, 100)), Ok(300));
    assert_eq!(least(200, Resource::Cpu, (800, 400)), Ok(400));
    let most = Err(Reason::FirstDayMost(Amount::Cpu(240)));
    assert_eq!(least(200, Resource::Cpu, (300, 100)), most);
    assert_eq!(least(200, Resource::Memory, (8192, 1024)), Ok(3008));
    // Growth is free, and so is all after a day.
    assert_eq!(least(200, Resource::Cpu, (200, 1600)), Ok(1600));
    assert_eq!(least(86_499, Resource::Cpu, (300, 100)), most);
    assert_eq!(least(86_500, Resource::Cpu, (200, 100)), Ok(100));
}

#[test]
fn on_its_first_day_it_gives_back_once_an_hour() {
    let mut day = FirstDay::default();
    day.see(at(100), [Some(1.0), None]);
    let least = |now| day.least(at(now), Resource::Cpu, (400, 300), Some(at(1000)));
    assert_eq!(least(1010), Err(Reason::FirstDayRest(Duration::from_secs(3590))));
    assert_eq!(least(4600), Ok(300));
}

/// What comes later says nothing of the first day.
#[test]
fn the_day_ends() {
    let mut day = FirstDay::default();
    day.see(at(100), [Some(1.0), Some(640.0)]);
    day.see(at(86_500), [Some(8.0), Some(9000.0)]);
    assert_eq!((day.since, day.most), (Some(at(100)), [100, 640]));
}
