//! What the helper can be asked.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vm_autoscale_node::{
    BalloonMib, ClusterName, ConfigFile, CpuLimit, Digest, MemoryMib, MonitorQuery, NodeCommand,
    NodeName, PendingOption, Vcpus, VmId,
};

use crate::{Call, INTERFACE};

/// Everything there is to ask. The names are those of Varlink methods.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", content = "parameters", deny_unknown_fields)]
pub enum Request {
    /// Varlink's own: what is this service?
    #[serde(rename = "org.varlink.service.GetInfo")]
    GetInfo {},
    /// Varlink's own: what does it speak?
    #[serde(rename = "org.varlink.service.GetInterfaceDescription")]
    GetInterfaceDescription {
        /// The interface's name.
        interface: String,
    },
    /// Do we speak the same protocol, and what may you reach?
    Hello {
        /// The asker's [`crate::PROTOCOL`].
        protocol: u32,
    },
    /// Metrics and places of a whole cluster, by whichever of its nodes answers. Several replies.
    ReadCluster {
        /// The cluster.
        cluster: ClusterName,
    },
    /// Configs of VMs of one node. One reply a VM.
    ReadConfigs {
        /// The cluster.
        cluster: ClusterName,
        /// The node to ask.
        node: NodeName,
        /// The node in whose directory the configs are.
        owner: NodeName,
        /// The VMs, 1 to 64.
        vmids: Vec<VmId>,
    },
    /// Whether the node has a gate, and whether it guards our key.
    ReadGate {
        /// The cluster.
        cluster: ClusterName,
        /// The node to ask.
        node: NodeName,
    },
    /// How the ways to all nodes are.
    ReadNodes {},
    /// Which VM is in which pool, by this node's `user.cfg`.
    ReadPools {
        /// The cluster.
        cluster: ClusterName,
        /// The node to ask.
        node: NodeName,
    },
    /// What QEMU or the guest has.
    ReadRunning {
        /// The cluster.
        cluster: ClusterName,
        /// The node that runs the VM.
        node: NodeName,
        /// The VM.
        vmid: VmId,
        /// What to ask.
        query: RunningQuery,
    },
    /// Clears what a change of ours left in `[PENDING]`; the digest is that of the read-back.
    Revert {
        /// The VM.
        target: Target,
        /// What to clear.
        option: PendingOption,
    },
    /// Sets the balloon's target.
    SetBalloon {
        /// The VM.
        target: Target,
        /// The target in MiB.
        balloon: BalloonMib,
    },
    /// Caps the CPU time.
    SetCpuLimit {
        /// The VM.
        target: Target,
        /// The cap in cores; 0 is none.
        cpulimit: CpuLimit,
    },
    /// Plugs or unplugs DIMMs.
    SetMemory {
        /// The VM.
        target: Target,
        /// The size in MiB, one of the DIMM ladder.
        memory: MemoryMib,
        /// The balloon's minimum in MiB, where it must move along.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        balloon: Option<BalloonMib>,
    },
    /// Plugs or unplugs vCPUs.
    SetVcpus {
        /// The VM.
        target: Target,
        /// How many there are to be.
        vcpus: Vcpus,
    },
}

/// Which VM a change is for, on which node, and the config that it was decided on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The cluster.
    pub cluster: ClusterName,
    /// The node that runs the VM.
    pub node: NodeName,
    /// The VM.
    pub vmid: VmId,
    /// Of the config.
    pub digest: Digest,
}

/// What to ask QEMU or the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunningQuery {
    /// What the balloon leaves to the guest, by QEMU.
    Balloon,
    /// Memory that the guest has, by its balloon driver.
    GuestMemory,
    /// vCPUs that the guest has online, by its agent.
    GuestVcpus,
    /// Plugged memory, by QEMU.
    Memory,
    /// Plugged vCPUs, by QEMU.
    Vcpus,
}

/// A message that is no request of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Violation(String);

