//! What a URL and a method ask for.

use std::sync::Arc;

use http::Method;

use super::query::unescaped;
use super::status::Status;
use crate::simulator::store::{Key, KindSpec, Store};

/// What a URL names.
#[derive(Clone, Debug)]
pub(super) enum Route {
    /// Something beside the resources: discovery, health, version.
    Document,
    /// A resource, one of its objects, or a part of one.
    Resource(Resource),
}

/// A resource, one of its objects, or a part of one.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    pub(super) spec: Arc<KindSpec>,
    pub(super) namespace: Option<String>,
    pub(super) name: Option<String>,
    pub(super) subresource: Option<String>,
}

impl Resource {
    /// The resource with its group, as messages name it.
    pub(super) fn label(&self) -> String {
        self.spec.resource()
    }

    /// The resource under which its objects are stored.
    pub(super) fn stored(&self) -> String {
        super::conversion::stored_as(&self.spec)
    }

    /// The named object.
    pub(super) fn key(&self) -> Result<Key, Status> {
        let name = self.name.as_deref().ok_or_else(method_not_allowed)?;
        Ok(match self.namespace.as_deref().filter(|_| self.spec.namespaced) {
            Some(namespace) => Key::namespaced(&self.stored(), namespace, name),
            None => Key::cluster(&self.stored(), name),
        })
    }
}

/// Reads a path. 404 as a real server tells it: plain for unknown groups, as a Status for unknown resources.
pub(super) fn route(store: &Store, path: &str) -> Result<Route, Status> {
    let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(unescaped).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let (group, version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return Ok(Route::Document),
    };
    if rest.is_empty() {
        return Ok(Route::Document);
    }
    let kinds = store.kinds();
    let mut kinds =
        kinds.into_iter().filter(|kind| kind.group == group && kind.version == version).peekable();
    if kinds.peek().is_none() {
        return Err(nothing_at(store, group));
    }
    let (namespace, rest) = match rest {
        // `namespaces/x/status` and `namespaces/x/finalize` are parts of a namespace, not resources in one.
        ["namespaces", name, resource, rest @ ..]
            if !(group.is_empty() && rest.is_empty() && matches!(*resource, "status" | "finalize")) =>
        {
            let mut inside = vec![*resource];
            inside.extend(rest);
            (Some((*name).to_owned()), inside)
        }
        rest => (None, rest.to_vec()),
    };
    let Some((plural, rest)) = rest.split_first() else { return Err(resource_not_found()) };
    let spec = kinds.find(|kind| kind.plural == *plural).ok_or_else(resource_not_found)?;
    if namespace.is_some() && !spec.namespaced {
        return Err(resource_not_found());
    }
    let (name, subresource) = match rest {
        [] => (None, None),
        [name] => (Some((*name).to_owned()), None),
        [name, subresource, ..] => (Some((*name).to_owned()), Some((*subresource).to_owned())),
    };
    if subresource.as_ref().is_some_and(|wanted| !spec.subresources.contains(wanted)) {
        return Err(resource_not_found());
    }
    if name.is_some() && spec.namespaced && namespace.is_none() {
        return Err(resource_not_found());
    }
    Ok(Route::Resource(Resource { spec, namespace, name, subresource }))
}

/// The verb of a request as authorization and discovery know it.
pub(super) fn verb(method: &Method, resource: &Resource, watching: bool) -> Option<&'static str> {
    let whole = resource.name.is_none();
    Some(match *method {
        Method::GET | Method::HEAD if watching => "watch",
        Method::GET | Method::HEAD if whole => "list",
        Method::GET | Method::HEAD => "get",
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE if whole => "deletecollection",
        Method::DELETE => "delete",
        _ => return None,
    })
}

/// An unknown version of a known group is told as a Status, an unknown group as plain text.
pub(super) fn nothing_at(store: &Store, group: &str) -> Status {
    let known = store.kinds().iter().any(|kind| kind.group == group);
    if known { resource_not_found() } else { page_not_found() }
}

pub(super) fn resource_not_found() -> Status {
    let mut status = Status::new(404, "NotFound", "the server could not find the requested resource");
    *status.details = serde_json::json!({});
    status
}

pub(super) fn method_not_allowed() -> Status {
    let message = "the server does not allow this method on the requested resource";
    let mut status = Status::new(405, "MethodNotAllowed", message);
    *status.details = serde_json::json!({});
    status
}

/// A path that nothing is behind; answered as plain text, not as a Status.
pub(super) fn page_not_found() -> Status {
    Status::new(404, "", "404 page not found")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::clock::SimClock;

    fn at(path: &str) -> Result<Resource, u16> {
        let store = Store::new("c", SimClock::fixed("2026-11-21T10:00:00Z").unwrap());
        match route(&store, path) {
            Ok(Route::Resource(resource)) => Ok(resource),
            Ok(Route::Document) => panic!("{path} is a document"),
            Err(status) => Err(status.code),
        }
    }

    #[test]
    fn paths_name_resources_objects_and_their_parts() {
        let web = at("/apis/apps/v1/namespaces/production/deployments/web/scale").unwrap();
        assert_eq!((web.label().as_str(), web.subresource.as_deref()), ("deployments.apps", Some("scale")));
        assert_eq!((web.namespace.as_deref(), web.name.as_deref()), (Some("production"), Some("web")));
        let namespace = at("/api/v1/namespaces/production/status").unwrap();
        assert_eq!(
            (namespace.label().as_str(), namespace.name.as_deref()),
            ("namespaces", Some("production"))
        );
        let role = at("/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Adiscovery").unwrap();
        assert_eq!(role.name.as_deref(), Some("system:discovery"));
    }

    #[test]
    fn what_is_not_served_is_not_found() {
        for path in [
            "/apis/nope.io/v1/foos",
            "/api/v1/foos",
            "/api/v1/namespaces/a/nodes",
            "/api/v1/namespaces/a/pods/b/foo",
            "/api/v1/pods/b",
        ] {
            assert_eq!(at(path).unwrap_err(), 404, "{path}");
        }
    }
}
