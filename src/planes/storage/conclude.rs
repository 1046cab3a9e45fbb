//! Claims are joined with seven other tables, each of them walked once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Found, StoredClaim, Waiting};
use crate::fleet::kind::{
    NODES, PODS, STORAGE_CLASSES, VOLUME_ATTACHMENTS, VOLUME_CLAIMS, VOLUME_SNAPSHOTS, VOLUME_USAGES, VOLUMES,
};
use crate::fleet::node::Node;
use crate::fleet::pod::Pod;
use crate::fleet::storage::attachment::VolumeAttachment;
use crate::fleet::storage::claim::VolumeClaim;
use crate::fleet::storage::class::StorageClass;
use crate::fleet::storage::snapshot::VolumeSnapshot;
use crate::fleet::storage::usage::VolumeUsage;
use crate::fleet::storage::volume::Volume;
use crate::fleet::{ResourceType, Row, Timestamp};
use crate::planes::reading::{is_known, rows};
use crate::snapshot::{ClusterSnapshot, Conclusion, Freshness, Table};

/// Concludes the claims of a cluster.
#[derive(Debug, Default)]
pub struct Claims;

/// Namespace and name.
type Place<'a> = (&'a str, &'a str);

impl Conclusion for Claims {
    type Row = StoredClaim;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<StoredClaim> {
        let Some(claims) = cluster.table::<VolumeClaim>(&VOLUME_CLAIMS).filter(|claims| !claims.is_empty())
        else {
            return Vec::new();
        };
        let around = Around::of(cluster);
        claims.iter().map(|(_, claim)| around.join(claim)).collect()
    }
}

/// The rows of a table that may be taken for all there are.
fn whole<'a, R: Row>(cluster: &'a ClusterSnapshot, resource: &ResourceType) -> Option<&'a Table<R>> {
    let table = cluster.table::<R>(resource)?;
    is_known(cluster, resource, None).then_some(table)
}

/// The other tables, by what claims ask of them. `None` for those that could not be read.
struct Around<'a> {
    volumes: Option<HashMap<&'a str, &'a Arc<Volume>>>,
    classes: Option<HashMap<&'a str, &'a Arc<StorageClass>>>,
    default_class: Option<&'a Arc<StorageClass>>,
    attachments: HashMap<&'a str, Vec<&'a Arc<VolumeAttachment>>>,
    nodes: Option<HashSet<&'a str>>,
    open_nodes: HashMap<&'a str, u32>,
    waiting: HashMap<Place<'a>, &'a Pod>,
    snapshots: HashMap<Place<'a>, (u32, Timestamp)>,
    usages: Freshness,
    used: Option<&'a Table<VolumeUsage>>,
}

impl<'a> Around<'a> {
    fn of(cluster: &'a ClusterSnapshot) -> Self {
        let volumes = whole::<Volume>(cluster, &VOLUMES)
            .map(|table| table.iter().map(|(_, volume)| (volume.name(), volume)).collect());
        let class_rows = whole::<StorageClass>(cluster, &STORAGE_CLASSES);
        // Of several defaults the newest counts (`GetDefaultClass` of Kubernetes).
        let default_class = class_rows.and_then(|table| {
            let defaults = table.iter().map(|(_, class)| class).filter(|class| class.is_default);
            defaults.max_by_key(|class| class.meta.created)
        });
        let classes = class_rows.map(|table| table.iter().map(|(_, class)| (class.name(), class)).collect());
        let mut attachments: HashMap<&str, Vec<&Arc<VolumeAttachment>>> = HashMap::new();
        for attachment in rows::<VolumeAttachment>(cluster, &VOLUME_ATTACHMENTS) {
            if let Some(volume) = attachment.volume.as_deref() {
                attachments.entry(volume).or_default().push(attachment);
            }
        }
        let node_rows = whole::<Node>(cluster, &NODES);
        let mut open_nodes: HashMap<&str, u32> = HashMap::new();
        for (_, node) in node_rows.iter().flat_map(|table| table.iter()) {
            let takes_pods =
                node.is_ready() == Some(true) && !node.is_cordoned && node.meta.deleted.is_never();
            if let Some(zone) = node.zone().filter(|_| takes_pods) {
                *open_nodes.entry(zone).or_default() += 1;
            }
        }
        Self {
            volumes,
            classes,
            default_class,
            attachments,
            nodes: node_rows.map(|table| table.iter().map(|(_, node)| node.name()).collect()),
            open_nodes,
            waiting: waiting(cluster),
            snapshots: snapshots(cluster),
            usages: cluster.freshness(&VOLUME_USAGES),
            used: cluster.table::<VolumeUsage>(&VOLUME_USAGES),
        }
    }