impl Request {
    /// Reads a message; the flag says whether several replies are welcome.
    ///
    /// # Errors
    /// No call, an unknown method, or arguments that are not exactly the method's.
    pub fn decode(frame: &[u8]) -> Result<(Self, bool), Violation> {
        if frame.trim_ascii_start().first() != Some(&b'{') {
            return Err(Violation("not a call".to_owned()));
        }
        let call: Call =
            serde_json::from_slice(frame).map_err(|e| Violation(printable(&e.to_string())))?;
        let own = call.method.strip_prefix(INTERFACE).and_then(|rest| rest.strip_prefix('.'));
        let name = match own {
            Some(name) if !name.contains('.') => name,
            _ => call.method.as_str(),
        };
        if own.is_none() && !name.starts_with("org.varlink.service.") {
            return Err(Violation(format!("unknown method `{}`", printable(name))));
        }
        let parameters = call.parameters.unwrap_or_else(|| json!({}));
        if !is_plain(&parameters) {
            return Err(Violation("parameters are fields by their names".to_owned()));
        }
        let request = json!({"name": name, "parameters": parameters});
        let request: Self =
            serde_json::from_value(request).map_err(|e| Violation(printable(&e.to_string())))?;
        if matches!(request, Self::ReadCluster { .. } | Self::ReadConfigs { .. }) && !call.more {
            return Err(Violation(
                "this method answers in several replies: ask with `more`".to_owned(),
            ));
        }
        Ok((request, call.more))
    }

    /// The call that carries this request.
    ///
    /// # Errors
    /// A value that JSON cannot hold; none of these is.
    pub fn to_call(&self) -> Result<Call, serde_json::Error> {
        let mut value = serde_json::to_value(self)?;
        let name = value.get("name").and_then(Value::as_str).unwrap_or_default();
        let method =
            if name.contains('.') { name.to_owned() } else { format!("{INTERFACE}.{name}") };
        let parameters = value.get_mut("parameters").map(Value::take);
        let more = matches!(self, Self::ReadCluster { .. } | Self::ReadConfigs { .. });
        Ok(Call { method, parameters, more })
    }

    /// The VM that this would change.
    #[must_use]
    pub fn target(&self) -> Option<&Target> {
        match self {
            Self::Revert { target, .. }
            | Self::SetBalloon { target, .. }
            | Self::SetCpuLimit { target, .. }
            | Self::SetMemory { target, .. }
            | Self::SetVcpus { target, .. } => Some(target),
            _ => None,
        }
    }

    /// The one command on a node that does what is asked.
    ///
    /// # Errors
    /// A number of VMs that no call reads, or one of them twice; `None` for what no node is asked.
    pub fn command(&self) -> Result<Option<NodeCommand>, Violation> {
        Ok(Some(match self.clone() {
            Self::GetInfo {}
            | Self::GetInterfaceDescription { .. }
            | Self::Hello { .. }
            | Self::ReadNodes {} => return Ok(None),
            Self::ReadCluster { .. } => NodeCommand::ReadCluster,
            Self::ReadConfigs { owner, vmids, .. } => {
                let file = |vmid| ConfigFile { node: owner.clone(), vmid };
                let files: Vec<ConfigFile> = vmids.into_iter().map(file).collect();
                NodeCommand::ReadConfigs(files.try_into().map_err(|e| Violation(format!("{e}")))?)
            }
            Self::ReadGate { .. } => NodeCommand::ReadGate,
            Self::ReadPools { .. } => NodeCommand::ReadPools,
            Self::ReadRunning { node, vmid, query, .. } => running(node, vmid, query),
            Self::Revert { target: Target { vmid, digest, .. }, option } => {
                NodeCommand::Revert { vmid, option, digest }
            }
            Self::SetBalloon { target: Target { vmid, digest, .. }, balloon } => {
                NodeCommand::SetBalloon { vmid, balloon, digest }
            }
            Self::SetCpuLimit { target: Target { vmid, digest, .. }, cpulimit } => {
                NodeCommand::SetCpuLimit { vmid, cpulimit, digest }
            }
            Self::SetMemory { target: Target { vmid, digest, .. }, memory, balloon } => {
                NodeCommand::SetMemory { vmid, memory, balloon, digest }
            }
            Self::SetVcpus { target: Target { vmid, digest, .. }, vcpus } => {
                NodeCommand::SetVcpus { vmid, vcpus, digest }
            }
        }))
    }
}

