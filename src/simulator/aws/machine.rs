//! The machines behind a cluster's nodes, as EC2 and the load balancers see them.

use jiff::Timestamp;
use serde_json::Value;

use super::land::{Land, ZONES};
use crate::simulator::world::field;

/// An instance that is a node, or is to become one.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    /// `i-…`.
    pub(crate) id: String,
    /// The node's name; empty while it has not registered.
    pub(crate) node: String,
    /// The place of its zone in [`ZONES`].
    pub(crate) zone: usize,
    pub(crate) address: String,
    pub(crate) instance_type: String,
    pub(crate) image: String,
    pub(crate) is_spot: bool,
    /// Karpenter's NodePool; empty for machines of a node group.
    pub(crate) pool: String,
    /// The claim it was launched for; empty for machines of a node group.
    pub(crate) claim: String,
    /// The managed node group; empty for Karpenter's machines.
    pub(crate) group: String,
    pub(crate) launched: Timestamp,
    /// Since when the API server has not heard of its kubelet; `None` while it does.
    pub(crate) silent_since: Option<Timestamp>,
}

/// The machines of a cluster: every node, and every launched claim whose node has not come yet.
pub(crate) fn machines(land: &Land) -> Vec<Machine> {
    let claims = land.all("nodeclaims.karpenter.sh");
    let mut machines: Vec<Machine> =
        land.all("nodes").iter().filter_map(|node| of_node(land, node, &claims)).collect();
    for claim in &claims {
        let Some((zone, id)) = provider_id(field::text(claim, "status.providerID")) else { continue };
        if machines.iter().any(|machine| machine.id == id) {
            continue;
        }
        let requirement = |key: &str| {
            field::list(claim, "spec.requirements")
                .iter()
                .find(|one| field::text(one, "key") == key)
                .and_then(|one| field::list(one, "values").first().and_then(Value::as_str))
                .unwrap_or_default()
        };
        machines.push(Machine {
            id,
            node: String::new(),
            zone,
            address: address_in_name(field::text(claim, "status.nodeName")),
            instance_type: requirement("node.kubernetes.io/instance-type").to_owned(),
            image: field::text(claim, "status.imageID").to_owned(),
            is_spot: requirement("karpenter.sh/capacity-type") == "spot",
            pool: field::label(claim, "karpenter.sh/nodepool").to_owned(),
            claim: field::name(claim).to_owned(),
            group: String::new(),
            launched: field::time(claim, "metadata.creationTimestamp").unwrap_or(land.founded),
            silent_since: None,
        });
    }
    machines.sort_by(|one, other| one.id.cmp(&other.id));
    machines
}

fn of_node(land: &Land, node: &Value, claims: &[Value]) -> Option<Machine> {
    let provider = field::text(node, "spec.providerID");
    let (zone, id) = provider_id(provider)?;
    let claim = claims.iter().find(|claim| field::text(claim, "status.providerID") == provider);
    let ready = field::condition(node, "Ready");
    let unheard = field::text(ready, "status") == "Unknown";
    let address = field::list(node, "status.addresses")
        .iter()
        .find(|address| field::text(address, "type") == "InternalIP")
        .map(|address| field::text(address, "address").to_owned())
        .unwrap_or_default();
    let image = match claim {
        Some(claim) => field::text(claim, "status.imageID"),
        None => field::label(node, "eks.amazonaws.com/nodegroup-image"),
    };
    Some(Machine {
        id,
        node: field::name(node).to_owned(),
        zone,
        address,
        instance_type: field::label(node, "node.kubernetes.io/instance-type").to_owned(),
        image: image.to_owned(),
        is_spot: field::label(node, "karpenter.sh/capacity-type") == "spot"
            || field::label(node, "eks.amazonaws.com/capacityType") == "SPOT",
        pool: field::label(node, "karpenter.sh/nodepool").to_owned(),
        claim: claim.map(|claim| field::name(claim).to_owned()).unwrap_or_default(),
        group: field::label(node, "eks.amazonaws.com/nodegroup").to_owned(),
        launched: field::time(node, "metadata.creationTimestamp").unwrap_or(land.founded),
        silent_since: unheard.then(|| field::time(ready, "lastTransitionTime").unwrap_or(land.founded)),
    })
}

/// Zone and instance id of `aws:///us-east-1a/i-…`.
fn provider_id(text: &str) -> Option<(usize, String)> {
    let (zone, id) = text.strip_prefix("aws:///")?.split_once('/')?;
    Some((ZONES.iter().position(|(name, _)| *name == zone)?, id.to_owned()))
}

/// `10.0.11.21` of `ip-10-0-11-21.ec2.internal`.
fn address_in_name(node: &str) -> String {
    let host = node.split('.').next().unwrap_or_default();
    host.strip_prefix("ip-").unwrap_or_default().replace('-', ".")
}

#[cfg(test)]
mod tests {
    use super::super::tests::shared;
    use super::*;

    #[test]
    fn every_node_is_a_machine_with_what_its_labels_say() {
        let lands = shared().lands();
        let prod = machines(lands.iter().find(|land| land.cluster.name == "myapp-prod").unwrap());
        assert_eq!(prod.len(), 6);
        assert_eq!(prod.iter().filter(|machine| machine.is_spot).count(), 3);
        assert_eq!(prod.iter().filter(|machine| machine.group == "system").count(), 2);
        assert!(prod.iter().all(|machine| !machine.image.is_empty()));
        assert!(prod.iter().all(|machine| machine.claim.is_empty() == machine.pool.is_empty()));
    }

    #[test]
    fn names_and_provider_ids_are_read_or_refused() {
        assert_eq!(provider_id("aws:///us-east-1b/i-1"), Some((1, "i-1".to_owned())));
        assert_eq!(provider_id("kwok-aws:///us-east-1b/i-1"), None);
        assert_eq!(address_in_name("ip-10-1-13-60.ec2.internal"), "10.1.13.60");
    }
}
