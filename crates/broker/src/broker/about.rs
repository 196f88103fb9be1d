//! What the broker says of itself and of the ways that it has.

use vm_autoscale_policy::Cluster;
use vm_autoscale_protocol::{
    ClusterInfo, Hello, HelperError, INTERFACE, INTERFACE_DEFINITION, Info, InterfaceDescription,
    Nodes, PROTOCOL, Sandbox,
};

use super::{Broker, bad};
use crate::replies::Replies;

impl Broker {
    pub(super) async fn hello(&self, protocol: u32, out: &mut Replies) -> Result<(), HelperError> {
        if protocol != PROTOCOL {
            let message = format!(
                "this helper ({own}) speaks protocol {PROTOCOL}, not {protocol}: install all programs \
                 of one release, then `systemctl restart vm-autoscale-helper vm-autoscale`",
                own = env!("CARGO_PKG_VERSION"),
            );
            return Err(HelperError::BadRequest { message });
        }
        let info = |cluster: &Cluster| ClusterInfo {
            name: cluster.name.clone(),
            nodes: cluster.nodes.clone(),
        };
        out.last(&Hello {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: PROTOCOL,
            instance: self.instance.clone(),
            clusters: self.policy.clusters.iter().map(info).collect(),
            sandbox: self.sandbox,
        })
        .await;
        Ok(())
    }

    pub(super) fn nodes(&self) -> Nodes {
        let of = |cluster: &Cluster| {
            let links = cluster.nodes.iter().filter_map(|node| {
                Some(self.link(&cluster.name, node).ok()?.health.report(&cluster.name))
            });
            links.collect::<Vec<_>>()
        };
        Nodes { nodes: self.policy.clusters.iter().flat_map(of).collect() }
    }
}

pub(super) fn info(sandbox: Sandbox) -> Info {
    Info {
        vendor: "vm-autoscale".to_owned(),
        product: format!("vm-autoscale-helper ({sandbox})"),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        url: "https://varlink.org".to_owned(),
        interfaces: vec!["org.varlink.service".to_owned(), INTERFACE.to_owned()],
    }
}

pub(super) async fn describe(interface: &str, out: &mut Replies) -> Result<(), HelperError> {
    if interface != INTERFACE {
        return Err(bad("only this helper's own interface is described"));
    }
    out.last(&InterfaceDescription { description: INTERFACE_DEFINITION.to_owned() }).await;
    Ok(())
}
