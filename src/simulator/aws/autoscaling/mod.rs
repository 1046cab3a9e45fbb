//! Auto Scaling: the group behind each managed node group.

use serde_json::{Value, json};

use super::call::Call;
use super::ec2::launch_template;
use super::eks::nodegroup;
use super::failure::Failure;
use super::land::{Land, ZONES};
use super::machine;
use super::protocol::Protocol;
use super::service::Service;
use crate::simulator::world::cluster::ACCOUNT;
use crate::simulator::world::field;

pub(crate) const SERVICE: Service = Service {
    name: "autoscaling",
    signing: "autoscaling",
    permission: "autoscaling",
    protocol: Protocol::Query("http://autoscaling.amazonaws.com/doc/2011-01-01/"),
    routes: &[],
    answer,
};

fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    match call.operation {
        "DescribeAutoScalingGroups" => describe(call),
        other => Err(Failure::not_built(&format!("autoscaling:{other}"))),
    }
}

fn describe(call: &Call<'_>) -> Result<Value, Failure> {
    let names = call.texts("AutoScalingGroupNames");
    let filters = field::list(call.parameters, "Filters");
    let groups: Vec<Value> = call
        .lands()
        .iter()
        .map(written)
        .filter(|group| names.is_empty() || names.contains(&field::text(group, "AutoScalingGroupName")))
        .filter(|group| filters.iter().all(|filter| meets(group, filter)))
        .collect();
    let limit =
        call.number("MaxRecords").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(50).min(100);
    let page = call.page(groups, limit, call.text("NextToken"))?;
    Ok(json!({"AutoScalingGroups": {"member": page.items}, "NextToken": page.next}))
}

/// Whether a group has the tag that a filter asks for.
fn meets(group: &Value, filter: &Value) -> bool {
    let (name, values) = (field::text(filter, "Name"), field::list(filter, "Values"));
    field::list(group, "Tags.member").iter().any(|tag| match name.strip_prefix("tag:") {
        Some(key) => field::text(tag, "Key") == key && values.contains(field::at(tag, "Value")),
        None if name == "tag-key" => values.contains(field::at(tag, "Key")),
        None if name == "tag-value" => values.contains(field::at(tag, "Value")),
        None => false,
    })
}

fn written(land: &Land) -> Value {
    let cluster = land.cluster.name;
    let name = launch_template::scaling_group(land);
    let template = json!({
        "LaunchTemplateId": launch_template::id(land), "LaunchTemplateName": format!("eks-{cluster}-system"), "Version": "1",
    });
    let instances: Vec<Value> = machine::machines(land)
        .iter()
        .filter(|machine| machine.group == nodegroup::SYSTEM)
        .map(|machine| {
            json!({
                "InstanceId": machine.id, "InstanceType": machine.instance_type,
                "AvailabilityZone": ZONES.get(machine.zone).map(|(zone, _)| *zone), "LifecycleState": "InService",
                "HealthStatus": if machine.silent_since.is_none() { "Healthy" } else { "Unhealthy" },
                "LaunchTemplate": template, "ProtectedFromScaleIn": false,
            })
        })
        .collect();
    let owned = format!("kubernetes.io/cluster/{cluster}");
    let tags: Vec<Value> =
        [("eks:cluster-name", cluster), ("eks:nodegroup-name", nodegroup::SYSTEM), (owned.as_str(), "owned")]
            .iter()
            .map(|(key, value)| {
                json!({
                    "ResourceId": name, "ResourceType": "auto-scaling-group", "Key": key, "Value": value, "PropagateAtLaunch": true,
                })
            })
            .collect();
    let subnets = [land.subnet(11, 0), land.subnet(11, 1), land.subnet(11, 2)].join(",");
    let id = land.digits("scaling-group-arn", 32);
    json!({
        "AutoScalingGroupName": name,
        "AutoScalingGroupARN": land.arn("autoscaling", &format!("autoScalingGroup:{id}:autoScalingGroupName/{name}")),
        "MixedInstancesPolicy": {"LaunchTemplate": {"LaunchTemplateSpecification": template, "Overrides": {"member": [{"InstanceType": "t3.medium"}]}}},
        "MinSize": nodegroup::BOUNDS.0, "MaxSize": nodegroup::BOUNDS.1, "DesiredCapacity": nodegroup::size(land),
        "DefaultCooldown": 300, "AvailabilityZones": {"member": ZONES.map(|(zone, _)| zone)}, "HealthCheckType": "EC2",
        "HealthCheckGracePeriod": 15, "Instances": {"member": instances}, "CreatedTime": field::stamp(land.installed()),
        "VPCZoneIdentifier": subnets, "Tags": {"member": tags}, "TerminationPolicies": {"member": ["AllocationStrategy", "OldestLaunchTemplate", "OldestInstance"]},
        "NewInstancesProtectedFromScaleIn": false, "CapacityRebalance": true,
        "ServiceLinkedRoleARN": format!("arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ask_form, between, shared};

    #[tokio::test]
    async fn each_cluster_has_a_group_of_its_system_machines() {
        let aws = shared();
        let answer = ask_form(aws, "autoscaling", "Action=DescribeAutoScalingGroups").await;
        assert_eq!(between(&answer, "<DesiredCapacity>", "<"), ["2", "2"]);
        assert_eq!(between(&answer, "<InstanceId>", "<").len(), 4);
        let one = "Action=DescribeAutoScalingGroups&Filters.member.1.Name=tag:eks:cluster-name&Filters.member.1.Values.member.1=myapp-dev";
        assert_eq!(between(&ask_form(aws, "autoscaling", one).await, "<InstanceId>", "<").len(), 2);
        let first = ask_form(aws, "autoscaling", "Action=DescribeAutoScalingGroups&MaxRecords=1").await;
        assert_eq!(between(&first, "<NextToken>", "<").len(), 1);
    }
}
