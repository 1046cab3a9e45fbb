//! Which groups, versions and resources a cluster serves, in the plain and in the aggregated form.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::HeaderMap;
use serde_json::{Value, json};

use crate::simulator::store::{KindSpec, Store};

/// The aggregated form's media type.
pub(super) const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// Whether a client takes the aggregated form.
pub(super) fn wants_aggregated(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all("accept").iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|one| {
        let parts: Vec<&str> = one.split(';').map(str::trim).collect();
        ["application/json", "g=apidiscovery.k8s.io", "v=v2", "as=APIGroupDiscoveryList"]
            .iter()
            .all(|part| parts.contains(part))
    })
}

/// A group's name and its versions with their kinds.
type Group = (String, Vec<(String, Vec<Arc<KindSpec>>)>);

/// The group versions of a cluster in the order of first appearance, groups together.
fn groups(store: &Store) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for kind in store.kinds() {
        let group = match groups.iter_mut().find(|(name, _)| *name == kind.group) {
            Some((_, versions)) => versions,
            None => {
                groups.push((kind.group.clone(), Vec::new()));
                match groups.last_mut() {
                    Some((_, versions)) => versions,
                    None => continue,
                }
            }
        };
        match group.iter_mut().find(|(version, _)| *version == kind.version) {
            Some((_, kinds)) => kinds.push(kind),
            None => group.push((kind.version.clone(), vec![kind])),
        }
    }
    groups
}

/// The discovery document at a path; `None` when the path is none.
pub(super) fn document(store: &Store, path: &str, aggregated: bool) -> Option<Value> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        ["api"] if aggregated => Some(aggregated_list(store, |group| group.is_empty())),
        ["apis"] if aggregated => Some(aggregated_list(store, |group| !group.is_empty())),
        ["api"] => Some(json!({"kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1:6443"}]})),
        ["apis"] => {
            let groups = groups(store);
            let groups: Vec<Value> = groups
                .iter()
                .filter(|(name, _)| !name.is_empty())
                .map(|(name, versions)| group(name, versions))
                .collect();
            Some(json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}))
        }
        ["apis", wanted] => {
            let groups = groups(store);
            let (name, versions) = groups.iter().find(|(name, _)| name == wanted)?;
            let mut document = group(name, versions);
            let fields = document.as_object_mut()?;
            fields.insert("kind".to_owned(), "APIGroup".into());
            fields.insert("apiVersion".to_owned(), "v1".into());
            Some(document)
        }
        ["api", version] => resources(store, "", version),
        ["apis", group, version] => resources(store, group, version),
        [] => Some(json!({ "paths": paths(store) })),
        _ => None,
    }
}

fn group(name: &str, versions: &[(String, Vec<Arc<KindSpec>>)]) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .map(|(version, _)| json!({"groupVersion": format!("{name}/{version}"), "version": version}))
        .collect();
    json!({"name": name, "preferredVersion": versions.first(), "versions": versions})
}

fn resources(store: &Store, group: &str, version: &str) -> Option<Value> {
    let mut all = BTreeMap::new();
    for kind in store.kinds().iter().filter(|kind| kind.group == group && kind.version == version) {
        let mut resource = json!({"name": kind.plural, "singularName": kind.singular, "namespaced": kind.namespaced,
            "kind": kind.kind, "verbs": kind.verbs});
        if let Some(resource) = resource.as_object_mut() {
            if !kind.short_names.is_empty() {
                resource.insert("shortNames".to_owned(), json!(kind.short_names));
            }
            if !kind.categories.is_empty() {
                resource.insert("categories".to_owned(), json!(kind.categories));
            }
        }
        all.insert(kind.plural.clone(), resource);
        for subresource in &kind.subresources {
            let name = format!("{}/{subresource}", kind.plural);
            let (response, verbs) = part(kind, subresource);
            let mut resource = json!({"name": name, "singularName": "", "namespaced": kind.namespaced});
            if let Some(resource) = resource.as_object_mut() {
                if let Some((group, version)) = response.group_version {
                    resource.insert("group".to_owned(), group.into());
                    resource.insert("version".to_owned(), version.into());
                }
                resource.insert("kind".to_owned(), response.kind.into());
                resource.insert("verbs".to_owned(), json!(verbs));
            }
            all.insert(name, resource);
        }
    }
    if all.is_empty() {
        return None;
    }
    let resources: Vec<Value> = all.into_values().collect();
    // The core group alone is told without an `apiVersion`.
    Some(match group {
        "" => json!({"kind": "APIResourceList", "groupVersion": version, "resources": resources}),
        group => {
            json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": format!("{group}/{version}"),
            "resources": resources})
        }
    })
}

