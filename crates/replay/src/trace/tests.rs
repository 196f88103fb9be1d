use std::io::Write as _;

use super::*;

fn read(text: &str, days: Option<f64>) -> Result<Trace, Error> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "vm_id,t_s,cpu_cores_used,vcpus,mem_used_mb,mem_total_mb\n{text}").unwrap();
    Trace::read(file.path(), days)
}

/// A column with -1 for what is no number.
fn column(trace: &Trace, vm: usize) -> Vec<f32> {
    let of = |step| trace.cpu(step)[vm];
    (0..trace.steps()).map(of).map(|cpu| if cpu.is_nan() { -1.0 } else { cpu }).collect()
}

#[test]
fn vms_stand_by_name_and_gaps_are_filled_for_half_an_hour() {
    let mut text = String::new();
    for t in (0..12_u32).map(|step| 600 * step) {
        text += &["z,", &t.to_string(), ",2,4,,\n"].concat();
    }
    // From 600 s on it is filled up to 2400 s; the row at 5999 s is of the step of 5400 s.
    text += "a,600,1,2,100,4096\na,5999,3,2,,\n";
    let trace = read(&text, None).unwrap();
    assert_eq!((trace.step, trace.steps(), trace.has_memory()), (600, 12, true));
    let [a, z] = trace.vms.as_slice() else { panic!("{:?}", trace.vms) };
    assert_eq!((a.name.as_str(), a.vcpus, a.memory), ("a", 2.0, 4096.0));
    assert_eq!((z.name.as_str(), z.vcpus, z.memory), ("z", 4.0, 0.0));
    let a = [-1.0, 1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, -1.0, 3.0, 3.0, 3.0];
    assert_eq!(column(&trace, 0), a);
    assert_eq!(column(&trace, 1), [2.0; 12]);
    assert_eq!((trace.memory(4)[0], trace.memory(5)[0].is_nan()), (100.0, true));
}

#[test]
fn a_step_longer_than_half_an_hour_is_repeated_once() {
    let trace = read("a,0,1,2,,\nb,0,1,2,,\nb,3600,1,2,,\nb,7200,1,2,,\n", None).unwrap();
    assert_eq!(column(&trace, 0), [1.0, 1.0, -1.0]);
    assert!(!trace.has_memory() && trace.memory(0).is_empty());
}

#[test]
fn days_cut_the_trace_and_not_its_step() {
    let text = "a,0,1,2,,\na,86100,1,2,,\na,86400,1,2,,\na,86700,1,2,,\nb,86700,1,2,,\n";
    let trace = read(text, Some(1.0)).unwrap();
    assert_eq!((trace.step, trace.steps(), trace.vms.len()), (300, 288, 1));
    assert!((trace.seconds() - 86_400.0).abs() < 1e-9);
}

#[test]
fn what_makes_no_trace_is_refused_with_its_line() {
    for (text, days, line, what) in [
        ("a,0,1,2,,\nb,0,1,2,,\n", None, 3, "the step is not known"),
        ("a,0,1,2,,\na,0.5,1,2,,\n", None, 3, "the step is not known"),
        ("a,300,1,2,,\na,600,1,2,,\n", Some(0.001), 3, "no rows"),
        ("a,0,1,2,,\na,1,1,2,,\na,999999999,1,2,,\n", None, 4, "too many steps"),
    ] {
        match read(text, days) {
            Err(Error::Trace { line: at, what: said, .. }) => {
                assert!(at == line && said.contains(what), "{text}: {at} {said}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}
