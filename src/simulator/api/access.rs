//! Authorization: the roles and bindings in the store decide, in the words of a real server's refusals.

use serde_json::{Value, json};

use super::status::Status;
use super::table::read::{list, text};
use super::users::User;
use crate::simulator::store::{Key, Selection, Store};

/// What somebody wants to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish<'a> {
    pub(super) verb: &'a str,
    pub(super) group: &'a str,
    pub(super) resource: &'a str,
    pub(super) subresource: &'a str,
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
}

/// Why a wish is granted, as `SubjectAccessReview` tells it.
pub(super) fn grant(store: &Store, user: &User, wish: &Wish<'_>) -> Option<String> {
    if user.may_do_everything() || is_public(wish) {
        return Some(String::new());
    }
    rules_for(store, user, wish.namespace)
        .into_iter()
        .find(|held| allows(&held.rule, wish))
        .map(|held| held.reason)
}

/// Whether a path beside the resources may be read.
pub(super) fn may_read_path(store: &Store, user: &User, path: &str) -> bool {
    const PUBLIC: [&str; 9] =
        ["/", "/api", "/apis", "/healthz", "/livez", "/readyz", "/version", "/openapi", "/.well-known"];
    let public = PUBLIC
        .iter()
        .any(|known| path == *known || (*known != "/" && path.starts_with(&format!("{known}/"))));
    let matches = |pattern: &str| match pattern.strip_suffix('*') {
        Some(prefix) => path.starts_with(prefix),
        None => path == pattern,
    };
    public
        || user.may_do_everything()
        || rules_for(store, user, "").iter().any(|held| {
            has(&held.rule, "/verbs", "get")
                && list(&held.rule, "/nonResourceURLs").iter().filter_map(Value::as_str).any(matches)
        })
}

/// What everybody who is known may do, by the role `system:basic-user`.
fn is_public(wish: &Wish<'_>) -> bool {
    wish.verb == "create"
        && matches!(
            (wish.group, wish.resource),
            ("authorization.k8s.io", "selfsubjectaccessreviews" | "selfsubjectrulesreviews")
                | ("authentication.k8s.io", "selfsubjectreviews")
        )
}

/// The refusal of a wish.
pub(super) fn forbidden(user: &User, wish: &Wish<'_>) -> Status {
    let resource = match wish.group {
        "" => wish.resource.to_owned(),
        group => format!("{}.{group}", wish.resource),
    };
    let part = if wish.subresource.is_empty() { String::new() } else { format!("/{}", wish.subresource) };
    let scope = match wish.namespace {
        "" => "at the cluster scope".to_owned(),
        namespace => format!("in the namespace \"{namespace}\""),
    };
    let named = if wish.name.is_empty() { String::new() } else { format!(" \"{}\"", wish.name) };
    let message = format!(
        "{resource}{named} is forbidden: User \"{}\" cannot {} resource \"{}{part}\" in API group \"{}\" {scope}",
        user.name, wish.verb, wish.resource, wish.group
    );
    Status::about(403, "Forbidden", &resource, wish.name, message)
}

/// The refusal of a path beside the resources.
pub(super) fn forbidden_path(user: &User, path: &str) -> Status {
    let mut status = Status::new(
        403,
        "Forbidden",
        format!("forbidden: User \"{}\" cannot get path \"{path}\"", user.name),
    );
    *status.details = json!({});
    status
}

/// A rule that somebody holds, and by which binding.
struct Held {
    rule: Value,
    reason: String,
}

/// Every rule that a user holds in a namespace; with an empty one, at the cluster scope.
fn rules_for(store: &Store, user: &User, namespace: &str) -> Vec<Held> {
    let mut held = Vec::new();
    let cluster = store.list("clusterrolebindings.rbac.authorization.k8s.io", None, &Selection::all());
    let local = match namespace {
        "" => Vec::new(),
        namespace => store.list("rolebindings.rbac.authorization.k8s.io", Some(namespace), &Selection::all()),
    };
    for binding in cluster.iter().chain(&local) {
        let document = binding.value();
        let Some(subject) = list(&document, "/subjects").iter().find(|subject| is_subject(user, subject))
        else {
            continue;
        };
        let (kind, role) = (text(&document, "/roleRef/kind"), text(&document, "/roleRef/name"));
        let key = match (kind, &binding.key.namespace) {
            ("Role", Some(namespace)) => Key::namespaced("roles.rbac.authorization.k8s.io", namespace, role),
            _ => Key::cluster("clusterroles.rbac.authorization.k8s.io", role),
        };
        let Ok(found) = store.get(&key) else { continue };
        let binding_name = match &binding.key.namespace {
            Some(namespace) => format!("RoleBinding \"{}/{namespace}\"", binding.key.name),
            None => format!("ClusterRoleBinding \"{}\"", binding.key.name),
        };
        let subject_name = match text(subject, "/namespace") {
            "" => format!("{} \"{}\"", text(subject, "/kind"), text(subject, "/name")),
            namespace => format!("{} \"{}/{namespace}\"", text(subject, "/kind"), text(subject, "/name")),
        };
        let reason = format!("RBAC: allowed by {binding_name} of {kind} \"{role}\" to {subject_name}");
        held.extend(
            list(&found, "/rules").iter().map(|rule| Held { rule: rule.clone(), reason: reason.clone() }),
        );
    }
    held
}

