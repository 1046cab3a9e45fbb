//! In which form objects are answered: as they are, as the rows of a table, or their metadata alone.

use std::sync::Arc;

use http::HeaderMap;
use jiff::Timestamp;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::conversion;
use super::query::Query;
use super::status::Status;
use super::table::{IncludeObject, Printer};
use crate::simulator::store::{KindSpec, Object};

/// The form that a client accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Whole,
    Table,
    Partial,
}

impl Form {
    /// The first form in `Accept` that can be served.
    pub(super) fn accepted(headers: &HeaderMap) -> Result<Self, Status> {
        let accepted: Vec<&str> = headers
            .get_all("accept")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .collect();
        if accepted.iter().all(|one| one.trim().is_empty()) {
            return Ok(Self::Whole);
        }
        let form = |one: &str| {
            let mut parts = one.split(';').map(str::trim);
            let media = parts.next().unwrap_or_default();
            if !matches!(media, "application/json" | "application/*" | "*/*") {
                return None;
            }
            match parts.find_map(|part| part.strip_prefix("as=")) {
                None => Some(Self::Whole),
                Some("Table") => Some(Self::Table),
                Some("PartialObjectMetadata" | "PartialObjectMetadataList") => Some(Self::Partial),
                Some(_) => None,
            }
        };
        accepted.into_iter().find_map(form).ok_or_else(|| {
            let mut status = Status::new(
                406,
                "NotAcceptable",
                "406: Not Acceptable\n\nAvailable representations: application/json, application/json;stream=watch",
            );
            *status.details = json!({});
            status
        })
    }
}

/// Writes objects of one kind in one form.
#[derive(Debug)]
pub(super) struct Writer {
    form: Form,
    spec: Arc<KindSpec>,
    printer: Printer,
    include: IncludeObject,
    now: Timestamp,
    /// Whether the column definitions were sent; a watch sends them once.
    defined: bool,
}

impl Writer {
    pub(super) fn new(
        form: Form,
        spec: &Arc<KindSpec>,
        query: &Query,
        now: Timestamp,
    ) -> Result<Self, Status> {
        let include = match query.get("includeObject") {
            "None" => IncludeObject::None,
            "" | "Metadata" => IncludeObject::Metadata,
            "Object" => IncludeObject::Object,
            other => {
                let message = format!("unrecognized includeObject value: {other:?}");
                return Err(Status::bad_request(message));
            }
        };
        Ok(Self { form, spec: Arc::clone(spec), printer: Printer::of(spec), include, now, defined: false })
    }

    /// The time that ages are counted to.
    pub(super) fn at(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// One object as the answer to a GET or to a write.
    pub(super) fn object(&self, object: &Object) -> Vec<u8> {
        let mut out = Vec::new();
        match self.form {
            Form::Whole => self.write_whole(object, &mut out),
            Form::Partial => write_partial(object, &mut out),
            Form::Table => {
                let version = object.resource_version.to_string();
                let rows = json!([self.printer.row(object, self.include, self.now)]);
                out = self.table(json!({ "resourceVersion": version }), self.printer.definitions(), rows);
            }
        }
        out
    }

    /// A list, with its `metadata`.
    pub(super) fn list(&self, objects: &[Arc<Object>], metadata: Value) -> Vec<u8> {
        if self.form == Form::Table {
            let rows =
                objects.iter().map(|object| self.printer.row(object, self.include, self.now)).collect();
            return self.table(metadata, self.printer.definitions(), rows);
        }
        let (kind, api_version) = match self.form {
            Form::Partial => ("PartialObjectMetadataList".to_owned(), "meta.k8s.io/v1".to_owned()),
            _ => (format!("{}List", self.spec.kind), self.spec.api_version()),
        };
        let room = objects.iter().map(|object| object.body().len() + 64).sum::<usize>() + 256;
        let mut out = Vec::with_capacity(if self.form == Form::Whole { room } else { 256 });
        let head = format!(
            "{{\"kind\":\"{kind}\",\"apiVersion\":\"{api_version}\",\"metadata\":{metadata},\"items\":["
        );
        out.extend_from_slice(head.as_bytes());
        for (index, object) in objects.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            match self.form {
                Form::Partial => write_partial(object, &mut out),
                // Items of built-in lists carry neither kind nor version; custom ones do.
                _ if self.spec.custom => self.write_whole(object, &mut out),
                _ => out.extend_from_slice(
                    &conversion::converted(&self.spec, object).unwrap_or_else(|| object.body().clone()),
                ),
            }
        }
        out.extend_from_slice(b"]}");
        out
    }

