//! The container registry: images with what their scans found.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};
use serde::Deserialize;
use serde_json::json;

use super::account::Account;
use super::json::pages;
use super::operations::{ECR_IMAGES, ECR_REPOSITORIES};
use crate::fleet::Timestamp;
use crate::fleet::aws::image::{Findings, Image};
use crate::gateway::failure::Failure;

/// Repositories that are asked at a time.
const AT_A_TIME: usize = 4;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Repositories {
    repositories: Vec<RepositoryWire>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RepositoryWire {
    repository_name: String,
    repository_uri: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Images {
    image_details: Vec<ImageWire>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ImageWire {
    image_digest: String,
    image_tags: Vec<String>,
    image_pushed_at: Option<f64>,
    image_size_in_bytes: Option<u64>,
    image_scan_status: Option<ScanWire>,
    image_scan_findings_summary: Option<SummaryWire>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ScanWire {
    status: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct SummaryWire {
    finding_severity_counts: BTreeMap<String, u32>,
}

/// The images of an account and region.
pub async fn images(account: &Account) -> Result<Vec<Image>, Failure> {
    let input = json!({"maxResults": 1000});
    let repositories: Vec<Repositories> = pages(account, &ECR_REPOSITORIES, &input, "nextToken").await?;
    let of_one = |repository: RepositoryWire| async move {
        let input = json!({"repositoryName": repository.repository_name, "maxResults": 1000});
        let found: Vec<Images> = pages(account, &ECR_IMAGES, &input, "nextToken").await?;
        let uri: Arc<str> = repository.repository_uri.into();
        let images = found.into_iter().flat_map(|page| page.image_details);
        Ok::<_, Failure>(images.map(|wire| image(wire, &uri)).collect::<Vec<Image>>())
    };
    let all = repositories.into_iter().flat_map(|page| page.repositories).map(of_one);
    let rows: Vec<Vec<Image>> = futures::stream::iter(all).buffered(AT_A_TIME).try_collect().await?;
    Ok(rows.into_iter().flatten().collect())
}

fn image(wire: ImageWire, repository: &Arc<str>) -> Image {
    let pushed = wire.image_pushed_at.filter(|seconds| seconds.is_finite());
    Image {
        id: format!("{repository}@{}", wire.image_digest).into(),
        repository: Arc::clone(repository),
        digest: wire.image_digest.into(),
        tags: wire.image_tags.into_iter().map(Into::into).collect(),
        pushed: pushed.map_or(Timestamp::NEVER, |seconds| Timestamp::from_seconds(seconds as i64)),
        size: wire.image_size_in_bytes.unwrap_or_default(),
        scan: wire.image_scan_status.unwrap_or_default().status.into(),
        findings: wire.image_scan_findings_summary.map(|summary| findings(&summary.finding_severity_counts)),
    }
}

fn findings(counts: &BTreeMap<String, u32>) -> Findings {
    let mut found = Findings::default();
    for (severity, count) in counts {
        let part = match severity.as_str() {
            "CRITICAL" => &mut found.critical,
            "HIGH" => &mut found.high,
            "MEDIUM" => &mut found.medium,
            _ => &mut found.other,
        };
        *part = part.saturating_add(*count);
    }
    found
}
