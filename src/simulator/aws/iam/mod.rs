//! IAM: the roles of the fleet with those who may take them, and the clusters' OIDC providers.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::call::Call;
use super::eks::{access, cluster};
use super::failure::Failure;
use super::land::Land;
use super::protocol::Protocol;
use super::service::Service;
use crate::simulator::world::chance::hex_of;
use crate::simulator::world::cluster::ACCOUNT;
use crate::simulator::world::field;
use crate::simulator::world::identity::{self, Identity};

pub(crate) const SERVICE: Service = Service {
    name: "iam",
    signing: "iam",
    permission: "iam",
    protocol: Protocol::Query("https://iam.amazonaws.com/doc/2010-05-08/"),
    routes: &[],
    answer,
};

fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    match call.operation {
        "GetRole" => get_role(call),
        "ListRoles" => list_roles(call),
        "ListOpenIDConnectProviders" => Ok(list_providers(call)),
        "GetOpenIDConnectProvider" => get_provider(call),
        other => Err(Failure::not_built(&format!("iam:{other}"))),
    }
}

fn missing(what: &str) -> Failure {
    Failure::new(404, "NoSuchEntity", what)
}

fn get_role(call: &Call<'_>) -> Result<Value, Failure> {
    let name = call.text("RoleName");
    let mut role =
        written(call, name).ok_or_else(|| missing(&format!("The role with name {name} cannot be found.")))?;
    if let Some(fields) = role.as_object_mut() {
        fields.insert("Tags".to_owned(), json!({"member": [{"Key": "ManagedBy", "Value": "terraform"}]}));
    }
    Ok(json!({"Role": role}))
}

/// All roles, by name, a hundred a page when nobody asks for more. Unlike `GetRole` without their tags.
fn list_roles(call: &Call<'_>) -> Result<Value, Failure> {
    let mut names: BTreeSet<String> = access::ROLES.iter().map(|(_, role)| (*role).to_owned()).collect();
    names.extend(call.aws.account().trusts.keys().cloned());
    for land in call.aws.lands() {
        let own = ["cluster", "node"].into_iter().chain(identity::all().map(|(_, account, _)| account));
        names.extend(own.map(|own| format!("{}-{own}", land.cluster.name)));
    }
    let roles = names.iter().filter_map(|name| written(call, name)).collect();
    let limit = call.number("MaxItems").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(100);
    let page = call.page(roles, limit.clamp(1, 1000), call.text("Marker"))?;
    let mut answer = json!({"Roles": {"member": page.items}, "IsTruncated": page.next.is_some().to_string()});
    if let (Some(fields), Some(next)) = (answer.as_object_mut(), page.next) {
        fields.insert("Marker".to_owned(), json!(next));
    }
    Ok(answer)
}

/// Who may take a role; `None` when there is none of this name.
pub(crate) fn trust(call: &Call<'_>, name: &str) -> Option<Value> {
    let lands = call.aws.lands();
    let own = call.aws.account().trusts.get(name).cloned();
    own.or_else(|| lands.iter().find_map(|land| of_land(land, name)))
        .or_else(|| access::ROLES.iter().any(|(_, role)| *role == name).then(by_people))
}

/// A role as IAM writes it.
fn written(call: &Call<'_>, name: &str) -> Option<Value> {
    let trust = trust(call, name)?;
    let lands = call.aws.lands();
    let born = lands.first().map(|land| field::stamp(land.installed()));
    Some(json!({
        "Path": "/", "RoleName": name, "RoleId": format!("AROA{}", hex_of(name, 16).to_uppercase()),
        "Arn": format!("arn:aws:iam::{ACCOUNT}:role/{name}"), "CreateDate": born,
        // The API hands out policies with their URL escapes.
        "AssumeRolePolicyDocument": escaped(&trust.to_string()), "MaxSessionDuration": 3600,
    }))
}

fn policy(principal: Value, actions: &[&str], condition: Option<Value>) -> Value {
    let mut statement = json!({"Effect": "Allow", "Principal": principal, "Action": actions});
    if let (Some(fields), Some(condition)) = (statement.as_object_mut(), condition) {
        fields.insert("Condition".to_owned(), condition);
    }
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

fn by_people() -> Value {
    policy(json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}), &["sts:AssumeRole"], None)
}

