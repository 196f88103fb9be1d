use std::fmt::Write as _;
use std::io::{BufReader, Cursor, repeat};

use serde_json::{Value, json};

use super::words::Act;
use super::*;
use crate::made::{Spy, WORLD, rules, tight, trace};
use crate::{Ask, Engine, Fleet, Host, Owned, World};

/// What is answered to these lines.
fn answers(lines: &str) -> Result<Vec<Value>, Error> {
    let mut said = Vec::new();
    pipe(&mut Cursor::new(lines), &mut said, &rules())?;
    let text = String::from_utf8(said).unwrap();
    Ok(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn init(fleet: &Fleet, dt: f64) -> Value {
    let each = |value: &dyn Fn(&Owned) -> Value| -> Value { fleet.vms.iter().map(value).collect() };
    let memory = |value: fn((u32, u32)) -> u32| match fleet.vms[0].memory {
        Some(_) => each(&|vm| f64::from(value(vm.memory.unwrap())).into()),
        None => Value::Null,
    };
    let hosts = |value: fn(&Host) -> Option<f64>| -> Value {
        let all: Option<Vec<f64>> = fleet.hosts.iter().map(value).collect();
        json!(all)
    };
    json!({
        "type": "init", "n": fleet.vms.len(), "dt_s": dt,
        "cpu_min": each(&|vm| f64::from(vm.vcpus.0).into()),
        "cpu_max": each(&|vm| f64::from(vm.vcpus.1).into()),
        "mem_min_mb": memory(|(min, _)| min), "mem_max_mb": memory(|(_, max)| max),
        "host": each(&|vm| vm.host.into()), "shares": each(&|vm| vm.shares.into()),
        "host_cpu": hosts(|host| host.cores), "host_mem_mb": hosts(|host| host.memory),
    })
}

fn observed(t: f64, seen: &[Seen], has_memory: bool) -> Value {
    let each = |value: &dyn Fn(&Seen) -> Value| -> Value { seen.iter().map(value).collect() };
    let memory = |value: Value| if has_memory { value } else { Value::Null };
    json!({
        "type": "obs", "t_s": t, "active": each(&|vm| u8::from(vm.active).into()),
        "cpu_used": each(&|vm| vm.cpu_used.into()),
        "cpu_alloc": each(&|vm| f64::from(vm.vcpus).into()),
        "cpu_busy": each(&|vm| u8::from(vm.cpu_busy).into()),
        "mem_used_mb": memory(each(&|vm| vm.mem_used.into())),
        "mem_alloc_mb": memory(each(&|vm| f64::from(vm.memory).into())),
        "mem_busy": each(&|vm| u8::from(vm.mem_busy).into()),
        "steal": each(&|_| 0.0.into()), "guest_load": null,
    })
}

/// Loads that make every VM grow and shrink, and one that goes away for a while.
fn made(has_memory: bool) -> crate::Trace {
    let row = |at: u16| {
        let wave = |period: u16| f32::from(at % period) / f32::from(period);
        let gone = if (100..160).contains(&at) { f32::NAN } else { 5.0 * wave(50) };
        [8.0 * wave(40), 7.5 * wave(90), gone, 0.2]
    };
    let rows: Vec<[f32; 4]> = (0..400).map(row).collect();
    let memory: Vec<[f32; 4]> = rows.iter().map(|row| row.map(|cpu| 900.0 * cpu)).collect();
    let slices =
        |rows: &[[f32; 4]]| -> Vec<Vec<f32>> { rows.iter().map(|row| row.to_vec()).collect() };
    let (cpu, memory) = (slices(&rows), slices(&memory));
    let of = |rows: &[Vec<f32>]| -> Vec<f32> { rows.concat() };
    let mut made = trace(60, &[[0.0; 4]], &[]);
    made = crate::Trace::of(
        60,
        std::mem::take(&mut made.vms),
        of(&cpu),
        has_memory.then(|| of(&memory)),
    );
    made
}

/// The trace is played once; what the policy sees is told over the pipe, too.
#[test]
fn over_the_pipe_the_same_is_decided() {
    let worlds: [(World, bool); 3] = [(WORLD, true), (WORLD, false), (tight(2), true)];
    for (world, has_memory) in worlds {
        let trace = made(has_memory);
        let engine = Engine::new(&trace, world).unwrap();
        let mut lines = format!("{}\n", init(engine.fleet(), 10.0));
        let mut expected = vec![json!({"type": "ready"})];
        let hear = |t: f64, seen: &[Seen], asks: &[Ask]| {
            writeln!(lines, "{}", observed(t, seen, has_memory)).unwrap();
            expected.push(serde_json::to_value(Act::of(asks)).unwrap());
        };
        let policy = Driver::new(engine.fleet(), &rules()).unwrap();
        let figures = engine.run("x", &mut Spy { policy, hear }, &mut |_| ());
        assert_eq!(answers(&lines).unwrap(), expected);
        assert!(figures.cpu_acts > 1.0 && (figures.mem_acts > 1.0) == has_memory);
    }
}

fn good() -> [Value; 2] {
    let fleet = Engine::new(&made(true), WORLD).unwrap().fleet().clone();
    let seen = Seen { active: true, cpu_used: 7.9, vcpus: 4, memory: 4096, ..Seen::default() };
    [init(&fleet, 10.0), observed(10.0, &[seen; 4], true)]
}

#[test]
fn all_that_grows_is_answered_in_one_line() {
    let [init, observed] = good();
    let said = answers(&format!("{init}\n{observed}\n")).unwrap();
    let five = json!({"0": 5, "1": 5, "2": 5, "3": 5});
    assert_eq!(said[1], json!({"type": "act", "cpu": five, "mem_mb": {}}));
}

#[test]
fn who_says_something_else_is_told_so_with_the_line() {
    let [init, observed] = good();
    let with = |value: &Value, key: &str, other: Value| {
        let mut value = value.clone();
        value[key] = other;
        value.to_string()
    };
    let first = |key: &str, other: Value| format!("{}\n", with(&init, key, other));
    let second = |key: &str, other: Value| format!("{init}\n{}\n", with(&observed, key, other));
    for (text, line, what) in [
        (String::new(), 1, "nothing came"),
        ("{\n".to_owned(), 1, "EOF"),
        (format!("{init}"), 1, "it ends within the line"),
        (format!("{observed}\n"), 1, "missing field"),
        (first("type", "obs".into()), 1, "`obs` where `init` should be"),
        (first("dt_s", 60.into()), 1, "a tick of 60 s, not 1 to 30 s (--dt 10)"),
        (first("n", 5.into()), 1, "`cpu_min` has 4 values, not 5"),
        (first("mem_max_mb", json!([1024])), 1, "`mem_max_mb` has 1 values, not 4"),
        (first("host", json!([0, 0, 0, 9])), 1, "more hosts than there are VMs"),
        (first("host_cpu", json!([])), 1, "`host_cpu` has 0 values, not 1"),
        (first("cpu_min", json!([1, 1, 9, 1])), 1, "`cpu_min` 9 and `cpu_max` 8 of one VM"),
        (first("mem_min_mb", json!([0, 1, 1, 1])), 1, "`mem_min_mb` 0 and `mem_max_mb` 8192"),
        (first("host", json!([0, 0, 0, -1])), 1, "invalid value"),
        (second("type", "x".repeat(99).into()), 2, "`xxxxxxxxxxxxxxxxxxxx` where `obs`"),
        (second("active", json!([1])), 2, "`active` has 1 values, not 4"),
        (second("mem_used_mb", json!([1])), 2, "`mem_used_mb` has 1"),
        (second("cpu_used", Value::Null), 2, "invalid type"),
        (format!("{init}\n{observed}\n{observed}\n"), 3, "`t_s` does not rise"),
    ] {
        match answers(&text) {
            Err(Error::Pipe { line: at, what: said }) => {
                assert!(at == line && said.contains(what), "{what}: {at} {said}");
            }
            other => panic!("{what}: {other:?}"),
        }
    }
}

#[test]
fn a_line_without_an_end_is_not_kept() {
    let error = pipe(&mut BufReader::new(repeat(b' ')), &mut Vec::new(), &rules()).unwrap_err();
    assert_eq!(error.to_string(), "the pipe's line 1: longer than 64 MiB");
}
