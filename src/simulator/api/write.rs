//! Creating, changing and deleting objects.

use std::sync::Arc;

use serde_json::{Value, json};

use super::admission::admit;
use super::patch::apply::applied;
use super::patch::managed::{self, Manager};
use super::patch::{PatchKind, parsed, patched};
use super::quota;
use super::read::{missing, selection};
use super::representation::{Form, Writer};
use super::route::Resource;
use super::status::Status;
use super::table::read::text;
use super::{Answer, Asked};
use crate::simulator::store::{
    DeleteOptions, Deleted, DryRun, Object, Propagation, Selection, Store, check_version, keep_identity,
    seconds, set,
};

/// One request that changes something.
#[derive(Debug)]
pub(super) struct Write<'a> {
    pub(super) store: &'a Store,
    pub(super) asked: &'a Asked,
    pub(super) resource: &'a Resource,
    pub(super) form: Form,
}

impl Write<'_> {
    /// POST: a new object.
    pub(super) fn create(&self) -> Result<Answer, Status> {
        let mut document = self.document()?;
        if self.resource.spec.namespaced && text(&document, "/metadata/namespace").is_empty() {
            set(
                &mut document,
                "metadata",
                "namespace",
                self.resource.namespace.as_deref().unwrap_or_default().into(),
            );
        }
        for field in [
            "uid",
            "resourceVersion",
            "creationTimestamp",
            "generation",
            "deletionTimestamp",
            "managedFields",
        ] {
            if let Some(metadata) = document.get_mut("metadata").and_then(Value::as_object_mut) {
                metadata.shift_remove(field);
            }
        }
        self.start(&mut document);
        managed::updated(None, &mut document, &self.manager("Update", &self.now()));
        self.admit("CREATE")?;
        if self.resource.spec.kind == "Pod" && self.resource.spec.group.is_empty() {
            quota::admit(self.store, &document)?;
        }
        let object = self.store.put_new(document, self.dry_run()?)?;
        self.answer(201, &object)
    }

    /// Asks the admission webhooks.
    fn admit(&self, operation: &str) -> Result<(), Status> {
        admit(self.store, &self.resource.spec, self.resource.subresource.as_deref(), operation)
    }

    /// PUT: an object, or its status, as it is to be from now on.
    pub(super) fn update(&self) -> Result<Answer, Status> {
        let wanted = self.document()?;
        let name = self.resource.name.as_deref().unwrap_or_default();
        let named = text(&wanted, "/metadata/name");
        if named != name {
            let message =
                format!("the name of the object ({named}) does not match the name on the URL ({name})");
            return Err(Status::bad_request(message));
        }
        let key = self.resource.key()?;
        let version = text(&wanted, "/metadata/resourceVersion").to_owned();
        self.change(|current| {
            check_version(&key, &version, current)?;
            Ok(wanted.clone())
        })
    }

    /// PATCH: an object, or its status, changed in part. Server-side apply makes the object when it is not there.
    pub(super) fn patch(&self) -> Result<Answer, Status> {
        let kind = PatchKind::of(&self.asked.headers, self.resource.spec.custom)?;
        let patch = parsed(&self.asked.body)?;
        let key = self.resource.key()?;
        if kind == PatchKind::Apply {
            return self.apply(&patch);
        }
        self.change(|current| {
            let changed = patched(kind, current, &patch)?;
            check_version(&key, text(&patch, "/metadata/resourceVersion"), current)?;
            Ok(changed)
        })
    }

    fn apply(&self, wanted: &Value) -> Result<Answer, Status> {
        let name = self.asked.query.get("fieldManager");
        if name.is_empty() {
            let cause = (
                "fieldManager",
                "FieldValueRequired",
                "Required value: is required for apply patch".to_owned(),
            );
            return Err(Status::invalid("PatchOptions", "meta.k8s.io", "", &[cause]));
        }
        if wanted
            .pointer("/metadata/managedFields")
            .is_some_and(|it| it.as_array().is_some_and(|it| !it.is_empty()))
        {
            return Err(Status::bad_request("metadata.managedFields must be nil"));
        }
        let spec = &self.resource.spec;
        if text(wanted, "/kind") != spec.kind || text(wanted, "/apiVersion") != spec.api_version() {
            let message = format!(
                "Incorrect version specified in apply patch. Specified patch version: {}, expected: {}",
                text(wanted, "/apiVersion"),
                spec.api_version()
            );
            return Err(Status::bad_request(message));
        }
        let (now, force) = (self.now(), self.asked.query.says("force"));
        let manager = self.manager("Apply", &now);
        let key = self.resource.key()?;
        if self.store.object(&key).is_err() {
            if self.resource.subresource.is_some() {
                return Err(missing(self.resource));
            }
            let mut document = applied(None, wanted, &manager, force)?;
            self.check_namespace(&document)?;
            if let Some(namespace) = &self.resource.namespace {
                set(&mut document, "metadata", "namespace", namespace.as_str().into());
            }
            set(&mut document, "metadata", "name", (*key.name).into());
            self.start(&mut document);
            self.admit("CREATE")?;
            let object = self.store.put_new(document, self.dry_run()?)?;
            return self.answer(201, &object);
        }
        self.change(|current| {
            check_version(&key, text(wanted, "/metadata/resourceVersion"), current)?;
            applied(Some(current), wanted, &manager, force)
        })
    }

    /// Puts what `wanted` makes of the current version in its place, as far as the URL allows: the main resource leaves
    /// the status alone, the subresource everything else.
    fn change(&self, wanted: impl Fn(&Value) -> Result<Value, Status>) -> Result<Answer, Status> {
        let object = self.changed(wanted)?;
        self.answer(200, &object)
    }

    /// The same, giving the object.
    pub(super) fn changed(
        &self,
        wanted: impl Fn(&Value) -> Result<Value, Status>,
    ) -> Result<Arc<Object>, Status> {
        let key = self.resource.key()?;
        let dry_run = self.dry_run()?;
        let mut is_admitted = false;
        loop {
            let before = self.store.object(&key).map_err(|_| missing(self.resource))?;
            let current = before.value();
            let wanted = wanted(&current)?;
            self.check_namespace(&wanted)?;
            if !is_admitted {
                self.admit("UPDATE")?;
                is_admitted = true;
            }
            let is_apply =
                wanted.pointer("/metadata/managedFields") != current.pointer("/metadata/managedFields");
            let mut document = keep_identity(self.allowed(wanted, &current), &current);
            let by_apply = self.is_apply();
            if !by_apply {
                if !is_apply && let Some(fields) = current.pointer("/metadata/managedFields") {
                    set(&mut document, "metadata", "managedFields", fields.clone());
                }
                managed::updated(Some(&current), &mut document, &self.manager("Update", &self.now()));
            }
            if let Some(object) = self.store.put(&before, &current, document, dry_run)? {
                return Ok(object);
            }
        }
    }

    /// `wanted` with everything that this URL may not change as it is.
    fn allowed(&self, mut wanted: Value, current: &Value) -> Value {
        let parts = &self.resource.spec.subresources;
        match self.resource.subresource.as_deref() {
            Some("status") => {
                let mut document = current.clone();
                if let (Some(document), Some(status)) = (document.as_object_mut(), wanted.get("status")) {
                    document.insert("status".to_owned(), status.clone());
                }
                if let Some(fields) = wanted.pointer("/metadata/managedFields").filter(|_| self.is_apply()) {
                    set(&mut document, "metadata", "managedFields", fields.clone());
                }
                document
            }
            Some("finalize" | "scale" | "resize" | "ephemeralcontainers") => wanted,
            _ if parts.iter().any(|part| part == "status") => {
                if let Some(document) = wanted.as_object_mut() {
                    match current.get("status") {
                        Some(status) => document.insert("status".to_owned(), status.clone()),
                        None => document.shift_remove("status"),
                    };
                }
                wanted
            }
            _ => wanted,
        }
    }

    fn is_apply(&self) -> bool {
        self.asked.method == http::Method::PATCH
            && matches!(PatchKind::of(&self.asked.headers, self.resource.spec.custom), Ok(PatchKind::Apply))
    }

    /// DELETE of one object.
    pub(super) fn delete(&self) -> Result<Answer, Status> {
        let options = self.delete_options()?;
        let key = self.resource.key()?;
        if self.store.object(&key).is_ok() {
            self.admit("DELETE")?;
        }
        let deleted = self.store.delete(&key, &options).map_err(|status| match status.code {
            404 => missing(self.resource),
            _ => status,
        })?;
        match deleted {
            Deleted::Gone(object) if !self.answers_with_the_object() => {
                let spec = &self.resource.spec;
                let mut details = json!({"name": &*object.key.name});
                if let Some(details) = details.as_object_mut() {
                    if !spec.group.is_empty() {
                        details.insert("group".to_owned(), spec.group.as_str().into());
                    }
                    details.insert("kind".to_owned(), spec.plural.as_str().into());
                    details.insert("uid".to_owned(), (*object.uid).into());
                }
                let success = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
                Ok(Answer::value(200, &success))
            }
            Deleted::Gone(object) | Deleted::Waiting(object) => self.answer(200, &object),
        }
    }

    /// Kinds whose deletion is answered with the object instead of a success.
    fn answers_with_the_object(&self) -> bool {
        const KINDS: [&str; 7] = [
            "pods",
            "services",
            "serviceaccounts",
            "persistentvolumes",
            "persistentvolumeclaims",
            "podtemplates",
            "resourcequotas",
        ];
        KINDS.contains(&self.resource.label().as_str())
    }

    /// DELETE of all selected objects.
    pub(super) fn delete_collection(&self) -> Result<Answer, Status> {
        let options = self.delete_options()?;
        let selection: Selection = selection(self.resource, &self.asked.query)?;
        let listing =
            self.store.listing(&self.resource.stored(), self.resource.namespace.as_deref(), &selection);
        for object in &listing.objects {
            match self.store.delete(&object.key, &options) {
                Ok(_) => {}
                // Somebody else was faster, which is as good.
                Err(status) if status.code == 404 => {}
                Err(status) => return Err(status),
            }
        }
        let metadata = json!({ "resourceVersion": self.store.resource_version().to_string() });
        Ok(Answer::json(200, self.writer()?.list(&listing.objects, metadata)))
    }

    pub(super) fn delete_options(&self) -> Result<DeleteOptions, Status> {
        let body = if self.asked.body.is_empty() { json!({}) } else { parsed(&self.asked.body)? };
        let query = &self.asked.query;
        let from_query = query.number("gracePeriodSeconds")?.and_then(|seconds| i64::try_from(seconds).ok());
        let policy = match query.get("propagationPolicy") {
            "" => text(&body, "/propagationPolicy"),
            policy => policy,
        };
        let precondition =
            |name: &str| body.pointer(&format!("/preconditions/{name}")).and_then(Value::as_str);
        Ok(DeleteOptions {
            grace_seconds: body.get("gracePeriodSeconds").and_then(Value::as_i64).or(from_query),
            propagation: match policy {
                "" | "Background" => Propagation::Background,
                "Foreground" => Propagation::Foreground,
                "Orphan" => Propagation::Orphan,
                other => {
                    let message = format!(
                        "Unsupported value: \"{other}\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\""
                    );
                    return Err(Status::invalid(
                        "DeleteOptions",
                        "meta.k8s.io",
                        "",
                        &[("propagationPolicy", "FieldValueNotSupported", message)],
                    ));
                }
            },
            uid: precondition("uid").map(str::to_owned),
            resource_version: precondition("resourceVersion").map(str::to_owned),
            dry_run: self.dry_run()? == DryRun::Yes
                || body.get("dryRun").is_some_and(|it| *it == json!(["All"])),
        })
    }

    /// The object in the body, completed by what the URL says.
    fn document(&self) -> Result<Value, Status> {
        let spec = &self.resource.spec;
        let mut document = parsed(&self.asked.body).map_err(|status| {
            let why = status.message.trim_start_matches("error decoding patch: ").to_owned();
            Status::bad_request(format!(
                "the object provided is unrecognized (must be of type {}): couldn't get version/kind; json parse error: {why}",
                spec.kind
            ))
        })?;
        let (kind, api_version) =
            (text(&document, "/kind").to_owned(), text(&document, "/apiVersion").to_owned());
        if (!kind.is_empty() && kind != spec.kind)
            || (!api_version.is_empty() && api_version != spec.api_version())
        {
            let version = api_version.rsplit('/').next().unwrap_or_default();
            let group = spec.group.split('.').next().filter(|group| !group.is_empty()).unwrap_or("core");
            return Err(Status::bad_request(format!(
                "{kind} in version \"{version}\" cannot be handled as a {0}: converting ({version}.{kind}) to \
                 ({group}.{0}): unknown conversion",
                spec.kind
            )));
        }
        self.check_namespace(&document)?;
        if let Some(document) = document.as_object_mut() {
            document.insert("kind".to_owned(), spec.kind.as_str().into());
            document.insert("apiVersion".to_owned(), spec.api_version().into());
        }
        Ok(document)
    }

    fn check_namespace(&self, document: &Value) -> Result<(), Status> {
        let said = text(document, "/metadata/namespace");
        if said.is_empty() || self.resource.namespace.as_deref().is_none_or(|namespace| namespace == said) {
            return Ok(());
        }
        Err(Status::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ))
    }

    /// What the server itself decides about a new object's beginning.
    fn start(&self, document: &mut Value) {
        if self.resource.spec.subresources.iter().any(|part| part == "status")
            && let Some(document) = document.as_object_mut()
        {
            document.shift_remove("status");
        }
        match self.resource.label().as_str() {
            "pods" => set(document, "status", "phase", "Pending".into()),
            "namespaces" => {
                set(document, "spec", "finalizers", json!(["kubernetes"]));
                set(document, "status", "phase", "Active".into());
                let name = text(document, "/metadata/name").to_owned();
                if let Some(metadata) = document.get_mut("metadata") {
                    set(metadata, "labels", "kubernetes.io/metadata.name", name.into());
                }
            }
            _ => {}
        }
    }

    pub(super) fn dry_run(&self) -> Result<DryRun, Status> {
        match self.asked.query.get("dryRun") {
            "" => Ok(DryRun::No),
            "All" => Ok(DryRun::Yes),
            other => {
                let message = format!("Unsupported value: [\"{other}\"]: supported values: \"All\"");
                let cause = ("dryRun", "FieldValueNotSupported", message);
                Err(Status::invalid("CreateOptions", "meta.k8s.io", "", &[cause]))
            }
        }
    }

    fn now(&self) -> String {
        seconds(self.store.clock().now())
    }

    fn manager<'b>(&'b self, operation: &'b str, at: &'b str) -> Manager<'b> {
        let agent =
            self.asked.headers.get("user-agent").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let name = match self.asked.query.get("fieldManager") {
            "" => agent.split('/').next().filter(|name| !name.is_empty()).unwrap_or("unknown"),
            name => name,
        };
        let subresource = self.resource.subresource.as_deref().unwrap_or_default();
        Manager { name, operation, api_version: self.resource.spec.api_version(), subresource, at }
    }

    fn writer(&self) -> Result<Writer, Status> {
        Writer::new(self.form, &self.resource.spec, &self.asked.query, self.store.clock().now())
    }

    pub(super) fn answer(&self, code: u16, object: &Object) -> Result<Answer, Status> {
        Ok(Answer::json(code, self.writer()?.object(object)))
    }
}
