//! `vm-autoscale nodes`.

use std::fmt::Write as _;

use vm_autoscale_config::SchedulerConfig;
use vm_autoscale_protocol::{FoundGate, GateState};
use vm_autoscale_scheduler::{HelperClient, NodeProbe, probe};

use crate::args::Format;
use crate::plain::one_line;
use crate::{Error, json, say, terminal_width, wait};

/// What a word is given, in columns: a line of five has at most 80.
const WIDE: usize = 16;
const HINT: &str = "\
A gate on a node lets the helper's key run the commands of vm-autoscale and no
others: put vm-autoscale-gate there as /usr/libexec/vm-autoscale/gate, and in
authorized_keys before the key
  restrict,from=\"ADDRESS\",command=\"/usr/libexec/vm-autoscale/gate\"
";

/// The exit code.
pub(crate) fn nodes(config: &SchedulerConfig, format: Format) -> Result<u8, Error> {
    let helper = HelperClient::new(config.helper_socket.clone());
    let probe = wait(probe(&helper))?.map_err(vm_autoscale_scheduler::Error::Ask)?;
    match format {
        Format::Json => json(&probe)?,
        Format::Text => say(&text(&probe.nodes, terminal_width().min(80)))?,
    }
    Ok(u8::from(!probe.nodes.iter().all(NodeProbe::is_well)))
}

fn text(probes: &[NodeProbe], width: usize) -> String {
    let mut text = String::new();
    let mut row = |[cluster, node, state, ms, clock, gate]: [&str; 6]| {
        let line = format!(
            "{:<WIDE$} {:<WIDE$} {state:<WIDE$} {ms:>5} {clock:>6}  {gate}",
            short(cluster),
            short(node)
        );
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", line.trim_end());
    };
    row(["CLUSTER", "NODE", "STATE", "MS", "CLOCK", "GATE"]);
    for probe in probes {
        let ms = probe.latency_ms.map_or_else(|| "-".to_owned(), |ms| ms.to_string());
        let (cluster, node) = (probe.cluster.as_str(), probe.node.as_str());
        let clock = clock(probe.clock_ahead_s);
        row([cluster, node, probe.state.text(), &ms, &clock, &gate(probe.gate.as_ref())]);
    }
    for probe in probes {
        let Some(mut error) = probe.error.clone() else { continue };
        one_line(&mut error);
        let name = format!("{}: ", probe.node);
        // Most say of which node they are by themselves.
        let error = error.strip_prefix(&name).unwrap_or(&error);
        let line: String = format!("{name}{error}").chars().take(width).collect();
        let _ = writeln!(text, "{line}");
    }
    text.push_str(&clocks(probes));
    let guarded =
        |probe: &NodeProbe| probe.gate.as_ref().is_none_or(|gate| gate.state == GateState::Forced);
    text + if probes.iter().all(guarded) { "" } else { HINT }
}

/// In at most six columns: seconds, then minutes, hours and days.
fn clock(ahead: Option<i64>) -> String {
    let Some(ahead) = ahead else { return "?".to_owned() };
    match ahead.unsigned_abs() {
        0..1000 => format!("{ahead:+}s"),
        1000..60_000 => format!("{:+}m", ahead / 60),
        60_000..3_600_000 => format!("{:+}h", ahead / 3600),
        3_600_000..800_000_000 => format!("{:+}d", ahead / 86_400),
        _ => "wrong".to_owned(),
    }
}

/// Which are wrong, and how it is seen whose fault that is.
fn clocks(probes: &[NodeProbe]) -> String {
    let wrong = probes.iter().filter(|probe| probe.is_clock_wrong());
    let names: Vec<&str> = wrong.map(|probe| probe.node.as_str()).collect();
    if names.is_empty() {
        return String::new();
    }
    format!(
        "The clock is not that of this machine on: {}\n\
         Type on each of them, and here: chronyc tracking   (or: timedatectl)\n",
        short_list(&names)
    )
}