struct Response {
    kind: String,
    group_version: Option<(&'static str, &'static str)>,
}

/// What a subresource speaks, and its verbs.
fn part(kind: &KindSpec, subresource: &str) -> (Response, &'static [&'static str]) {
    let own = |name: &str| Response { kind: name.to_owned(), group_version: None };
    match subresource {
        "scale" => (
            Response { kind: "Scale".to_owned(), group_version: Some(("autoscaling", "v1")) },
            &["get", "patch", "update"],
        ),
        "eviction" => {
            (Response { kind: "Eviction".to_owned(), group_version: Some(("policy", "v1")) }, &["create"])
        }
        "token" => (
            Response {
                kind: "TokenRequest".to_owned(),
                group_version: Some(("authentication.k8s.io", "v1")),
            },
            &["create"],
        ),
        "binding" => (own("Binding"), &["create"]),
        "log" => (own(&kind.kind), &["get"]),
        "attach" => (own("PodAttachOptions"), &["create", "get"]),
        "exec" => (own("PodExecOptions"), &["create", "get"]),
        "portforward" => (own("PodPortForwardOptions"), &["create", "get"]),
        "proxy" => {
            (own(&format!("{}ProxyOptions", kind.kind)), &["create", "delete", "get", "patch", "update"])
        }
        "finalize" => (own(&kind.kind), &["update"]),
        _ => (own(&kind.kind), &["get", "patch", "update"]),
    }
}

fn aggregated_list(store: &Store, wanted: impl Fn(&str) -> bool) -> Value {
    let item = |(name, versions): Group| {
        let versions: Vec<Value> = versions
            .iter()
            .map(|(version, kinds)| {
                let mut kinds: Vec<&Arc<KindSpec>> = kinds.iter().collect();
                kinds.sort_by(|a, b| a.plural.cmp(&b.plural));
                let resources: Vec<Value> = kinds.into_iter().map(|kind| aggregated_resource(kind)).collect();
                json!({"version": version, "resources": resources, "freshness": "Current"})
            })
            .collect();
        let mut metadata = json!({});
        if let Some(metadata) = metadata.as_object_mut().filter(|_| !name.is_empty()) {
            metadata.insert("name".to_owned(), name.into());
        }
        json!({"metadata": metadata, "versions": versions})
    };
    let items: Vec<Value> = groups(store).into_iter().filter(|(name, _)| wanted(name)).map(item).collect();
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items})
}

fn aggregated_resource(kind: &KindSpec) -> Value {
    // Built-in kinds leave the group of their answers open when it is their own; custom kinds say it.
    let own = kind.custom.then_some((kind.group.as_str(), kind.version.as_str()));
    let response = |name: &str, group_version: Option<(&str, &str)>| {
        let (group, version) = group_version.or(own).unwrap_or_default();
        json!({"group": group, "version": version, "kind": name})
    };
    let mut resource = json!({"resource": kind.plural, "responseKind": response(&kind.kind, None),
        "scope": if kind.namespaced { "Namespaced" } else { "Cluster" }, "singularResource": kind.singular, "verbs": kind.verbs});
    if let Some(resource) = resource.as_object_mut() {
        if !kind.short_names.is_empty() {
            resource.insert("shortNames".to_owned(), json!(kind.short_names));
        }
        if !kind.categories.is_empty() {
            resource.insert("categories".to_owned(), json!(kind.categories));
        }
        if !kind.subresources.is_empty() {
            let parts = kind.subresources.iter().map(|name| {
                let (speaks, verbs) = part(kind, name);
                json!({"subresource": name, "responseKind": response(&speaks.kind, speaks.group_version), "verbs": verbs})
            });
            resource.insert("subresources".to_owned(), parts.collect());
        }
    }
    resource
}

fn paths(store: &Store) -> Vec<String> {
    let mut paths: Vec<String> =
        ["/api", "/api/v1", "/apis", "/apis/", "/healthz", "/livez", "/readyz", "/version"]
            .map(str::to_owned)
            .to_vec();
    for (name, versions) in groups(store).into_iter().filter(|(name, _)| !name.is_empty()) {
        paths.push(format!("/apis/{name}"));
        paths.extend(versions.iter().map(|(version, _)| format!("/apis/{name}/{version}")));
    }
    paths.sort();
    paths
}
