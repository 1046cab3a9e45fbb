//! ECR: the repositories of the fleet's images, with what the scans found.

pub mod image;

use serde_json::{Map, Value, json};

use self::image::Image;
use super::call::{Call, Page};
use super::failure::Failure;
use super::land::epoch;
use super::protocol::Protocol;
use super::service::Service;
use crate::simulator::world::cluster::{ACCOUNT, REGION};
use crate::simulator::world::field;

pub(crate) const SERVICE: Service = Service {
    name: "ecr",
    signing: "ecr",
    permission: "ecr",
    protocol: Protocol::Json("1.1"),
    routes: &[],
    answer,
};

fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    match call.operation {
        "DescribeRepositories" => repositories(call),
        "DescribeImages" => images(call),
        "DescribeImageScanFindings" => findings(call),
        other => Err(Failure::not_built(&format!("ecr:{other}"))),
    }
}

fn page<T>(call: &Call<'_>, things: Vec<T>) -> Result<Page<T>, Failure> {
    let limit =
        call.number("maxResults").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(100).min(1000);
    call.page(things, limit, call.text("nextToken"))
        .map_err(|failure| Failure::new(400, "InvalidParameterException", failure.message))
}

fn answered(name: &str, page: Page<Value>) -> Value {
    let mut answer = Map::from_iter([(name.to_owned(), Value::Array(page.items))]);
    answer.extend(page.next.map(|next| ("nextToken".to_owned(), json!(next))));
    Value::Object(answer)
}

fn missing_repository(name: &str) -> Failure {
    let message =
        format!("The repository with name '{name}' does not exist in the registry with id '{ACCOUNT}'");
    Failure::new(400, "RepositoryNotFoundException", message)
}

fn repositories(call: &Call<'_>) -> Result<Value, Failure> {
    let account = call.aws.account();
    let mut names: Vec<&str> = account.images.iter().map(|image| image.repository.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let wanted = call.texts("repositoryNames");
    for name in &wanted {
        if !names.contains(name) {
            return Err(missing_repository(name));
        }
    }
    let born = call.aws.lands().first().map(|land| epoch(land.installed()));
    let shown = names
        .into_iter()
        .filter(|name| wanted.is_empty() || wanted.contains(name))
        .map(|name| {
            json!({
                "repositoryArn": format!("arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}"), "registryId": ACCOUNT,
                "repositoryName": name, "repositoryUri": format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}"),
                "createdAt": born, "imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": true},
                "encryptionConfiguration": {"encryptionType": "AES256"},
            })
        })
        .collect();
    Ok(answered("repositories", page(call, shown)?))
}

fn of_repository(call: &Call<'_>) -> Result<Vec<Image>, Failure> {
    let name = call.text("repositoryName");
    let own: Vec<Image> =
        call.aws.account().images.iter().filter(|image| image.repository == name).cloned().collect();
    if own.is_empty() { Err(missing_repository(name)) } else { Ok(own) }
}

fn fits(image: &Image, id: &Value) -> bool {
    let (digest, tag) = (field::text(id, "imageDigest"), field::text(id, "imageTag"));
    (digest.is_empty() || image.digest == digest) && (tag.is_empty() || image.tag == tag)
}

fn missing_image(id: &Value, repository: &str) -> Failure {
    let digest = field::at(id, "imageDigest").as_str().unwrap_or("null");
    let message = format!(
        "The image with imageId {{imageDigest:'{digest}', imageTag:'{}'}} does not exist within the repository with name \
         '{repository}' in the registry with id '{ACCOUNT}'",
        field::text(id, "imageTag")
    );
    Failure::new(400, "ImageNotFoundException", message)
}

fn images(call: &Call<'_>) -> Result<Value, Failure> {
    let own = of_repository(call)?;
    let wanted = field::list(call.parameters, "imageIds");
    for id in wanted {
        if !own.iter().any(|image| fits(image, id)) {
            return Err(missing_image(id, call.text("repositoryName")));
        }
    }
    let shown = own
        .iter()
        .filter(|image| wanted.is_empty() || wanted.iter().any(|id| fits(image, id)))
        .map(|image| {
            json!({
                "registryId": ACCOUNT, "repositoryName": image.repository, "imageDigest": image.digest, "imageTags": [image.tag],
                "imageSizeInBytes": image.size, "imagePushedAt": epoch(image.pushed),
                "imageScanStatus": {"status": "COMPLETE", "description": "The scan was completed successfully."},
                "imageScanFindingsSummary": {
                    "imageScanCompletedAt": epoch(image.pushed), "vulnerabilitySourceUpdatedAt": epoch(image.pushed),
                    "findingSeverityCounts": image.severities(),
                },
                "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json",
            })
        })
        .collect();
    Ok(answered("imageDetails", page(call, shown)?))
}

