//! Real API servers write the same objects as JSON and as protobuf; rows are the same in both forms.

use std::collections::BTreeMap;
use std::sync::Arc;

use pilothouse::fleet::endpoint_slice::EndpointSlice;
use pilothouse::fleet::event::Event;
use pilothouse::fleet::pod::Pod;
use pilothouse::fleet::workload::Workload;
use pilothouse::fleet::{ClusterId, EnvironmentName, Epoch, Packed, ResourceType, Timestamp, kind};
use pilothouse::gateway::body::{Answer, Form};
use pilothouse::gateway::{Connection, ConnectionSettings, Intent, Request, Target, kubeconfig, protobuf};
use serde::Deserialize;

use crate::harness::range::Range;

/// As many objects as a table asks for at once.
const PAGE: &str = "2000";

#[derive(Deserialize)]
#[serde(bound(deserialize = "W: Deserialize<'de>"))]
struct Listed<W> {
    metadata: Head,
    #[serde(default = "Vec::new")]
    items: Vec<W>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Head {
    #[serde(rename = "continue")]
    next: Option<String>,
}

/// Rows by namespace and name, each with the version of its object.
type Rows<R> = BTreeMap<(String, String), (String, R)>;

/// Takes the rows of a page and says where the next one is.
fn take<R: Packed>(answer: &Answer, shared: &mut R::Shared, rows: &mut Rows<R>) -> String {
    let mut buffer = Vec::new();
    let plain = answer.plain(&mut buffer).unwrap();
    let page: Listed<R::Wire<'_>> = match answer.form() {
        Form::Json => serde_json::from_slice(plain).unwrap(),
        Form::Protobuf => {
            Listed::deserialize(protobuf::answer(plain).unwrap()).unwrap_or_else(|error| panic!("{error}"))
        }
    };
    for wire in page.items {
        let revision = R::revision(&wire).to_owned();
        let row = R::pack(wire, shared);
        let key = (row.namespace().unwrap_or_default().to_owned(), row.name().to_owned());
        rows.insert(key, (revision, row));
    }
    page.metadata.next.unwrap_or_default()
}

async fn list<R: Packed>(connection: &Connection, resource: &ResourceType, accept: &'static str) -> Rows<R> {
    let (mut rows, mut shared, mut next) = (Rows::<R>::new(), R::Shared::default(), String::new());
    let wanted = if accept == protobuf::ACCEPT { Form::Protobuf } else { Form::Json };
    loop {
        let request = Request::get(resource.collection_path(None), Intent::on("list", resource, None));
        let request = request.query("limit", PAGE).gzipped().accept(accept);
        let request = if next.is_empty() { request } else { request.query("continue", &next) };
        let answer = connection.read(request).await.unwrap();
        assert_eq!(answer.form(), wanted, "{resource}");
        next = take(&answer, &mut shared, &mut rows);
        if next.is_empty() {
            return rows;
        }
    }
}

/// Everything that a row says.
fn said<R: Packed>(row: &R) -> String {
    let labels: Vec<_> = row.labels().collect();
    format!("{:?} {labels:?} {row:?}", row.uid())
}

/// Compares what did not change between the two lists, and says how many objects that were.
async fn compare<R: Packed>(connection: &Connection, resource: &ResourceType) -> usize {
    let json = list::<R>(connection, resource, "application/json").await;
    let packed = list::<R>(connection, resource, protobuf::ACCEPT).await;
    let mut compared = 0;
    for (key, (revision, row)) in &packed {
        let Some((_, known)) = json.get(key).filter(|(known, _)| known == revision) else { continue };
        assert!(row.same_as(known), "{resource} {key:?}\n{known:?}\n{row:?}");
        assert_eq!(said(row), said(known), "{resource} {key:?}");
        compared += 1;
    }
    // Some change while they are read, and few of many.
    let most = packed.len().min(json.len());
    assert!(compared * 10 >= most * 9, "{resource}: {compared} of {most}");
    println!("{} {resource}: {compared} of {most}", connection.cluster().name());
    compared
}

#[test]
fn rows_are_the_same_in_json_and_in_protobuf() {
    let Some(range) = Range::find() else { return };
    let loaded = kubeconfig::load(std::slice::from_ref(&range.kubeconfig));
    assert!(!loaded.contexts.is_empty(), "{:?}", loaded.problems);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut compared = 0;
    for context in loaded.contexts {
        let cluster = ClusterId::new(EnvironmentName::new("range"), &context.name);
        let clock = Arc::new(|| Timestamp::parse("2026-11-21T10:00:00Z"));
        let (target, settings) = (Target::Context(context), ConnectionSettings::default());
        let connection = Connection::new(cluster, Epoch::default(), target, settings, clock);
        runtime.block_on(async {
            compared += compare::<Pod>(&connection, &kind::PODS).await;
            compared += compare::<Workload>(&connection, &kind::REPLICA_SETS).await;
            compared += compare::<Workload>(&connection, &kind::JOBS).await;
            compared += compare::<Event>(&connection, &kind::EVENTS).await;
            compared += compare::<EndpointSlice>(&connection, &kind::ENDPOINT_SLICES).await;
        });
    }
    assert!(compared > 0);
}
