//! Every kind of row takes whatever JSON an API server, a proxy or a broken controller makes up.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::api_service::ApiService;
use super::argo::application::Application;
use super::argo::application_set::ApplicationSet;
use super::argo::project::AppProject;
use super::certificates::certificate::Certificate;
use super::certificates::challenge::Challenge;
use super::certificates::issuer::Issuer;
use super::certificates::order::Order;
use super::certificates::request::CertificateRequest;
use super::config_map::ConfigMap;
use super::csi_driver::CsiDriver;
use super::custom_resource::CustomResource;
use super::endpoint_slice::EndpointSlice;
use super::event::Event;
use super::ingress::Ingress;
use super::ingress_class::IngressClass;
use super::intern::Interner;
use super::karpenter::node_claim::NodeClaim;
use super::karpenter::node_class::NodeClass;
use super::karpenter::node_pool::NodePool;
use super::lease::Lease;
use super::limit_range::LimitRange;
use super::namespace::Namespace;
use super::network_policy::NetworkPolicy;
use super::node::Node;
use super::pod::Pod;
use super::printed::{PrintedShared, TableWire};
use super::priority_class::PriorityClass;
use super::quota::Quota;
use super::roles::binding::RoleBinding;
use super::roles::role::Role;
use super::scaling::disruption_budget::DisruptionBudget;
use super::scaling::horizontal::HorizontalAutoscaler;
use super::scaling::vertical::VerticalAutoscaler;
use super::secrets::external_secret::ExternalSecret;
use super::secrets::pod_status::MountStatus;
use super::secrets::provider_class::SecretProviderClass;
use super::secrets::sealed_secret::SealedSecret;
use super::secrets::secret_meta::SecretMeta;
use super::secrets::secret_store::SecretStore;
use super::service::Service;
use super::service_account::ServiceAccount;
use super::storage::attachment::VolumeAttachment;
use super::storage::claim::VolumeClaim;
use super::storage::class::StorageClass;
use super::storage::snapshot::VolumeSnapshot;
use super::storage::volume::Volume;
use super::target_group_binding::TargetGroupBinding;
use super::usage::{NodeUsage, PodUsage};
use super::webhook::WebhookConfiguration;
use super::workload::Workload;
use super::{Packed, Timestamp};

/// Reads, packs, counts and forgets a row. Fails when reading fails.
fn survives<R: Packed>(json: &str) -> Result<(), String>
where
    R::Tally: PartialEq,
{
    let wire: R::Wire<'_> = serde_json::from_str(json).map_err(|error| format!("{error} in {json}"))?;
    let _ = R::revision(&wire).len();
    let row = R::pack(wire, &mut R::Shared::default());
    let mut tally = R::Tally::default();
    row.add_to(&mut tally);
    row.take_from(&mut tally);
    if tally != R::Tally::default() {
        return Err(format!("{tally:?} is left of {row:?}"));
    }
    let _ = (row.namespace().map(str::len), row.name().len(), row.labels().count());
    row.same_as(&row).then_some(()).ok_or_else(|| format!("{row:?} differs from itself"))
}

fn all_survive(json: &str) -> Result<(), String> {
    survives::<Pod>(json)?;
    survives::<Node>(json)?;
    survives::<Workload>(json)?;
    survives::<Event>(json)?;
    survives::<Service>(json)?;
    survives::<Ingress>(json)?;
    survives::<Namespace>(json)?;
    survives::<Quota>(json)?;
    survives::<PodUsage>(json)?;
    survives::<NodeUsage>(json)?;
    survives::<EndpointSlice>(json)?;
    survives::<Certificate>(json)?;
    survives::<CertificateRequest>(json)?;
    survives::<Issuer>(json)?;
    survives::<Order>(json)?;
    survives::<Challenge>(json)?;
    survives::<ExternalSecret>(json)?;
    survives::<SecretStore>(json)?;
    survives::<SecretProviderClass>(json)?;
    survives::<MountStatus>(json)?;
    survives::<SealedSecret>(json)?;
    survives::<SecretMeta>(json)?;
    survives::<VolumeClaim>(json)?;
    survives::<Volume>(json)?;
    survives::<StorageClass>(json)?;
    survives::<VolumeAttachment>(json)?;
    survives::<VolumeSnapshot>(json)?;
    survives::<HorizontalAutoscaler>(json)?;
    survives::<VerticalAutoscaler>(json)?;
    survives::<DisruptionBudget>(json)?;
    survives::<NetworkPolicy>(json)?;
    survives::<LimitRange>(json)?;
    survives::<PriorityClass>(json)?;
    survives::<Role>(json)?;
    survives::<RoleBinding>(json)?;
    survives::<NodePool>(json)?;
    survives::<NodeClaim>(json)?;
    survives::<NodeClass>(json)?;
    survives::<Application>(json)?;
    survives::<ApplicationSet>(json)?;
    survives::<AppProject>(json)?;
    survives::<ServiceAccount>(json)?;
    survives::<ConfigMap>(json)?;
    survives::<WebhookConfiguration>(json)?;
    survives::<ApiService>(json)?;
    survives::<CustomResource>(json)?;
    survives::<Lease>(json)?;
    survives::<CsiDriver>(json)?;
    survives::<IngressClass>(json)?;
    survives::<TargetGroupBinding>(json)?;
    let table: TableWire<'_> = serde_json::from_str(json).map_err(|error| format!("{error} in {json}"))?;
    let _ = (table.revision().len(), table.continue_token().map(str::len), table.remaining());
    PrintedShared::default().pack(table, Timestamp::NEVER);
    Ok(())
}