fn running(node: NodeName, vmid: VmId, query: RunningQuery) -> NodeCommand {
    let query = match query {
        RunningQuery::Balloon => MonitorQuery::Balloon,
        RunningQuery::GuestMemory => MonitorQuery::GuestStats,
        RunningQuery::GuestVcpus => return NodeCommand::ReadGuestVcpus { vmid },
        RunningQuery::Memory => MonitorQuery::MemorySizeSummary,
        RunningQuery::Vcpus => MonitorQuery::HotpluggableCpus,
    };
    NodeCommand::ReadMonitor { node, vmid, query }
}

/// Whether it is written in the one way that there is: serde would also take fields by their places
/// in a list, and a choice as `{"vcpus": null}`.
fn is_plain(parameters: &Value) -> bool {
    let single = |value: &Value| !value.is_object() && !value.is_array();
    let Value::Object(fields) = parameters else { return false };
    fields.iter().all(|(name, value)| match (name.as_str(), value) {
        ("target", Value::Object(target)) => target.values().all(single),
        ("vmids", Value::Array(vmids)) => vmids.iter().all(single),
        (_, value) => single(value),
    })
}

/// A stranger's text, short and without anything that a terminal would act on.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_not_exactly_ours_is_refused() {
        let d = "6ef0489b831f20953a6906fbf09d3a91d5ddef39";
        let target = json!({"cluster": "c", "node": "n", "vmid": 101, "digest": d});
        let good = json!({"method": format!("{INTERFACE}.SetVcpus"), "parameters": {"target": target, "vcpus": 2}});
        assert!(Request::decode(good.to_string().as_bytes()).is_ok());
        for (path, value) in [
            ("/parameters/vcpus", json!(0)),
            ("/parameters/vcpus", json!("2")),
            ("/parameters/vcpus", json!(2.5)),
            ("/parameters/target/vmid", json!(99)),
            ("/parameters/target/node", json!("n;id")),
            ("/parameters/target/digest", json!("")),
            ("/method", json!("SetVcpus")),
            ("/method", json!(format!("{INTERFACE}.Hello"))),
            ("/method", json!(format!("{INTERFACE}.x.SetVcpus"))),
            ("/method", json!("org.varlink.service.SetVcpus")),
            ("/parameters", json!(null)),
            ("/parameters", json!([target, 2])),
            ("/parameters/target", json!(["c", "n", 101, d])),
            ("/parameters/vcpus", json!([2])),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(path).unwrap() = value;
            assert!(Request::decode(bad.to_string().as_bytes()).is_err(), "{bad}");
        }
        let by_place = json!([good["method"], good["parameters"]]).to_string();
        assert!(Request::decode(by_place.as_bytes()).is_err(), "{by_place}");
        let option = json!({"target": target, "option": {"vcpus": null}});
        let choice = json!({"method": format!("{INTERFACE}.Revert"), "parameters": option});
        assert!(Request::decode(choice.to_string().as_bytes()).is_err(), "{choice}");
        for extra in ["", "/parameters", "/parameters/target"] {
            let mut bad = good.clone();
            bad.pointer_mut(extra).unwrap()["args"] = json!("-drive file=/dev/sda");
            assert!(Request::decode(bad.to_string().as_bytes()).is_err(), "{bad}");
        }
    }

    /// What is said of a message goes into a log, a line each.
    #[test]
    fn an_error_is_one_line_whatever_was_sent() {
        for frame in [
            &br#"{"method":"x","a\nINFO done uid=0":1}"#[..],
            br#"{"method":"x\n\u001b[2J"}"#,
            br#"{"method":"org.varlink.service.GetInfo","parameters":{"a\nb":1}}"#,
        ] {
            let message = Request::decode(frame).unwrap_err().to_string();
            assert!(!message.chars().any(char::is_control), "{message:?}");
        }
    }

    #[test]
    fn several_replies_must_be_welcome() {
        let read = Request::ReadCluster { cluster: "home".try_into().unwrap() };
        let mut call = read.to_call().unwrap();
        assert_eq!(Request::decode(&serde_json::to_vec(&call).unwrap()), Ok((read, true)));
        call.more = false;
        assert!(Request::decode(&serde_json::to_vec(&call).unwrap()).is_err());
    }

    proptest! {
        #[test]
        fn no_message_panics(frame in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Request::decode(&frame);
        }
    }
}
