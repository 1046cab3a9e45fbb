//! What a service stands on: pods, nodes, claims and pools.

use std::collections::HashMap;

use super::Walk;
use crate::fleet::karpenter::node_claim::NodeClaim;
use crate::fleet::karpenter::node_pool::NodePool;
use crate::fleet::kind::{NODE_CLAIMS, NODE_POOLS, NODES, PODS, TARGET_GROUP_BINDINGS};
use crate::fleet::node::Node;
use crate::fleet::pod::{Phase, Pod};
use crate::fleet::service::Service;
use crate::fleet::target_group_binding::TargetGroupBinding;
use crate::fleet::time::human_duration;
use crate::fleet::{Row, Verdict};
use crate::planes::path::Stage;
use crate::planes::path::shelf::{Seen, Shelf, is_complete};
use crate::planes::reading::is_offered;
use crate::snapshot::{ClusterSnapshot, Table};

/// What pods stand on.
pub(super) struct Floor<'a> {
    pub(super) pods: Option<&'a Table<Pod>>,
    nodes: Shelf<'a, Node>,
    claims: HashMap<&'a str, &'a NodeClaim>,
    pools: Shelf<'a, NodePool>,
    pub(super) bindings: Vec<&'a TargetGroupBinding>,
}

impl<'a> Floor<'a> {
    pub(super) fn of(cluster: &'a ClusterSnapshot) -> Self {
        let claims = Shelf::<NodeClaim>::of(cluster, &NODE_CLAIMS);
        let mut bindings: Vec<&TargetGroupBinding> =
            Shelf::of(cluster, &TARGET_GROUP_BINDINGS).iter().collect();
        bindings.sort_by_key(|binding| (binding.namespace(), binding.name()));
        Self {
            pods: cluster.table(&PODS),
            nodes: Shelf::of(cluster, &NODES),
            claims: claims.iter().filter_map(|claim| Some((claim.node.as_deref()?, claim))).collect(),
            pools: Shelf::of(cluster, &NODE_POOLS),
            bindings,
        }
    }
}

impl<'a> Walk<'a, '_> {
    /// The pods that a service selects, those in trouble first.
    pub(super) fn pods_of(&self, service: &Service) -> Seen<Vec<&'a Pod>> {
        let Some(table) = self.floor.pods else { return Seen::Unknown };
        if service.selector.is_empty() {
            return Seen::Absent;
        }
        let selects = |pod: &Pod| {
            pod.namespace() == service.namespace()
                && pod.phase() != Phase::Succeeded
                && service.selector.iter().all(|(key, value)| pod.label(key) == Some(value))
        };
        let mut pods: Vec<&Pod> =
            table.iter().map(|(_, pod)| pod.as_ref()).filter(|pod| selects(pod)).collect();
        if pods.is_empty() && !is_complete(table, service.namespace()) {
            return Seen::Unknown;
        }
        pods.sort_by_cached_key(|pod| (std::cmp::Reverse(pod.judge(self.now).0), pod.name().to_owned()));
        Seen::Found(pods)
    }

    pub(super) fn pods(&mut self, pods: &Seen<Vec<&'a Pod>>) {
        let Seen::Found(pods) = pods else { return };
        for pod in pods {
            let (verdict, why) = pod.judge(self.now);
            let (ready, all) = pod.ready();
            let statement = match why.is_empty() {
                true => format!("{ready}/{all} ready"),
                false => why.into_owned(),
            };
            self.hop(Stage::Pod, 1, pod.namespace(), pod.name(), verdict, statement);
            if let Some(name) = pod.node() {
                self.node(name);
            }
        }
    }

    fn node(&mut self, name: &str) {
        let node = match self.floor.nodes.get("", name) {
            Seen::Found(node) => node,
            Seen::Absent => {
                let statement = "is gone: the pod will follow".to_owned();
                return self.hop(Stage::Node, 2, None, name, Verdict::Critical, statement);
            }
            Seen::Unknown => {
                return self.hop(Stage::Node, 2, None, name, Verdict::Unknown, "cannot be read".to_owned());
            }
        };
        let words = [node.zone(), node.instance_type(), node.capacity_type()];
        let said: Vec<&str> = words.into_iter().flatten().collect();
        let said = said.join(" ");
        let (verdict, statement) = match (node.is_ready(), node.condition("Ready")) {
            (Some(true), _) if node.is_cordoned => (Verdict::Ok, format!("{said}, cordoned")),
            (Some(true), _) => (Verdict::Ok, said),
            (_, Some(ready)) => {
                let age = human_duration(ready.since.age_at(self.now));
                (Verdict::Critical, format!("NotReady for {age}: {}", ready.message))
            }
            (_, None) => (Verdict::Unknown, "says nothing of itself".to_owned()),
        };
        self.hop(Stage::Node, 2, None, name, verdict, statement);
        let claim = self.floor.claims.get(name).copied();
        if let Some(claim) = claim {
            let ready = claim.conditions.get("Ready");
            let (verdict, statement) = match ready {
                _ if !claim.meta.deleted.is_never() => {
                    let age = human_duration(claim.meta.deleted.age_at(self.now));
                    (Verdict::Progressing, format!("being ended since {age}"))
                }
                Some(ready) if !ready.is_true() => {
                    (Verdict::Warning, format!("not ready: {} {}", ready.reason, ready.message))
                }
                _ => (Verdict::Ok, claim.provider_id.rsplit('/').next().unwrap_or_default().to_owned()),
            };
            self.hop(Stage::NodeClaim, 3, None, claim.name(), verdict, statement.trim_end().to_owned());
        }
        if let Some(pool) = claim.and_then(NodeClaim::pool)
            && is_offered(self.cluster, &NODE_POOLS)
        {
            let (verdict, statement) = match self.floor.pools.get("", pool) {
                Seen::Absent => (Verdict::Warning, "is gone: its nodes will follow".to_owned()),
                Seen::Unknown => (Verdict::Unknown, "cannot be read".to_owned()),
                Seen::Found(pool) => match pool.conditions.get("Ready") {
                    Some(ready) if !ready.is_true() => {
                        (Verdict::Warning, format!("not ready: {} {}", ready.reason, ready.message))
                    }
                    _ => (Verdict::Ok, "ready".to_owned()),
                },
            };
            self.hop(Stage::NodePool, 4, None, pool, verdict, statement);
        }
    }
}
