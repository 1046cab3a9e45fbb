//! The JSON protocols of AWS: the operation is named in a header, JSON goes in and comes out.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::ErrorMetadata;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::account::Account;
use super::call::{Draft, send, unreadable};
use super::operations::{ACM, DYNAMODB, ECR, LOGS, Operation, SECRETS_MANAGER, SQS, SSM, Service};
use crate::gateway::failure::Failure;

/// Calls an operation and reads its answer into `T`, which declares the fields that are wanted.
pub async fn call<T: DeserializeOwned>(
    account: &Account,
    operation: &Operation,
    input: &Value,
) -> Result<T, Failure> {
    let (version, target) = dialect(&operation.service);
    let draft = Draft {
        method: "POST",
        path: "/".to_owned(),
        headers: vec![
            ("content-type", format!("application/x-amz-json-{version}")),
            ("x-amz-target", format!("{target}.{}", operation.name)),
        ],
        body: input.to_string(),
    };
    let answer = send(account, operation, draft, refused).await?;
    serde_json::from_slice(&answer).map_err(|_| unreadable(operation, &answer))
}

/// All pages of an operation whose next one is asked for by `token`, under the same name as it is answered.
pub async fn pages<T: DeserializeOwned>(
    account: &Account,
    operation: &Operation,
    input: &Value,
    token: &str,
) -> Result<Vec<T>, Failure> {
    let mut pages = Vec::new();
    let mut input = input.clone();
    let mut last: Option<Value> = None;
    loop {
        let answer: Value = call(account, operation, &input).await?;
        let next =
            answer.get(token).filter(|next| next.as_str().is_some_and(|text| !text.is_empty())).cloned();
        pages.push(serde_json::from_value(answer).map_err(|_| unreadable(operation, b""))?);
        let Some(next) = next else { return Ok(pages) };
        // A token that leads to itself leads nowhere.
        if last.as_ref() == Some(&next) || pages.len() >= super::MOST_PAGES {
            return Err(super::endless(operation));
        }
        if let Some(fields) = input.as_object_mut() {
            fields.insert(token.to_owned(), next.clone());
        }
        last = Some(next);
    }
}

/// The version of the protocol and the prefix of the operation, from each service's model.
fn dialect(service: &Service) -> (&'static str, &'static str) {
    match service.id {
        id if id == LOGS.id => ("1.1", "Logs_20140328"),
        id if id == SECRETS_MANAGER.id => ("1.1", "secretsmanager"),
        id if id == SSM.id => ("1.1", "AmazonSSM"),
        id if id == ECR.id => ("1.1", "AmazonEC2ContainerRegistry_V20150921"),
        id if id == ACM.id => ("1.1", "CertificateManager"),
        id if id == DYNAMODB.id => ("1.0", "DynamoDB_20120810"),
        id if id == SQS.id => ("1.0", "AmazonSQS"),
        id => ("1.1", id),
    }
}

/// `{"__type": "com.amazonaws…#AccessDeniedException", "message": "…"}`; some services write `Message`, some write both.
/// Of a query that cannot be read also where:
/// `"queryCompileError": {"location": {"startCharOffset": 7, "endCharOffset": 12}, "message": "…"}`
fn refused(answer: &HttpResponse) -> Option<ErrorMetadata> {
    let said: Value = serde_json::from_slice(answer.body().bytes()?).ok()?;
    let text = |of: &Value, field: &str| of.get(field).and_then(Value::as_str).map(str::to_owned);
    let code = text(&said, "__type")?;
    let code = code.rsplit('#').next().filter(|code| !code.is_empty())?;
    let mut message = text(&said, "message").or_else(|| text(&said, "Message")).unwrap_or_default();
    if let Some(error) = said.get("queryCompileError").filter(|error| error.is_object()) {
        if let Some(more) = text(error, "message").filter(|more| !more.is_empty()) {
            message = more;
        }
        // Offsets count from 0, people from 1; the end is the first one behind.
        let offset = |of: &Value, field: &str| of.get(field).and_then(Value::as_u64).unwrap_or_default();
        if let Some(at) = error.get("location").filter(|at| at.is_object()) {
            let (start, end) = (offset(at, "startCharOffset"), offset(at, "endCharOffset"));
            message += &match end > start + 1 {
                true => format!(" (characters {} to {end})", start + 1),
                false => format!(" (character {})", start + 1),
            };
        }
    }
    Some(ErrorMetadata::builder().code(code).message(message).build())
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn said(body: &str) -> Option<(String, String)> {
        let status = 400.try_into().unwrap();
        let meta = refused(&HttpResponse::new(status, SdkBody::from(body)))?;
        Some((meta.code()?.to_owned(), meta.message().unwrap_or_default().to_owned()))
    }

    #[test]
    fn a_refusal_of_a_query_says_what_is_wrong_and_where() {
        let body = |error: &str| {
            let error = format!(r#""queryCompileError": {error}"#);
            said(&format!(r#"{{"__type": "x#MalformedQueryException", "message": "no", {error}}}"#))
                .unwrap()
                .1
        };
        let at = |location: &str| body(&format!(r#"{{"message": "unexpected", "location": {location}}}"#));
        assert_eq!(at(r#"{"startCharOffset": 0, "endCharOffset": 6}"#), "unexpected (characters 1 to 6)");
        assert_eq!(at(r#"{"startCharOffset": 7, "endCharOffset": 8}"#), "unexpected (character 8)");
        assert_eq!(at("{}"), "unexpected (character 1)");
        assert_eq!(body("{}"), "no");
        assert_eq!(body("null"), "no");
    }

    #[test]
    fn a_refusal_is_read_however_it_spells_its_message() {
        let wanted = Some(("QueueDoesNotExist".to_owned(), "no such queue".to_owned()));
        for message in [
            r#""message":"no such queue""#,
            r#""Message":"no such queue""#,
            r#""message":"no such queue","Message":"no such queue""#,
        ] {
            let body = format!(r#"{{"__type":"com.amazonaws.sqs#QueueDoesNotExist",{message}}}"#);
            assert_eq!(said(&body), wanted);
        }
        assert_eq!(said(r#"{"__type":"Throttling"}"#), Some(("Throttling".to_owned(), String::new())));
    }

    #[test]
    fn what_names_no_reason_is_no_refusal() {
        for body in ["", "<html>", "[]", "{}", r#"{"__type":3}"#, r#"{"__type":""}"#] {
            assert_eq!(said(body), None, "{body}");
        }
    }
}
