//! What is read of a node and passed on in part: what no decision needs stays here.

use sha1::{Digest as _, Sha1};
use vm_autoscale_node::{
    ClusterName, ConfigFiles, Digest, Gate, NodeCommand, NodeName, VmConfig, VmId, redact,
    redact_pools, split_configs,
};
use vm_autoscale_policy::{Cluster, Mark, check};
use vm_autoscale_protocol::{
    ConfigReply, FoundConfig, FoundGate, FoundPools, HelperError, Request,
};
use vm_autoscale_ssh::Ended;

use super::{Broker, Done, MAX_OTHER, bad, collect, command, failed};
use crate::ledger::boot_time;
use crate::replies::Replies;

/// The longest answers, in bytes.
const MAX_CONFIGS: usize = 8 * 1024 * 1024;
/// That of one among them: pmxcfs holds no longer file.
const MAX_CONFIG: usize = 1024 * 1024;
const MAX_GATE: usize = 1024;

impl Broker {
    pub(super) async fn read_configs(
        &self,
        request: &Request,
        (cluster, node, vmids): (&ClusterName, &NodeName, &[VmId]),
        out: &mut Replies,
    ) -> Result<Done, HelperError> {
        let rules = check(&self.policy, &self.known, boot_time(), request)?;
        let command = command(request)?;
        let NodeCommand::ReadConfigs(files) = &command else {
            return Err(bad("no configs are read by this"));
        };
        let link = self.link(cluster, node)?;
        let _held = self.whole.acquire().await;
        let marks: Vec<Mark> =
            vmids.iter().map(|vmid| self.known.totals.mark(cluster, node, *vmid)).collect();
        let (ended, answer) = collect(link, &command, MAX_CONFIGS, || self.is_wanted(out)).await?;
        let cut = cut(files, &answer, (node, &ended))?;
        for (index, ((vmid, mark), raw)) in vmids.iter().zip(marks).zip(cut).enumerate() {
            let found = raw.map(|raw| {
                let text = redact(&String::from_utf8_lossy(raw));
                FoundConfig { digest: Digest::from_bytes(Sha1::digest(raw).into()), text }
            });
            self.remember(rules, (*vmid, mark), found.as_ref());
            let reply = ConfigReply { vmid: *vmid, found };
            if out.send(&reply, index + 1 < vmids.len()).await.is_err() {
                break;
            }
        }
        Ok(Done { node: Some(node.clone()), exit: Some(ended.exit) })
    }

    /// Keeps what a rule names; a config that cannot be read is none to change a VM by.
    fn remember(&self, cluster: &Cluster, (vmid, mark): (VmId, Mark), found: Option<&FoundConfig>) {
        if cluster.rule(vmid).is_none() {
            return;
        }
        let config = found
            .and_then(|found| Some((found.digest.clone(), VmConfig::parse(&found.text).ok()?)));
        self.known.read((&cluster.name, vmid), mark, boot_time(), config);
    }

    /// The whole answer to a request's one command, where the rules let it be asked.
    async fn ask(
        &self,
        request: &Request,
        (cluster, node): (&ClusterName, &NodeName),
        most: usize,
        out: &Replies,
    ) -> Result<(Ended, Vec<u8>), HelperError> {
        check(&self.policy, &self.known, boot_time(), request)?;
        let (link, command) = (self.link(cluster, node)?, command(request)?);
        collect(link, &command, most, || self.is_wanted(out)).await
    }

    /// Says of the answer what of ours is there; words of the node's own are no answer.
    pub(super) async fn read_gate(
        &self,
        request: &Request,
        (cluster, node): (&ClusterName, &NodeName),
        out: &mut Replies,
    ) -> Result<Done, HelperError> {
        let (ended, answer) = self.ask(request, (cluster, node), MAX_GATE, out).await?;
        let gate = Gate::answered(ended.exit, &answer);
        let gate = gate.map_err(|why| failed(node, &ended, &why.to_string()))?;
        out.last(&FoundGate::from(gate)).await;
        Ok(Done { node: Some(node.clone()), exit: Some(ended.exit) })
    }

    /// Passes on the pools alone: what the node prints has lines of users and tokens among them.
    pub(super) async fn read_pools(
        &self,
        request: &Request,
        (cluster, node): (&ClusterName, &NodeName),
        out: &mut Replies,
    ) -> Result<Done, HelperError> {
        let (ended, answer) = self.ask(request, (cluster, node), MAX_OTHER, out).await?;
        // 2 says that there is no `user.cfg`: no pools, where pmxcfs itself spoke.
        let answered = ended.exit == 0 || ended.exit == 2;
        let text = redact_pools(&String::from_utf8_lossy(&answer)).filter(|_| answered);
        let text = text.ok_or_else(|| failed(node, &ended, "no answer of pmxcfs"))?;
        out.last(&FoundPools { text }).await;
        Ok(Done { node: Some(node.clone()), exit: Some(ended.exit) })
    }
}

/// Cuts an answer into configs. None is too long: each is copied, in forms that may be several
/// times as long.
fn cut<'a>(
    files: &ConfigFiles,
    answer: &'a [u8],
    (node, ended): (&NodeName, &Ended),
) -> Result<Vec<Option<&'a [u8]>>, HelperError> {
    let cut = split_configs(files.as_slice(), answer);
    let cut = cut.map_err(|why| failed(node, ended, &why.to_string()))?;
    if cut.iter().flatten().any(|raw| raw.len() > MAX_CONFIG) {
        let limit = MAX_CONFIG.try_into().unwrap_or(u64::MAX);
        return Err(HelperError::TooLarge { node: node.clone(), limit });
    }
    Ok(cut)
}

#[cfg(test)]
mod tests {
    use vm_autoscale_node::ConfigFile;

    use super::*;

    #[test]
    fn a_config_is_no_longer_than_pmxcfs_has_them() {
        let node = NodeName::try_from("pve1").unwrap();
        let file = |vmid: u32| ConfigFile { node: node.clone(), vmid: vmid.try_into().unwrap() };
        let files = ConfigFiles::try_from(vec![file(101), file(102)]).unwrap();
        let ended = Ended { exit: 0, stderr: vec![] };
        for (length, taken) in [(MAX_CONFIG, true), (MAX_CONFIG + 1, false)] {
            let path = |vmid: u32| format!("\n==> {} <==\n", file(vmid).path());
            let answer = format!("==> /etc/pve/.version <==\n{{}}\n{}", path(101))
                + &format!("cores: 1\n{}{}", path(102), "x".repeat(length));
            match cut(&files, answer.as_bytes(), (&node, &ended)) {
                Ok(cut) => assert!(taken && cut[1].unwrap().len() == length),
                Err(HelperError::TooLarge { limit: 1_048_576, .. }) => assert!(!taken),
                Err(other) => panic!("{other}"),
            }
        }
    }
}
