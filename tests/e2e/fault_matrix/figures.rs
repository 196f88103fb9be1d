//! Nodes that go, and figures that are none.

use vm_autoscale_lab::Control;

use super::{TIME, VM, changes, control, decision, grown, half, looked, steady, told};
use crate::{allowed, load, truth, turn};

#[test]
fn row_13_a_node_that_goes_and_comes_back_is_warmed_up_to() {
    let _turn = turn();
    let stage = steady(3, 0.05, "");
    let node = || "pve1".try_into().unwrap();
    assert_eq!(truth(&stage, VM).node, node());
    control(&stage, Control::NodeDown { node: node() });
    load(&stage, VM, 64.0, 1500.0);
    load(&stage, 102, 64.0, 1500.0);
    told(&stage, 102, grown);
    half(&stage, 102);
    assert!(changes(&stage, VM).is_empty(), "on frozen figures");
    control(&stage, Control::NodeUp { node: node() });
    told(&stage, VM, grown);
    stage.strike_checked(allowed()).unwrap();
}

#[test]
fn row_14_figures_that_do_not_advance_change_nothing() {
    let _turn = turn();
    let stage = steady(1, 0.05, "");
    control(&stage, Control::Pvestatd { node: None, running: false });
    load(&stage, VM, 64.0, 1500.0);
    looked(&stage, 6);
    assert!(changes(&stage, VM).is_empty());
    control(&stage, Control::Pvestatd { node: None, running: true });
    told(&stage, VM, grown);
    stage.strike_checked(allowed()).unwrap();
}

#[test]
fn row_15_a_round_of_zeros_shrinks_nothing() {
    let _turn = turn();
    let stage = steady(1, 0.05, "memory_shrink: true\n");
    let zeros = || control(&stage, Control::ZeroRound { node: None, memory: true });
    zeros();
    looked(&stage, 4);
    zeros();
    looked(&stage, 4);
    let all: Vec<_> = (101..=104).flat_map(|vm| changes(&stage, vm)).collect();
    assert!(all.is_empty(), "{all:?}");
    // That it would have, had they been figures.
    load(&stage, VM, 0.0, 1500.0);
    let shrunk = told(&stage, VM, |event| !event.step.is_growth());
    assert!(shrunk.verified, "{shrunk}");
    assert_ne!(decision(&stage.until(TIME, |_| true).unwrap(), VM), "");
    stage.strike_checked(allowed()).unwrap();
}
