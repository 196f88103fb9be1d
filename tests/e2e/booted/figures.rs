//! The figures of the units, as systemd has them. A container may lack the controllers that hold
//! those of memory and tasks.

use super::site::{HELPER, SCHEDULER, SOCKET, Site};

const FIGURES: [(&str, &[(&str, &str)]); 3] = [
    (
        SCHEDULER,
        &[
            ("Type", "notify"),
            ("NotifyAccess", "main"),
            ("WatchdogUSec", "2min"),
            ("Restart", "on-failure"),
            ("RestartUSec", "3s"),
            ("RestartPreventExitStatus", "2 3 66"),
            ("StartLimitIntervalUSec", "5min"),
            ("StartLimitBurst", "30"),
            ("TimeoutStopUSec", "1min 40s"),
            ("MemoryMax", "268435456"),
            ("MemorySwapMax", "0"),
            ("TasksMax", "64"),
            ("LimitCORE", "0"),
            ("UMask", "0077"),
            ("OOMScoreAdjust", "500"),
            ("RestrictAddressFamilies", "AF_UNIX"),
            ("IPAddressDeny", "::/0 0.0.0.0/0"),
            ("IPAddressAllow", ""),
            ("StateDirectoryMode", "0750"),
            ("RuntimeDirectoryMode", "0750"),
        ],
    ),
    (
        HELPER,
        &[
            ("Type", "exec"),
            ("Restart", "on-failure"),
            ("RestartUSec", "2s"),
            ("RestartPreventExitStatus", "2 3 66"),
            ("StartLimitIntervalUSec", "10s"),
            ("StartLimitBurst", "10"),
            ("TimeoutStopUSec", "1min 20s"),
            ("MemoryMax", "67108864"),
            ("MemorySwapMax", "0"),
            ("TasksMax", "16"),
            ("LimitCORE", "0"),
            ("UMask", "0077"),
            ("RestrictAddressFamilies", "AF_INET AF_INET6"),
            ("IPAddressDeny", "::/0 0.0.0.0/0"),
            ("PrivateUsers", "no"),
            ("CanReload", "no"),
            ("RuntimeDirectoryPreserve", "yes"),
            ("RuntimeDirectoryMode", "0700"),
        ],
    ),
    (SOCKET, &[("SocketMode", "0660"), ("SocketGroup", "vm-autoscale"), ("FlushPending", "yes")]),
];

pub(super) fn are_in_force(site: &Site) {
    for (unit, figures) in FIGURES {
        for (name, value) in figures {
            assert_eq!(words(&site.property(unit, name)), words(value), "{unit} {name}");
        }
    }
}

/// systemd lists what is in a set in any order.
pub(super) fn words(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.sort_unstable();
    words
}
