//! The volumes of a pod that waits: whether its claims are bound, and where the volumes are.

use std::collections::HashMap;
use std::sync::Arc;

use crate::fleet::Row;
use crate::fleet::event::Event;
use crate::fleet::kind::{EVENTS, STORAGE_CLASSES, VOLUME_CLAIMS, VOLUMES};
use crate::fleet::pod::Pod;
use crate::fleet::storage::claim::VolumeClaim;
use crate::fleet::storage::class::StorageClass;
use crate::fleet::storage::volume::Volume;
use crate::planes::reading::readable;
use crate::snapshot::ClusterSnapshot;

/// A claim of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its name; it is in the pod's namespace.
    pub name: Arc<str>,
    /// How it is.
    pub state: State,
}

/// How a claim is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Claims cannot be read.
    Unread,
    /// There is none of that name.
    Missing,
    /// It has no volume, and why: what the provisioner said, a class that is not there. Empty when it only waits for the
    /// pod to be given a node (`WaitForFirstConsumer`).
    Unbound(Arc<str>),
    /// It has a volume, in these zones; none when the volume may be anywhere.
    Bound(Box<[Arc<str>]>),
}

/// What is known of storage in a cluster, by name.
#[derive(Debug, Default)]
pub(super) struct Storage<'a> {
    claims: Option<HashMap<(&'a str, &'a str), &'a VolumeClaim>>,
    volumes: HashMap<&'a str, &'a Volume>,
    classes: Option<Vec<&'a StorageClass>>,
    said: HashMap<(&'a str, &'a str), &'a Event>,
}

impl<'a> Storage<'a> {
    pub(super) fn of(cluster: &'a ClusterSnapshot) -> Self {
        let claims = readable::<VolumeClaim>(cluster, &VOLUME_CLAIMS).map(|claims| {
            claims
                .into_iter()
                .map(|claim| ((claim.namespace().unwrap_or_default(), claim.name()), claim))
                .collect()
        });
        let volumes = readable::<Volume>(cluster, &VOLUMES).into_iter().flatten();
        let mut said: HashMap<(&str, &str), &Event> = HashMap::new();
        let events = cluster.table::<Event>(&EVENTS);
        for (_, event) in events.iter().flat_map(|table| table.iter()) {
            if &*event.about.kind == "PersistentVolumeClaim" && event.is_warning {
                let known = said.entry((&event.about.namespace, &event.about.name)).or_insert(event);
                if known.last_seen < event.last_seen {
                    *known = event;
                }
            }
        }
        Self {
            claims,
            volumes: volumes.map(|volume| (volume.name(), volume)).collect(),
            classes: readable::<StorageClass>(cluster, &STORAGE_CLASSES),
            said,
        }
    }

    /// The claims of a pod.
    pub(super) fn claims(&self, pod: &Pod) -> Vec<Claim> {
        let namespace = pod.namespace().unwrap_or_default();
        let names = pod.placement().map_or(&[][..], |placement| &placement.claims);
        names
            .iter()
            .map(|name| Claim { name: Arc::clone(name), state: self.state(namespace, name) })
            .collect()
    }

    fn state(&self, namespace: &str, name: &str) -> State {
        let Some(claims) = &self.claims else { return State::Unread };
        let Some(claim) = claims.get(&(namespace, name)) else { return State::Missing };
        if let Some(volume) = &claim.volume {
            let zones = self.volumes.get(&**volume).map(|volume| volume.zones.clone());
            return State::Bound(zones.unwrap_or_default());
        }
        let said = || self.said.get(&(namespace, name)).map(|event| Arc::clone(&event.message));
        let Some(classes) = &self.classes else { return State::Unbound(said().unwrap_or_default()) };
        let class = match &claim.class {
            Some(wanted) => classes.iter().find(|class| *class.name() == **wanted),
            None => classes.iter().find(|class| class.is_default),
        };
        match (class, &claim.class) {
            (None, Some(wanted)) if !wanted.is_empty() => {
                State::Unbound(format!("there is no StorageClass {wanted}").into())
            }
            (None, None) => State::Unbound("it names no StorageClass, and none is the default".into()),
            _ => State::Unbound(said().unwrap_or_default()),
        }
    }
}

/// The zones that all volumes can be in; none when they may be anywhere.
pub(super) fn zones(claims: &[Claim]) -> Vec<Arc<str>> {
    let mut bound = claims.iter().filter_map(|claim| match &claim.state {
        State::Bound(zones) if !zones.is_empty() => Some(zones),
        _ => None,
    });
    let Some(first) = bound.next() else { return Vec::new() };
    bound.fold(first.to_vec(), |zones, other| zones.into_iter().filter(|zone| other.contains(zone)).collect())
}
