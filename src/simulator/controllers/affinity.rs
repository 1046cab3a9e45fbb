//! What pods ask of each other, as the scheduler's `InterPodAffinity` decides it: required terms only.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::simulator::world::field;

/// The places that other pods leave to one pod.
#[derive(Clone, Debug, Default)]
pub(super) struct Affinity {
    near: Vec<Places>,
    far: Vec<Places>,
    /// Places whose pods must be far from it.
    kept: Vec<Places>,
    /// No pod is there that it wants to be near, and it is such a pod itself.
    is_first: bool,
}

/// Values of a topology key.
#[derive(Clone, Debug, Default)]
struct Places {
    key: String,
    values: BTreeSet<String>,
}

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";

fn terms<'a>(pod: &'a Value, which: &str) -> &'a [Value] {
    field::list(pod, &format!("spec.affinity.{which}.{REQUIRED}"))
}

impl Affinity {
    /// What the pods that have a node mean for one that has none.
    pub(super) fn of<'a>(
        pod: &Value,
        nodes: &BTreeMap<&str, &Value>,
        placed: impl IntoIterator<Item = &'a Value>,
        namespaces: &[impl AsRef<Value>],
    ) -> Self {
        let is_about = |term: &Value, owner: &Value, other: &Value| {
            field::selects(field::at(term, "labelSelector"), other)
                && means(term, field::namespace(owner), field::namespace(other), namespaces)
        };
        let empty = |which: &str| -> Vec<Places> {
            let of =
                |term| Places { key: field::text(term, "topologyKey").to_owned(), values: BTreeSet::new() };
            terms(pod, which).iter().map(of).collect()
        };
        let (mut near, mut far, mut kept) = (empty("podAffinity"), empty("podAntiAffinity"), Vec::new());
        let is_near = |other: &Value| terms(pod, "podAffinity").iter().all(|term| is_about(term, pod, other));
        for other in placed {
            let Some(node) = nodes.get(field::text(other, "spec.nodeName")) else { continue };
            if is_near(other) {
                near.iter_mut().for_each(|places| places.add(node));
            }
            for (term, places) in terms(pod, "podAntiAffinity").iter().zip(&mut far) {
                if is_about(term, pod, other) {
                    places.add(node);
                }
            }
            for term in terms(other, "podAntiAffinity").iter().filter(|term| is_about(term, other, pod)) {
                let mut places =
                    Places { key: field::text(term, "topologyKey").to_owned(), ..Places::default() };
                places.add(node);
                kept.push(places);
            }
        }
        let is_first = near.iter().all(|places| places.values.is_empty()) && is_near(pod);
        Self { near, far, kept, is_first }
    }

    /// Why a node takes no such pod, in the scheduler's words.
    pub(super) fn obstacle(&self, node: &Value) -> Option<&'static str> {
        let has_label = |places: &Places| !field::label(node, &places.key).is_empty();
        let is_near = self.near.iter().all(|places| places.has(node));
        if !self.near.iter().all(has_label) || !(is_near || self.is_first) {
            return Some("node(s) didn't match pod affinity rules");
        }
        if self.far.iter().any(|places| places.has(node)) {
            return Some("node(s) didn't match pod anti-affinity rules");
        }
        let is_kept = self.kept.iter().any(|places| places.has(node));
        is_kept.then_some("node(s) didn't satisfy existing pods anti-affinity rules")
    }
}

impl Places {
    fn add(&mut self, node: &Value) {
        let value = field::label(node, &self.key);
        if !value.is_empty() {
            self.values.insert(value.to_owned());
        }
    }

    fn has(&self, node: &Value) -> bool {
        self.values.contains(field::label(node, &self.key))
    }
}