/// No line is longer than the others.
fn short_list(names: &[&str]) -> String {
    const MOST: usize = 36;
    let mut text = names.join(", ");
    if text.len() > MOST {
        text = text.chars().take(MOST - 1).chain(['…']).collect();
    }
    text
}

fn gate(gate: Option<&FoundGate>) -> String {
    let Some(FoundGate { state, version }) = gate else { return "?".to_owned() };
    match (state, version) {
        (GateState::Forced, Some(version)) => format!("forced {version}"),
        (GateState::Forced, None) => "forced".to_owned(),
        (GateState::Installed, _) => "not forced".to_owned(),
        (GateState::None, _) => "none".to_owned(),
    }
}

fn short(name: &str) -> String {
    if name.len() <= WIDE {
        return name.to_owned();
    }
    name.chars().take(WIDE - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use vm_autoscale_protocol::NodeState;

    use super::*;

    fn node(name: &str, state: NodeState, gate: Option<&str>) -> NodeProbe {
        NodeProbe {
            cluster: "home".try_into().unwrap(),
            node: name.try_into().unwrap(),
            state,
            latency_ms: gate.map(|_| 12),
            clock_ahead_s: gate.map(|_| 0),
            gate: gate.map(|gate| serde_json::from_str(gate).unwrap()),
            error: gate.is_none().then(|| format!("{}\n\u{1b}[2J", "no answer ".repeat(20))),
        }
    }

    #[test]
    fn a_clock_is_told_in_six_columns_and_said_to_be_wrong() {
        for (ahead, said) in [
            (Some(0), "+0s"),
            (Some(-999), "-999s"),
            (Some(59_999), "+999m"),
            (Some(-3_599_999), "-999h"),
            (Some(799_999_999), "+9259d"),
            (Some(i64::MIN), "wrong"),
            (None, "?"),
        ] {
            assert_eq!(clock(ahead), said);
        }
        let mut late = node("pve1", NodeState::Up, Some(r#"{"state":"forced","version":"1.0.0"}"#));
        late.clock_ahead_s = Some(30);
        assert_eq!(clocks(std::slice::from_ref(&late)), "");
        late.clock_ahead_s = Some(-31);
        let said = text(&vec![late.clone(); 20], 80);
        assert!(said.contains("on: pve1, pve1, ") && said.contains("chronyc tracking"), "{said}");
        assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
        assert!(late.is_well(), "it does what it is asked");
    }

    #[test]
    fn every_line_fits_and_says_how_a_gate_is_got_where_one_is_missing() {
        let forced =
            node("pve1", NodeState::Up, Some(r#"{"state":"forced","version":"12.34.56"}"#));
        let there = node("pve2", NodeState::Up, Some(r#"{"state":"installed","version":"0.1.0"}"#));
        let none = node(&"n".repeat(63), NodeState::Hung, Some(r#"{"state":"none"}"#));
        let dead = node("pve4", NodeState::HostKeyRefused, None);
        let said = text(&[forced.clone(), there, none, dead.clone()], 80);
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(
            lines[0],
            "CLUSTER          NODE             STATE               MS  CLOCK  GATE"
        );
        assert_eq!(
            lines[1],
            "home             pve1             up                  12    +0s  forced 12.34.56"
        );
        assert!(lines[2].ends_with("+0s  not forced") && lines[3].ends_with("+0s  none"), "{said}");
        assert_eq!(lines[4], "home             pve4             host key refused     -      ?  ?");
        assert!(lines[5].starts_with("pve4: no answer"), "{said}");
        assert!(lines.iter().all(|line| line.chars().count() <= 80), "{said}");
        assert!(said.ends_with(HINT) && !said.contains('\u{1b}'), "{said}");
        assert_eq!(text(std::slice::from_ref(&forced), 80).lines().count(), 2, "nothing to say");
        let [well, ill] = [forced, dead].map(|probe| probe.is_well());
        assert!(well && !ill);
    }
}