/// Field names that some kind reads, so that made-up objects meet real code.
const FIELDS: [&str; 111] = [
    "metadata",
    "spec",
    "status",
    "name",
    "namespace",
    "labels",
    "ownerReferences",
    "uid",
    "creationTimestamp",
    "conditions",
    "type",
    "reason",
    "message",
    "containers",
    "initContainers",
    "image",
    "resources",
    "requests",
    "containerStatuses",
    "state",
    "waiting",
    "terminated",
    "exitCode",
    "restartCount",
    "taints",
    "allocatable",
    "addresses",
    "replicas",
    "template",
    "selector",
    "matchLabels",
    "schedule",
    "active",
    "ports",
    "loadBalancer",
    "ingress",
    "rules",
    "paths",
    "hard",
    "used",
    "usage",
    "endpoints",
    "rows",
    "cells",
    "annotations",
    "env",
    "volumes",
    "projected",
    "sources",
    "tolerations",
    "affinity",
    "nodeSelector",
    "disruption",
    "budgets",
    "limits",
    "requirements",
    "values",
    "nodeClassRef",
    "history",
    "operationState",
    "operation",
    "syncResult",
    "destination",
    "source",
    "syncPolicy",
    "automated",
    "generators",
    "syncWindows",
    "webhooks",
    "clientConfig",
    "service",
    "versions",
    "names",
    "data",
    "issuerRef",
    "dnsNames",
    "acme",
    "solvers",
    "dns01",
    "authorizations",
    "provider",
    "aws",
    "parameters",
    "objects",
    "secretObjects",
    "encryptedData",
    "remoteRef",
    "dataFrom",
    "target",
    "csi",
    "nodeAffinity",
    "required",
    "nodeSelectorTerms",
    "matchExpressions",
    "metrics",
    "currentMetrics",
    "resource",
    "current",
    "recommendation",
    "containerRecommendations",
    "podSelector",
    "policyTypes",
    "egress",
    "from",
    "to",
    "ipBlock",
    "roleRef",
    "subjects",
    "verbs",
    "storage",
    "capacity",
];

fn any_object() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(json!("2026-11-21T12:00:00Z")),
        Just(json!("-9999999999999999999999Gi")),
        Just(json!("\u{1b}[2J\u{202e}\n")),
    ];
    let tree = leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            3 => prop::collection::vec((prop::sample::select(&FIELDS[..]), inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    });
    (tree.clone(), tree.clone(), tree).prop_map(|(metadata, spec, status)| {
        json!({"metadata": metadata, "spec": spec, "status": status, "rows": status.clone(), "endpoints": spec.clone(),
            "columnDefinitions": [{"name": "A", "type": "string"}, {"name": "Age", "type": "date"}], "containers": metadata.clone(),
            "webhooks": spec.clone(), "rules": spec.clone(), "roleRef": spec.clone(), "subjects": metadata.clone(),
             "data": status.clone(), "operation": metadata.clone()})
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_object_is_a_row(object in any_object()) {
        all_survive(&object.to_string()).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn objects_without_parts_are_rows() {
    for json in [
        "{}",
        r#"{"metadata":null,"spec":null,"status":null}"#,
        r#"{"metadata":{},"spec":{},"status":{}}"#,
        r#"{"metadata":[],"spec":"x","status":7}"#,
        r#"{"metadata":{"name":null,"namespace":7,"labels":{"a":null,"b":[1],"c":{"d":1}}}}"#,
    ] {
        all_survive(json).unwrap();
    }
}

#[test]
fn what_is_no_json_is_an_error_and_no_panic() {
    for json in ["", "{", r#"{"metadata":{"name":"#, "<html>", r#"{"metadata":{"name":"\ud800"}}"#] {
        assert!(all_survive(json).is_err(), "{json}");
    }
}

#[test]
fn long_texts_of_an_unknown_world_are_cut() {
    let long = "long ".repeat(100_000);
    let json = json!({"metadata": {"name": "x"}, "message": long, "type": "Warning"}).to_string();
    let event = Event::pack(serde_json::from_str(&json).unwrap(), &mut Interner::default());
    assert!(event.message.len() < 1000);
}
