//! Events, in the shape of `core/v1` and of `events.k8s.io/v1`: the API server serves the same objects as both.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::container_status::shortened;
use super::identity::Uid;
use super::intern::Interner;
use super::meta::MetaWire;
use super::row::{Packed, Row};
use super::time::Timestamp;
use super::wire::{Number, Object, Text};

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `metadata.uid`
    pub uid: Uid,
    /// `metadata.name`
    pub name: Box<str>,
    /// `metadata.namespace`; events of cluster-scoped objects live in `default`.
    pub namespace: Arc<str>,
    /// True for `Warning`; there is only one other type, `Normal`.
    pub is_warning: bool,
    /// One word, for example `FailedScheduling`.
    pub reason: Arc<str>,
    /// The sentence.
    pub message: Arc<str>,
    /// What it is about.
    pub about: About,
    /// Who says so, for example `default-scheduler` or `kubelet, ip-10-0-11-21`.
    pub source: Arc<str>,
    /// How often it happened.
    pub count: u32,
    /// When it first happened.
    pub first_seen: Timestamp,
    /// When it last happened.
    pub last_seen: Timestamp,
}

/// What an event is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct About {
    /// Kind as in manifests.
    pub kind: Arc<str>,
    /// Its namespace; empty for cluster-scoped kinds.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// The container, for events about one of a pod's; empty for others.
    pub container: Arc<str>,
}

/// An event as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EventWire<'a> {
    #[serde(borrow)]
    metadata: Object<MetaWire<'a>>,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    reason: Text<'a>,
    #[serde(borrow)]
    message: Text<'a>,
    #[serde(borrow)]
    note: Text<'a>,
    #[serde(borrow)]
    involved_object: Object<ReferenceWire<'a>>,
    #[serde(borrow)]
    regarding: Object<ReferenceWire<'a>>,
    #[serde(borrow)]
    source: Object<SourceWire<'a>>,
    #[serde(borrow)]
    deprecated_source: Object<SourceWire<'a>>,
    #[serde(borrow)]
    reporting_component: Text<'a>,
    #[serde(borrow)]
    reporting_controller: Text<'a>,
    count: Number,
    deprecated_count: Number,
    #[serde(borrow)]
    first_timestamp: Text<'a>,
    #[serde(borrow)]
    deprecated_first_timestamp: Text<'a>,
    #[serde(borrow)]
    last_timestamp: Text<'a>,
    #[serde(borrow)]
    deprecated_last_timestamp: Text<'a>,
    #[serde(borrow)]
    event_time: Text<'a>,
    #[serde(borrow)]
    series: Object<SeriesWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ReferenceWire<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    namespace: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    field_path: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SourceWire<'a> {
    #[serde(borrow)]
    component: Text<'a>,
    #[serde(borrow)]
    host: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct SeriesWire<'a> {
    count: Number,
    #[serde(borrow)]
    last_observed_time: Text<'a>,
}

/// Running totals over all events of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventTally {
    /// All that the server still keeps (an hour's worth by default).
    pub events: u32,
    /// The warnings among them.
    pub warnings: u32,
    rescales: BTreeMap<(Arc<str>, Arc<str>), u32>,
}

impl EventTally {
    /// How often a HorizontalPodAutoscaler changed the size of its target, within the time that events are kept.
    pub fn rescales(&self, namespace: &str, name: &str) -> u32 {
        // A few autoscalers at most speak at all.
        let of =
            self.rescales.iter().find(|((of, autoscaler), _)| **of == *namespace && **autoscaler == *name);
        of.map_or(0, |(_, times)| *times)
    }
}

impl Event {
    /// The autoscaler whose change of size it tells of (`horizontal.go` of Kubernetes).
    fn rescaled(&self) -> Option<(Arc<str>, Arc<str>)> {
        let is_rescale =
            &*self.reason == "SuccessfulRescale" && &*self.about.kind == "HorizontalPodAutoscaler";
        is_rescale.then(|| (Arc::clone(&self.about.namespace), Arc::clone(&self.about.name)))
    }
}

impl Row for Event {
    type Tally = EventTally;

    fn namespace(&self) -> Option<&str> {
        Some(&self.namespace)
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn uid(&self) -> Uid {
        self.uid
    }
    fn same_as(&self, other: &Self) -> bool {
        self == other
    }
    fn add_to(&self, tally: &mut EventTally) {
        tally.events += 1;
        tally.warnings += u32::from(self.is_warning);
        if let Some(of) = self.rescaled() {
            *tally.rescales.entry(of).or_default() += self.count.max(1);
        }
    }
    fn take_from(&self, tally: &mut EventTally) {
        tally.events = tally.events.saturating_sub(1);
        tally.warnings = tally.warnings.saturating_sub(u32::from(self.is_warning));
        if let Some(of) = self.rescaled()
            && let Some(times) = tally.rescales.get_mut(&of)
        {
            *times = times.saturating_sub(self.count.max(1));
            if *times == 0 {
                tally.rescales.remove(&of);
            }
        }
    }
}

impl Packed for Event {
    type Wire<'a> = EventWire<'a>;
    type Shared = Interner;

    fn revision<'w>(wire: &'w EventWire<'_>) -> &'w str {
        wire.metadata.0.as_ref().map_or("", |meta| &meta.resource_version)
    }

