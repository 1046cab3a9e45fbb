//! GET of one object and of lists, whole or in pieces.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Value, json};

use super::query::Query;
use super::representation::{Form, Writer};
use super::route::Resource;
use super::status::Status;
use super::table::read::{int, text};
use crate::simulator::store::{PageOf, Selection, Store};

/// The one object that is named.
pub(super) fn get(store: &Store, resource: &Resource, form: Form, query: &Query) -> Result<Vec<u8>, Status> {
    let object = store.object(&resource.key()?).map_err(|_| missing(resource))?;
    Ok(Writer::new(form, &resource.spec, query, store.clock().now())?.object(&object))
}

/// The refusal for an object that is not there, naming the resource that was asked for.
pub(super) fn missing(resource: &Resource) -> Status {
    Status::not_found(&resource.label(), resource.name.as_deref().unwrap_or_default())
}

/// What the selectors of a request select.
pub(super) fn selection(resource: &Resource, query: &Query) -> Result<Selection, Status> {
    let mut selection = Selection::parse(query.get("labelSelector"), query.get("fieldSelector"))?;
    let known = crate::simulator::store::selector::selectable_fields(&resource.stored());
    for rule in &mut selection.fields {
        // The newer events call the object they are about by another name.
        if let Some(rest) = rule.field.strip_prefix("regarding.") {
            rule.field = format!("involvedObject.{rest}");
        }
        let field = rule.field.as_str();
        let namespaced = resource.spec.namespaced && field == "metadata.namespace";
        if field != "metadata.name" && !namespaced && !known.contains(&field) {
            let message = if resource.spec.custom {
                format!("field label not supported: {field}")
            } else if known.is_empty() {
                format!(
                    "\"{field}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                )
            } else {
                format!("field label not supported: {field}")
            };
            return Err(Status::bad_request(message));
        }
    }
    Ok(selection)
}

/// A resource version parameter: empty, or a number.
pub(super) fn version(query: &Query) -> Result<Option<u64>, Status> {
    let text = query.get("resourceVersion");
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        Status::bad_request(format!(
            "invalid resource version: resourceVersion: Invalid value: \"{text}\": strconv.ParseUint: parsing \
             \"{text}\": invalid syntax"
        ))
    })
}

/// A list, or a piece of one.
pub(super) fn list(store: &Store, resource: &Resource, form: Form, query: &Query) -> Result<Vec<u8>, Status> {
    let mut selection = selection(resource, query)?;
    if let Some(name) = &resource.name {
        selection.fields.extend(Selection::parse("", &format!("metadata.name={name}"))?.fields);
    }
    let stored = resource.stored();
    let wanted = version(query)?;
    let current = store.resource_version();
    if let Some(wanted) = wanted.filter(|wanted| *wanted > current) {
        return Err(too_large(wanted, current));
    }
    let token = match query.get("continue") {
        "" => None,
        token => Some(Token::parse(token)?),
    };
    if token.is_some() && wanted.is_some_and(|wanted| wanted > 0) {
        return Err(Status::bad_request("specifying resource version is not allowed when using continue"));
    }
    let limit = match query.number("limit")? {
        // A list at version 0 comes from the cache, which knows no pieces.
        None | Some(0) => usize::MAX,
        Some(_) if wanted == Some(0) => usize::MAX,
        Some(limit) => usize::try_from(limit).unwrap_or(usize::MAX),
    };
    if token.is_none() && wanted.is_none() && !query.get("resourceVersionMatch").is_empty() {
        let message =
            "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided".to_owned();
        let cause = ("resourceVersionMatch", "FieldValueForbidden", message);
        return Err(Status::invalid("ListOptions", "meta.k8s.io", "", &[cause]));
    }
    let exact = wanted.filter(|_| query.get("resourceVersionMatch") == "Exact");
    let at = token.as_ref().and_then(|token| token.version).or(exact);
    let page = store.page(PageOf {
        resource: &stored,
        namespace: resource.namespace.as_deref(),
        selection: &selection,
        at,
        after: token.as_ref().map(|token| token.after.as_str()),
        limit,
    });
    let page = page.map_err(|_| match &token {
        Some(token) => expired(token),
        None => Status::expired("The resourceVersion for the provided list is too old."),
    })?;
    let version = page.resource_version.to_string();
    // Lists of custom objects name the token also where there is none.
    let mut metadata = match form {
        Form::Whole if resource.spec.custom => json!({"continue": "", "resourceVersion": version}),
        Form::Whole | Form::Table | Form::Partial => json!({ "resourceVersion": version }),
    };
    if let (Some(metadata), Some(last), true) =
        (metadata.as_object_mut(), page.objects.last(), page.remaining > 0)
    {
        let token = Token { version: Some(page.resource_version), after: last.key.path() };
        metadata.insert("continue".to_owned(), token.text().into());
        if selection.is_all() {
            metadata.insert("remainingItemCount".to_owned(), page.remaining.into());
        }
    }
    Ok(Writer::new(form, &resource.spec, query, store.clock().now())?.list(&page.objects, metadata))
}

fn too_large(wanted: u64, current: u64) -> Status {
    let message = format!("Timeout: Too large resource version: {wanted}, current: {current}");
    let mut status = Status::new(504, "Timeout", message).retry_after(1);
    *status.details = json!({"causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
        "retryAfterSeconds": 1});
    status
}

/// Where a list goes on.
struct Token {
    /// The version of the list; `None` for one that may be inconsistent.
    version: Option<u64>,
    after: String,
}

impl Token {
    fn parse(text: &str) -> Result<Self, Status> {
        let invalid = |why: &str| {
            Status::bad_request(format!("invalid continue token: continue key is not valid: {why}"))
        };
        let bytes = STANDARD_NO_PAD
            .decode(text.trim_end_matches('='))
            .map_err(|error| invalid(&error.to_string()))?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|error| invalid(&error.to_string()))?;
        let start = self::text(&value, "/start").trim_start_matches('/').trim_end_matches('\0');
        Ok(Self { version: u64::try_from(int(&value, "/rv")).ok(), after: start.to_owned() })
    }

    /// The token as a real server writes it.
    fn text(&self) -> String {
        let version = self.version.map_or(json!(-1), |version| json!(version));
        let token = json!({"v": "meta.k8s.io/v1", "rv": version, "start": format!("/{}\0", self.after)});
        STANDARD_NO_PAD.encode(token.to_string())
    }
}

/// The refusal of a token whose version is forgotten. It carries another token, which goes on without consistency.
fn expired(token: &Token) -> Status {
    let mut status = Status::expired(
        "The provided continue parameter is too old to display a consistent list result. You can start a new list \
         without the continue parameter, or use the continue token in this response to retrieve the remainder of the \
         results. Continuing with the provided token results in an inconsistent list - objects that were created, \
         modified, or deleted between the time the first chunk was returned and now may show up in the list.",
    );
    *status.metadata = json!({"continue": Token { version: None, after: token.after.clone() }.text()});
    status
}
