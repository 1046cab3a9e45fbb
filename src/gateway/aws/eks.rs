//! EKS: the cluster, and what it manages in it. What else EKS knows is in the files beside this one.

use std::future::Future;
use std::sync::Arc;

use aws_sdk_eks::Client;
use aws_sdk_eks::types;
use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::StreamExt as _;

use super::account::Account;
use super::eks_updates::of_addon;
use super::operations::{EKS_ADDON, EKS_ADDONS, EKS_CLUSTER, Operation};
use super::{MOST_PAGES, endless, instant};
use crate::fleet::aws::Issue;
use crate::fleet::aws::addon::Addon;
use crate::fleet::aws::eks_cluster::EksCluster;
use crate::gateway::failure::{Cause, Failure};

/// How many details are asked for at a time: EKS allows few calls a second.
const AT_A_TIME: usize = 4;

pub(super) async fn client(account: &Account) -> Client {
    Client::new(&*account.config().await)
}

/// What is asked for each of many, in their order, few at a time. What is gone since it was listed is left out.
pub(super) async fn each<T, R, F>(all: Vec<T>, ask: impl FnMut(T) -> F) -> Result<Vec<R>, Failure>
where
    F: Future<Output = Result<Option<R>, Failure>>,
{
    let mut rows = Vec::new();
    let mut answers = futures::stream::iter(all.into_iter().map(ask)).buffered(AT_A_TIME);
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(row) => rows.extend(row),
            Err(failure) if failure.cause == Cause::Missing => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(rows)
}

/// The cluster as EKS describes it.
pub async fn cluster(account: &Account, name: &str) -> Result<EksCluster, Failure> {
    let answer = client(account)
        .await
        .describe_cluster()
        .name(name)
        .send()
        .await
        .map_err(|error| account.failed(&EKS_CLUSTER, &error))?;
    Ok(packed(answer.cluster.as_ref(), name))
}

fn packed(cluster: Option<&types::Cluster>, name: &str) -> EksCluster {
    let Some(cluster) = cluster else { return EksCluster { name: name.into(), ..EksCluster::default() } };
    let network = cluster.resources_vpc_config();
    let logging = cluster.logging().map(types::Logging::cluster_logging).unwrap_or_default();
    let logs = logging.iter().filter(|setup| setup.enabled() == Some(true)).flat_map(|setup| setup.types());
    let issuer = cluster.identity().and_then(|identity| identity.oidc()?.issuer()).unwrap_or_default();
    EksCluster {
        name: cluster.name().unwrap_or(name).into(),
        arn: text(cluster.arn()),
        status: text(cluster.status().map(|status| status.as_str())),
        version: text(cluster.version()),
        platform_version: text(cluster.platform_version()),
        endpoint: text(cluster.endpoint()),
        authority: text(cluster.certificate_authority().and_then(|authority| authority.data())),
        created: instant(cluster.created_at()),
        is_public: network.is_some_and(|network| network.endpoint_public_access()),
        is_private: network.is_some_and(|network| network.endpoint_private_access()),
        public_from: network
            .map(|network| network.public_access_cidrs().iter().map(|cidr| cidr.as_str().into()).collect())
            .unwrap_or_default(),
        vpc: Arc::from(network.and_then(|network| network.vpc_id()).unwrap_or_default()),
        subnets: network
            .map(|network| network.subnet_ids().iter().map(|subnet| Arc::from(subnet.as_str())).collect())
            .unwrap_or_default(),
        security_group: Arc::from(
            network.and_then(|network| network.cluster_security_group_id()).unwrap_or_default(),
        ),
        authentication: text(
            cluster.access_config().and_then(|access| access.authentication_mode()).map(|mode| mode.as_str()),
        ),
        encrypts_secrets: cluster
            .encryption_config()
            .iter()
            .any(|config| config.provider().and_then(|provider| provider.key_arn()).is_some()),
        logs: logs.map(|log| log.as_str().into()).collect(),
        issuer: issuer.trim_start_matches("https://").into(),
        support: text(
            cluster.upgrade_policy().and_then(|policy| policy.support_type()).map(|support| support.as_str()),
        ),
        issues: cluster
            .health()
            .map(types::ClusterHealth::issues)
            .unwrap_or_default()
            .iter()
            .map(cluster_issue)
            .collect(),
    }
}

/// The add-ons that EKS manages in a cluster.
pub async fn addons(account: &Account, cluster: &str) -> Result<Vec<Addon>, Failure> {
    let client = client(account).await;
    let pages = client.list_addons().cluster_name(cluster).into_paginator().items().send();
    let names = listed(account, &EKS_ADDONS, pages).await?;
    each(names, |name| {
        let call = client.describe_addon().cluster_name(cluster).addon_name(&name);
        async move {
            let answer = call.send().await.map_err(|error| account.failed(&EKS_ADDON, &error))?;
            let Some(addon) = answer.addon else { return Ok(None) };
            let mut row = addon_row(&addon, &name);
            if &*row.status != "ACTIVE" {
                row.updates = of_addon(account, cluster, &name).await?.into();
            }
            Ok(Some(row))
        }
    })
    .await
}

fn addon_row(addon: &types::Addon, name: &str) -> Addon {
    Addon {
        name: addon.addon_name().unwrap_or(name).into(),
        version: text(addon.addon_version()),
        status: text(addon.status().map(|status| status.as_str())),
        issues: addon
            .health()
            .map(types::AddonHealth::issues)
            .unwrap_or_default()
            .iter()
            .map(addon_issue)
            .collect(),
        role: text(addon.service_account_role_arn()),
        associations: addon.pod_identity_associations().iter().map(|arn| arn.as_str().into()).collect(),
        configuration: text(addon.configuration_values()),
        namespace: text(addon.namespace_config().and_then(|config| config.namespace())),
        updates: Box::default(),
        modified: instant(addon.modified_at()),
    }
}

fn cluster_issue(issue: &types::ClusterIssue) -> Issue {
    told(issue.code().map(|code| code.as_str()), issue.message(), issue.resource_ids())
}

fn addon_issue(issue: &types::AddonIssue) -> Issue {
    told(issue.code().map(|code| code.as_str()), issue.message(), issue.resource_ids())
}

/// Something that EKS says is wrong, whichever of its types says it.
pub(super) fn told(code: Option<&str>, message: Option<&str>, resources: &[String]) -> Issue {
    Issue { code: text(code), message: text(message), resources: texts(resources) }
}

/// Everything of a list in pages.
pub(super) async fn listed<T, E>(
    account: &Account,
    operation: &Operation,
    mut pages: PaginationStream<Result<T, SdkError<E, HttpResponse>>>,
) -> Result<Vec<T>, Failure>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let mut all = Vec::new();
    while let Some(one) = pages.next().await {
        all.push(one.map_err(|error| account.failed(operation, &error))?);
        if all.len() > MOST_PAGES * 100 {
            return Err(endless(operation));
        }
    }
    Ok(all)
}

pub(super) fn text(said: Option<&str>) -> Box<str> {
    said.unwrap_or_default().into()
}

pub(super) fn texts(said: &[String]) -> Box<[Box<str>]> {
    said.iter().map(|text| text.as_str().into()).collect()
}
