//! `vm-autoscale replay`, as an administrator and as a simulator run it.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::fmt::Write as _;
use std::fs::{Permissions, set_permissions, write};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Output, Stdio};

#[expect(clippy::disallowed_methods, reason = "starts the program that is tested")]
fn program(arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vm-autoscale"));
    command.arg("replay").args(arguments).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Who does not read it has ended.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn put(directory: &Path, name: &str, text: &str) -> String {
    let path = directory.join(name);
    write(&path, text).unwrap();
    set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Twelve hours of one idle VM with 8 vCPUs and 8 GiB.
fn idle() -> String {
    let mut text = "vm_id,t_s,cpu_cores_used,vcpus,mem_used_mb,mem_total_mb\n".to_owned();
    for t in (0..43_200).step_by(300) {
        writeln!(text, "a,{t},0.05,8,100,8192").unwrap();
    }
    text
}

#[test]
fn a_trace_is_played_and_summed_up() {
    let directory = tempfile::tempdir().unwrap();
    let trace = put(directory.path(), "idle.csv", &idle());
    let (code, out, said) = program(&["--trace", &trace, "--policy", "threshold"], "");
    assert_eq!((code, said.as_str()), (0, ""), "{out}");
    assert!(out.starts_with("1 VMs, 0.5 days in steps of 300 s\n"), "{out}");
    assert!(out.lines().all(|line| line.chars().count() < 100), "{out}");

    let json = |arguments: &[&str]| -> serde_json::Value {
        let all = [&["--trace", &trace, "--output-format", "json"], arguments].concat();
        let (code, out, said) = program(&all, "");
        assert_eq!(code, 0, "{said}");
        serde_json::from_str(&out).unwrap()
    };
    let acts = |answer: &serde_json::Value, what: &str| {
        let played = answer["policies"].as_array().unwrap().last().unwrap();
        format!("{:.0}", played[what].as_f64().unwrap())
    };
    let threshold = json(&["--policy", "threshold", "--warmup", "0"]);
    assert_eq!(threshold["policies"][0]["policy"], "static");
    // From 8 to 1 and from 8192 to 1024 MiB in twelve hours.
    assert_eq!([acts(&threshold, "cpu_acts"), acts(&threshold, "mem_acts")], ["14", "28"]);
    // It is all over before the hours that count.
    let later = json(&["--policy", "threshold", "--warmup", "3h"]);
    assert_eq!(acts(&later, "acts_vm_day"), "0");
    let rel_cost = threshold["policies"][1]["rel_cost"].as_f64().unwrap();
    assert!((0.1..0.4).contains(&rel_cost), "{rel_cost}");
    assert_eq!(acts(&json(&["--policy", "static"]), "acts_vm_day"), "0");
    assert_ne!(acts(&json(&["--policy", "adaptive", "--warmup", "0"]), "cpu_acts"), "0");
}

#[test]
fn the_file_says_what_holds_for_all_vms() {
    let directory = tempfile::tempdir().unwrap();
    let trace = put(directory.path(), "idle.csv", &idle());
    let with = |text: &str| -> [String; 2] {
        let config = put(directory.path(), "config.yaml", text);
        let arguments = ["--trace", &trace, "--config", &config, "--policy", "threshold"];
        let (code, out, said) =
            program(&[&arguments[..], &["--warmup", "0", "--output-format", "json"]].concat(), "");
        assert_eq!(code, 0, "{said}");
        let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
        let of = |what: &str| format!("{:.0}", answer["policies"][1][what].as_f64().unwrap() / 2.0);
        ["cpu_acts", "mem_acts"].map(of)
    };
    assert_eq!(with("mode: observe\n"), ["7", "0"], "memory is taken only when asked for");
    assert_eq!(with("memory_shrink: true\n"), ["7", "14"]);
    assert_eq!(with("scaling_limits: {min_cores: 6}\n"), ["2", "0"]);
    assert_eq!(with("cpu_scaling: false\n"), ["0", "0"]);
    assert_eq!(with("mode: up-only\n"), ["0", "0"]);
}

#[test]
fn the_exit_code_says_what_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| put(directory.path(), name, text);
    let (trace, broken) = (put("idle.csv", &idle()), put("broken.csv", "a,b\n"));
    let bad = put("bad.yaml", "mode: ful\n");
    for (arguments, code, text) in [
        (&["--trace", "/nowhere.csv"][..], 66, "/nowhere.csv: No such file"),
        (&["--trace", &trace, "--config", "/nowhere.yaml"], 66, "/nowhere.yaml"),
        (&["--trace", &trace, "--config", &bad], 3, "`mode` is `ful`"),
        (&["--trace", &broken], 1, "broken.csv, line 1: the first line must be vm_id,t_s"),
        (&["--trace", &trace, "--pipe"], 2, "cannot be used with"),
        (&[], 2, "--trace <FILE>|--pipe"),
        (&["--trace", &trace, "--tick", "31s"], 2, "a tick of 31 s: 1 to 30 s"),
        (&["--trace", &trace, "--hosts", "2"], 2, "2 hosts: 1 to 1"),
        (&["--trace", &trace, "--shares-mix"], 2, "--hosts"),
        (&["--pipe", "--days", "1"], 2, "cannot be used with"),
        (&["--pipe"], 1, "the pipe's line 1: expected value"),
    ] {
        let (was, out, said) = program(arguments, "hello\n");
        assert!(
            was == code && said.contains(text) && out.is_empty(),
            "{arguments:?}: {was} {said}"
        );
    }
}

#[test]
fn the_pipe_answers_line_by_line() {
    let init = "{\"type\":\"init\",\"n\":1,\"dt_s\":10.0,\"cpu_min\":[1.0],\"cpu_max\":[8.0],\
        \"mem_min_mb\":null,\"mem_max_mb\":null,\"host\":[0],\"host_cpu\":null,\
        \"host_mem_mb\":null,\"shares\":[1000.0]}\n";
    let observed = "{\"type\":\"obs\",\"t_s\":10.0,\"active\":[1],\"cpu_used\":[1.99],\
        \"cpu_alloc\":[2.0],\"cpu_busy\":[0],\"mem_used_mb\":null,\"mem_alloc_mb\":null,\
        \"mem_busy\":[0],\"steal\":[0.0],\"guest_load\":null}\n";
    let input = format!("{init}{observed}");
    let ready = "{\"type\":\"ready\"}\n{\"type\":\"act\",\"cpu\":{";
    for (policy, acts) in [("threshold", "\"0\":3"), ("adaptive", "\"0\":4"), ("static", "")] {
        let (code, out, said) = program(&["--pipe", "--policy", policy], &input);
        assert_eq!((code, said.as_str()), (0, ""));
        assert_eq!(out, format!("{ready}{acts}}},\"mem_mb\":{{}}}}\n"));
    }
}
