//! Secrets Manager and the parameters of Systems Manager: what they know about secrets, never a value. Operations that
//! would read one are not in the table of what may leave the process.

use serde::Deserialize;
use serde_json::json;

use super::account::Account;
use super::json::pages;
use super::operations::{SECRETS_MANAGER_LIST, SSM_PARAMETERS};
use crate::fleet::Timestamp;
use crate::fleet::aws::stored_secret::{Keeper, StoredSecret};
use crate::gateway::failure::Failure;

/// Secrets of a page, and parameters of one: the most that each allows.
const SECRETS: u32 = 100;
const PARAMETERS: u32 = 50;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Secrets {
    secret_list: Vec<SecretWire>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct SecretWire {
    #[serde(rename = "ARN")]
    arn: String,
    name: String,
    rotation_enabled: Option<bool>,
    last_rotated_date: Option<f64>,
    next_rotation_date: Option<f64>,
    last_changed_date: Option<f64>,
    last_accessed_date: Option<f64>,
    deleted_date: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Parameters {
    parameters: Vec<ParameterWire>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ParameterWire {
    #[serde(rename = "ARN")]
    arn: String,
    name: String,
    last_modified_date: Option<f64>,
}

/// Seconds since 1970 with fractions, as the JSON protocols tell instants.
fn instant(seconds: Option<f64>) -> Timestamp {
    // Beyond what an instant can be, a cast stays at the end of the range.
    seconds
        .filter(|seconds| seconds.is_finite())
        .map_or(Timestamp::NEVER, |seconds| Timestamp::from_seconds(seconds as i64))
}

/// What both stores of an account and region know about their secrets.
pub async fn stored(account: &Account) -> Result<Vec<StoredSecret>, Failure> {
    let of_secrets = json!({"MaxResults": SECRETS, "IncludePlannedDeletion": true});
    let of_parameters = json!({"MaxResults": PARAMETERS});
    let (secrets, parameters) = futures::try_join!(
        pages::<Secrets>(account, &SECRETS_MANAGER_LIST, &of_secrets, "NextToken"),
        pages::<Parameters>(account, &SSM_PARAMETERS, &of_parameters, "NextToken"),
    )?;
    let secrets = secrets.into_iter().flat_map(|page| page.secret_list).map(|wire| StoredSecret {
        arn: wire.arn.into(),
        name: wire.name.into(),
        keeper: Keeper::SecretsManager,
        changed: instant(wire.last_changed_date),
        accessed: instant(wire.last_accessed_date),
        rotates: wire.rotation_enabled == Some(true),
        rotated: instant(wire.last_rotated_date),
        next_rotation: instant(wire.next_rotation_date),
        deleted: instant(wire.deleted_date),
    });
    let parameters = parameters.into_iter().flat_map(|page| page.parameters).map(|wire| StoredSecret {
        // Older answers have no ARN; a name is as unique within its store.
        arn: if wire.arn.is_empty() { format!("parameter{}", wire.name).into() } else { wire.arn.into() },
        name: wire.name.into(),
        keeper: Keeper::ParameterStore,
        changed: instant(wire.last_modified_date),
        ..StoredSecret::default()
    });
    Ok(secrets.chain(parameters).collect())
}