/// Whether a term of a pod in `own` means a namespace: those it names and those it selects; its own when it says neither.
fn means(term: &Value, own: &str, namespace: &str, namespaces: &[impl AsRef<Value>]) -> bool {
    let (named, selector) = (field::list(term, "namespaces"), field::at(term, "namespaceSelector"));
    if named.is_empty() && selector.is_null() {
        return namespace == own;
    }
    let is_selected = || {
        let found = namespaces.iter().map(AsRef::as_ref).find(|known| field::name(known) == namespace);
        found.is_some_and(|known| field::selects(selector, known))
    };
    named.iter().any(|name| name.as_str() == Some(namespace)) || is_selected()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const HOST: &str = "kubernetes.io/hostname";

    fn node(name: &str, zone: &str) -> Value {
        json!({"metadata": {"name": name, "labels": {HOST: name, "zone": zone}}})
    }

    fn pod(namespace: &str, app: &str, on: &str, which: &str, term: Value) -> Value {
        json!({"metadata": {"name": app, "namespace": namespace, "labels": {"app": app}},
            "spec": {"nodeName": on, "affinity": {which: {REQUIRED: [term]}}}})
    }

    fn plain(namespace: &str, app: &str, on: &str) -> Value {
        json!({"metadata": {"name": app, "namespace": namespace, "labels": {"app": app}}, "spec": {"nodeName": on}})
    }

    fn term(key: &str, app: &str) -> Value {
        json!({"topologyKey": key, "labelSelector": {"matchLabels": {"app": app}}})
    }

    /// What is said of the nodes a-1, a-2 (zone a) and b-1 (zone b).
    fn said(pod: &Value, placed: &[Value]) -> Vec<&'static str> {
        let nodes = [node("a-1", "a"), node("a-2", "a"), node("b-1", "b")];
        let by_name = nodes.iter().map(|node| (field::name(node), node)).collect();
        let labels = json!({"team": "web"});
        let spaces: Vec<std::sync::Arc<Value>> =
            [json!({"metadata": {"name": "web", "labels": labels}}), json!({"metadata": {"name": "data"}})]
                .map(std::sync::Arc::new)
                .into();
        let affinity = Affinity::of(pod, &by_name, placed, &spaces);
        let short = |words: &'static str| match words {
            "node(s) didn't match pod affinity rules" => "near",
            "node(s) didn't match pod anti-affinity rules" => "far",
            _ => "kept",
        };
        nodes.iter().map(|node| affinity.obstacle(node).map_or("", short)).collect()
    }

    #[test]
    fn a_pod_stays_near_and_far_as_it_says() {
        let near = pod("web", "api", "", "podAffinity", term("zone", "cache"));
        assert_eq!(said(&near, &[plain("web", "cache", "a-1")]), ["", "", "near"]);
        assert_eq!(said(&near, &[plain("data", "cache", "a-1")]), ["near"; 3], "in another namespace");
        let first = pod("web", "cache", "", "podAffinity", term("zone", "cache"));
        assert_eq!(said(&first, &[]), [""; 3], "the first of a group begins anywhere");
        let far = pod("web", "api", "", "podAntiAffinity", term(HOST, "api"));
        assert_eq!(said(&far, &[plain("web", "api", "a-1")]), ["far", "", ""]);
    }

    #[test]
    fn a_pod_that_runs_keeps_others_off_its_place() {
        let keeper = pod("data", "cache", "a-1", "podAntiAffinity", term("zone", "api"));
        let api = plain("web", "api", "");
        assert_eq!(said(&api, std::slice::from_ref(&keeper)), [""; 3], "it means its own namespace");
        let meant = |scope: Value| {
            let mut keeper = keeper.clone();
            let path = format!("spec.affinity.podAntiAffinity.{REQUIRED}");
            let mut term = term("zone", "api");
            term.as_object_mut().unwrap().extend(scope.as_object().unwrap().clone());
            field::put(&mut keeper, &path, json!([term]));
            said(&api, &[keeper])
        };
        assert_eq!(meant(json!({"namespaces": ["web"]})), ["kept", "kept", ""]);
        assert_eq!(meant(json!({"namespaceSelector": {}})), ["kept", "kept", ""]);
        assert_eq!(
            meant(json!({"namespaceSelector": {"matchLabels": {"team": "web"}}})),
            ["kept", "kept", ""]
        );
        assert_eq!(meant(json!({"namespaceSelector": {"matchLabels": {"team": "ops"}}})), [""; 3]);
        assert_eq!(
            meant(json!({"namespaces": ["web"], "namespaceSelector": {"matchLabels": {"team": "ops"}}})),
            ["kept", "kept", ""]
        );
    }
}
