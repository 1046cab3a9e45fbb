//! DynamoDB: the table in which Terraform locks its state.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::Call;
use super::failure::Failure;
use super::protocol::Protocol;
use super::s3::STATE;
use super::service::Service;
use crate::simulator::world::chance::{hex_of, uuid_of};
use crate::simulator::world::cluster::{ACCOUNT, REGION};
use crate::simulator::world::field;

pub(crate) const SERVICE: Service = Service {
    name: "dynamodb",
    signing: "dynamodb",
    permission: "dynamodb",
    protocol: Protocol::Json("1.0"),
    routes: &[],
    answer,
};

const TABLE: &str = "myapp-tflock";

/// Somebody holds the lock of a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The state's key in the bucket, like `prod/terraform.tfstate`.
    pub state: String,
    /// Who.
    pub who: String,
    /// What they do, like `OperationTypeApply`.
    pub operation: String,
    /// Since when.
    pub since: Timestamp,
    /// By an object beside the state, and not by an item of the table.
    pub in_bucket: bool,
}

fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    if call.text("TableName") != TABLE {
        let code = "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException";
        return Err(Failure::new(400, code, "Requested resource not found"));
    }
    match call.operation {
        "DescribeTable" => Ok(describe(call)),
        "GetItem" => {
            let wanted = field::at(call.parameters, "Key.LockID.S").as_str().unwrap_or_default();
            let found = items(call).into_iter().find(|item| field::text(item, "LockID.S") == wanted);
            Ok(found.map_or_else(|| json!({}), |item| json!({"Item": item})))
        }
        "Scan" => {
            let items = items(call);
            Ok(json!({"Items": items, "Count": items.len(), "ScannedCount": items.len()}))
        }
        other => Err(Failure::not_built(&format!("dynamodb:{other}"))),
    }
}

/// The digest of each state, and the locks that are held (Terraform, `s3` backend).
fn items(call: &Call<'_>) -> Vec<Value> {
    let mut items: Vec<Value> = ["dev", "prod", "shared"]
        .iter()
        .map(|environment| {
            let id = format!("{STATE}/{environment}/terraform.tfstate-md5");
            json!({"LockID": {"S": id}, "Digest": {"S": hex_of(&format!("{environment}/state"), 32)}})
        })
        .collect();
    items.extend(call.aws.account().locks.iter().filter(|lock| !lock.in_bucket).map(|lock| {
        let path = format!("{STATE}/{}", lock.state);
        json!({"LockID": {"S": path}, "Info": {"S": lock.info().to_string()}})
    }));
    items
}

impl Lock {
    /// What Terraform writes into a lock.
    pub(super) fn info(&self) -> Value {
        let path = format!("{STATE}/{}", self.state);
        json!({
            "ID": uuid_of(&format!("{path}/{}", self.since)), "Operation": self.operation, "Info": "", "Who": self.who,
            "Version": "1.13.4", "Created": self.since.to_string(), "Path": path,
        })
    }
}

fn describe(call: &Call<'_>) -> Value {
    let born = call.aws.lands().first().map(|land| land.installed().as_second());
    json!({"Table": {
        "AttributeDefinitions": [{"AttributeName": "LockID", "AttributeType": "S"}], "TableName": TABLE,
        "KeySchema": [{"AttributeName": "LockID", "KeyType": "HASH"}], "TableStatus": "ACTIVE", "CreationDateTime": born,
        "TableSizeBytes": 412, "ItemCount": items(call).len(), "TableArn": format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{TABLE}"),
        "TableId": uuid_of(TABLE), "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}, "DeletionProtectionEnabled": true,
    }})
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::{ask_target, resting};
    use super::*;

    #[tokio::test]
    async fn nobody_holds_the_lock_until_somebody_does() {
        let (simulator, aws) = resting();
        let body =
            json!({"TableName": TABLE, "Key": {"LockID": {"S": "myapp-tfstate/prod/terraform.tfstate"}}});
        let (_, free) = ask_target(&aws, "dynamodb", "DynamoDB_20120810.GetItem", &body).await;
        assert_eq!(free, json!({}));
        let since = simulator.clock().now();
        let lock = Lock {
            state: "prod/terraform.tfstate".to_owned(),
            who: "ana@desk".to_owned(),
            operation: "OperationTypeApply".to_owned(),
            since,
            in_bucket: false,
        };
        aws.edit(|account| account.locks.push(lock));
        let (_, held) = ask_target(&aws, "dynamodb", "DynamoDB_20120810.GetItem", &body).await;
        let info: Value = field::text(&held, "Item.Info.S").parse().unwrap();
        assert_eq!(info["Who"], "ana@desk");
        let (_, table) =
            ask_target(&aws, "dynamodb", "DynamoDB_20120810.DescribeTable", &json!({"TableName": TABLE}))
                .await;
        assert_eq!(field::number(&table, "Table.ItemCount"), 4);
    }
}
