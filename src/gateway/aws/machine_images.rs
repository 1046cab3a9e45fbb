//! What nodes are launched from: launch templates, machine images, and the releases that AWS recommends.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::json;

use super::account::Account;
use super::operations::{EC2_IMAGES, EC2_LAUNCH_TEMPLATES, SSM_PUBLIC_PARAMETERS};
use super::query::{Form, Items, Paged, pages, query};
use super::{ec2, eks, json};
use crate::fleet::Timestamp;
use crate::fleet::aws::eks_version::minor;
use crate::fleet::aws::launch_template::LaunchTemplate;
use crate::fleet::aws::machine_image::{Line, MachineImage, NodeRelease};
use crate::gateway::failure::Failure;

/// Values of a filter: the most that EC2 allows.
const AT_ONCE: usize = 200;
/// Templates of a page: the most that `DescribeLaunchTemplates` allows.
const TEMPLATES: u32 = 200;
/// Images of Amazon Linux 2023 for nodes: architectures and variants that there are parameters of.
const KINDS: [(&str, &str); 5] = [
    ("x86_64", "standard"),
    ("arm64", "standard"),
    ("x86_64", "nvidia"),
    ("x86_64", "neuron"),
    ("arm64", "nvidia"),
];

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Images {
    images_set: Items<ImageWire>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ImageWire {
    image_id: String,
    name: String,
    image_state: String,
    creation_date: String,
    deprecation_time: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Templates {
    launch_templates: Items<TemplateWire>,
    next_token: Option<String>,
}

impl Paged for Templates {
    fn next(&self) -> Option<&str> {
        self.next_token.as_deref()
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct TemplateWire {
    launch_template_id: String,
    launch_template_name: String,
    default_version_number: String,
    latest_version_number: String,
    create_time: String,
}

/// The images that the instances of an account and region were launched from.
pub async fn images(account: &Account) -> Result<Vec<MachineImage>, Failure> {
    let wanted: BTreeSet<Box<str>> = ec2::image_ids(account).await?;
    let wanted: Vec<Box<str>> = wanted.into_iter().collect();
    let mut found = Vec::new();
    for some in wanted.chunks(AT_ONCE) {
        // By a filter: an id that nobody has any more would be an error, and such images are in use.
        let mut form = Form::from([
            ("Filter.1.Name".to_owned(), "image-id".to_owned()),
            ("IncludeDeprecated".to_owned(), "true".to_owned()),
        ]);
        form.extend(
            some.iter().enumerate().map(|(at, id)| (format!("Filter.1.Value.{}", at + 1), id.to_string())),
        );
        let answer: Images = query(account, &EC2_IMAGES, &form).await?;
        found.extend(answer.images_set.into_vec().into_iter().map(|wire| MachineImage {
            id: wire.image_id.into(),
            name: wire.name.into(),
            state: wire.image_state.into(),
            created: Timestamp::parse(&wire.creation_date),
            deprecated: Timestamp::parse(&wire.deprecation_time),
        }));
    }
    Ok(found)
}

/// The launch templates of an account and region.
pub async fn launch_templates(account: &Account) -> Result<Vec<LaunchTemplate>, Failure> {
    let form = Form::from([("MaxResults".to_owned(), TEMPLATES.to_string())]);
    let all: Vec<Templates> = pages(account, &EC2_LAUNCH_TEMPLATES, &form, "NextToken").await?;
    let template = |wire: TemplateWire| LaunchTemplate {
        id: wire.launch_template_id.into(),
        name: wire.launch_template_name.into(),
        default: wire.default_version_number.parse().unwrap_or_default(),
        latest: wire.latest_version_number.parse().unwrap_or_default(),
        created: Timestamp::parse(&wire.create_time),
    };
    Ok(all.into_iter().flat_map(|page| page.launch_templates.into_vec()).map(template).collect())
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Parameters {
    parameters: Vec<ParameterWire>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ParameterWire {
    name: String,
    value: String,
}

/// Where a line's recommended release is written.
fn parameter(line: &Line) -> String {
    let Line { minor, architecture, variant } = line;
    format!(
        "/aws/service/eks/optimized-ami/{minor}/amazon-linux-2023/{architecture}/{variant}/recommended/release_version"
    )
}

/// The releases that AWS recommends for nodes of a cluster: for its own minor, and for the one before, which groups may
/// still have.
pub async fn recommended(account: &Account, cluster: &str) -> Result<Vec<NodeRelease>, Failure> {
    let version = eks::cluster(account, cluster).await?.version;
    let Some((major, own)) = minor(&version) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for of in [Some(own), own.checked_sub(1)].into_iter().flatten() {
        let line = |(architecture, variant): (&str, &str)| Line {
            minor: format!("{major}.{of}"),
            architecture: architecture.to_owned(),
            variant: variant.to_owned(),
        };
        let lines: Vec<(String, Line)> =
            KINDS.into_iter().map(line).map(|line| (parameter(&line), line)).collect();
        let names: Vec<&str> = lines.iter().map(|(name, _)| name.as_str()).collect();
        let answer: Parameters =
            json::call(account, &SSM_PUBLIC_PARAMETERS, &json!({"Names": names})).await?;
        found.extend(lines.iter().filter_map(|(name, line)| {
            let told = answer.parameters.iter().find(|told| told.name == *name)?;
            Some(NodeRelease { line: line.key().into(), release: told.value.as_str().into() })
        }));
    }
    Ok(found)
}
