//! Who may do what (RBAC), and who service accounts are to Kubernetes and to AWS.
//!
//! [`who_can`] answers a question over the roles and bindings of a cluster, by the rules of the API server's own
//! authorizer (`kubernetes/pkg/apis/rbac` `evaluation_helpers`): rules only ever allow, a ClusterRoleBinding counts
//! everywhere, a RoleBinding in its namespace, `*` stands for all, `*/scale` for one subresource of every kind.
//! Access that EKS gives by access policies is no RBAC, and not part of that answer; [`entry`] says who comes in as whom.

pub mod account;
pub mod aws;
#[cfg(test)]
mod aws_tests;
pub mod entry;
#[cfg(test)]
mod tests;
mod trust;

use std::collections::HashMap;
use std::sync::Arc;

pub use account::{ACCOUNT_USES, AccountUse};
pub use entry::{ENTRANTS, Entrant};

use crate::fleet::kind::{CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES};
use crate::fleet::roles::binding::{RoleBinding, Subject};
use crate::fleet::roles::role::{Role, RoleRule};
use crate::fleet::{ClusterId, ObjectRef, ResourceType, Row, Verdict};
use crate::snapshot::ClusterSnapshot;

/// The kinds that an answer rests on.
pub static NEEDS: [ResourceType; 4] = [CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS, ROLES, ROLE_BINDINGS];

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The verb; `*` for all of them.
    pub verb: String,
    /// With what.
    pub with: With,
    /// In this namespace; in any when `None`.
    pub namespace: Option<String>,
}

/// What something is done with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum With {
    /// Objects of a kind.
    Resource {
        /// The API group; `None` where it was not said.
        group: Option<String>,
        /// The plural name, or `*`.
        resource: String,
        /// The subresource, for example `exec`; empty for the object itself.
        subresource: String,
        /// One object of that name; all of them when `None`.
        name: Option<String>,
    },
    /// A path of the API server that is no resource, for example `/healthz`.
    Url(String),
}

/// Somebody who may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// In this cluster.
    pub cluster: ClusterId,
    /// Who.
    pub subject: Subject,
    /// In this namespace; everywhere when `None`.
    pub namespace: Option<Arc<str>>,
    /// By this RoleBinding or ClusterRoleBinding.
    pub binding: ObjectRef,
    /// `Role/name` or `ClusterRole/name`.
    pub role: String,
    /// Only with objects of these names; with all when empty.
    pub only: Box<[Arc<str>]>,
    /// How it is.
    pub verdict: Verdict,
    /// Why it is not ok; empty when there is nothing to say.
    pub why: String,
}

impl Question {
    /// Reads what was asked: `delete pods`, `get secrets/app-secrets -n production`, `create pods/exec`,
    /// `update deployments.apps/scale`, `get /healthz`, `*`. What stands behind a slash is a subresource where the
    /// API knows it, and else a name.
    pub fn read(words: &[String]) -> Result<Self, String> {
        const USAGE: &str = "who-can VERB RESOURCE [NAME] [-n NAMESPACE]";
        let mut plain: Vec<&str> = Vec::new();
        let mut namespace = None;
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            match word {
                "-n" | "--namespace" => match words.next() {
                    Some(name) => namespace = Some(name.to_owned()),
                    None => return Err(format!("{word} wants a namespace: {USAGE}")),
                },
                "-A" | "--all-namespaces" => namespace = None,
                _ if word.starts_with('-') => return Err(format!("{word} means nothing here: {USAGE}")),
                _ => plain.push(word),
            }
        }
        let (verb, resource, name) = match plain.as_slice() {
            [] => ("*", "*", None),
            ["*"] => ("*", "*", None),
            [_] => return Err(USAGE.to_owned()),
            [verb, resource] => (*verb, *resource, None),
            [verb, resource, name] => (*verb, *resource, Some((*name).to_owned())),
            _ => return Err(format!("that is too much: {USAGE}")),
        };
        let verb = verb.to_ascii_lowercase();
        if resource.starts_with('/') {
            return Ok(Self { verb, with: With::Url(resource.to_owned()), namespace });
        }
        let (resource, behind) = resource.split_once('/').unwrap_or((resource, ""));
        let (subresource, name) = match name {
            None if !behind.is_empty() && !SUBRESOURCES.contains(&behind) => ("", Some(behind.to_owned())),
            name => (behind, name),
        };
        let (resource, group) = match resource.split_once('.') {
            Some((resource, group)) => (resource, Some(group.to_owned())),
            None => (resource, None),
        };
        if resource.is_empty() {
            return Err(USAGE.to_owned());
        }
        let with = With::Resource {
            group,
            resource: resource.to_ascii_lowercase(),
            subresource: subresource.to_owned(),
            name,
        };
        Ok(Self { verb, with, namespace })
    }

    /// The same with the kind as the API of this cluster names it: `po` becomes `pods`, `deploy` `deployments.apps`.
    /// Says too whether objects of the kind live in namespaces.
    fn resolved(&self, cluster: &ClusterSnapshot) -> (Self, bool) {
        let With::Resource { group, resource, subresource, name } = &self.with else {
            return (self.clone(), false);
        };
        let word = match group {
            Some(group) => format!("{resource}.{group}"),
            None => resource.clone(),
        };
        let Some(entry) = cluster.catalog.find(&word).filter(|_| resource != "*") else {
            return (self.clone(), true);
        };
        let with = With::Resource {
            group: Some(entry.resource.group.to_string()),
            resource: entry.resource.plural.to_string(),
            subresource: subresource.clone(),
            name: name.clone(),
        };
        (Self { with, ..self.clone() }, entry.resource.namespaced)
    }

    /// True when everything is asked for.
    pub fn is_everything(&self) -> bool {
        self.verb == "*" && matches!(&self.with, With::Resource { resource, .. } if resource == "*")
    }
}

