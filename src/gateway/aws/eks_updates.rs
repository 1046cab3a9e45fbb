//! EKS: what is being done to a cluster and to what it manages, and what failed.

use aws_sdk_eks::types;

use super::account::Account;
use super::eks::{client, each, listed, text, told};
use super::instant;
use super::operations::{EKS_UPDATE, EKS_UPDATES};
use crate::fleet::aws::update::Update;
use crate::gateway::failure::Failure;

/// The most updates of one thing that are described. They are listed in no order that is promised: the ends of a long
/// list are read, where the newest are.
const MOST: usize = 16;

/// Whose updates are asked for.
#[derive(Clone, Copy)]
enum Whose<'a> {
    Cluster,
    Addon(&'a str),
    NodeGroup(&'a str),
}

/// The updates of a cluster itself, the newest first.
pub async fn of_cluster(account: &Account, cluster: &str) -> Result<Vec<Update>, Failure> {
    read(account, cluster, Whose::Cluster).await
}

/// The updates of an add-on that matter now, the newest first.
pub(super) async fn of_addon(account: &Account, cluster: &str, addon: &str) -> Result<Vec<Update>, Failure> {
    read(account, cluster, Whose::Addon(addon)).await.map(current)
}

/// The updates of a node group that matter now, the newest first.
pub(super) async fn of_node_group(
    account: &Account,
    cluster: &str,
    group: &str,
) -> Result<Vec<Update>, Failure> {
    read(account, cluster, Whose::NodeGroup(group)).await.map(current)
}

/// What is running, and the newest: what was done before has been done again since.
fn current(mut updates: Vec<Update>) -> Vec<Update> {
    let mut is_first = true;
    updates.retain(|update| std::mem::take(&mut is_first) || update.is_running());
    updates
}

async fn read(account: &Account, cluster: &str, whose: Whose<'_>) -> Result<Vec<Update>, Failure> {
    let client = client(account).await;
    let (addon, group) = match whose {
        Whose::Cluster => (None, None),
        Whose::Addon(addon) => (Some(addon.to_owned()), None),
        Whose::NodeGroup(group) => (None, Some(group.to_owned())),
    };
    let pages = client
        .list_updates()
        .name(cluster)
        .set_addon_name(addon.clone())
        .set_nodegroup_name(group.clone())
        .into_paginator()
        .items()
        .send();
    let mut ids = listed(account, &EKS_UPDATES, pages).await?;
    if ids.len() > MOST {
        ids.drain(MOST / 2..ids.len() - MOST / 2);
    }
    let mut updates = each(ids, |id| {
        let call = client
            .describe_update()
            .name(cluster)
            .update_id(&id)
            .set_addon_name(addon.clone())
            .set_nodegroup_name(group.clone());
        async move {
            let answer = call.send().await.map_err(|error| account.failed(&EKS_UPDATE, &error))?;
            Ok(answer.update.as_ref().map(packed))
        }
    })
    .await?;
    updates.sort_by_key(|update| std::cmp::Reverse(update.created));
    Ok(updates)
}

fn packed(update: &types::Update) -> Update {
    let param =
        |param: &types::UpdateParam| (text(param.r#type().map(|kind| kind.as_str())), text(param.value()));
    Update {
        id: text(update.id()),
        kind: text(update.r#type().map(|kind| kind.as_str())),
        status: text(update.status().map(|status| status.as_str())),
        params: update.params().iter().map(param).collect(),
        errors: update
            .errors()
            .iter()
            .map(|error| {
                let code = error.error_code().map(|code| code.as_str());
                told(code, error.error_message(), error.resource_ids())
            })
            .collect(),
        created: instant(update.created_at()),
    }
}
