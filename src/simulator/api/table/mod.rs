//! Server-side printing: objects as the rows of a `Table`, with the columns and cells that `kubectl get` shows.
//!
//! Built-in kinds print themselves, one function each; custom kinds follow `additionalPrinterColumns`.

mod columns;
mod jsonpath;
mod networking;
mod plain;
mod pods;
pub(super) mod read;
mod storage;
mod workloads;

use jiff::Timestamp;
use serde_json::{Value, json};

use self::jsonpath::JsonPath;
use self::read::{since, text};
use super::representation::partial;
use crate::simulator::store::{KindSpec, Object, PrinterColumn};

/// A column of a table, as `TableColumnDefinition`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Column {
    name: &'static str,
    kind: &'static str,
    format: &'static str,
    priority: i32,
    description: &'static str,
}

type Print = fn(&Value, Timestamp) -> Vec<Value>;

/// How much of an object stands beside its row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum IncludeObject {
    None,
    #[default]
    Metadata,
    Object,
}

/// Prints the objects of one kind.
#[derive(Debug)]
pub(super) struct Printer {
    resource: String,
    columns: Columns,
}

#[derive(Debug)]
enum Columns {
    BuiltIn(&'static [Column], Print),
    Custom(Vec<(PrinterColumn, Option<JsonPath>)>),
}

impl Printer {
    pub(super) fn of(spec: &KindSpec) -> Self {
        let resource = spec.resource();
        let known = if resource == "events.events.k8s.io" { "events" } else { resource.as_str() };
        let columns = match columns::of(known) {
            Some(columns) if !spec.custom => Columns::BuiltIn(columns, print_of(known)),
            _ => Columns::Custom(custom_columns(spec)),
        };
        Self { resource, columns }
    }

    /// `columnDefinitions`.
    pub(super) fn definitions(&self) -> Value {
        match &self.columns {
            Columns::BuiltIn(columns, _) => columns
                .iter()
                .map(|column| {
                    json!({"name": column.name, "type": column.kind, "format": column.format,
                        "description": column.description, "priority": column.priority})
                })
                .collect(),
            Columns::Custom(columns) => {
                let own = columns.iter().map(|(column, _)| {
                    json!({"name": column.name, "type": column.kind, "format": column.format,
                        "description": column.description, "priority": column.priority})
                });
                let name = columns::of("namespaces").and_then(<[Column]>::first);
                let name = name.map(|column| {
                    json!({"name": "Name", "type": "string", "format": "name", "description": column.description,
                        "priority": 0})
                });
                name.into_iter().chain(own).collect()
            }
        }
    }

    /// The cells of one document.
    pub(super) fn cells(&self, document: &Value, now: Timestamp) -> Vec<Value> {
        match &self.columns {
            Columns::BuiltIn(_, print) => print(document, now),
            Columns::Custom(columns) => {
                let name = Value::from(text(document, "/metadata/name"));
                let cells =
                    columns.iter().map(|(column, path)| custom_cell(column, path.as_ref(), document, now));
                std::iter::once(name).chain(cells).collect()
            }
        }
    }