fn is_subject(user: &User, subject: &Value) -> bool {
    let name = text(subject, "/name");
    match text(subject, "/kind") {
        "User" => name == user.name,
        "Group" => name == "system:authenticated" || user.groups.iter().any(|group| group == name),
        "ServiceAccount" => {
            user.name == format!("system:serviceaccount:{}:{name}", text(subject, "/namespace"))
        }
        _ => false,
    }
}

fn has(rule: &Value, path: &str, wanted: &str) -> bool {
    list(rule, path).iter().filter_map(Value::as_str).any(|one| one == "*" || one == wanted)
}

fn allows(rule: &Value, wish: &Wish<'_>) -> bool {
    let resource = match wish.subresource {
        "" => has(rule, "/resources", wish.resource),
        part => {
            has(rule, "/resources", &format!("{}/{part}", wish.resource))
                || has(rule, "/resources", &format!("*/{part}"))
        }
    };
    let names = list(rule, "/resourceNames");
    let named = names.is_empty()
        || names.iter().any(|name| name.as_str() == Some(wish.name) && !wish.name.is_empty());
    resource && named && has(rule, "/verbs", wish.verb) && has(rule, "/apiGroups", wish.group)
}

/// Answers `SelfSubjectAccessReview`, `SelfSubjectRulesReview` and `SelfSubjectReview`; `None` for other kinds.
pub(super) fn review(store: &Store, user: &User, kind: &str, asked: &Value) -> Option<Value> {
    let spec = asked.get("spec").cloned().unwrap_or_default();
    let (api_version, spec, status) = match kind {
        "SelfSubjectAccessReview" => {
            ("authorization.k8s.io/v1", spec.clone(), access_status(store, user, &spec))
        }
        "SubjectAccessReview" | "LocalSubjectAccessReview" => {
            let groups = list(&spec, "/groups").iter().filter_map(Value::as_str).collect::<Vec<_>>();
            let other = User::new(text(&spec, "/user"), &groups);
            ("authorization.k8s.io/v1", spec.clone(), access_status(store, &other, &spec))
        }
        "SelfSubjectRulesReview" => {
            ("authorization.k8s.io/v1", json!({}), rules_status(store, user, text(&spec, "/namespace")))
        }
        "SelfSubjectReview" => {
            let mut groups = user.groups.clone();
            groups.push("system:authenticated".to_owned());
            let status = json!({"userInfo": {"username": user.name, "groups": groups}});
            return Some(json!({"kind": kind, "apiVersion": "authentication.k8s.io/v1",
                "metadata": {"creationTimestamp": crate::simulator::store::seconds(store.clock().now())}, "status": status}));
        }
        _ => return None,
    };
    Some(json!({"kind": kind, "apiVersion": api_version, "metadata": {}, "spec": spec, "status": status}))
}

fn access_status(store: &Store, user: &User, spec: &Value) -> Value {
    if let Some(path) = spec.pointer("/nonResourceAttributes/path").and_then(Value::as_str) {
        return json!({ "allowed": may_read_path(store, user, path) });
    }
    let attribute = |name: &str| text(spec, &format!("/resourceAttributes/{name}"));
    let wish = Wish {
        verb: attribute("verb"),
        group: attribute("group"),
        resource: attribute("resource"),
        subresource: attribute("subresource"),
        namespace: attribute("namespace"),
        name: attribute("name"),
    };
    match grant(store, user, &wish) {
        Some(reason) if reason.is_empty() => json!({"allowed": true}),
        Some(reason) => json!({"allowed": true, "reason": reason}),
        None => json!({"allowed": false}),
    }
}