    fn usage(&self, (namespace, name): Place<'_>) -> Found<Arc<VolumeUsage>> {
        let found = self.used.and_then(|table| table.find(Some(namespace), name));
        match (found, &self.usages) {
            (Some((_, usage)), _) => Found::Is(Arc::clone(usage)),
            (None, Freshness::NotWatched | Freshness::Loading { .. }) => Found::NotNamed,
            (None, Freshness::Live | Freshness::Polled { .. } | Freshness::Stale { .. }) => Found::Missing,
            (None, Freshness::Forbidden { .. } | Freshness::Unavailable { .. }) => Found::Unknown,
        }
    }

    fn join(&self, claim: &Arc<VolumeClaim>) -> StoredClaim {
        let place = (claim.namespace().unwrap_or_default(), claim.name());
        let volume = match (claim.volume.as_deref(), &self.volumes) {
            (None, _) => Found::NotNamed,
            (Some(_), None) => Found::Unknown,
            (Some(name), Some(volumes)) => {
                volumes.get(name).map_or(Found::Missing, |volume| Found::Is(Arc::clone(volume)))
            }
        };
        let class = match (claim.class.as_deref(), &self.classes) {
            (Some(""), _) => Found::NotNamed,
            (_, None) => Found::Unknown,
            (Some(name), Some(classes)) => {
                classes.get(name).map_or(Found::Missing, |class| Found::Is(Arc::clone(class)))
            }
            (None, Some(_)) => {
                self.default_class.map_or(Found::Missing, |class| Found::Is(Arc::clone(class)))
            }
        };
        let attached = claim.volume.as_deref().and_then(|name| self.attachments.get(name));
        let mut attachments: Vec<Arc<VolumeAttachment>> =
            attached.into_iter().flatten().map(|a| Arc::clone(a)).collect();
        attachments.sort_by(|a, b| a.node.cmp(&b.node));
        let is_gone = |node: &Arc<str>| self.nodes.as_ref().is_some_and(|nodes| !nodes.contains(&**node));
        let gone_nodes =
            attachments.iter().map(|at| &at.node).filter(|node| is_gone(node)).cloned().collect();
        let reach = volume
            .known()
            .filter(|volume| !volume.zones.is_empty() && self.nodes.is_some())
            .map(|volume| volume.zones.iter().filter_map(|zone| self.open_nodes.get(&**zone)).sum());
        let (snapshots, last_snapshot) = self.snapshots.get(&place).copied().unwrap_or((0, Timestamp::NEVER));
        StoredClaim {
            claim: Arc::clone(claim),
            volume,
            class,
            attachments: attachments.into(),
            gone_nodes,
            waiting: self.waiting.get(&place).map(|pod| Waiting {
                pod: pod.name().into(),
                message: pod.scheduling().map(|why| Arc::clone(&why.message)).unwrap_or_default(),
            }),
            reach,
            usage: self.usage(place),
            snapshots,
            last_snapshot,
        }
    }
}

/// Pods without a node by the claims that they use.
fn waiting(cluster: &ClusterSnapshot) -> HashMap<Place<'_>, &Pod> {
    let mut waiting: HashMap<Place<'_>, &Pod> = HashMap::new();
    for pod in rows::<Pod>(cluster, &PODS) {
        let Some(placement) = pod.placement() else { continue };
        for claim in &placement.claims {
            let first = waiting.entry((pod.namespace().unwrap_or_default(), claim)).or_insert(pod);
            if pod.name() < first.name() {
                *first = pod;
            }
        }
    }
    waiting
}

/// How many snapshots there are of each claim, and when the newest was taken.
fn snapshots(cluster: &ClusterSnapshot) -> HashMap<Place<'_>, (u32, Timestamp)> {
    let mut snapshots: HashMap<Place<'_>, (u32, Timestamp)> = HashMap::new();
    for snapshot in rows::<VolumeSnapshot>(cluster, &VOLUME_SNAPSHOTS) {
        let Some(claim) = snapshot.claim.as_deref() else { continue };
        let of = snapshots
            .entry((snapshot.namespace().unwrap_or_default(), claim))
            .or_insert((0, Timestamp::NEVER));
        of.0 += 1;
        of.1 = of.1.max(snapshot.taken);
    }
    snapshots
}
