//! How often a node that does not want us is asked to let us in.

use super::*;

#[test]
fn a_refused_login_is_tried_once_a_minute_and_told_once() {
    let _turn = turn();
    let troubled = Troubled::of(1);
    troubled.answered_by();
    let proxy = &troubled.proxies[0];
    troubled.stage.control(Control::LockOut { node: node("pve1"), on: true }).unwrap();
    proxy.set(Fault::Reset);
    pause(Duration::from_millis(100));
    proxy.set(Fault::None);
    let (before, logins) = (proxy.connections(), troubled.stage.node_stats().unwrap().logins);
    let pins = std::fs::read_to_string(troubled.stage.path("known_hosts")).unwrap();
    for look in 0..10 {
        let error = troubled.look().unwrap_err().to_string();
        assert!(error.contains("does not let `root` in"), "{error}");
        // Other pins are no reason to try again: it was not the host key.
        let other = pins.clone() + &"\n".repeat(look);
        std::fs::write(troubled.stage.path("known_hosts"), other).unwrap();
        pause(Duration::from_millis(100));
    }
    assert_eq!(proxy.connections() - before, 1, "tried more than once");
    assert_eq!(troubled.stage.node_stats().unwrap().logins, logins);
    let health = troubled.health("pve1");
    assert_eq!(health.state, NodeState::AuthFailed, "{health:?}");
    assert!(health.error.unwrap().contains("authorized_keys"));
    // The other lines are one a request.
    let said = troubled.said();
    let told =
        said.lines().filter(|line| line.contains("does not let") && !line.contains("method"));
    assert_eq!(told.count(), 1, "{said}");
    troubled.stage.strike().unwrap();
}

/// It lets us in and ends the session: that is no way to be asked ever more often.
#[test]
fn sessions_that_end_at_once_are_not_opened_ever_again() {
    let _turn = turn();
    let troubled = Troubled::of(1);
    // Enough for a login, too little for an answer.
    troubled.proxies[0].set(Fault::Cut(Way::Out, 2500));
    for _ in 0..30 {
        troubled.look().unwrap_err();
        pause(Duration::from_millis(50));
    }
    // Over one and a half seconds: the first, and those after half a second to two.
    let logins = troubled.stage.node_stats().unwrap().logins;
    assert!((1..=4).contains(&logins), "{logins} logins for 30 looks");
    troubled.stage.strike().unwrap();
}
