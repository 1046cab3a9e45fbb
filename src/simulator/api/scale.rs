//! The `scale` subresource: how many replicas, without knowing of what.

use serde_json::{Value, json};

use super::Answer;
use super::patch::{PatchKind, parsed, patched};
use super::read::missing;
use super::route::Resource;
use super::status::Status;
use super::table::read::text;
use super::write::Write;
use crate::simulator::store::{Store, check_version};

/// Where a kind keeps its replicas, as JSON pointers.
struct Places {
    wanted: String,
    current: String,
    selector: String,
}

impl Places {
    fn of(resource: &Resource) -> Self {
        let custom = |name: &str, usual: &str| {
            let scale = resource.spec.scale.as_ref();
            let path = scale.map(|scale| text(scale, name)).filter(|path| !path.is_empty());
            path.map_or_else(|| usual.to_owned(), |path| path.replace('.', "/"))
        };
        Self {
            wanted: custom("/specReplicasPath", "/spec/replicas"),
            current: custom("/statusReplicasPath", "/status/replicas"),
            selector: custom("/labelSelectorPath", "/spec/selector"),
        }
    }
}

/// GET.
pub(super) fn get(store: &Store, resource: &Resource) -> Result<Answer, Status> {
    let document = store.get(&resource.key()?).map_err(|_| missing(resource))?;
    Ok(Answer::value(200, &scale(&document, &Places::of(resource))))
}

/// PUT and PATCH.
pub(super) fn change(write: &Write<'_>) -> Result<Answer, Status> {
    let places = Places::of(write.resource);
    let body = parsed(&write.asked.body)?;
    let patch = match write.asked.method {
        http::Method::PATCH => Some(PatchKind::of(&write.asked.headers, true)?),
        _ => None,
    };
    let key = write.resource.key()?;
    let object = write.changed(|current| {
        let before = scale(current, &places);
        let wanted = match patch {
            Some(kind) => patched(kind, &before, &body)?,
            None => body.clone(),
        };
        check_version(&key, text(&body, "/metadata/resourceVersion"), current)?;
        let replicas = wanted.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or_default();
        if replicas < 0 {
            let message = format!("Invalid value: {replicas}: must be greater than or equal to 0");
            return Err(Status::invalid(
                "Scale",
                "autoscaling",
                &key.name,
                &[("spec.replicas", "FieldValueInvalid", message)],
            ));
        }
        let mut document = current.clone();
        match document.pointer_mut(&places.wanted) {
            Some(place) => *place = replicas.into(),
            None => crate::simulator::store::set(&mut document, "spec", "replicas", replicas.into()),
        }
        Ok(document)
    })?;
    Ok(Answer::value(200, &scale(&object.value(), &places)))
}

fn scale(document: &Value, places: &Places) -> Value {
    let number = |path: &str| document.pointer(path).and_then(Value::as_i64).unwrap_or_default();
    let mut metadata = json!({});
    if let Some(metadata) = metadata.as_object_mut() {
        for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
            let value = document.pointer(&format!("/metadata/{field}"));
            metadata.extend(value.map(|value| (field.to_owned(), value.clone())));
        }
    }
    let mut spec = json!({});
    if number(&places.wanted) != 0
        && let Some(spec) = spec.as_object_mut()
    {
        spec.insert("replicas".to_owned(), number(&places.wanted).into());
    }
    let mut status = json!({"replicas": number(&places.current)});
    let selector = match document.pointer(&places.selector) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(_)) => super::table::read::selector(document.pointer(&places.selector)),
        _ => String::new(),
    };
    if let Some(status) = status.as_object_mut().filter(|_| !selector.is_empty()) {
        status.insert("selector".to_owned(), selector.into());
    }
    json!({"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": spec, "status": status})
}
