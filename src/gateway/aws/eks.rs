//! EKS: the cluster, and what it manages in it.

use std::sync::Arc;

use aws_sdk_eks::Client;
use aws_sdk_eks::types;
use futures::{StreamExt as _, TryStreamExt as _};

use super::account::Account;
use super::operations::{EKS_ADDON, EKS_ADDONS, EKS_CLUSTER, Operation};
use super::{MOST_PAGES, endless, instant};
use crate::fleet::aws::Issue;
use crate::fleet::aws::addon::Addon;
use crate::fleet::aws::eks_cluster::EksCluster;
use crate::gateway::failure::Failure;

/// How many details are asked for at a time: EKS allows few calls a second.
const AT_A_TIME: usize = 4;

async fn client(account: &Account) -> Client {
    Client::new(&*account.config().await)
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
            .map(|health| {
                health
                    .issues()
                    .iter()
                    .map(|issue| Issue {
                        code: text(issue.code().map(|code| code.as_str())),
                        message: text(issue.message()),
                        resources: issue.resource_ids().iter().map(|id| id.as_str().into()).collect(),
                    })
                    .collect()
            })
            .unwrap_or_default(),
    }
}

/// The add-ons that EKS manages in a cluster.
pub async fn addons(account: &Account, cluster: &str) -> Result<Vec<Addon>, Failure> {
    let client = client(account).await;
    let pages = client.list_addons().cluster_name(cluster).into_paginator().items().send();
    let names = listed(account, &EKS_ADDONS, pages).await?;
    let describe = |name: String| {
        let call = client.describe_addon().cluster_name(cluster).addon_name(&name);
        async move {
            let answer = call.send().await.map_err(|error| account.failed(&EKS_ADDON, &error))?;
            Ok::<_, Failure>(answer.addon.as_ref().map(|addon| addon_row(addon, &name)))
        }
    };
    let rows: Vec<Option<Addon>> =
        futures::stream::iter(names.into_iter().map(describe)).buffered(AT_A_TIME).try_collect().await?;
    Ok(rows.into_iter().flatten().collect())
}

fn addon_row(addon: &types::Addon, name: &str) -> Addon {
    Addon {
        name: addon.addon_name().unwrap_or(name).into(),
        version: text(addon.addon_version()),
        status: text(addon.status().map(|status| status.as_str())),
        issues: addon
            .health()
            .map(|health| {
                health
                    .issues()
                    .iter()
                    .map(|issue| Issue {
                        code: text(issue.code().map(|code| code.as_str())),
                        message: text(issue.message()),
                        resources: issue.resource_ids().iter().map(|id| id.as_str().into()).collect(),
                    })
                    .collect()
            })
            .unwrap_or_default(),
        role: text(addon.service_account_role_arn()),
        associations: addon.pod_identity_associations().iter().map(|arn| arn.as_str().into()).collect(),
        configuration: text(addon.configuration_values()),
        modified: instant(addon.modified_at()),
    }
}

/// All names of a list in pages.
async fn listed<E>(
    account: &Account,
    operation: &Operation,
    mut pages: aws_smithy_async::future::pagination_stream::PaginationStream<
        Result<
            String,
            aws_smithy_runtime_api::client::result::SdkError<
                E,
                aws_smithy_runtime_api::client::orchestrator::HttpResponse,
            >,
        >,
    >,
) -> Result<Vec<String>, Failure>
where
    E: aws_smithy_types::error::metadata::ProvideErrorMetadata + std::error::Error + 'static,
{
    let mut names = Vec::new();
    while let Some(name) = pages.next().await {
        names.push(name.map_err(|error| account.failed(operation, &error))?);
        if names.len() > MOST_PAGES * 100 {
            return Err(endless(operation));
        }
    }
    Ok(names)
}

fn text(said: Option<&str>) -> Box<str> {
    said.unwrap_or_default().into()
}
