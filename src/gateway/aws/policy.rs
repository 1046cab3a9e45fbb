//! The IAM policy that allows everything this program may ask, and nothing else.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::operations::{OPERATIONS, Operation};

/// Needs no permission (STS API reference), so it is in no policy.
const FREE: &str = "sts:GetCallerIdentity";

/// An IAM policy document with every action of [`OPERATIONS`], as narrow as the API of each allows (Service Authorization
/// Reference: an operation without a resource type can only be allowed on `*`).
pub fn policy() -> Value {
    let mut by_resource: BTreeMap<(&'static str, &'static str), Vec<String>> = BTreeMap::new();
    for operation in OPERATIONS.iter().filter(|operation| operation.action() != FREE) {
        let actions = by_resource.entry(resource(operation)).or_default();
        actions.push(operation.action());
    }
    let statements: Vec<Value> = by_resource
        .into_iter()
        .map(|((name, resource), mut actions)| {
            actions.sort();
            actions.dedup();
            json!({"Sid": format!("Pilothouse{name}"), "Effect": "Allow", "Action": actions, "Resource": resource})
        })
        .collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// What an operation can be narrowed to, with a word for the statement. A partition is a wildcard: the same policy serves
/// all of them.
fn resource(operation: &Operation) -> (&'static str, &'static str) {
    match (operation.service.signing, operation.name) {
        ("eks", "ListClusters" | "DescribeClusterVersions" | "DescribeAddonVersions") => ALL,
        ("eks", "DescribeAddon") => ("EksAddons", "arn:*:eks:*:*:addon/*"),
        ("eks", "DescribeNodegroup") => ("EksNodeGroups", "arn:*:eks:*:*:nodegroup/*"),
        ("eks", "DescribeAccessEntry" | "ListAssociatedAccessPolicies") => {
            ("EksAccessEntries", "arn:*:eks:*:*:access-entry/*")
        }
        ("eks", "DescribePodIdentityAssociation") => {
            ("EksPodIdentities", "arn:*:eks:*:*:podidentityassociation/*")
        }
        // Updates of add-ons and node groups are asked for with these as well.
        ("eks", "DescribeUpdate" | "ListUpdates") => ("EksUpdates", "arn:*:eks:*:*:*/*"),
        ("eks", _) => ("EksClusters", "arn:*:eks:*:*:cluster/*"),
        ("route53", "ListResourceRecordSets" | "GetHostedZone") => {
            ("HostedZones", "arn:*:route53:::hostedzone/*")
        }
        ("route53", "GetHealthCheckStatus") => ("HealthChecks", "arn:*:route53:::healthcheck/*"),
        ("acm", "DescribeCertificate") => ("Certificates", "arn:*:acm:*:*:certificate/*"),
        ("secretsmanager", "DescribeSecret") => ("Secrets", "arn:*:secretsmanager:*:*:secret:*"),
        ("ecr", _) => ("Repositories", "arn:*:ecr:*:*:repository/*"),
        ("iam", "GetRole") => ("Roles", "arn:*:iam::*:role/*"),
        // What AWS publishes for everybody: no account in its name.
        ("ssm", "GetParameters") => ("PublicParameters", "arn:*:ssm:*::parameter/aws/service/*"),
        ("sqs", _) => ("Queues", "arn:*:sqs:*:*:*"),
        ("dynamodb", _) => ("Tables", "arn:*:dynamodb:*:*:table/*"),
        // Locks of Terraform, and nothing else that is in a bucket.
        ("s3", "GetObject") => ("StateLocks", "arn:*:s3:::*/*.tflock"),
        ("s3", _) => ("Buckets", "arn:*:s3:::*"),
        ("logs", "FilterLogEvents" | "StartQuery" | "DescribeLogStreams") => {
            ("LogGroups", "arn:*:logs:*:*:log-group:*")
        }
        // What EC2, Elastic Load Balancing, Auto Scaling and CloudWatch describe, and whatever is new here.
        _ => ALL,
    }
}

const ALL: (&str, &str) = ("Read", "*");

#[cfg(test)]
mod tests {
    use super::*;

    fn statements() -> Vec<Value> {
        policy()["Statement"].as_array().unwrap().clone()
    }

    fn actions() -> Vec<String> {
        let of = |statement: &Value| statement["Action"].as_array().unwrap().clone();
        statements().iter().flat_map(of).map(|action| action.as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn every_operation_is_allowed_once_and_nothing_else() {
        let mut allowed = actions();
        let count = allowed.len();
        allowed.sort();
        allowed.dedup();
        assert_eq!(allowed.len(), count, "an action stands twice");
        let mut wanted: Vec<String> = OPERATIONS.iter().map(Operation::action).collect();
        wanted.retain(|action| action != FREE);
        wanted.sort();
        wanted.dedup();
        assert_eq!(allowed, wanted);
        assert!(allowed.iter().all(|action| !action.contains('*')), "{allowed:?}");
    }

    #[test]
    fn what_can_be_narrowed_is_and_statements_have_names_of_their_own() {
        let on = |action: &str| {
            let has = |statement: &&Value| statement["Action"].as_array().unwrap().contains(&action.into());
            statements().iter().find(has).unwrap()["Resource"].as_str().unwrap().to_owned()
        };
        assert_eq!(on("eks:DescribeCluster"), "arn:*:eks:*:*:cluster/*");
        assert_eq!(on("eks:ListClusters"), "*");
        assert_eq!(on("route53:ListResourceRecordSets"), "arn:*:route53:::hostedzone/*");
        assert_eq!(on("secretsmanager:DescribeSecret"), "arn:*:secretsmanager:*:*:secret:*");
        assert_eq!(on("ec2:DescribeSubnets"), "*");
        assert_eq!(on("logs:StartQuery"), "arn:*:logs:*:*:log-group:*");
        assert_eq!(on("logs:StopQuery"), "*", "a query is no resource");
        assert_eq!(on("s3:GetObject"), "arn:*:s3:::*/*.tflock");
        assert_eq!(on("ssm:GetParameters"), "arn:*:ssm:*::parameter/aws/service/*");
        let mut names: Vec<String> = statements().iter().map(|s| s["Sid"].to_string()).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    /// A managed policy holds 6,144 characters (IAM quotas; white space does not count).
    #[test]
    fn it_fits_into_one_managed_policy() {
        let length = policy().to_string().len();
        assert!(length <= 6_144, "{length}");
    }
}
