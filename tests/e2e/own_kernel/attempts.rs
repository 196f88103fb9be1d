//! What is tried, and what comes of it.

use crate::booted::{HELPER, SCHEDULER};

use super::stand_ins::{DropIn, StandIn};

/// The one node; another port of it; addresses that no node has, one of a network that is not
/// reached from outside and one of the Internet; and the local mail server.
const NODE: &str = "connect:10.83.0.11:2222";
const OTHER_PORT: &str = "connect:10.83.0.11:2223";
const OTHER_NODE: &str = "connect:10.83.0.12:2222";
const INTERNET: &str = "connect:203.0.113.9:2222";
const MAIL: &str = "connect:127.0.0.1:25";

const POLICY: &str = "read:/etc/vm-autoscale/helper.yaml";
const KEY: &str = "read:/etc/vm-autoscale/id_ed25519";
const CONFIG: &str = "read:/etc/vm-autoscale/config.yaml";
/// As the broker has them of that helper.yaml.
const NEEDS: &str = "sandbox:/etc/vm-autoscale,/run/vm-autoscale-helper,2222";

const DONE: &str = "done";
const NONE: &str = "0000000000000000";
const DENIED: &str = "Permission denied (os error 13)";
const NOT_PERMITTED: &str = "Operation not permitted (os error 1)";
const READ_ONLY: &str = "Read-only file system (os error 30)";
const NO_FAMILY: &str = "Address family not supported by protocol (os error 97)";
const DROPPED: &str = "Connection timed out (os error 110)";
const SANDBOX: &str = "Landlock 6, seccomp true";

pub(super) const STAND_INS: &[StandIn] = &[
    StandIn {
        name: "free",
        unit: None,
        drop_in: DropIn::None,
        attempts: &[
            (NODE, DONE),
            (OTHER_PORT, DONE),
            (OTHER_NODE, DONE),
            (INTERNET, DONE),
            (MAIL, DONE),
            (POLICY, DONE),
            (KEY, DONE),
            ("make:/etc/vm-autoscale/free", DONE),
            ("start:/bin/true", DONE),
            ("threads:100", "100"),
            ("hold:300", DONE),
        ],
        end: Some(("become:/bin/true", "success")),
    },
    StandIn {
        name: "helper",
        unit: Some(HELPER),
        drop_in: DropIn::None,
        attempts: &[
            ("capabilities", NONE),
            (NODE, DONE),
            (OTHER_NODE, DONE),
            (INTERNET, DROPPED),
            ("make:/run/vm-autoscale-helper/unit", DONE),
            ("make:/tmp/unit", DONE),
            ("make:/etc/vm-autoscale/unit", READ_ONLY),
            ("make:/run/unit", READ_ONLY),
            ("make:/var/lib/unit", READ_ONLY),
            ("make:/root/unit", DENIED),
            // SocketBindDeny= needs a systemd with BPF's framework, which Debian 12's has not.
            ("listen:10.83.0.11:2224", DONE),
            ("start:/bin/true", DONE),
            ("threads:20", "15, then Resource temporarily unavailable (os error 11)"),
        ],
        end: Some(("become:/bin/true", "success")),
    },
    StandIn {
        name: "helper-grows",
        unit: Some(HELPER),
        drop_in: DropIn::None,
        attempts: &[("hold:40", DONE)],
        end: Some(("hold:80", "oom-kill")),
    },
    StandIn {
        name: "helper-in-its-sandbox",
        unit: Some(HELPER),
        drop_in: DropIn::Nodes,
        attempts: &[
            (NEEDS, SANDBOX),
            (NODE, DONE),
            (OTHER_PORT, DENIED),
            (OTHER_NODE, DROPPED),
            (INTERNET, DROPPED),
            (MAIL, DENIED),
            ("listen:10.83.0.11:2222", NOT_PERMITTED),
            (KEY, DONE),
            ("read:/etc/passwd", DENIED),
            ("make:/run/vm-autoscale-helper/sandbox", DONE),
            ("make:/tmp/sandbox", DENIED),
            ("make:/etc/vm-autoscale/sandbox", READ_ONLY),
            ("make:/var/lib/sandbox", READ_ONLY),
            ("threads:1", "0, then Operation not permitted (os error 1)"),
            ("start:/bin/true", NOT_PERMITTED),
        ],
        end: Some(("become:/bin/true", "signal")),
    },
    StandIn {
        name: "scheduler",
        unit: Some(SCHEDULER),
        drop_in: DropIn::None,
        attempts: &[
            ("capabilities", NONE),
            (POLICY, DENIED),
            (KEY, DENIED),
            (CONFIG, DONE),
            (NODE, NO_FAMILY),
            (MAIL, NO_FAMILY),
            ("make:/var/lib/vm-autoscale/unit", DONE),
            ("make:/etc/vm-autoscale/unit", READ_ONLY),
            ("make:/usr/unit", READ_ONLY),
            ("threads:100", "63, then Resource temporarily unavailable (os error 11)"),
        ],
        end: None,
    },
    StandIn {
        name: "scheduler-grows",
        unit: Some(SCHEDULER),
        drop_in: DropIn::None,
        attempts: &[("hold:200", DONE)],
        end: Some(("hold:300", "oom-kill")),
    },
    StandIn {
        name: "scheduler-with-local-mail",
        unit: Some(SCHEDULER),
        drop_in: DropIn::LocalMail,
        attempts: &[
            ("capabilities", NONE),
            (POLICY, DENIED),
            (KEY, DENIED),
            (MAIL, DONE),
            (NODE, DROPPED),
            (INTERNET, DROPPED),
        ],
        end: None,
    },
    StandIn {
        name: "scheduler-with-network",
        unit: Some(SCHEDULER),
        drop_in: DropIn::Network,
        attempts: &[("capabilities", NONE), (KEY, DENIED), (NODE, DONE), (INTERNET, DROPPED)],
        end: None,
    },
];
