//! Systems Manager: the parameters that Terraform leaves for others.

use serde_json::{Value, json};

use super::call::Call;
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
