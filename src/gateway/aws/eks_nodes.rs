//! EKS: node groups.

use std::sync::Arc;

use aws_sdk_eks::types;

use super::account::Account;
use super::eks::{client, each, listed, text, texts, told};
use super::eks_updates::of_node_group;
use super::instant;
use super::operations::{EKS_NODE_GROUP, EKS_NODE_GROUPS};
use crate::fleet::aws::launch_template::UsedTemplate;
use crate::fleet::aws::node_group::NodeGroup;
use crate::gateway::failure::Failure;

/// The node groups that EKS manages in a cluster.
pub async fn node_groups(account: &Account, cluster: &str) -> Result<Vec<NodeGroup>, Failure> {
    let client = client(account).await;
    let pages = client.list_nodegroups().cluster_name(cluster).into_paginator().items().send();
    let names = listed(account, &EKS_NODE_GROUPS, pages).await?;
    each(names, |name| {
        let call = client.describe_nodegroup().cluster_name(cluster).nodegroup_name(&name);
        async move {
            let answer = call.send().await.map_err(|error| account.failed(&EKS_NODE_GROUP, &error))?;
            let Some(group) = answer.nodegroup else { return Ok(None) };
            let mut row = packed(&group, &name);
            if &*row.status != "ACTIVE" {
                row.updates = of_node_group(account, cluster, &name).await?.into();
            }
            Ok(Some(row))
        }
    })
    .await
}

fn packed(group: &types::Nodegroup, name: &str) -> NodeGroup {
    let scaling = group.scaling_config();
    let size = |of: fn(&types::NodegroupScalingConfig) -> Option<i32>| {
        scaling.and_then(of).and_then(|size| u32::try_from(size).ok()).unwrap_or_default()
    };
    let issue = |issue: &types::Issue| {
        told(issue.code().map(|code| code.as_str()), issue.message(), issue.resource_ids())
    };
    let scaling_groups = group.resources().map(types::NodegroupResources::auto_scaling_groups);
    NodeGroup {
        name: group.nodegroup_name().unwrap_or(name).into(),
        status: text(group.status().map(|status| status.as_str())),
        version: text(group.version()),
        release: text(group.release_version()),
        image_type: text(group.ami_type().map(|kind| kind.as_str())),
        capacity: text(group.capacity_type().map(|capacity| capacity.as_str())),
        instance_types: texts(group.instance_types()),
        least: size(|config| config.min_size()),
        most: size(|config| config.max_size()),
        desired: size(|config| config.desired_size()),
        launch_template: group.launch_template().map(template),
        scaling_groups: scaling_groups
            .unwrap_or_default()
            .iter()
            .filter_map(|group| group.name().map(Box::from))
            .collect(),
        subnets: group.subnets().iter().map(|subnet| Arc::from(subnet.as_str())).collect(),
        taints: group.taints().iter().map(taint).collect(),
        role: text(group.node_role()),
        issues: group
            .health()
            .map(types::NodegroupHealth::issues)
            .unwrap_or_default()
            .iter()
            .map(issue)
            .collect(),
        updates: Box::default(),
        created: instant(group.created_at()),
        modified: instant(group.modified_at()),
    }
}

fn template(template: &types::LaunchTemplateSpecification) -> UsedTemplate {
    UsedTemplate { id: text(template.id()), name: text(template.name()), version: text(template.version()) }
}

fn taint(taint: &types::Taint) -> Box<str> {
    let effect = match taint.effect().map(|effect| effect.as_str()).unwrap_or_default() {
        "NO_SCHEDULE" => "NoSchedule",
        "NO_EXECUTE" => "NoExecute",
        "PREFER_NO_SCHEDULE" => "PreferNoSchedule",
        other => other,
    };
    let key = taint.key().unwrap_or_default();
    match taint.value() {
        Some(value) if !value.is_empty() => format!("{key}={value}:{effect}").into(),
        _ => format!("{key}:{effect}").into(),
    }
}
