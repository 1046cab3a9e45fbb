//! EKS: versions of Kubernetes and of add-ons, and what EKS has looked at before an upgrade.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_eks::types;

use super::account::Account;
use super::eks::{client, each, listed, text};
use super::instant;
use super::operations::{EKS_ADDON_VERSIONS, EKS_CLUSTER_VERSIONS, EKS_INSIGHT, EKS_INSIGHTS};
use crate::fleet::aws::addon_version::{OfferedAddon, OfferedVersion, numbers};
use crate::fleet::aws::eks_version::EksVersion;
use crate::fleet::aws::insight::{ApiClient, DeprecatedUse, Insight, InsightResource};
use crate::gateway::failure::Failure;

/// The versions of Kubernetes that EKS knows, those that it no longer supports too: a cluster may still have one.
pub async fn versions(account: &Account) -> Result<Vec<EksVersion>, Failure> {
    let client = client(account).await;
    let pages = client.describe_cluster_versions().include_all(true).into_paginator().items().send();
    let all = listed(account, &EKS_CLUSTER_VERSIONS, pages).await?;
    let packed = |version: &types::ClusterVersionInformation| EksVersion {
        minor: text(version.cluster_version()),
        status: text(version.version_status().map(|status| status.as_str())),
        released: instant(version.release_date()),
        standard_until: instant(version.end_of_standard_support_date()),
        extended_until: instant(version.end_of_extended_support_date()),
        is_default: version.default_version(),
        patch: text(version.kubernetes_patch_version()),
    };
    Ok(all.iter().map(packed).filter(|version| !version.minor.is_empty()).collect())
}

/// What EKS and the community offer as add-ons, for every minor at once: one call answers all clusters. What is sold by
/// others is left out, as it is most of the answer.
pub async fn offered_addons(account: &Account) -> Result<Vec<OfferedAddon>, Failure> {
    let client = client(account).await;
    let pages =
        client.describe_addon_versions().owners("aws").owners("community").into_paginator().items().send();
    let all = listed(account, &EKS_ADDON_VERSIONS, pages).await?;
    // A handful of minors stands hundreds of times in the answer.
    let mut minors: BTreeSet<Arc<str>> = BTreeSet::new();
    Ok(all.iter().map(|addon| offered(addon, &mut minors)).collect())
}

fn offered(addon: &types::AddonInfo, minors: &mut BTreeSet<Arc<str>>) -> OfferedAddon {
    let mut shared = |minor: &str| match minors.get(minor) {
        Some(known) => Arc::clone(known),
        None => {
            let new: Arc<str> = minor.into();
            minors.insert(Arc::clone(&new));
            new
        }
    };
    let mut versions: Vec<OfferedVersion> = addon
        .addon_versions()
        .iter()
        .map(|version| {
            let fits = version.compatibilities();
            let fits = || fits.iter().filter_map(|fit| Some((fit.cluster_version()?, fit.default_version())));
            OfferedVersion {
                version: text(version.addon_version()),
                fits: fits().map(|(minor, _)| shared(minor)).collect(),
                default_for: fits()
                    .filter(|(_, is_default)| *is_default)
                    .map(|(minor, _)| Arc::from(minor))
                    .collect(),
            }
        })
        .collect();
    // EKS promises no order.
    versions.sort_by_cached_key(|version| Reverse(numbers(&version.version)));
    OfferedAddon { name: text(addon.addon_name()), owner: text(addon.owner()), versions: versions.into() }
}

/// What EKS has looked at in a cluster. What does not pass is read with its details.
pub async fn insights(account: &Account, cluster: &str) -> Result<Vec<Insight>, Failure> {
    let client = client(account).await;
    let pages = client.list_insights().cluster_name(cluster).into_paginator().items().send();
    let all = listed(account, &EKS_INSIGHTS, pages).await?;
    each(all, |summary| {
        let row = summarized(&summary);
        let call = client.describe_insight().cluster_name(cluster).id(&*row.id);
        async move {
            if row.passes() {
                return Ok(Some(row));
            }
            let answer = call.send().await.map_err(|error| account.failed(&EKS_INSIGHT, &error))?;
            Ok(Some(match answer.insight {
                Some(insight) => detailed(row, &insight),
                None => row,
            }))
        }
    })
    .await
}

fn summarized(insight: &types::InsightSummary) -> Insight {
    let status = insight.insight_status();
    Insight {
        id: text(insight.id()),
        name: text(insight.name()),
        category: text(insight.category().map(|category| category.as_str())),
        version: text(insight.kubernetes_version()),
        status: text(status.and_then(|status| status.status()).map(|status| status.as_str())),
        reason: text(status.and_then(|status| status.reason())),
        description: text(insight.description()),
        refreshed: instant(insight.last_refresh_time()),
        since: instant(insight.last_transition_time()),
        ..Insight::default()
    }
}

fn detailed(row: Insight, insight: &types::Insight) -> Insight {
    let resource = |resource: &types::InsightResourceDetail| {
        let status = resource.insight_status();
        InsightResource {
            name: text(resource.kubernetes_resource_uri().or(resource.arn())),
            status: text(status.and_then(|status| status.status()).map(|status| status.as_str())),
            reason: text(status.and_then(|status| status.reason())),
        }
    };
    let client = |client: &types::ClientStat| ApiClient {
        agent: text(client.user_agent()),
        requests: u32::try_from(client.number_of_requests_last30_days()).unwrap_or_default(),
        last: instant(client.last_request_time()),
    };
    let deprecated = |detail: &types::DeprecationDetail| DeprecatedUse {
        usage: text(detail.usage()),
        replaced_with: text(detail.replaced_with()),
        gone_in: text(detail.stop_serving_version()),
        clients: detail.client_stats().iter().map(client).collect(),
    };
    let summary = insight.category_specific_summary();
    let details = summary.map(types::InsightCategorySpecificSummary::deprecation_details).unwrap_or_default();
    Insight {
        recommendation: text(insight.recommendation()),
        resources: insight.resources().iter().map(resource).collect(),
        deprecated: details.iter().map(deprecated).collect(),
        ..row
    }
}