    /// One line of a watch.
    pub(super) fn event(&mut self, kind: &str, object: &Object, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("{{\"type\":\"{kind}\",\"object\":").as_bytes());
        match self.form {
            Form::Whole => self.write_whole(object, out),
            Form::Partial => write_partial(object, out),
            Form::Table => {
                let row = self.printer.row(object, self.include, self.now);
                let version = object.resource_version.to_string();
                let definitions = self.definitions_once();
                out.extend(self.table(json!({ "resourceVersion": version }), definitions, json!([row])));
            }
        }
        out.extend_from_slice(b"}\n");
    }

    /// A bookmark: an empty object at a resource version.
    pub(super) fn bookmark(&mut self, version: u64, ends_initial_events: bool, out: &mut Vec<u8>) {
        let mut metadata = json!({ "resourceVersion": version.to_string() });
        if ends_initial_events && let Some(metadata) = metadata.as_object_mut() {
            metadata.insert("annotations".to_owned(), json!({"k8s.io/initial-events-end": "true"}));
        }
        let partial =
            json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata});
        let object = match self.form {
            Form::Partial => partial,
            Form::Whole => {
                let mut object = json!({"kind": self.spec.kind, "apiVersion": self.spec.api_version(), "metadata": metadata});
                // Built-in kinds are written from Go structs, whose empty lists are null.
                if let Some(object) = object.as_object_mut().filter(|_| self.spec.plural == "pods") {
                    object.insert("spec".to_owned(), json!({"containers": null}));
                    object.insert("status".to_owned(), json!({}));
                }
                object
            }
            Form::Table => {
                let cells = self.printer.cells(&json!({}), self.now);
                let beside = if self.include == IncludeObject::None { Value::Null } else { partial };
                let definitions = self.definitions_once();
                json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": version.to_string()},
                    "columnDefinitions": definitions, "rows": [{"cells": cells, "object": beside}]})
            }
        };
        out.extend_from_slice(format!("{}\n", json!({"type": "BOOKMARK", "object": object})).as_bytes());
    }

    fn definitions_once(&mut self) -> Value {
        if std::mem::replace(&mut self.defined, true) { Value::Null } else { self.printer.definitions() }
    }

    fn table(&self, metadata: Value, definitions: Value, rows: Value) -> Vec<u8> {
        let table = json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
            "columnDefinitions": definitions, "rows": rows});
        table.to_string().into_bytes()
    }

    fn write_whole(&self, object: &Object, out: &mut Vec<u8>) {
        let head =
            format!("{{\"kind\":\"{}\",\"apiVersion\":\"{}\",", self.spec.kind, self.spec.api_version());
        out.extend_from_slice(head.as_bytes());
        let body = conversion::converted(&self.spec, object).unwrap_or_else(|| object.body().clone());
        out.extend_from_slice(body.get(1..).unwrap_or_default());
    }
}

/// A document as `PartialObjectMetadata`.
pub(super) fn partial(document: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": document.get("metadata")})
}

fn write_partial(object: &Object, out: &mut Vec<u8>) {
    #[derive(serde::Deserialize)]
    struct Metadata<'a> {
        #[serde(borrow)]
        metadata: &'a RawValue,
    }
    out.extend_from_slice(
        b"{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":",
    );
    let metadata = serde_json::from_slice::<Metadata<'_>>(object.body()).map(|it| it.metadata.get());
    out.extend_from_slice(metadata.unwrap_or("{}").as_bytes());
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(text: &'static str) -> Result<Form, u16> {
        let headers: HeaderMap = [(http::header::ACCEPT, text.parse().unwrap())].into_iter().collect();
        Form::accepted(&headers).map_err(|status| status.code)
    }

    #[test]
    fn the_first_form_that_can_be_served_is_taken() {
        assert_eq!(
            accepted("application/json;as=Table;v=v1;g=meta.k8s.io,application/json"),
            Ok(Form::Table)
        );
        assert_eq!(accepted("application/vnd.kubernetes.protobuf, application/json"), Ok(Form::Whole));
        assert_eq!(
            accepted("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"),
            Ok(Form::Partial)
        );
        assert_eq!(accepted("*/*"), Ok(Form::Whole));
        assert_eq!(accepted("text/html"), Err(406));
        assert_eq!(Form::accepted(&HeaderMap::new()), Ok(Form::Whole));
    }
}
