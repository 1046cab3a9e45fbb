//! Which namespaces a term about other pods means (`getNamespacesFromPodAffinityTerm` and `AffinityTerm.Matches` of
//! kube-scheduler 1.36): those it names and those whose labels it selects; its pod's own when it says neither.

use std::collections::HashMap;

use crate::fleet::Row;
use crate::fleet::kind::NAMESPACES;
use crate::fleet::namespace::Namespace;
use crate::fleet::pod::{Pod, PodTerm};
use crate::planes::reading::rows;
use crate::snapshot::ClusterSnapshot;

/// The namespaces whose labels are known.
#[derive(Debug, Default)]
pub(super) struct Namespaces<'a> {
    known: HashMap<&'a str, &'a Namespace>,
}

impl<'a> Namespaces<'a> {
    pub(super) fn of(cluster: &'a ClusterSnapshot) -> Self {
        let read = rows::<Namespace>(cluster, &NAMESPACES);
        let read = read.filter(|namespace| !namespace.is_known_by_name_only());
        Self { known: read.map(|namespace| (namespace.name(), namespace.as_ref())).collect() }
    }

    /// Whether the term of a pod in `own` means a namespace; `None` when its labels decide that and cannot be read.
    pub(super) fn means(&self, term: &PodTerm, own: &str, namespace: &str) -> Option<bool> {
        if term.namespaces.iter().any(|name| **name == *namespace) {
            return Some(true);
        }
        match &term.namespace_selector {
            None => Some(term.namespaces.is_empty() && namespace == own),
            Some(selector) if selector.is_empty() => Some(true),
            Some(selector) => {
                let known = self.known.get(namespace)?;
                Some(selector.takes(|key| known.label(key)))
            }
        }
    }
}

/// True when it asks for namespaces with certain labels.
pub(super) fn is_by_label(term: &PodTerm) -> bool {
    term.namespace_selector.as_ref().is_some_and(|selector| !selector.is_empty())
}

/// True when a term's selector takes a pod, wherever it is.
pub(super) fn takes(term: &PodTerm, pod: &Pod) -> bool {
    term.selector.as_ref().is_some_and(|selector| selector.takes(|key| pod.label(key)))
}
