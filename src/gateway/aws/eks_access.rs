//! EKS: who may enter a cluster, and which of its service accounts are somebody in AWS.

use std::sync::Arc;

use aws_sdk_eks::types;

use super::account::Account;
use super::eks::{client, each, listed, text, texts};
use super::instant;
use super::operations::{
    EKS_ACCESS_ENTRIES, EKS_ACCESS_ENTRY, EKS_ACCESS_POLICIES, EKS_POD_IDENTITIES, EKS_POD_IDENTITY,
};
use crate::fleet::aws::access_entry::{AccessEntry, AccessPolicy};
use crate::fleet::aws::pod_identity::PodIdentity;
use crate::gateway::failure::Failure;

/// The access entries of a cluster, with their policies.
pub async fn access_entries(account: &Account, cluster: &str) -> Result<Vec<AccessEntry>, Failure> {
    let client = client(account).await;
    let pages = client.list_access_entries().cluster_name(cluster).into_paginator().items().send();
    let principals = listed(account, &EKS_ACCESS_ENTRIES, pages).await?;
    each(principals, |principal| {
        let call = client.describe_access_entry().cluster_name(cluster).principal_arn(&principal);
        let policies = client
            .list_associated_access_policies()
            .cluster_name(cluster)
            .principal_arn(&principal)
            .into_paginator()
            .items();
        async move {
            let answer = call.send().await.map_err(|error| account.failed(&EKS_ACCESS_ENTRY, &error))?;
            let Some(entry) = answer.access_entry else { return Ok(None) };
            let mut row = entry_row(&entry, &principal);
            // Entries of nodes take no policies.
            if !row.is_for_nodes() {
                let all = listed(account, &EKS_ACCESS_POLICIES, policies.send()).await?;
                row.policies = all.iter().map(policy).collect();
            }
            Ok(Some(row))
        }
    })
    .await
}

fn entry_row(entry: &types::AccessEntry, principal: &str) -> AccessEntry {
    AccessEntry {
        principal: entry.principal_arn().unwrap_or(principal).into(),
        kind: text(entry.r#type()),
        groups: entry.kubernetes_groups().iter().map(|group| Arc::from(group.as_str())).collect(),
        username: text(entry.username()),
        policies: Box::default(),
        created: instant(entry.created_at()),
    }
}

fn policy(policy: &types::AssociatedAccessPolicy) -> AccessPolicy {
    let arn = policy.policy_arn().unwrap_or_default();
    AccessPolicy {
        name: arn.rsplit('/').next().unwrap_or(arn).into(),
        namespaces: texts(policy.access_scope().map(types::AccessScope::namespaces).unwrap_or_default()),
    }
}

/// The Pod Identity associations of a cluster, with their roles.
pub async fn pod_identities(account: &Account, cluster: &str) -> Result<Vec<PodIdentity>, Failure> {
    let client = client(account).await;
    let pages = client.list_pod_identity_associations().cluster_name(cluster).into_paginator().items().send();
    let all = listed(account, &EKS_POD_IDENTITIES, pages).await?;
    each(all, |summary| {
        let call = client
            .describe_pod_identity_association()
            .cluster_name(cluster)
            .set_association_id(summary.association_id);
        async move {
            let answer = call.send().await.map_err(|error| account.failed(&EKS_POD_IDENTITY, &error))?;
            Ok(answer.association.as_ref().map(association))
        }
    })
    .await
}

fn association(association: &types::PodIdentityAssociation) -> PodIdentity {
    PodIdentity {
        id: text(association.association_id()),
        namespace: association.namespace().unwrap_or_default().into(),
        account: association.service_account().unwrap_or_default().into(),
        role: association.role_arn().unwrap_or_default().into(),
        target_role: text(association.target_role_arn()),
        owner: text(association.owner_arn()),
        created: instant(association.created_at()),
    }
}
