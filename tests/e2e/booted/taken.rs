//! A helper that was taken over: whatever runs in its place, under its unit.

use super::site::{HELPER, Site, shipped};
use crate::turn;

/// Run as root, it would show who else's power was used.
const VICTIM: &str = "\
[Service]
Type=oneshot
ExecStart=touch /usr/taken-over
";

/// A shipped unit, with another program in its own one's place.
pub(crate) fn in_place_of(unit: &str, program: &str) -> String {
    let shipped = std::fs::read_to_string(shipped("systemd").join(unit)).unwrap();
    let (_, service) = shipped.split_once("[Service]\n").unwrap();
    let own = ["Type=", "ExecStart=", "Restart"];
    let kept = service.lines().filter(|line| !own.iter().any(|own| line.starts_with(own)));
    let kept: Vec<&str> = kept.collect();
    format!("[Service]\nType=oneshot\nExecStart={program}\n{}\n", kept.join("\n"))
}

/// systemd hears every root on a socket that is not in the way of files or capabilities.
#[test]
fn it_has_no_word_with_systemd() {
    let _turn = turn();
    let Some(site) = Site::set("that a helper which was taken over stays alone") else { return };
    site.write("/etc/systemd/system/victim.service", VICTIM, "0644");
    let order = "systemctl start victim.service";
    let taken = "/etc/systemd/system/taken.service";
    let trace = site.machine.path("/usr/taken-over");

    let shipped = in_place_of(HELPER, order);
    site.write(taken, &shipped, "0644");
    site.ok(&["systemctl", "daemon-reload"]);
    let (exit, said) = site.said(&["systemctl", "start", "taken"]);
    assert_eq!(exit, Some(1), "{said}");
    assert!(!trace.exists());
    let said = site.journal();
    assert!(said.contains("Address family not supported by protocol"), "{said}");

    // That the order fails for that reason alone.
    let open = shipped.replace("RestrictAddressFamilies=", "RestrictAddressFamilies=AF_UNIX ");
    site.write(taken, &open, "0644");
    site.ok(&["systemctl", "daemon-reload"]);
    site.ok(&["systemctl", "start", "taken"]);
    assert!(trace.exists());
    site.machine.stop().unwrap();
}
