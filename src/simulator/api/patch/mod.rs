//! The four kinds of PATCH.

pub(super) mod apply;
pub(super) mod managed;
mod paths;
mod strategic;

use http::HeaderMap;
use serde_json::{Value, json};

use super::status::Status;

/// How a patch is to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PatchKind {
    Json,
    Merge,
    Strategic,
    Apply,
}

impl PatchKind {
    /// What `Content-Type` says.
    pub(super) fn of(headers: &HeaderMap, custom: bool) -> Result<Self, Status> {
        let media = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        match media.split(';').next().unwrap_or_default().trim() {
            "application/json-patch+json" => Ok(Self::Json),
            "application/merge-patch+json" => Ok(Self::Merge),
            "application/strategic-merge-patch+json" if !custom => Ok(Self::Strategic),
            "application/apply-patch+yaml" | "application/apply-patch+cbor" => Ok(Self::Apply),
            "application/strategic-merge-patch+json" => Err(Status::new(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: \
                 application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
            )),
            _ => {
                let mut status = Status::new(415, "UnsupportedMediaType", "415: Unsupported Media Type");
                *status.details = json!({});
                Err(status)
            }
        }
    }
}

/// The body of a patch or of an object: JSON, or YAML where that is accepted.
pub(super) fn parsed(body: &[u8]) -> Result<Value, Status> {
    match serde_json::from_slice(body) {
        Ok(value) => Ok(value),
        Err(error) => {
            let text =
                std::str::from_utf8(body).ok().filter(|text| !text.trim_start().starts_with(['{', '[', '"']));
            let yaml = text.and_then(|text| serde_saphyr::from_str::<Value>(text).ok());
            yaml.filter(Value::is_object)
                .ok_or_else(|| Status::bad_request(format!("error decoding patch: {error}")))
        }
    }
}

/// `document` after a JSON, merge or strategic merge patch.
pub(super) fn patched(kind: PatchKind, document: &Value, patch: &Value) -> Result<Value, Status> {
    let mut document = document.clone();
    match kind {
        PatchKind::Json => {
            let operations: json_patch::Patch = serde_json::from_value(patch.clone())
                .map_err(|error| Status::bad_request(format!("error decoding patch: {error}")))?;
            json_patch::patch(&mut document, &operations).map_err(|_| {
                let message = "the server rejected our request due to an error in our request";
                let mut status = Status::new(422, "Invalid", message);
                *status.details = json!({});
                status
            })?;
        }
        PatchKind::Merge => json_patch::merge(&mut document, patch),
        PatchKind::Strategic | PatchKind::Apply => strategic::merge(&mut document, patch),
    }
    Ok(document)
}