fn rules_status(store: &Store, user: &User, namespace: &str) -> Value {
    let mut rules = vec![
        json!({"verbs": ["create"], "apiGroups": ["authorization.k8s.io"], "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]}),
        json!({"verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"]}),
    ];
    let mut paths = vec![
        json!({"verbs": ["get"], "nonResourceURLs": ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez",
        "/openapi", "/openapi/*", "/readyz", "/version", "/version/"]}),
    ];
    if user.may_do_everything() {
        rules.push(json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}));
        paths.push(json!({"verbs": ["*"], "nonResourceURLs": ["*"]}));
    }
    for held in rules_for(store, user, namespace) {
        let of_paths = held.rule.get("nonResourceURLs").is_some();
        let known = if of_paths { &mut paths } else { &mut rules };
        if !known.contains(&held.rule) {
            known.push(held.rule);
        }
    }
    json!({"resourceRules": rules, "nonResourceRules": paths, "incomplete": false})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::clock::SimClock;

    fn store() -> Store {
        let store = Store::new("c", SimClock::fixed("2026-11-21T10:00:00Z").unwrap());
        let rbac = "rbac.authorization.k8s.io/v1";
        let objects = [
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "staging"}}),
            json!({"apiVersion": rbac, "kind": "Role", "metadata": {"name": "read", "namespace": "staging"},
                "rules": [{"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list", "watch"]}]}),
            json!({"apiVersion": rbac, "kind": "RoleBinding", "metadata": {"name": "read", "namespace": "staging"},
                "subjects": [{"kind": "User", "name": "developer"}], "roleRef": {"kind": "Role", "name": "read"}}),
            json!({"apiVersion": rbac, "kind": "ClusterRole", "metadata": {"name": "see-nodes"},
                "rules": [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["*"], "resourceNames": ["one"]}]}),
            json!({"apiVersion": rbac, "kind": "ClusterRoleBinding", "metadata": {"name": "see-nodes"},
                "subjects": [{"kind": "Group", "name": "dev"}], "roleRef": {"kind": "ClusterRole", "name": "see-nodes"}}),
        ];
        for object in objects {
            store.create(&object).unwrap();
        }
        store
    }

    fn wish<'a>(verb: &'a str, resource: &'a str, namespace: &'a str, name: &'a str) -> Wish<'a> {
        Wish { verb, group: "", resource, subresource: "", namespace, name }
    }

    #[test]
    fn a_role_grants_in_its_namespace_only() {
        let (store, developer) = (store(), User::new("developer", &[]));
        let granted = grant(&store, &developer, &wish("list", "pods", "staging", "")).unwrap();
        assert_eq!(
            granted,
            "RBAC: allowed by RoleBinding \"read/staging\" of Role \"read\" to User \"developer\""
        );
        assert!(grant(&store, &developer, &wish("list", "pods", "", "")).is_none());
        assert!(grant(&store, &developer, &wish("delete", "pods", "staging", "x")).is_none());
        let logs = Wish { subresource: "log", ..wish("get", "pods", "staging", "x") };
        assert!(grant(&store, &developer, &logs).is_some());
    }

    #[test]
    fn resource_names_narrow_a_rule() {
        let (store, user) = (store(), User::new("jane", &["dev"]));
        assert!(grant(&store, &user, &wish("get", "nodes", "", "one")).is_some());
        assert!(grant(&store, &user, &wish("get", "nodes", "", "two")).is_none());
        assert!(grant(&store, &user, &wish("list", "nodes", "", "")).is_none());
    }

    #[test]
    fn refusals_read_as_those_of_a_real_server() {
        let refused = forbidden(&User::new("viewer", &[]), &wish("list", "pods", "", ""));
        assert_eq!(
            refused.message,
            "pods is forbidden: User \"viewer\" cannot list resource \"pods\" in API group \"\" at the cluster scope"
        );
        let scale = Wish {
            verb: "patch",
            group: "apps",
            resource: "deployments",
            subresource: "scale",
            namespace: "default",
            name: "x",
        };
        assert_eq!(
            forbidden(&User::new("viewer", &[]), &scale).message,
            "deployments.apps \"x\" is forbidden: User \"viewer\" cannot patch resource \"deployments/scale\" in API group \"apps\" in the namespace \"default\""
        );
    }

    #[test]
    fn reviews_tell_what_would_be_granted() {
        let (store, developer) = (store(), User::new("developer", &[]));
        let ask = |namespace: &str| {
            let asked = json!({"spec": {"resourceAttributes": {"verb": "list", "resource": "pods", "namespace": namespace}}});
            review(&store, &developer, "SelfSubjectAccessReview", &asked)
                .unwrap()
                .pointer("/status/allowed")
                .cloned()
        };
        assert_eq!((ask("staging"), ask("")), (Some(json!(true)), Some(json!(false))));
        let rules =
            review(&store, &developer, "SelfSubjectRulesReview", &json!({"spec": {"namespace": "staging"}}))
                .unwrap();
        assert!(
            list(&rules, "/status/resourceRules")
                .iter()
                .any(|rule| rule["resources"] == json!(["pods", "pods/log"]))
        );
    }
}