    /// One row.
    pub(super) fn row(&self, object: &Object, include: IncludeObject, now: Timestamp) -> Value {
        let document = object.value();
        let mut row = json!({ "cells": self.cells(&document, now) });
        let conditions = if self.resource == "pods" { pods::row_conditions(&document) } else { None };
        let beside = match include {
            IncludeObject::None => Value::Null,
            IncludeObject::Metadata => partial(&document),
            IncludeObject::Object => document,
        };
        if let Some(row) = row.as_object_mut() {
            row.extend(conditions.map(|conditions| ("conditions".to_owned(), conditions)));
            row.insert("object".to_owned(), beside);
        }
        row
    }
}

fn print_of(resource: &str) -> Print {
    match resource {
        "pods" => pods::pod,
        "nodes" => pods::node,
        "configmaps" => plain::config_map,
        "secrets" => plain::secret,
        "namespaces" => plain::namespace,
        "events" => plain::event,
        "resourcequotas" => plain::resource_quota,
        "endpoints" => networking::endpoints,
        "services" => networking::service,
        "persistentvolumes" => storage::volume,
        "persistentvolumeclaims" => storage::claim_of_volume,
        "podtemplates" => workloads::pod_template,
        "replicationcontrollers" => workloads::replication_controller,
        "apiservices.apiregistration.k8s.io" => networking::api_service,
        "controllerrevisions.apps" => workloads::controller_revision,
        "daemonsets.apps" => workloads::daemon_set,
        "deployments.apps" => workloads::deployment,
        "replicasets.apps" => workloads::replica_set,
        "statefulsets.apps" => workloads::stateful_set,
        "horizontalpodautoscalers.autoscaling" => workloads::autoscaler,
        "cronjobs.batch" => workloads::cron_job,
        "jobs.batch" => workloads::job,
        "certificatesigningrequests.certificates.k8s.io" => plain::signing_request,
        "ingressclasses.networking.k8s.io" => networking::ingress_class,
        "ingresses.networking.k8s.io" => networking::ingress,
        "ipaddresses.networking.k8s.io" => networking::ip_address,
        "networkpolicies.networking.k8s.io" => networking::network_policy,
        "servicecidrs.networking.k8s.io" => networking::service_cidr,
        "poddisruptionbudgets.policy" => workloads::disruption_budget,
        "clusterrolebindings.rbac.authorization.k8s.io" | "rolebindings.rbac.authorization.k8s.io" => {
            plain::binding
        }
        "csidrivers.storage.k8s.io" => storage::driver,
        "csinodes.storage.k8s.io" => storage::node_drivers,
        "storageclasses.storage.k8s.io" => storage::class,
        "volumeattachments.storage.k8s.io" => storage::attachment,
        "volumeattributesclasses.storage.k8s.io" => storage::attributes_class,
        "mutatingadmissionpolicies.admissionregistration.k8s.io"
        | "validatingadmissionpolicies.admissionregistration.k8s.io" => plain::admission_policy,
        "mutatingadmissionpolicybindings.admissionregistration.k8s.io"
        | "validatingadmissionpolicybindings.admissionregistration.k8s.io" => plain::admission_policy_binding,
        "mutatingwebhookconfigurations.admissionregistration.k8s.io"
        | "validatingwebhookconfigurations.admissionregistration.k8s.io" => plain::webhooks,
        "priorityclasses.scheduling.k8s.io" => plain::priority_class,
        "leases.coordination.k8s.io" => plain::lease,
        "runtimeclasses.node.k8s.io" => plain::runtime_class,
        "endpointslices.discovery.k8s.io" => networking::endpoint_slice,
        "resourceclaims.resource.k8s.io" => plain::resource_claim,
        "resourceslices.resource.k8s.io" => plain::resource_slice,
        "flowschemas.flowcontrol.apiserver.k8s.io" => plain::flow_schema,
        "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io" => plain::priority_level,
        "serviceaccounts" | "deviceclasses.resource.k8s.io" | "resourceclaimtemplates.resource.k8s.io" => {
            plain::name_and_age
        }
        // Kinds without a printer of their own show when they were created.
        _ => plain::name_and_creation,
    }
}

/// The columns of a definition; without any, the age alone.
fn custom_columns(spec: &KindSpec) -> Vec<(PrinterColumn, Option<JsonPath>)> {
    let described = |column: &PrinterColumn| {
        let mut column = column.clone();
        if column.description.is_empty() {
            column.description =
                format!("Custom resource definition column (in JSONPath format): {}", column.json_path);
        }
        let path = JsonPath::parse(&column.json_path);
        (column, path)
    };
    if !spec.columns.is_empty() {
        return spec.columns.iter().map(described).collect();
    }
    let age = columns::of("namespaces").and_then(<[Column]>::last).map(|column| PrinterColumn {
        name: "Age".to_owned(),
        kind: "date".to_owned(),
        format: String::new(),
        description: column.description.to_owned(),
        priority: 0,
        json_path: ".metadata.creationTimestamp".to_owned(),
    });
    age.iter().map(described).collect()
}

fn custom_cell(column: &PrinterColumn, path: Option<&JsonPath>, document: &Value, now: Timestamp) -> Value {
    let found = path.map(|path| path.find(document)).unwrap_or_default();
    let Some(value) = found.first() else { return Value::Null };
    match (column.kind.as_str(), value) {
        ("string", Value::String(text)) => text.as_str().into(),
        ("string", Value::Null) => "<nil>".into(),
        ("string", other) => other.to_string().into(),
        ("integer", Value::Number(number)) => {
            // A float in an integer column is cut, as Go's conversion does.
            number.as_i64().or_else(|| number.as_f64().map(|float| float.trunc()).and_then(whole)).into()
        }
        ("number", Value::Number(_)) | ("boolean", Value::Bool(_)) => (*value).clone(),
        ("date", Value::String(text)) => match text.parse::<Timestamp>() {
            Ok(_) => since(text, now).into(),
            Err(_) => "<invalid>".into(),
        },
        _ => Value::Null,
    }
}

fn whole(float: f64) -> Option<i64> {
    format!("{float:.0}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::api::kinds;

    #[test]
    fn every_built_in_kind_prints_as_many_cells_as_it_has_columns() {
        // A real server prints an age for addresses that its columns do not name.
        let odd = "ipaddresses.networking.k8s.io";
        for spec in kinds::built_in().iter().filter(|spec| spec.verbs.iter().any(|verb| verb == "list")) {
            let printer = Printer::of(spec);
            let cells = printer.cells(&json!({"metadata": {"name": "x"}}), Timestamp::UNIX_EPOCH);
            let extra = usize::from(spec.resource() == odd);
            assert_eq!(
                cells.len(),
                printer.definitions().as_array().unwrap().len() + extra,
                "{}",
                spec.resource()
            );
        }
    }

    #[test]
    fn a_custom_kind_prints_what_its_definition_says() {
        let mut spec = KindSpec::new("karpenter.sh/v1", "NodePool", "nodepools");
        spec.custom = true;
        let column = |name: &str, kind: &str, json_path: &str| PrinterColumn {
            name: name.to_owned(),
            kind: kind.to_owned(),
            format: String::new(),
            description: String::new(),
            priority: 0,
            json_path: json_path.to_owned(),
        };
        spec.columns = vec![
            column("Weight", "integer", ".spec.weight"),
            column("Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status"),
            column("Nodes", "string", ".status.nodes"),
            column("Age", "date", ".metadata.creationTimestamp"),
        ];
        let document = json!({"metadata": {"name": "spot", "creationTimestamp": "2026-11-21T10:00:00Z"}, "spec": {"weight": 10}, "status": {"nodes": 3}});
        let cells = Printer::of(&spec).cells(&document, "2026-11-21T10:05:00Z".parse().unwrap());
        assert_eq!(cells, [json!("spot"), json!(10), Value::Null, json!("3"), json!("5m")]);
    }
}
