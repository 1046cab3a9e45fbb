//! Pod Identity associations: which service account gets which role.

use serde_json::{Value, json};

use super::{land, missing, paged, tags};
use crate::simulator::aws::call::Call;
use crate::simulator::aws::failure::Failure;
use crate::simulator::aws::land::{Land, epoch};
use crate::simulator::world::identity::{self, Identity};

struct Association {
    namespace: &'static str,
    account: &'static str,
}

fn associations(land: &Land) -> impl Iterator<Item = Association> {
    let is_prod = land.cluster.is_prod();
    let conducts = land.conducts.clone();
    identity::all()
        .filter(|(_, _, kind)| *kind == Identity::Association)
        .filter(move |(_, account, _)| is_prod || !account.starts_with("efs-"))
        .filter(move |(namespace, account, _)| !conducts.lacks_identity(namespace, account))
        .map(|(namespace, account, _)| Association { namespace, account })
}

fn id(land: &Land, namespace: &str, account: &str) -> String {
    format!("a-{}", land.digits(&format!("association/{namespace}/{account}"), 17))
}

/// The ARN of the association of a service account.
pub(super) fn arn(land: &Land, namespace: &str, account: &str) -> String {
    let id = id(land, namespace, account);
    land.arn("eks", &format!("podidentityassociation/{}/{id}", land.cluster.name))
}

fn summary(land: &Land, own: &Association) -> Value {
    json!({
        "clusterName": land.cluster.name, "namespace": own.namespace, "serviceAccount": own.account,
        "associationArn": arn(land, own.namespace, own.account), "associationId": id(land, own.namespace, own.account),
    })
}

/// `ListPodIdentityAssociations`.
pub(super) fn list(call: &Call<'_>) -> Result<Value, Failure> {
    let land = land(call)?;
    let (namespace, account) = (call.text("namespace"), call.text("serviceAccount"));
    let shown = associations(&land)
        .filter(|own| namespace.is_empty() || own.namespace == namespace)
        .filter(|own| account.is_empty() || own.account == account)
        .map(|own| summary(&land, &own))
        .collect();
    paged(call, "associations", shown)
}

/// `DescribePodIdentityAssociation`.
pub(super) fn describe(call: &Call<'_>) -> Result<Value, Failure> {
    let land = land(call)?;
    let wanted = call.text("associationId");
    let own = associations(&land)
        .find(|own| id(&land, own.namespace, own.account) == wanted)
        .ok_or_else(|| missing(&format!("No association found for id: {wanted}")))?;
    let mut written = summary(&land, &own);
    if let Some(fields) = written.as_object_mut() {
        fields.insert("roleArn".to_owned(), json!(identity::role(land.cluster.name, own.account)));
        fields.insert("tags".to_owned(), tags(&land));
        fields.insert("createdAt".to_owned(), epoch(land.installed()));
        fields.insert("modifiedAt".to_owned(), epoch(land.installed()));
        fields.insert("disableSessionTags".to_owned(), json!(false));
    }
    Ok(json!({"association": written}))
}
