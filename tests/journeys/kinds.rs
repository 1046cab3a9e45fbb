//! Custom kinds that are defined, changed and removed while somebody looks.

use pilothouse::simulator::store::{DeleteOptions, Key, Store};
use serde_json::{Value, json};

use crate::harness::stage::{DEV, Journey, PROD};

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/// Widgets that print their size as the API server is told to.
fn definition(version: &str, column: &str) -> Value {
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "shortNames": ["wg"]},
            "versions": [{"name": version, "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
                "additionalPrinterColumns": [{"name": column, "type": "string", "jsonPath": ".spec.size"}]}]}})
}

fn widget(version: &str, name: &str) -> Value {
    json!({"apiVersion": format!("example.com/{version}"), "kind": "Widget",
        "metadata": {"name": name, "namespace": "staging"}, "spec": {"size": "enormous"}})
}

fn undefine(store: &Store) {
    let key = Key::cluster("customresourcedefinitions.apiextensions.k8s.io", "widgets.example.com");
    store.delete(&key, &DeleteOptions::default()).unwrap();
}

fn until_offered(journey: &mut Journey, is_offered: bool) {
    journey.until_stage("heard of the change", |stage| {
        let clusters = &stage.snapshot().clusters;
        let dev = clusters.iter().find(|cluster| cluster.id.name() == DEV).unwrap();
        dev.catalog.find("widgets").is_some() == is_offered
    });
}

#[test]
fn a_kind_that_is_defined_while_the_cockpit_runs_can_be_opened_and_says_when_it_vanishes_and_returns() {
    let mut journey = Journey::at("pods staging");
    let screen = journey.run("widgets");
    assert!(screen.shows("there is no view or kind widgets"), "{screen:?}");
    let store = journey.world(DEV);
    store.create(&definition("v1", "Size")).unwrap();
    store.create(&widget("v1", "first")).unwrap();
    until_offered(&mut journey, true);
    journey.run("wg @myapp-dev");
    let screen = journey.until_shows("enormous");
    assert!(screen.shows("SIZE") && screen.shows("first"), "{screen:?}");
    undefine(&store);
    let screen = journey.until_shows("offers no widgets.example.com");
    assert!(!screen.shows("enormous"), "{screen:?}");
    // Defined again in another version, with another column: the table that is open goes on in it.
    until_offered(&mut journey, false);
    store.create(&definition("v2", "Girth")).unwrap();
    store.create(&widget("v2", "second")).unwrap();
    let screen = journey.until_shows("second");
    assert!(screen.shows("GIRTH") && !screen.shows("offers no"), "{screen:?}");
    assert!(journey.lists(DEV, "/apis/example.com/v2/widgets") >= 1);
}

#[test]
fn one_watch_of_definitions_serves_a_cluster_and_discovery_rests_while_nothing_changes() {
    let mut journey = Journey::at("fleet");
    for view in ["pods", "nodes", "workloads", "certificates", "services"] {
        journey.run(view);
    }
    for cluster in [DEV, PROD] {
        journey.until_stage("watched", |_| true);
        assert!(journey.watches(cluster, DEFINITIONS) <= 1, "{cluster}");
        assert_eq!(journey.lists(cluster, "/apis"), 1, "{cluster}");
    }
}