fn findings(call: &Call<'_>) -> Result<Value, Failure> {
    let own = of_repository(call)?;
    let id = field::at(call.parameters, "imageId");
    let image = own.iter().find(|image| fits(image, id));
    let image = image.ok_or_else(|| missing_image(id, call.text("repositoryName")))?;
    let all: Vec<Value> = image
        .findings
        .iter()
        .map(|finding| {
            json!({
                "name": finding.name, "severity": finding.severity, "uri": format!("https://nvd.nist.gov/vuln/detail/{}", finding.name),
                "attributes": [
                    {"key": "package_name", "value": finding.package}, {"key": "package_version", "value": finding.version},
                ],
            })
        })
        .collect();
    let page = page(call, all)?;
    let mut answer = json!({
        "registryId": ACCOUNT, "repositoryName": image.repository,
        "imageId": {"imageDigest": image.digest, "imageTag": image.tag},
        "imageScanStatus": {"status": "COMPLETE", "description": "The scan was completed successfully."},
        "imageScanFindings": {
            "imageScanCompletedAt": epoch(image.pushed), "vulnerabilitySourceUpdatedAt": epoch(image.pushed),
            "findingSeverityCounts": image.severities(), "findings": page.items,
        },
    });
    if let (Some(fields), Some(next)) = (answer.as_object_mut(), page.next) {
        fields.insert("nextToken".to_owned(), json!(next));
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{ask_target, shared};
    use crate::simulator::world::field;

    const PREFIX: &str = "AmazonEC2ContainerRegistry_V20150921";

    #[tokio::test]
    async fn what_runs_is_in_the_registry_under_its_digest() {
        let aws = shared();
        let (_, answer) = ask_target(
            aws,
            "api.ecr",
            &format!("{PREFIX}.DescribeRepositories"),
            &json!({"maxResults": 1000}),
        )
        .await;
        let names: Vec<&str> = field::list(&answer, "repositories")
            .iter()
            .map(|own| field::text(own, "repositoryName"))
            .collect();
        for own in ["myapp/api", "myapp/web", "myapp/worker", "platform/karpenter"] {
            assert!(names.contains(&own), "{names:?}");
        }
        let body = json!({"repositoryName": "myapp/web", "imageIds": [{"imageTag": "1.8.1"}]});
        let (_, answer) = ask_target(aws, "api.ecr", &format!("{PREFIX}.DescribeImages"), &body).await;
        let digest = field::text(&field::list(&answer, "imageDetails")[0], "imageDigest");
        let prod = aws.lands().into_iter().find(|land| land.cluster.is_prod()).unwrap();
        let runs = prod
            .all("pods")
            .iter()
            .any(|pod| pod["status"]["containerStatuses"].to_string().contains(digest));
        assert!(runs, "{digest}");
    }

    #[tokio::test]
    async fn an_image_that_nobody_pushed_is_missing() {
        let aws = shared();
        let body = json!({"repositoryName": "myapp/web", "imageIds": [{"imageTag": "1.8.3"}]});
        let (status, answer) = ask_target(aws, "api.ecr", &format!("{PREFIX}.DescribeImages"), &body).await;
        assert_eq!((status, field::text(&answer, "__type")), (400, "ImageNotFoundException"));
        let body = json!({"repositoryName": "myapp/none"});
        let (_, answer) = ask_target(aws, "api.ecr", &format!("{PREFIX}.DescribeImages"), &body).await;
        assert_eq!(field::text(&answer, "__type"), "RepositoryNotFoundException");
    }

    #[tokio::test]
    async fn findings_add_up_to_their_summary() {
        let aws = shared();
        let body = json!({"repositoryName": "myapp/worker", "imageId": {"imageTag": "1.8.1"}});
        let (_, answer) =
            ask_target(aws, "api.ecr", &format!("{PREFIX}.DescribeImageScanFindings"), &body).await;
        let found = field::list(&answer, "imageScanFindings.findings").len();
        let counts = field::at(&answer, "imageScanFindings.findingSeverityCounts").as_object().unwrap();
        let sum: u64 = counts.values().filter_map(serde_json::Value::as_u64).sum();
        assert_eq!(u64::try_from(found).unwrap(), sum);
    }
}