/// Who may take a role of a cluster: the control plane, the machines, or a service account.
fn of_land(land: &Land, role: &str) -> Option<Value> {
    let own = role.strip_prefix(land.cluster.name)?.strip_prefix('-')?;
    match own {
        "cluster" => {
            return Some(policy(
                json!({"Service": "eks.amazonaws.com"}),
                &["sts:AssumeRole", "sts:TagSession"],
                None,
            ));
        }
        "node" => return Some(policy(json!({"Service": "ec2.amazonaws.com"}), &["sts:AssumeRole"], None)),
        _ => {}
    }
    let (namespace, account, kind) = identity::all().find(|(_, account, _)| *account == own)?;
    Some(match kind {
        Identity::Association => {
            policy(json!({"Service": "pods.eks.amazonaws.com"}), &["sts:AssumeRole", "sts:TagSession"], None)
        }
        Identity::WebIdentity => {
            let issuer = cluster::issuer(land);
            let issuer = issuer.trim_start_matches("https://");
            let subject = format!("system:serviceaccount:{namespace}:{account}");
            let condition = json!({"StringEquals": {format!("{issuer}:sub"): subject, format!("{issuer}:aud"): "sts.amazonaws.com"}});
            policy(json!({"Federated": provider(land)}), &["sts:AssumeRoleWithWebIdentity"], Some(condition))
        }
    })
}

/// The ARN of a cluster's OIDC provider.
fn provider(land: &Land) -> String {
    let issuer = cluster::issuer(land);
    format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{}", issuer.trim_start_matches("https://"))
}

fn list_providers(call: &Call<'_>) -> Value {
    let providers: Vec<Value> = call.aws.lands().iter().map(|land| json!({"Arn": provider(land)})).collect();
    json!({"OpenIDConnectProviderList": {"member": providers}})
}

fn get_provider(call: &Call<'_>) -> Result<Value, Failure> {
    let wanted = call.text("OpenIDConnectProviderArn");
    let lands = call.aws.lands();
    let land = lands.iter().find(|land| provider(land) == wanted);
    let land = land.ok_or_else(|| missing(&format!("OpenIDConnect Provider not found for arn {wanted}")))?;
    Ok(json!({
        "Url": cluster::issuer(land).trim_start_matches("https://"), "ClientIDList": {"member": ["sts.amazonaws.com"]},
        "ThumbprintList": {"member": [hex_of("thumbprint", 40)]}, "CreateDate": field::stamp(land.installed()),
    }))
}

/// Text with everything but letters, digits and `-_.~` escaped as in URLs.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::simulator::aws::tests::resting;
    use serde_json::Value;

    use super::super::asked::decoded;
    use super::super::tests::{ask_form, between, shared};

    async fn trust(role: &str) -> Value {
        let aws = shared();
        let answer = ask_form(aws, "iam", &format!("Action=GetRole&RoleName={role}")).await;
        decoded(between(&answer, "<AssumeRolePolicyDocument>", "<")[0]).parse().unwrap()
    }

    #[tokio::test]
    async fn a_role_trusts_the_agent_or_the_clusters_provider_as_its_service_account_needs() {
        let karpenter = trust("myapp-dev-karpenter").await;
        assert_eq!(karpenter["Statement"][0]["Principal"]["Service"], "pods.eks.amazonaws.com");
        let dns = trust("myapp-prod-external-dns").await;
        assert_eq!(dns["Statement"][0]["Action"][0], "sts:AssumeRoleWithWebIdentity");
        assert!(
            dns.to_string().contains(":sub\":\"system:serviceaccount:external-dns:external-dns\""),
            "{dns}"
        );
    }

    #[tokio::test]
    async fn all_roles_come_in_pages_with_their_trust() {
        let (_simulator, aws) = resting();
        let first = ask_form(&aws, "iam", "Action=ListRoles&MaxItems=5").await;
        assert_eq!(between(&first, "<AssumeRolePolicyDocument>", "<").len(), 5);
        assert!(first.contains("<IsTruncated>true</IsTruncated>"), "{first}");
        let all = ask_form(&aws, "iam", "Action=ListRoles&MaxItems=1000").await;
        assert!(all.contains("<RoleName>myapp-prod-external-dns</RoleName>"), "{all}");
        assert!(all.contains("<IsTruncated>false</IsTruncated>"), "{all}");
    }

    #[tokio::test]
    async fn each_cluster_has_a_provider_and_unknown_roles_are_none() {
        let aws = shared();
        let answer = ask_form(aws, "iam", "Action=ListOpenIDConnectProviders").await;
        let arns = between(&answer, "<Arn>", "<");
        assert_eq!(arns.len(), 2);
        let one = ask_form(
            aws,
            "iam",
            &format!("Action=GetOpenIDConnectProvider&OpenIDConnectProviderArn={}", arns[0]),
        )
        .await;
        assert!(one.contains("<member>sts.amazonaws.com</member>"));
        let gone = ask_form(aws, "iam", "Action=GetRole&RoleName=nobody").await;
        assert!(gone.contains("<Code>NoSuchEntity</Code>"));
    }
}
