//! Access entries: which principal of the account is who in the cluster.

use serde_json::{Value, json};

use super::{land, missing, paged, tags};
use crate::simulator::aws::call::Call;
use crate::simulator::aws::failure::Failure;
use crate::simulator::aws::land::{Land, epoch};
use crate::simulator::world::cluster::ACCOUNT;

/// The RBAC groups of the fleet with the roles that lead to them.
pub(crate) const ROLES: [(&str, &str); 4] = [
    ("monitoring-reader", "MonitoringReader"),
    ("platform-admin", "PlatformAdmin"),
    ("platform-developer", "PlatformDeveloper"),
    ("platform-viewer", "PlatformViewer"),
];

struct Entry {
    principal: String,
    groups: Vec<&'static str>,
    username: String,
    kind: &'static str,
}

fn entries(land: &Land) -> Vec<Entry> {
    let mut all: Vec<Entry> = ROLES
        .iter()
        .map(|(group, role)| Entry {
            principal: format!("arn:aws:iam::{ACCOUNT}:role/{role}"),
            groups: vec![group],
            username: format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{{{{SessionName}}}}"),
            kind: "STANDARD",
        })
        .collect();
    all.push(Entry {
        principal: format!("arn:aws:iam::{ACCOUNT}:role/{}-node", land.cluster.name),
        groups: vec!["system:nodes"],
        username: "system:node:{{EC2PrivateDNSName}}".to_owned(),
        kind: "EC2_LINUX",
    });
    all.push(Entry {
        principal: format!("arn:aws:iam::{ACCOUNT}:user/pilot"),
        groups: vec!["platform-admin"],
        username: format!("arn:aws:iam::{ACCOUNT}:user/pilot"),
        kind: "STANDARD",
    });
    all
}

fn find(call: &Call<'_>, land: &Land) -> Result<Entry, Failure> {
    let wanted = call.text("principalArn");
    let gone = || {
        missing(
            "The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'.",
        )
    };
    entries(land).into_iter().find(|entry| entry.principal == wanted).ok_or_else(gone)
}

/// `ListAccessEntries`.
pub(super) fn list(call: &Call<'_>) -> Result<Value, Failure> {
    let land = land(call)?;
    let none = !call.text("associatedPolicyArn").is_empty();
    let shown = entries(&land).into_iter().filter(|_| !none).map(|entry| json!(entry.principal)).collect();
    paged(call, "accessEntries", shown)
}

/// `DescribeAccessEntry`.
pub(super) fn describe(call: &Call<'_>) -> Result<Value, Failure> {
    let land = land(call)?;
    let entry = find(call, &land)?;
    let id = land.digits(&format!("access/{}", entry.principal), 32);
    let short = entry.principal.replacen("arn:aws:iam::", "", 1).replacen(':', "/", 1);
    let (account, rest) = short.split_once('/').unwrap_or_default();
    let (kind, name) = rest.split_once('/').unwrap_or_default();
    Ok(json!({"accessEntry": {
        "clusterName": land.cluster.name, "principalArn": entry.principal, "kubernetesGroups": entry.groups,
        "accessEntryArn": land.arn("eks", &format!("access-entry/{}/{kind}/{account}/{name}/{id}", land.cluster.name)),
        "createdAt": epoch(land.installed()), "modifiedAt": epoch(land.installed()), "tags": tags(&land),
        "username": entry.username, "type": entry.kind,
    }}))
}

/// `ListAssociatedAccessPolicies`: the fleet grants by groups, so there are none.
pub(super) fn policies(call: &Call<'_>) -> Result<Value, Failure> {
    let land = land(call)?;
    let entry = find(call, &land)?;
    Ok(
        json!({"clusterName": land.cluster.name, "principalArn": entry.principal, "associatedAccessPolicies": []}),
    )
}
