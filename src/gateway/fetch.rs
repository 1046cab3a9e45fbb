//! One whole object, for the detail on screen.

use serde_json::Value;

use super::connection::{Connection, Request};
use super::failure::{Failure, Intent};
use crate::fleet::kind::SECRETS;
use crate::fleet::{ObjectRef, ProblemKind};

/// The form of an object that has its metadata and nothing else. There is no plain JSON behind it: a server that cannot
/// answer so must refuse instead of sending the data of a Secret.
const METADATA_ONLY: &str = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
/// `kubectl apply` copies the whole object in here, the data of a Secret too.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

impl Connection {
    /// Reads one object without `managedFields`; of a Secret only the metadata.
    pub async fn fetch(&self, object: &ObjectRef) -> Result<Value, Failure> {
        let resource = &object.resource;
        let namespace = object.namespace.as_deref();
        let secret = *resource == SECRETS;
        let request = Request::get(
            resource.object_path(namespace, &object.name),
            Intent::on("get", resource, namespace),
        )
        .gzipped();
        let request = if secret { request.accept(METADATA_ONLY) } else { request };
        let mut value: Value = self.json(request).await?;
        let Some(fields) = value.as_object_mut() else {
            let message = format!("the answer for {object} is no object");
            return Err(Failure::new(super::Cause::Malformed, ProblemKind::Malformed, message));
        };
        if secret {
            fields.retain(|field, _| field == "metadata");
            let metadata = fields.remove("metadata").unwrap_or_default();
            fields.insert("apiVersion".to_owned(), Value::from(resource.api_version()));
            fields.insert("kind".to_owned(), Value::from(resource.kind.as_ref()));
            fields.insert("metadata".to_owned(), metadata);
        }
        if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.shift_remove("managedFields");
            if let (true, Some(annotations)) =
                (secret, metadata.get_mut("annotations").and_then(Value::as_object_mut))
            {
                annotations.shift_remove(LAST_APPLIED);
            }
        }
        Ok(value)
    }
}