impl std::fmt::Display for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ", self.verb)?;
        match &self.with {
            With::Url(url) => f.write_str(url)?,
            With::Resource { group, resource, subresource, name } => {
                f.write_str(resource)?;
                if let Some(group) = group.as_ref().filter(|group| !group.is_empty()) {
                    write!(f, ".{group}")?;
                }
                if !subresource.is_empty() {
                    write!(f, "/{subresource}")?;
                }
                if let Some(name) = name {
                    write!(f, " {name}")?;
                }
            }
        }
        match &self.namespace {
            Some(namespace) => write!(f, " -n {namespace}"),
            None => Ok(()),
        }
    }
}

/// Subresources of the built-in kinds (Kubernetes 1.36 API reference), so that `pods/exec` is not a pod named exec.
const SUBRESOURCES: &[&str] = &[
    "approval",
    "attach",
    "binding",
    "ephemeralcontainers",
    "eviction",
    "exec",
    "finalize",
    "log",
    "portforward",
    "proxy",
    "resize",
    "scale",
    "status",
    "token",
];

/// How far a rule goes in answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Not at all.
    None,
    /// All the way.
    All,
    /// For objects of these names only.
    Only(Box<[Arc<str>]>),
}

/// Whether a rule allows what is asked.
pub fn allows(rule: &RoleRule, question: &Question) -> Reach {
    let has = |list: &[Arc<str>], wanted: &str| list.iter().any(|one| &**one == "*" || **one == *wanted);
    if !has(&rule.verbs, &question.verb) {
        return Reach::None;
    }
    match &question.with {
        With::Url(url) => {
            let fits = |pattern: &Arc<str>| match pattern.strip_suffix('*') {
                Some(start) => url.starts_with(start),
                None => **pattern == **url,
            };
            if rule.urls.iter().any(fits) { Reach::All } else { Reach::None }
        }
        With::Resource { group, resource, subresource, name } => {
            let is_of_group = match group {
                // Everything means every group; where no group was said, any will do.
                None if resource == "*" => rule.groups.iter().any(|group| &**group == "*"),
                None => !rule.groups.is_empty(),
                Some(group) => has(&rule.groups, group),
            };
            let whole = match subresource.as_str() {
                "" => resource.clone(),
                subresource => format!("{resource}/{subresource}"),
            };
            let any = format!("*/{subresource}");
            let is_of_kind = rule
                .resources
                .iter()
                .any(|own| &**own == "*" || **own == *whole || (!subresource.is_empty() && **own == *any));
            if !is_of_group || !is_of_kind {
                return Reach::None;
            }
            match name {
                _ if rule.names.is_empty() => Reach::All,
                // What is created has no name yet when it is asked about.
                _ if question.verb == "create" || question.verb == "deletecollection" => Reach::None,
                Some(name) if has(&rule.names, name) => Reach::All,
                Some(_) => Reach::None,
                None => Reach::Only(rule.names.clone()),
            }
        }
    }
}

/// Whether a role allows what is asked: the widest of its rules counts.
pub fn reach(role: &Role, question: &Question) -> Reach {
    let mut only: Vec<Arc<str>> = Vec::new();
    for rule in &role.rules {
        match allows(rule, question) {
            Reach::All => return Reach::All,
            Reach::Only(names) => {
                only.extend(names.iter().filter(|name| !only.contains(name)).cloned().collect::<Vec<_>>())
            }
            Reach::None => {}
        }
    }
    if only.is_empty() { Reach::None } else { Reach::Only(only.into()) }
}

