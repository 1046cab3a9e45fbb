//! The JSON protocols of AWS: the operation is named in a header, JSON goes in and comes out.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::ErrorMetadata;
use serde::de::DeserializeOwned;

use super::account::Account;
use super::call::{Draft, send, unreadable};
use super::operations::{ACM, DYNAMODB, ECR, LOGS, Operation, SECRETS_MANAGER, SQS, SSM, Service};
use crate::gateway::failure::Failure;

/// Calls an operation and reads its answer into `T`, which declares the fields that are wanted.
pub async fn call<T: DeserializeOwned>(
    account: &Account,
    operation: &Operation,
    input: &serde_json::Value,
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
    input: &serde_json::Value,
    token: &str,
) -> Result<Vec<T>, Failure> {
    let mut pages = Vec::new();
    let mut input = input.clone();
    let mut last: Option<serde_json::Value> = None;
    loop {
        let answer: serde_json::Value = call(account, operation, &input).await?;
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
fn refused(answer: &HttpResponse) -> Option<ErrorMetadata> {
    let said: serde_json::Value = serde_json::from_slice(answer.body().bytes()?).ok()?;
    let text = |field: &str| said.get(field).and_then(serde_json::Value::as_str);
    let code = text("__type")?.rsplit('#').next().filter(|code| !code.is_empty())?;
    let message = text("message").or_else(|| text("Message")).unwrap_or_default();
    Some(ErrorMetadata::builder().code(code).message(message).build())
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn said(body: &str) -> Option<(String, String)> {
        let answer = HttpResponse::new(StatusCode::try_from(400).unwrap(), SdkBody::from(body));
        let said = refused(&answer)?;
        Some((said.code()?.to_owned(), said.message().unwrap_or_default().to_owned()))
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
