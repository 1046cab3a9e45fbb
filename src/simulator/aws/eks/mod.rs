//! EKS: clusters, add-ons, node groups, versions, insights, updates, and who may get in.

pub mod update;

pub(crate) mod access;
mod addon;
mod catalogue;
pub(crate) mod cluster;
mod insight;
pub(crate) mod nodegroup;
mod pod_identity;
mod version;

use serde_json::{Map, Value, json};

use super::call::Call;
use super::failure::Failure;
use super::land::Land;
use super::protocol::Protocol;
use super::service::Service;

pub(crate) const SERVICE: Service = Service {
    name: "eks",
    signing: "eks",
    permission: "eks",
    protocol: Protocol::RestJson,
    routes: &[
        ("GET", "/clusters", "ListClusters"),
        ("GET", "/clusters/{name}", "DescribeCluster"),
        ("GET", "/clusters/{name}/addons", "ListAddons"),
        ("GET", "/clusters/{name}/addons/{addonName}", "DescribeAddon"),
        ("GET", "/addons/supported-versions", "DescribeAddonVersions"),
        ("GET", "/clusters/{name}/node-groups", "ListNodegroups"),
        ("GET", "/clusters/{name}/node-groups/{nodegroupName}", "DescribeNodegroup"),
        ("POST", "/clusters/{name}/insights", "ListInsights"),
        ("GET", "/clusters/{name}/insights/{id}", "DescribeInsight"),
        ("GET", "/clusters/{name}/updates", "ListUpdates"),
        ("GET", "/clusters/{name}/updates/{updateId}", "DescribeUpdate"),
        ("GET", "/cluster-versions", "DescribeClusterVersions"),
        ("GET", "/clusters/{name}/pod-identity-associations", "ListPodIdentityAssociations"),
        (
            "GET",
            "/clusters/{name}/pod-identity-associations/{associationId}",
            "DescribePodIdentityAssociation",
        ),
        ("GET", "/clusters/{name}/access-entries", "ListAccessEntries"),
        ("GET", "/clusters/{name}/access-entries/{principalArn}", "DescribeAccessEntry"),
        (
            "GET",
            "/clusters/{name}/access-entries/{principalArn}/access-policies",
            "ListAssociatedAccessPolicies",
        ),
    ],
    answer,
};

/// Things of a page when nobody asks for fewer, and the most that may be asked for.
const PAGE: usize = 100;

fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    match call.operation {
        "ListClusters" => cluster::list(call),
        "DescribeCluster" => cluster::describe(call),
        "ListAddons" => addon::list(call),
        "DescribeAddon" => addon::describe(call),
        "DescribeAddonVersions" => catalogue::describe(call),
        "ListNodegroups" => nodegroup::list(call),
        "DescribeNodegroup" => nodegroup::describe(call),
        "ListInsights" => insight::list(call),
        "DescribeInsight" => insight::describe(call),
        "ListUpdates" => update::list(call),
        "DescribeUpdate" => update::describe(call),
        "DescribeClusterVersions" => version::describe(call),
        "ListPodIdentityAssociations" => pod_identity::list(call),
        "DescribePodIdentityAssociation" => pod_identity::describe(call),
        "ListAccessEntries" => access::list(call),
        "DescribeAccessEntry" => access::describe(call),
        "ListAssociatedAccessPolicies" => access::policies(call),
        other => Err(Failure::not_built(&format!("eks:{other}"))),
    }
}

/// The cluster that a request names.
fn land(call: &Call<'_>) -> Result<Land, Failure> {
    let name = call.text("name");
    let found = call.lands().into_iter().find(|land| land.cluster.name == name);
    found.ok_or_else(|| missing(&format!("No cluster found for name: {name}.")))
}

fn missing(message: &str) -> Failure {
    Failure::new(404, "ResourceNotFoundException", message)
}

/// A page of things under their name in the answer.
fn paged(call: &Call<'_>, name: &str, things: Vec<Value>) -> Result<Value, Failure> {
    let limit = call.number("maxResults").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(PAGE);
    let page = call
        .page(things, limit.min(PAGE), call.text("nextToken"))
        .map_err(|failure| Failure::new(400, "InvalidParameterException", failure.message))?;
    let mut answer = Map::from_iter([(name.to_owned(), Value::Array(page.items))]);
    if let Some(next) = page.next {
        answer.insert("nextToken".to_owned(), json!(next));
    }
    Ok(Value::Object(answer))
}

/// The tags of what Terraform made for a cluster.
fn tags(land: &Land) -> Value {
    json!({"Environment": land.cluster.environment, "ManagedBy": "terraform", "Project": "myapp"})
}

#[cfg(test)]
mod tests;