    fn pack(wire: EventWire<'_>, shared: &mut Interner) -> Self {
        let meta = wire.metadata.or_default();
        let about = wire.involved_object.0.or(wire.regarding.0).unwrap_or_default();
        let source = wire.source.0.filter(|source| !source.component.is_empty()).or(wire.deprecated_source.0);
        let series = wire.series.0;

        // What `printEvent` of kubectl takes for first and last, with the creation as the last resort.
        let first_of = |texts: &[&Text<'_>]| {
            texts.iter().map(|text| text.instant()).find(|at| !at.is_never()).unwrap_or_default()
        };
        let created = &meta.creation_timestamp;
        let first_seen =
            first_of(&[&wire.first_timestamp, &wire.deprecated_first_timestamp, &wire.event_time, created]);
        let last_seen = match &series {
            Some(series) => series.last_observed_time.instant(),
            None => first_of(&[&wire.last_timestamp, &wire.deprecated_last_timestamp]),
        };
        let count = match &series {
            Some(series) => series.count.count(),
            None => wire.count.count().max(wire.deprecated_count.count()),
        };
        let source = match source.as_ref().map(|source| (&*source.component, &*source.host)) {
            None | Some(("", _)) => wire
                .reporting_component
                .known()
                .or(wire.reporting_controller.known())
                .unwrap_or("")
                .to_owned(),
            Some((component, "")) => component.to_owned(),
            Some((component, host)) => format!("{component}, {host}"),
        };
        let message = if wire.message.is_empty() { &wire.note } else { &wire.message };
        Self {
            uid: Uid::parse(&meta.uid),
            name: (*meta.name).into(),
            namespace: shared.get(&meta.namespace),
            is_warning: &*wire.kind == "Warning",
            reason: shared.get(&wire.reason),
            message: shared.get(shortened(message)),
            about: About {
                kind: shared.get(&about.kind),
                namespace: shared.get(&about.namespace),
                name: shared.get(&about.name),
                container: shared.get(container(&about.field_path)),
            },
            source: shared.get(&source),
            count: count.max(1),
            first_seen,
            last_seen: if last_seen.is_never() { first_seen } else { last_seen },
        }
    }
}

/// `api` of `spec.containers{api}`.
fn container(field_path: &str) -> &str {
    field_path.split_once('{').and_then(|(_, rest)| rest.strip_suffix('}')).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(json: &str) -> Event {
        Event::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    #[test]
    fn an_event_of_the_older_recorder_is_read() {
        let event = event(
            r#"{"count":14,"eventTime":null,"firstTimestamp":"2026-11-21T12:36:37Z","lastTimestamp":"2026-11-21T12:50:00Z",
            "involvedObject":{"kind":"Pod","name":"api-0","namespace":"production","fieldPath":"spec.containers{api}"},
            "message":"Back-off restarting failed container api ","metadata":{"name":"api-0.1","namespace":"production"},
            "reason":"BackOff","source":{"component":"kubelet","host":"ip-10-0-11-21"},"type":"Warning"}"#,
        );
        assert_eq!((event.count, event.is_warning), (14, true));
        assert_eq!(&*event.source, "kubelet, ip-10-0-11-21");
        assert_eq!(&*event.about.container, "api");
        assert_eq!(&*event.message, "Back-off restarting failed container api");
        assert_eq!(event.last_seen, Timestamp::parse("2026-11-21T12:50:00Z"));
    }

    #[test]
    fn an_event_of_the_newer_recorder_is_read_in_both_shapes() {
        let core = event(
            r#"{"action":"Binding","eventTime":"2026-11-21T12:36:35.776063Z","firstTimestamp":null,"lastTimestamp":null,
            "involvedObject":{"kind":"Pod","name":"a","namespace":"argocd"},"message":"assigned",
            "metadata":{"name":"a.1","namespace":"argocd"},"reason":"Scheduled","reportingComponent":"default-scheduler",
            "source":{},"type":"Normal","series":{"count":7,"lastObservedTime":"2026-11-21T12:40:00.000000Z"}}"#,
        );
        let newer = event(
            r#"{"action":"Binding","eventTime":"2026-11-21T12:36:35.776063Z","deprecatedFirstTimestamp":null,
            "regarding":{"kind":"Pod","name":"a","namespace":"argocd"},"note":"assigned",
            "metadata":{"name":"a.1","namespace":"argocd"},"reason":"Scheduled","reportingController":"default-scheduler",
            "deprecatedSource":{},"type":"Normal","series":{"count":7,"lastObservedTime":"2026-11-21T12:40:00.000000Z"}}"#,
        );
        assert_eq!(core, newer);
        assert_eq!(core.count, 7);
        assert_eq!(core.first_seen, Timestamp::parse("2026-11-21T12:36:35Z"));
        assert_eq!(core.last_seen, Timestamp::parse("2026-11-21T12:40:00Z"));
    }

    #[test]
    fn an_event_without_times_or_object_is_still_an_event() {
        let bare = event(
            r#"{"metadata":{"name":"x","creationTimestamp":"2026-11-21T12:00:00Z"},"involvedObject":null}"#,
        );
        assert_eq!(bare.count, 1);
        assert_eq!(bare.last_seen, Timestamp::parse("2026-11-21T12:00:00Z"));
        assert!(event("{}").last_seen.is_never());
    }
}