/// Everybody whom the roles and bindings of a cluster allow it, those who may everywhere first.
pub fn who_can(cluster: &ClusterSnapshot, asked: &Question) -> Vec<Grant> {
    let (question, is_namespaced) = asked.resolved(cluster);
    let roles = |resource: &ResourceType| -> HashMap<(&str, &str), &Role> {
        let table = cluster.table::<Role>(resource);
        let rows = table.into_iter().flat_map(|table| table.iter());
        rows.map(|(_, role)| ((role.namespace().unwrap_or_default(), role.name()), role.as_ref())).collect()
    };
    let (of_cluster, of_namespaces) = (roles(&CLUSTER_ROLES), roles(&ROLES));
    let mut grants = Vec::new();
    for resource in [CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS] {
        // Neither nodes nor paths are in a namespace: bindings of namespaces say nothing of them.
        if resource == ROLE_BINDINGS && !is_namespaced {
            continue;
        }
        let table = cluster.table::<RoleBinding>(&resource);
        for (_, binding) in table.into_iter().flat_map(|table| table.iter()) {
            let namespace = binding.namespace().unwrap_or_default();
            let is_elsewhere = binding.namespace().is_some()
                && question.namespace.as_deref().is_some_and(|asked| asked != namespace);
            if is_elsewhere {
                continue;
            }
            let role = match &*binding.role_kind {
                "ClusterRole" => of_cluster.get(&("", &*binding.role)),
                _ => of_namespaces.get(&(namespace, &*binding.role)),
            };
            let only = match role.map(|role| reach(role, &question)) {
                Some(Reach::All) => Box::default(),
                Some(Reach::Only(names)) => names,
                Some(Reach::None) | None => continue,
            };
            for subject in &binding.subjects {
                let (verdict, why) = judge(cluster, &question, binding, subject);
                grants.push(Grant {
                    cluster: cluster.id.clone(),
                    subject: subject.clone(),
                    namespace: binding.meta.namespace.clone(),
                    binding: ObjectRef {
                        cluster: cluster.id.clone(),
                        resource: resource.clone(),
                        namespace: binding.meta.namespace.clone(),
                        name: binding.name().into(),
                    },
                    role: format!("{}/{}", binding.role_kind, binding.role),
                    only: only.clone(),
                    verdict,
                    why,
                });
            }
        }
    }
    grants.sort_by(|a, b| {
        let key = |grant: &Grant| {
            let subject = &grant.subject;
            (grant.namespace.clone(), subject.kind.clone(), subject.namespace.clone(), subject.name.clone())
        };
        key(a).cmp(&key(b)).then_with(|| a.binding.cmp(&b.binding))
    });
    grants
}

/// The blueprint names groups and what they are bound to: another person or group with all rights is not meant. What it
/// does not speak of is not judged, but for what anybody may do without credentials.
fn judge(
    cluster: &ClusterSnapshot,
    question: &Question,
    binding: &RoleBinding,
    subject: &Subject,
) -> (Verdict, String) {
    let is_anybody = matches!(&*subject.name, "system:anonymous" | "system:unauthenticated");
    if is_anybody && matches!(question.with, With::Resource { .. }) {
        return (Verdict::Critical, "anybody may, without credentials".to_owned());
    }
    let is_person = matches!(&*subject.kind, "User" | "Group") && !subject.name.starts_with("system:");
    let wanted = cluster.wanted.as_ref().filter(|wanted| !wanted.groups.is_empty());
    let Some(wanted) = wanted.filter(|_| is_person && question.is_everything()) else {
        return (Verdict::Ok, String::new());
    };
    let group = wanted.groups.iter().find(|group| group.name == subject.name && &*subject.kind == "Group");
    match group.map(|group| &group.cluster_role) {
        Some(Some(role)) if **role == *binding.role => (Verdict::Ok, String::new()),
        Some(Some(role)) => (Verdict::Warning, format!("the blueprint binds it to {role}")),
        Some(None) => (Verdict::Ok, String::new()),
        None => (Verdict::Warning, "not among the groups of the blueprint".to_owned()),
    }
}

/// Groups that the blueprint binds to a ClusterRole, and that no ClusterRoleBinding binds to it; nothing while bindings
/// cannot be read.
pub fn unbound_groups(cluster: &ClusterSnapshot) -> Vec<(Arc<str>, Arc<str>)> {
    let table = cluster.table::<RoleBinding>(&CLUSTER_ROLE_BINDINGS);
    let Some(table) = table.filter(|table| table.freshness().is_current()) else { return Vec::new() };
    let is_bound = |group: &str, role: &str| {
        table.iter().any(|(_, binding)| {
            *binding.role == *role
                && binding.subjects.iter().any(|subject| &*subject.kind == "Group" && *subject.name == *group)
        })
    };
    let groups = cluster.wanted.iter().flat_map(|wanted| &wanted.groups);
    let wanted =
        groups.filter_map(|group| Some((Arc::clone(&group.name), Arc::clone(group.cluster_role.as_ref()?))));
    wanted.filter(|(group, role)| !is_bound(group, role)).collect()
}
