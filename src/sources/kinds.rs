//! Which kinds there are: custom resource definitions come, go and change their versions while somebody looks. They are
//! watched, by nothing but their metadata, and every burst of changes is a reason to read again what the API server
//! offers. Where they may not be watched, what it offers is read again once in a while.

use std::time::Duration;

use serde::Deserialize;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::pace::{Backoff, Pace, staggered};
use crate::fleet::ResourceType;
use crate::gateway::{Cause, Connection, Failure, Intent, Request};
use crate::snapshot::Catalog;

/// What defines a custom kind.
const DEFINITIONS: ResourceType = ResourceType::cluster_wide(
    "apiextensions.k8s.io",
    "v1",
    "customresourcedefinitions",
    "CustomResourceDefinition",
);
/// A definition holds the schemas of all its versions; its name says enough.
const LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
const OBJECT: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
/// A definition with all its schemas, from a server that does not send the metadata alone.
const LONGEST: usize = 4 << 20;

/// The kind in the version that the API server prefers, printed where it was asked for printed. Built-in kinds are read in
/// the version that is known by heart.
pub(super) fn served(catalog: &Catalog, resource: &ResourceType) -> Option<ResourceType> {
    let offered = catalog.kinds.iter().map(|kind| &kind.resource).find(|kind| kind.is_same_kind(resource))?;
    Some(if resource.is_printed { offered.printed() } else { offered.plain() })
}

/// True when the server offers the same as before, each kind in the same version.
pub(super) fn same(one: &Catalog, other: &Catalog) -> bool {
    let version =
        |catalog: &Catalog, at: usize| catalog.kinds.get(at).map(|kind| kind.resource.version.clone());
    one == other && (0..one.kinds.len()).all(|at| version(one, at) == version(other, at))
}

/// True for kinds that somebody defined: only their versions change under a cluster that stays the same.
pub(super) fn is_custom(resource: &ResourceType) -> bool {
    resource.group.contains('.') && !resource.group.ends_with(".k8s.io")
}

/// Why to look what the server offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// A definition was made, changed or removed.
    Changed,
    /// Nobody knows whether one was.
    Unknown,
}

/// Says when the kinds may be others than before, for as long as it is polled.
/// `placed` is dropped once it is known from where on changes are told: whoever reads the offer after that misses none.
pub(super) async fn follow(
    connection: Connection,
    pace: &Pace,
    reasons: mpsc::Sender<Reason>,
    placed: oneshot::Sender<()>,
) {
    let mut placed = Some(placed);
    let mut backoff = Backoff::new(pace);
    let mut revision: Option<String> = None;
    // Full means that somebody is going to look anyway.
    let tell = |reason| {
        let _ = reasons.try_send(reason);
    };
    loop {
        let from = match revision.take() {
            Some(revision) => Ok(revision),
            None => place(&connection).await,
        };
        drop(placed.take());
        let ended = match from {
            Ok(from) => watch(&connection, pace, from, &mut revision, &tell).await,
            Err(failure) => Err(failure),
        };
        let wait = match ended.map_err(|failure| failure.cause) {
            Ok(began) if began.elapsed() > pace.retry_first => {
                backoff.reset();
                Duration::ZERO
            }
            Ok(_) => backoff.next(),
            Err(Cause::Forbidden | Cause::Missing | Cause::NotOffered | Cause::NotAcceptable) => {
                staggered(pace.kinds)
            }
            Err(Cause::Busy(after)) => after.max(backoff.next()),
            Err(_) => backoff.next(),
        };
        let is_blind = revision.is_none();
        tokio::time::sleep(wait).await;
        if is_blind {
            // Whatever changed since the watch ended was not told.
            tell(Reason::Unknown);
        }
    }
}

/// Where a watch begins: the smallest list there is says it.
async fn place(connection: &Connection) -> Result<String, Failure> {
    #[derive(Deserialize)]
    struct Listed {
        metadata: Revision,
    }
    let intent = Intent::on("list", &DEFINITIONS, None);
    let request = Request::get(DEFINITIONS.collection_path(None), intent).query("limit", "1").accept(LIST);
    let listed: Listed = connection.json(request).await?;
    Ok(listed.metadata.resource_version)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Revision {
    resource_version: String,
}

#[derive(Debug, Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    object: Object,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Object {
    metadata: Revision,
}

/// Watches until the server ends it, and says when it began. `revision` is where the next one goes on; nothing where the
/// server has forgotten the place.
async fn watch(
    connection: &Connection,
    pace: &Pace,
    from: String,
    revision: &mut Option<String>,
    tell: &impl Fn(Reason),
) -> Result<Instant, Failure> {
    let seconds = staggered(pace.watch).as_secs().max(1).to_string();
    let request = Request::get(DEFINITIONS.collection_path(None), Intent::on("watch", &DEFINITIONS, None))
        .query("watch", "1")
        .query("allowWatchBookmarks", "true")
        .query("resourceVersion", &from)
        .query("timeoutSeconds", &seconds)
        .accept(OBJECT);
    let began = Instant::now();
    let mut lines = connection.lines(request, LONGEST).await?;
    *revision = Some(from);
    let dead_at = began + pace.watch + pace.watch_grace;
    loop {
        let mut events = Vec::new();
        let more = lines.more(|line| events.push(serde_json::from_slice::<Event>(line)));
        // Silence past the end that was asked for is a dead connection; the next request finds that out.
        let Ok(more) = tokio::time::timeout_at(dead_at, more).await else { return Ok(began) };
        for event in events {
            match event {
                Ok(event) if event.kind == "ERROR" => {
                    *revision = None;
                    return Ok(began);
                }
                Ok(event) => {
                    if !event.object.metadata.resource_version.is_empty() {
                        *revision = Some(event.object.metadata.resource_version);
                    }
                    if event.kind != "BOOKMARK" {
                        tell(Reason::Changed);
                    }
                }
                // Whatever it was, something was said.
                Err(_) => tell(Reason::Changed),
            }
        }
        if !more? {
            return Ok(began);
        }
    }
}
