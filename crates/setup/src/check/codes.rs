//! Every check.

use super::finding::Code;

const fn accounts(code: &'static str, name: &'static str) -> Code {
    Code::new(code, "accounts", name)
}
const fn files(code: &'static str, name: &'static str) -> Code {
    Code::new(code, "files", name)
}
const fn units(code: &'static str, name: &'static str) -> Code {
    Code::new(code, "units", name)
}
const fn programs(code: &'static str, name: &'static str) -> Code {
    Code::new(code, "programs", name)
}
const fn sandbox(code: &'static str, name: &'static str) -> Code {
    Code::new(code, "sandbox", name)
}
const fn sockets(code: &'static str, name: &'static str) -> Code {
    Code::new(code, "sockets", name)
}
const fn nodes(code: &'static str, name: &'static str) -> Code {
    Code::new(code, "nodes", name)
}
const fn machine(code: &'static str, name: &'static str) -> Code {
    Code::new(code, "machine", name)
}

pub(super) const USER: Code = accounts("S101", "user");
pub(super) const GROUPS: Code = accounts("S102", "groups");
pub(super) const SHELL: Code = accounts("S103", "login shell");
pub(super) const PASSWORD: Code = accounts("S104", "password");
pub(super) const MEMBERS: Code = accounts("S105", "members");
pub(super) const ADMINS: Code = accounts("S106", "administrators");
pub(super) const SAME_UID: Code = accounts("S107", "uid");

pub(super) const MISSING: Code = files("S201", "files there");
pub(super) const RIGHTS: Code = files("S202", "modes and owners");
pub(super) const CHANGED: Code = files("S203", "as installed");
pub(super) const DIRECTORIES: Code = files("S204", "directories");
pub(super) const CONFIG: Code = files("S205", "config.yaml");
pub(super) const POLICY: Code = files("S206", "helper.yaml");
pub(super) const LEFT_OVER: Code = files("S207", "left over");
pub(super) const KEYS: Code = files("S208", "keys");
pub(super) const SECRETS: Code = files("S209", "secrets");
pub(super) const SPACE: Code = files("S210", "space");

pub(super) const SYSTEMD: Code = units("S301", "systemd");
pub(super) const ENABLED: Code = units("S302", "enabled");
pub(super) const ACTIVE: Code = units("S303", "active");
pub(super) const HARDENED: Code = units("S304", "hardened");
pub(super) const RELOAD: Code = units("S305", "reloaded");
pub(super) const RESTARTS: Code = units("S306", "restarts");
pub(super) const ADDRESSES: Code = units("S307", "addresses");
pub(super) const AUDIT: Code = units("S308", "audit rules");

pub(super) const VERSIONS: Code = programs("S401", "versions");
pub(super) const ON_DISK: Code = programs("S402", "running files");
pub(super) const RUNNING: Code = programs("S403", "running versions");

pub(super) const LANDLOCK: Code = sandbox("S501", "Landlock");
pub(super) const SECCOMP: Code = sandbox("S502", "seccomp");
pub(super) const CAPABILITIES: Code = sandbox("S503", "capabilities");

pub(super) const SOCKET: Code = sockets("S601", "helper's socket");
pub(super) const HELPER: Code = sockets("S602", "helper");
pub(super) const SCHEDULER: Code = sockets("S603", "scheduler");

pub(super) const REACHED: Code = nodes("S701", "reached");
pub(super) const LATENCY: Code = nodes("S702", "latency");
pub(super) const GATE: Code = nodes("S703", "gate");
pub(super) const GATE_VERSION: Code = nodes("S704", "gate's version");
pub(super) const HOST_KEY: Code = nodes("S705", "host key");
pub(super) const CLUSTER: Code = nodes("S706", "cluster");
pub(super) const CLOCK: Code = nodes("S707", "clock");

pub(super) const KERNEL: Code = machine("S801", "kernel");
pub(super) const CGROUPS: Code = machine("S802", "control groups");
pub(super) const TIME: Code = machine("S803", "time");
pub(super) const ZONES: Code = machine("S804", "time zones");
pub(super) const JOURNAL: Code = machine("S805", "journal");

#[cfg(test)]
pub(super) const ALL: [Code; 46] = [
    USER,
    GROUPS,
    SHELL,
    PASSWORD,
    MEMBERS,
    ADMINS,
    SAME_UID,
    MISSING,
    RIGHTS,
    CHANGED,
    DIRECTORIES,
    CONFIG,
    POLICY,
    LEFT_OVER,
    KEYS,
    SECRETS,
    SPACE,
    SYSTEMD,
    ENABLED,
    ACTIVE,
    HARDENED,
    RELOAD,
    RESTARTS,
    ADDRESSES,
    AUDIT,
    VERSIONS,
    ON_DISK,
    RUNNING,
    LANDLOCK,
    SECCOMP,
    CAPABILITIES,
    SOCKET,
    HELPER,
    SCHEDULER,
    REACHED,
    LATENCY,
    GATE,
    GATE_VERSION,
    HOST_KEY,
    CLUSTER,
    CLOCK,
    KERNEL,
    CGROUPS,
    TIME,
    ZONES,
    JOURNAL,
];
