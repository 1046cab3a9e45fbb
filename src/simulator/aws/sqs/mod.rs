//! SQS: the queue by which Karpenter hears of interruptions.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::failure::Failure;
use super::land::Land;
use super::protocol::Protocol;
use super::service::Service;
use crate::simulator::world::cluster::{ACCOUNT, REGION};

pub(crate) const SERVICE: Service = Service {
    name: "sqs",
    signing: "sqs",
    permission: "sqs",
    protocol: Protocol::Json("1.0"),
    routes: &[],
    answer,
};

fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    match call.operation {
        "GetQueueUrl" => {
            let land = queue(call, call.text("QueueName"))?;
            Ok(
                json!({"QueueUrl": format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{}", land.cluster.name)}),
            )
        }
        "GetQueueAttributes" => attributes(call),
        other => Err(Failure::not_built(&format!("sqs:{other}"))),
    }
}

/// The cluster whose queue has this name: only production has one.
fn queue(call: &Call<'_>, name: &str) -> Result<Land, Failure> {
    let missing = || {
        let code = "com.amazonaws.sqs#QueueDoesNotExist";
        Failure::new(400, code, "The specified queue does not exist.")
    };
    let found = call.lands().into_iter().find(|land| land.cluster.is_prod() && land.cluster.name == name);
    found.ok_or_else(missing)
}

fn attributes(call: &Call<'_>) -> Result<Value, Failure> {
    let url = call.text("QueueUrl");
    let land = queue(call, url.rsplit('/').next().unwrap_or(url))?;
    let waiting = call.aws.account().waiting_interruptions;
    let born = land.installed().as_second();
    let all = json!({
        "ApproximateNumberOfMessages": waiting.to_string(), "ApproximateNumberOfMessagesDelayed": "0",
        "ApproximateNumberOfMessagesNotVisible": "0", "CreatedTimestamp": born.to_string(),
        "LastModifiedTimestamp": born.to_string(), "MessageRetentionPeriod": "300", "VisibilityTimeout": "30",
        "ReceiveMessageWaitTimeSeconds": "0", "DelaySeconds": "0", "MaximumMessageSize": "262144", "SqsManagedSseEnabled": "true",
        "QueueArn": land.arn("sqs", land.cluster.name),
    });
    let wanted = call.texts("AttributeNames");
    let shown: Map<String, Value> = all
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| wanted.contains(&"All") || wanted.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Ok(json!({"Attributes": shown}))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{ask_target, shared};
    use crate::simulator::world::field;

    #[tokio::test]
    async fn the_queue_of_production_is_empty_at_rest_and_dev_has_none() {
        let aws = shared();
        let (_, found) =
            ask_target(aws, "sqs", "AmazonSQS.GetQueueUrl", &json!({"QueueName": "myapp-prod"})).await;
        let body = json!({"QueueUrl": field::text(&found, "QueueUrl"), "AttributeNames": ["ApproximateNumberOfMessages"]});
        let (_, answer) = ask_target(aws, "sqs", "AmazonSQS.GetQueueAttributes", &body).await;
        assert_eq!(answer, json!({"Attributes": {"ApproximateNumberOfMessages": "0"}}));
        let (status, answer) =
            ask_target(aws, "sqs", "AmazonSQS.GetQueueUrl", &json!({"QueueName": "myapp-dev"})).await;
        assert_eq!((status, field::text(&answer, "__type")), (400, "com.amazonaws.sqs#QueueDoesNotExist"));
    }
}
