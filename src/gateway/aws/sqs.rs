//! SQS: the queue by which Karpenter hears of interruptions.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::json;

use super::account::Account;
use super::json::call;
use super::operations::{SQS_ATTRIBUTES, SQS_URL};
use crate::fleet::aws::queue::Queue;
use crate::gateway::failure::{Cause, Failure};

/// The queue of this name; `None` when the account has none.
pub async fn queue(account: &Account, name: &str) -> Result<Option<Queue>, Failure> {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "PascalCase")]
    struct Found {
        queue_url: String,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "PascalCase")]
    struct Told {
        attributes: HashMap<String, String>,
    }
    let found: Found = match call(account, &SQS_URL, &json!({"QueueName": name})).await {
        Ok(found) => found,
        Err(failure) if failure.cause == Cause::Missing => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let wanted =
        ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "MessageRetentionPeriod"];
    let input = json!({"QueueUrl": found.queue_url, "AttributeNames": wanted});
    let told: Told = call(account, &SQS_ATTRIBUTES, &input).await?;
    let number = |name: &str| told.attributes.get(name).and_then(|number| number.parse().ok());
    Ok(Some(Queue {
        name: name.into(),
        waiting: number("ApproximateNumberOfMessages"),
        in_flight: number("ApproximateNumberOfMessagesNotVisible"),
        retention: number("MessageRetentionPeriod"),
    }))
}
