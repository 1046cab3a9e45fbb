//! Events are stored once and served by two groups, which call the same things by different names.

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::simulator::store::{KindSpec, Object};

/// Pairs of a field in the core group and the same field in `events.k8s.io`.
const NAMES: [(&str, &str); 5] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
];

/// The resource under which objects of a served kind are stored.
pub(super) fn stored_as(spec: &KindSpec) -> String {
    let resource = spec.resource();
    if resource == "events.events.k8s.io" { "events".to_owned() } else { resource }
}

/// The body of an event for `events.k8s.io`; `None` for everything else, which is served as it is stored.
pub(super) fn converted(spec: &KindSpec, object: &Object) -> Option<Bytes> {
    if spec.group != "events.k8s.io" {
        return None;
    }
    let body: Map<String, Value> = serde_json::from_slice(object.body()).ok()?;
    let renamed = body.into_iter().map(|(name, value)| {
        let name = NAMES.iter().find(|(core, _)| *core == name).map_or(name, |(_, new)| (*new).to_owned());
        (if name == "count" { "deprecatedCount".to_owned() } else { name }, value)
    });
    serde_json::to_vec(&renamed.collect::<Map<_, _>>()).ok().map(Bytes::from)
}
