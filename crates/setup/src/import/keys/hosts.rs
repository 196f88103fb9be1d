//! The hosts and how they were reached.

use super::{ALL, API, Key, ORIGINAL, SSH, carried, refused, replaced};

const API_IS_GONE: &str = "there is no API client: the helper runs `qm` over SSH, port 22";
const API_SECRET: &str = "never copied, and not needed: SSH with a key takes its place. Withdraw it \
    in Proxmox when the old program is gone";
const IDENTITY: &str = "helper.yaml: identity, a key of the helper's own; see below how to make it";

pub(super) const KEYS: &[Key] = &[
    replaced(
        "proxmox_hosts[].name",
        ALL,
        "a name for the VMs' `proxmox_host`",
        "helper.yaml: a cluster of one host",
    ),
    carried(
        "proxmox_hosts[].host",
        ALL,
        "connected to it; a name was resolved each time",
        "helper.yaml: nodes[].address, an IP address: names are not resolved there",
    ),
    carried(
        "proxmox_hosts[].ssh_user",
        SSH,
        "logged in as that user; `qm set` needs root",
        "helper.yaml: user",
    ),
    replaced(
        "proxmox_hosts[].ssh_password",
        SSH,
        "the original kept it in plain text, and it won over `ssh_key`: that was then not used",
        "never copied. helper.yaml: identity, a key; change that password once the key works",
    ),
    replaced(
        "proxmox_hosts[].ssh_key",
        SSH,
        "not used beside a password; before 1.4.0 the original took RSA keys only",
        IDENTITY,
    ),
    carried(
        "proxmox_hosts[].ssh_port",
        SSH,
        "before 1.5.0 the original failed for every VM of a host without it",
        "helper.yaml: nodes[].port",
    ),
    replaced(
        "ssh_host_key_policy",
        ORIGINAL,
        "before 1.5.0 any host key was taken; since then the first that came was trusted",
        "no trust on first use: only keys in helper.yaml's known_hosts; see below how to pin them",
    ),
    replaced(
        "ssh_known_hosts",
        ORIGINAL,
        "since 1.5.0: where it kept the keys that it had trusted at first sight",
        "helper.yaml: known_hosts, a file of its own with keys that you have compared",
    ),
    refused("proxmox_hosts[].api_port", API, "the port of Proxmox's API", API_IS_GONE),
    refused("proxmox_hosts[].api_username", API, "logged in to the API as that user", API_IS_GONE),
    refused("proxmox_hosts[].api_password", API, "logged in to the API with it", API_SECRET),
    refused("proxmox_hosts[].api_token_id", API, "logged in to the API with it", API_SECRET),
    refused("proxmox_hosts[].api_token_secret", API, "logged in to the API with it", API_SECRET),
    replaced(
        "proxmox_hosts[].verify_ssl",
        API,
        "whether the API's certificate was checked",
        "SSH host keys in helper.yaml's known_hosts; they are always checked",
    ),
    replaced(
        "proxmox_hosts[].ca_cert_path",
        API,
        "the authority that the API's certificate was checked by",
        "SSH host keys in helper.yaml's known_hosts",
    ),
    carried(
        "proxmox_hosts[].node_name",
        API,
        "asked the API for that node",
        "helper.yaml: nodes[].name",
    ),
    replaced(
        "proxmox_hosts[].auto_discover_nodes",
        API,
        "asked the API which nodes the cluster has",
        "helper.yaml: nodes, which you list: where power goes is not found out by itself",
    ),
    replaced(
        "proxmox_hosts[].timeout",
        API,
        "seconds for an API request",
        "the helper has deadlines of its own for every command",
    ),
    replaced(
        "proxmox_hosts[].max_retries",
        API,
        "sent a failed API request again",
        "the next look tries again; a change is never sent twice",
    ),
];
