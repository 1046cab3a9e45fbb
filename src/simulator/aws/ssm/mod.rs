//! Systems Manager: the parameters that Terraform leaves for others.

use serde_json::{Value, json};

use super::call::Call;
use super::ec2::image::RELEASE;
use super::eks::cluster::VERSION;
use super::failure::Failure;
use super::land::{Land, epoch};
use super::protocol::Protocol;
use super::service::Service;
use crate::simulator::world::cluster::ACCOUNT;
use crate::simulator::world::field;

pub(crate) const SERVICE: Service = Service {
    name: "ssm",
    signing: "ssm",
    permission: "ssm",
    protocol: Protocol::Json("1.1"),
    routes: &[],
    answer,
};

/// What Terraform writes down of each cluster: name and type.
const PARAMETERS: [(&str, &str); 4] = [
    ("cluster-name", "String"),
    ("node-role", "String"),
    ("private-subnets", "StringList"),
    ("vpc-id", "String"),
];

fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    match call.operation {
        "DescribeParameters" => describe(call),
        "GetParameters" => get(call),
        other => Err(Failure::not_built(&format!("ssm:{other}"))),
    }
}

fn describe(call: &Call<'_>) -> Result<Value, Failure> {
    let filters = field::list(call.parameters, "ParameterFilters");
    let shown: Vec<Value> = call
        .lands()
        .iter()
        .flat_map(|land| PARAMETERS.map(|(name, kind)| written(land, name, kind)))
        .filter(|own| filters.iter().all(|filter| meets(own, filter)))
        .collect();
    let limit = call.number("MaxResults").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(10).min(50);
    let page = call.page(shown, limit, call.text("NextToken"))?;
    let mut answer = json!({"Parameters": page.items});
    if let (Some(fields), Some(next)) = (answer.as_object_mut(), page.next) {
        fields.insert("NextToken".to_owned(), json!(next));
    }
    Ok(answer)
}

/// What AWS publishes for everybody: the recommended release of images for nodes. Values of the account's own parameters
/// are not part of this world.
fn get(call: &Call<'_>) -> Result<Value, Failure> {
    let names = call.texts("Names");
    if names.is_empty() || names.len() > 10 {
        let message = "1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length \
                       less than or equal to 10";
        return Err(Failure::new(400, "ValidationException", message));
    }
    let (mut found, mut invalid) = (Vec::new(), Vec::new());
    for name in names {
        let line = name
            .strip_prefix("/aws/service/eks/optimized-ami/")
            .and_then(|rest| rest.strip_suffix("/recommended/release_version"))
            .and_then(|rest| rest.split_once("/amazon-linux-2023/"));
        match line.and_then(|(minor, kind)| released(minor, kind)) {
            Some(release) => found.push(json!({
                "Name": name, "ARN": format!("arn:aws:ssm:{}::parameter{name}", call.region), "Type": "String", "Value": release,
                "Version": 41, "DataType": "text",
            })),
            None => invalid.push(name),
        }
    }
    Ok(json!({"Parameters": found, "InvalidParameters": invalid}))
}

/// The newest release of the images of a minor; `kind` is architecture and variant.
fn released(minor: &str, kind: &str) -> Option<String> {
    const KINDS: [&str; 5] =
        ["x86_64/standard", "arm64/standard", "x86_64/nvidia", "arm64/nvidia", "x86_64/neuron"];
    let patch = match minor {
        "1.34" => 9,
        "1.35" => 6,
        VERSION => 3,
        _ => return None,
    };
    KINDS.contains(&kind).then(|| format!("{minor}.{patch}-{RELEASE}"))
}

fn written(land: &Land, name: &str, kind: &str) -> Value {
    let name = format!("/myapp/{}/{name}", land.cluster.environment);
    json!({
        "Name": name, "ARN": land.arn("ssm", &format!("parameter{name}")), "Type": kind, "LastModifiedDate": epoch(land.installed()),
        "LastModifiedUser": format!("arn:aws:iam::{ACCOUNT}:role/terraform"), "Version": 1, "Tier": "Standard", "Policies": [],
        "DataType": "text",
    })
}

fn meets(parameter: &Value, filter: &Value) -> bool {
    let own = match field::text(filter, "Key") {
        "Name" => field::text(parameter, "Name"),
        "Type" => field::text(parameter, "Type"),
        "Tier" => field::text(parameter, "Tier"),
        _ => return false,
    };
    let option = field::text(filter, "Option");
    field::list(filter, "Values").iter().filter_map(Value::as_str).any(|value| match option {
        "BeginsWith" => own.starts_with(value),
        "Contains" => own.contains(value),
        _ => own == value,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{ask_target, shared};
    use crate::simulator::world::field;

    #[tokio::test]
    async fn what_aws_publishes_is_told_and_what_nobody_knows_is_invalid() {
        let own = "/aws/service/eks/optimized-ami/1.36/amazon-linux-2023/x86_64/standard/recommended/release_version";
        let body = json!({"Names": [own, "/myapp/prod/vpc-id"]});
        let (_, told) = ask_target(shared(), "ssm", "AmazonSSM.GetParameters", &body).await;
        assert_eq!(told["Parameters"][0]["Value"], "1.36.3-20261007");
        assert_eq!(told["InvalidParameters"], json!(["/myapp/prod/vpc-id"]));
    }

    #[tokio::test]
    async fn parameters_are_described_without_values_and_found_by_name() {
        let aws = shared();
        let (_, all) =
            ask_target(aws, "ssm", "AmazonSSM.DescribeParameters", &json!({"MaxResults": 5})).await;
        assert_eq!(field::list(&all, "Parameters").len(), 5);
        assert!(!field::text(&all, "NextToken").is_empty());
        let body = json!({"ParameterFilters": [{"Key": "Name", "Option": "BeginsWith", "Values": ["/myapp/prod/"]}]});
        let (_, prod) = ask_target(aws, "ssm", "AmazonSSM.DescribeParameters", &body).await;
        assert_eq!(field::list(&prod, "Parameters").len(), 4);
    }
}
