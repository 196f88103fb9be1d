//! Orders for one VM that take their time: begun, followed to their end, and told.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use vm_autoscale_planner::Move;
use vm_autoscale_scheduler::{
    ErrandAsk, ErrandEnd, ErrandOrder, ErrandStatus, ErrandStep, Error as Failed, Goal, GoalEnd,
    fetch_errand, order_errand, steps,
};

use crate::Error;
use crate::plain::one_line;

/// Between two questions how far it is.
const PERIOD: Duration = Duration::from_millis(500);
/// A look that takes long, or a daemon that is busy, is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// From a change to the look that sees it.
const LOOK: Duration = Duration::from_secs(30);

/// Has the daemon show what an order would do, as soon as it knows the VM's config: after a change
/// that is only with its next look.
pub(crate) async fn planned(socket: &Path, order: &ErrandOrder) -> Result<ErrandStatus, Failed> {
    let asked = Instant::now();
    loop {
        let mut plan = order_errand(socket, &ErrandOrder { begin: false, ..order.clone() }).await?;
        if plan.waits.is_none() || asked.elapsed() >= LOOK {
            harmless(&mut plan);
            return Ok(plan);
        }
        tokio::time::sleep(PERIOD).await;
    }
}

/// Begins it.
pub(crate) async fn begun(socket: &Path, order: &ErrandOrder) -> Result<ErrandStatus, Failed> {
    let mut begun = order_errand(socket, &ErrandOrder { begin: true, ..order.clone() }).await?;
    harmless(&mut begun);
    Ok(begun)
}

/// Asks how far it is until it has ended; `tell` hears of each answer.
pub(crate) async fn follow(
    socket: &Path,
    order: &ErrandStatus,
    mut tell: impl FnMut(&ErrandStatus) -> Result<(), Error>,
) -> Result<ErrandStatus, Error> {
    let ask = ErrandAsk { vmid: order.vmid, cluster: Some(order.cluster.clone()) };
    let mut heard = Instant::now();
    loop {
        tokio::time::sleep(PERIOD).await;
        match fetch_errand(socket, &ask).await {
            Ok(mut status) if status.number == order.number => {
                harmless(&mut status);
                heard = Instant::now();
                tell(&status)?;
                if status.end.is_some() {
                    return Ok(status);
                }
            }
            Ok(_) => return Err(Error::Journal(lost(order))),
            // A daemon that was started anew knows nothing of it.
            Err(error) if heard.elapsed() >= PATIENCE => return Err(error.into()),
            Err(error) if error.to_string().starts_with("no order for VM") => {
                return Err(error.into());
            }
            Err(_) => {}
        }
    }
}

fn lost(order: &ErrandStatus) -> String {
    format!("VM {}: another order has taken the place of this one", order.vmid)
}

/// Each text in one line, without what steers a terminal.
fn harmless(status: &mut ErrandStatus) {
    let ErrandStatus { name, facts, goals, steps, obstacles, waits, end, .. } = status;
    name.iter_mut().chain(facts).chain(obstacles).chain(waits).for_each(one_line);
    goals.iter_mut().filter_map(|goal| goal.why.as_mut()).for_each(one_line);
    steps.iter_mut().map(|step| &mut step.text).for_each(one_line);
    if let Some(ErrandEnd::Stopped { why }) = end {
        one_line(why);
    }
}

/// What is to be reached, and the steps there.
pub(crate) fn ways(status: &ErrandStatus) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    for Goal { way, end, why } in &status.goals {
        let why = why.as_deref().unwrap_or_default();
        if *end == Some(GoalEnd::Skipped) {
            let _ = writeln!(text, "  {way}: not done: {why}");
            continue;
        }
        let steps = steps(*way);
        let _ = writeln!(text, "  {way}{}", hint(*way));
        if steps.len() > 1 {
            for step in steps {
                let _ = writeln!(text, "    {step}");
            }
        }
    }
    if let Some(waits) = &status.waits {
        let _ = writeln!(text, "  it cannot be begun yet: {waits}");
    }
    for why in &status.obstacles {
        let _ = writeln!(text, "  it cannot be begun now: {why}");
    }
    text
}

fn hint(way: Move) -> &'static str {
    match way {
        Move::Cpu { .. } if way.is_shrink() => ": the guest has to give vCPUs back",
        _ if way.is_shrink() && !matches!(way, Move::CpuLimit { .. }) => {
            ": the guest is asked first whether it can spare it"
        }
        _ => "",
    }
}

/// One step in a line.
pub(crate) fn told(step: &ErrandStep) -> String {
    let reverted = if step.reverted { "; reverted" } else { "" };
    format!("{} {}{reverted} ({} ms)", step.step, step.text, step.took_ms)
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    /// One with these goals, each a step as JSON.
    pub(crate) fn status(goals: &[serde_json::Value]) -> ErrandStatus {
        let goals: Vec<_> =
            goals.iter().map(|way| json!({"way": way, "end": null, "why": null})).collect();
        let status = json!({
            "number": 1, "kind": "restore", "cluster": "home", "vmid": 101, "name": "web",
            "node": "pve1", "facts": ["memory: 4096"], "uid": 0, "at": 1000, "goals": goals,
            "steps": [], "obstacles": [], "waits": null, "end": null, "pause": null,
        });
        serde_json::from_value(status).unwrap()
    }

    #[test]
    fn the_ways_are_told_with_their_steps_and_what_they_need() {
        let mut order = status(&[
            json!({"resource": "cpu", "from": 6, "to": 2}),
            json!({"resource": "memory", "from": 2048, "to": 1024}),
            json!({"resource": "memory", "from": 1024, "to": 2048}),
        ]);
        order.goals[2].end = Some(GoalEnd::Skipped);
        order.goals[2].why = Some("x\u{1b}[2J\ny".to_owned());
        order.obstacles = vec!["locked (backup)".to_owned()];
        harmless(&mut order);
        let said = "\
\x20 vcpus 6 -> 2: the guest has to give vCPUs back
    vcpus 6 -> 3
    vcpus 3 -> 2
  memory 2048 -> 1024 MiB: the guest is asked first whether it can spare it
    memory 2048 -> 1536 MiB
    memory 1536 -> 1024 MiB
  memory 1024 -> 2048 MiB: not done: x[2J y
  it cannot be begun now: locked (backup)
";
        assert_eq!(ways(&order), said);
    }
}
