//! Updates: what EKS has done to a cluster, or is doing.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{land, missing, paged};
use crate::simulator::aws::account::Account;
use crate::simulator::aws::call::Call;
use crate::simulator::aws::failure::Failure;
use crate::simulator::aws::land::{Land, epoch};
use crate::simulator::world::chance::uuid_of;

/// An update of a cluster, of an add-on or of a node group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// Its id.
    pub id: String,
    /// The cluster it belongs to.
    pub cluster: String,
    /// The add-on, when it is one's.
    pub addon: Option<String>,
    /// The node group, when it is one's.
    pub nodegroup: Option<String>,
    /// What it does: `VersionUpdate`, `AddonUpdate`, …
    pub kind: String,
    /// What it changes: pairs like `Version`, `1.36`.
    pub parameters: Vec<(String, String)>,
    /// When it began.
    pub created: Timestamp,
    /// When it ends; until then it is in progress.
    pub ends: Timestamp,
    /// Why it fails: codes and messages. None when it succeeds.
    pub errors: Vec<(String, String)>,
}

/// Minutes that an update of a control plane takes.
const UPGRADE: i64 = 9;

/// What was done to the clusters before the world began.
pub(crate) fn found(account: &mut Account, lands: &[Land]) {
    for land in lands {
        let name = land.cluster.name;
        let update =
            |what: &str, addon: Option<&str>, kind: &str, parameters: &[(&str, &str)], minutes: i64| Update {
                id: uuid_of(&format!("{name}/update/{what}")),
                cluster: name.to_owned(),
                addon: addon.map(str::to_owned),
                nodegroup: None,
                kind: kind.to_owned(),
                parameters: parameters
                    .iter()
                    .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                    .collect(),
                created: land.before(minutes),
                ends: land.before(minutes - UPGRADE),
                errors: Vec::new(),
            };
        account.updates.extend([
            update("version", None, "VersionUpdate", &[("Version", "1.36"), ("PlatformVersion", "eks.7")], 33 * 24 * 60),
            update("logging", None, "LoggingUpdate", &[("ClusterLogging", "{\"clusterLogging\":[{\"types\":[\"api\",\"audit\",\"authenticator\"],\"enabled\":true}]}")], 32 * 24 * 60),
            update("coredns", Some("coredns"), "AddonUpdate", &[("AddonVersion", "v1.12.4-eksbuild.1"), ("ResolveConflicts", "PRESERVE")], 19 * 24 * 60),
        ]);
    }
}

fn of_request(call: &Call<'_>) -> Result<Vec<Update>, Failure> {
    let land = land(call)?;
    let (addon, group) = (call.text("addonName"), call.text("nodegroupName"));
    let mut updates: Vec<Update> = call
        .aws
        .account()
        .updates
        .iter()
        .filter(|update| update.cluster == land.cluster.name)
        .filter(|update| update.addon.as_deref().unwrap_or_default() == addon)
        .filter(|update| update.nodegroup.as_deref().unwrap_or_default() == group)
        .cloned()
        .collect();
    updates.sort_by_key(|update| std::cmp::Reverse(update.created));
    Ok(updates)
}

/// `ListUpdates`: those of the cluster itself, of an add-on or of a node group.
pub(super) fn list(call: &Call<'_>) -> Result<Value, Failure> {
    let ids = of_request(call)?.into_iter().map(|update| json!(update.id)).collect();
    paged(call, "updateIds", ids)
}

/// `DescribeUpdate`.
pub(super) fn describe(call: &Call<'_>) -> Result<Value, Failure> {
    let id = call.text("updateId");
    let update = of_request(call)?
        .into_iter()
        .find(|update| update.id == id)
        .ok_or_else(|| missing(&format!("No update found for id: {id}")))?;
    let status = match (call.now() < update.ends, update.errors.is_empty()) {
        (true, _) => "InProgress",
        (false, true) => "Successful",
        (false, false) => "Failed",
    };
    let errors: Vec<Value> = update
        .errors
        .iter()
        .filter(|_| status == "Failed")
        .map(|(code, message)| json!({"errorCode": code, "errorMessage": message, "resourceIds": []}))
        .collect();
    let params: Vec<Value> =
        update.parameters.iter().map(|(key, value)| json!({"type": key, "value": value})).collect();
    Ok(json!({"update": {
        "id": update.id, "status": status, "type": update.kind, "params": params, "createdAt": epoch(update.created), "errors": errors,
    }}))
}
