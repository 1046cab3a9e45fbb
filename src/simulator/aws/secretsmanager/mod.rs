//! Secrets Manager: that secrets are there, and when they were changed. Values do not exist here at all.

pub mod secret;

use serde_json::{Map, Value, json};

use self::secret::Secret;
use super::call::Call;
use super::failure::Failure;
use super::land::epoch;
use super::protocol::Protocol;
use super::service::Service;
use crate::simulator::world::chance::{hex_of, uuid_of};
use crate::simulator::world::cluster::{ACCOUNT, REGION};
use crate::simulator::world::field;

pub(crate) const SERVICE: Service = Service {
    name: "secretsmanager",
    signing: "secretsmanager",
    permission: "secretsmanager",
    protocol: Protocol::Json("1.1"),
    routes: &[],
    answer,
};

fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    match call.operation {
        "DescribeSecret" => describe(call),
        "ListSecrets" => list(call),
        other => Err(Failure::not_built(&format!("secretsmanager:{other}"))),
    }
}

fn arn(secret: &Secret) -> String {
    let suffix = hex_of(&format!("secret/{}", secret.name), 6);
    format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{}-{suffix}", secret.name)
}

fn written(secret: &Secret, versions: &str) -> Value {
    let mut out = json!({
        "ARN": arn(secret), "Name": secret.name, "CreatedDate": epoch(secret.created), "LastChangedDate": epoch(secret.changed),
        "LastAccessedDate": epoch(secret.accessed), "RotationEnabled": secret.rotates_after_days.is_some(),
        "Tags": [{"Key": "Environment", "Value": secret.name.split('/').next()}],
    });
    let current = uuid_of(&format!("{}/{}", secret.name, secret.changed));
    let mut optional = Map::new();
    optional.insert(versions.to_owned(), json!({current: ["AWSCURRENT"]}));
    if let Some(days) = secret.rotates_after_days {
        optional.insert("RotationRules".to_owned(), json!({"AutomaticallyAfterDays": days}));
        optional.insert("LastRotatedDate".to_owned(), epoch(secret.changed));
    }
    if let Some(deleted) = secret.deleted {
        optional.insert("DeletedDate".to_owned(), epoch(deleted));
    }
    if let Some(fields) = out.as_object_mut() {
        fields.extend(optional);
    }
    out
}

fn describe(call: &Call<'_>) -> Result<Value, Failure> {
    let wanted = call.text("SecretId");
    let account = call.aws.account();
    let found = account.secrets.iter().find(|own| own.name == wanted || arn(own) == wanted);
    let missing =
        || Failure::new(400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
    Ok(written(found.ok_or_else(missing)?, "VersionIdsToStages"))
}

fn list(call: &Call<'_>) -> Result<Value, Failure> {
    let deleted = field::is_true(call.parameters, "IncludePlannedDeletion");
    let filters = field::list(call.parameters, "Filters");
    let shown: Vec<Value> = call
        .aws
        .account()
        .secrets
        .iter()
        .filter(|own| deleted || own.deleted.is_none())
        .filter(|own| filters.iter().all(|filter| meets(own, filter)))
        .map(|own| written(own, "SecretVersionsToStages"))
        .collect();
    let limit =
        call.number("MaxResults").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(100).min(100);
    let page = call
        .page(shown, limit, call.text("NextToken"))
        .map_err(|failure| Failure::new(400, "InvalidNextTokenException", failure.message))?;
    let mut answer = json!({"SecretList": page.items});
    if let (Some(fields), Some(next)) = (answer.as_object_mut(), page.next) {
        fields.insert("NextToken".to_owned(), json!(next));
    }
    Ok(answer)
}

/// Names are filtered by their beginnings; `!` turns a value around.
fn meets(secret: &Secret, filter: &Value) -> bool {
    let key = field::text(filter, "Key");
    let own = |value: &str| match key {
        "name" | "all" => secret.name.starts_with(value),
        "tag-key" => value == "Environment",
        "tag-value" => secret.name.split('/').next() == Some(value),
        _ => false,
    };
    field::list(filter, "Values").iter().filter_map(Value::as_str).any(|value| {
        match value.strip_prefix('!') {
            Some(value) => !own(value),
            None => own(value),
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::{ask_target, resting};
    use crate::simulator::store::Selection;
    use crate::simulator::world::field;

    #[tokio::test]
    async fn every_secret_that_a_cluster_refers_to_is_there() {
        let (simulator, aws) = resting();
        for cluster in simulator.clusters() {
            let secrets = simulator.cluster(cluster).unwrap().list(
                "externalsecrets.external-secrets.io",
                None,
                &Selection::all(),
            );
            for secret in secrets {
                for data in field::list(&secret.value(), "spec.data") {
                    let body = json!({"SecretId": field::text(data, "remoteRef.key")});
                    let (status, answer) =
                        ask_target(&aws, "secretsmanager", "secretsmanager.DescribeSecret", &body).await;
                    assert_eq!(status, 200, "{answer}");
                    assert!(answer.get("SecretString").is_none());
                }
            }
        }
    }

    #[tokio::test]
    async fn pages_hold_all_names_and_a_deleted_one_is_left_out() {
        let (_simulator, aws) = resting();
        let (mut names, mut token) = (Vec::new(), Value::Null);
        loop {
            let body = json!({"MaxResults": 4, "NextToken": token});
            let (_, page) = ask_target(&aws, "secretsmanager", "secretsmanager.ListSecrets", &body).await;
            assert!(field::list(&page, "SecretList").len() <= 4);
            names.extend(
                field::list(&page, "SecretList").iter().map(|own| field::text(own, "Name").to_owned()),
            );
            match page.get("NextToken") {
                Some(next) => token = next.clone(),
                None => break,
            }
        }
        assert!(names.contains(&"production/database".to_owned()), "{names:?}");
        aws.edit(|account| account.secrets[0].deleted = Some(account.secrets[0].created));
        let (_, all) = ask_target(&aws, "secretsmanager", "secretsmanager.ListSecrets", &json!({})).await;
        assert_eq!(field::list(&all, "SecretList").len(), names.len() - 1);
        let body = json!({"SecretId": "production/nothing"});
        let (status, answer) =
            ask_target(&aws, "secretsmanager", "secretsmanager.DescribeSecret", &body).await;
        assert_eq!((status, field::text(&answer, "__type")), (400, "ResourceNotFoundException"));
    }
}
