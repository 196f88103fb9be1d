//! What is pressed and what comes, and what is on the screen then.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::{Value, json};
use vm_autoscale_scheduler::StatusReport;

use super::draw::{Look, draw};
use super::model::{Event, Face, Model};
use super::picture::lines;
use super::trail::{Hour, Trail};
use super::*;

mod faces;
mod keys;
mod past;
mod small;

/// VM `vmid` with so much of its vCPUs and of its memory in use.
fn vm(vmid: u32, name: &str, cpu: Option<f64>, memory: Option<f64>) -> Value {
    json!({
        "vmid": vmid, "name": name, "node": "pve1", "mode": "full", "vcpus": 4, "memory": 6144,
        "tags": ["prod"], "cpu_used": cpu, "memory_used": memory, "cpu": "60.0 % used",
        "memory_decision": "53.1 % used", "vcpus_bounds": [2, 8], "memory_bounds": [4096, 16384],
        "sample_age": 4,
    })
}

fn report(vms: &[Value]) -> StatusReport {
    let node = json!({"name": "pve1", "cpu": 40.4, "memory": 71.0, "online": true, "fresh": true});
    let cluster = json!({
        "name": "home", "answered_by": "pve1", "problem": null, "looks": 1, "look_ms": 1,
        "nodes": [node], "vms": vms,
    });
    let clusters = vec![serde_json::from_value(cluster).unwrap()];
    StatusReport { clusters, ..StatusReport::default() }
}

/// Three VMs: by pressure 103, 101, 102.
fn three() -> StatusReport {
    report(&[
        vm(101, "web", Some(60.0), Some(53.1)),
        vm(102, "db", Some(20.0), None),
        vm(103, "mail", Some(5.0), Some(97.0)),
    ])
}

fn model(report: StatusReport, size: (u16, u16)) -> Model {
    let mut model = Model::new(report, (Sort::Pressure, ""), 1000);
    model.update(Event::Size(size.0, size.1), 1000);
    model
}

/// What a terminal of that size shows.
fn screen(model: &Model, now: u64) -> String {
    let mut terminal = Terminal::new(TestBackend::new(model.size.0, model.size.1)).unwrap();
    let look = Look { now, colours: true };
    terminal.draw(|frame| draw(model, look, frame.buffer_mut())).unwrap();
    lines(terminal.backend().buffer())
}

fn press(model: &mut Model, keys: &str) {
    for key in keys.chars() {
        let code = match key {
            '\n' => KeyCode::Enter,
            '\u{1b}' => KeyCode::Esc,
            '↓' => KeyCode::Down,
            '↑' => KeyCode::Up,
            key => KeyCode::Char(key),
        };
        model.update(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)), 1000);
    }
}

/// The numbers of the VMs in the order that they are shown in; the marked one negative.
fn order(model: &Model) -> Vec<i64> {
    let shown = model.visible().map(|(index, _, vm)| {
        let number = i64::from(vm.vmid.get());
        if index == model.cursor { -number } else { number }
    });
    shown.collect()
}
