//! IAM: who may take which role, and whose tokens the account believes.

use serde::Deserialize;
use serde_json::Value;

use super::account::Account;
use super::operations::{IAM_OIDC_PROVIDERS, IAM_ROLES};
use super::query::{Items, Paged, pages, query};
use crate::fleet::aws::role::{Condition, Role, TokenProvider, Trust};
use crate::gateway::failure::Failure;

/// The service that gives pods their roles by EKS Pod Identity.
const PODS: &str = "pods.eks.amazonaws.com";

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct RolesAnswer {
    list_roles_result: RolesPage,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct RolesPage {
    roles: Items<SaidRole>,
    is_truncated: bool,
    marker: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct SaidRole {
    arn: String,
    role_name: String,
    assume_role_policy_document: String,
}

impl Paged for RolesAnswer {
    fn next(&self) -> Option<&str> {
        self.list_roles_result.marker.as_deref().filter(|_| self.list_roles_result.is_truncated)
    }
}

/// The roles of an account with their trust. A service account names its role only in Kubernetes, so that which of them
/// are used is not known here; a thousand come in one call.
pub async fn roles(account: &Account) -> Result<Vec<Role>, Failure> {
    let form = vec![("MaxItems".to_owned(), "1000".to_owned())];
    let answers: Vec<RolesAnswer> = pages(account, &IAM_ROLES, &form, "Marker").await?;
    let said = answers.into_iter().flat_map(|answer| answer.list_roles_result.roles.into_vec());
    Ok(said.map(packed).collect())
}

fn packed(said: SaidRole) -> Role {
    Role {
        arn: said.arn.into(),
        name: said.role_name.into(),
        trust: trust(&unescaped(&said.assume_role_policy_document)),
    }
}

/// The statements of a trust policy that are about pods.
fn trust(document: &str) -> Box<[Trust]> {
    let Ok(document) = serde_json::from_str::<Value>(document) else { return Box::default() };
    let statement = |statement: &Value| {
        let principal = statement.get("Principal");
        let of = |kind: &str| texts(principal.and_then(|principal| principal.get(kind)));
        let trust = Trust {
            allows: statement.get("Effect").and_then(Value::as_str) == Some("Allow"),
            services: of("Service"),
            federated: of("Federated"),
            actions: texts(statement.get("Action")),
            conditions: conditions(statement.get("Condition")),
        };
        let is_about_pods = trust.services.iter().any(|service| **service == *PODS)
            || !trust.federated.is_empty()
            || !trust.allows;
        is_about_pods.then_some(trust)
    };
    many(document.get("Statement")).filter_map(statement).collect()
}

fn conditions(said: Option<&Value>) -> Box<[Condition]> {
    let operators = said.and_then(Value::as_object);
    let mut all = Vec::new();
    for (operator, keys) in operators.into_iter().flatten() {
        for (key, values) in keys.as_object().into_iter().flatten() {
            all.push(Condition {
                operator: operator.as_str().into(),
                key: key.as_str().into(),
                values: texts(Some(values)),
            });
        }
    }
    all.into()
}

/// A policy writes one thing, or a list of things.
fn many(said: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (list, one) = match said {
        Some(Value::Array(list)) => (list.as_slice(), None),
        one => (&[][..], one),
    };
    list.iter().chain(one)
}

fn texts(said: Option<&Value>) -> Box<[Box<str>]> {
    many(said).map(|value| value.as_str().map_or_else(|| value.to_string().into(), Box::from)).collect()
}

/// Text without its URL escapes, in which IAM hands out policies.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        let escaped = (*byte == b'%').then(|| behind.get(..2)).flatten();
        let code = escaped.and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(code) => {
                bytes.push(code);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*byte);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ProvidersAnswer {
    #[serde(rename = "ListOpenIDConnectProvidersResult")]
    result: ProvidersPage,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ProvidersPage {
    #[serde(rename = "OpenIDConnectProviderList")]
    list: Items<SaidProvider>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct SaidProvider {
    arn: String,
}

/// Whose tokens the account believes.
pub async fn token_providers(account: &Account) -> Result<Vec<TokenProvider>, Failure> {
    let answer: ProvidersAnswer = query(account, &IAM_OIDC_PROVIDERS, &Vec::new()).await?;
    Ok(answer.result.list.into_vec().into_iter().map(|said| TokenProvider { arn: said.arn.into() }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_may_write_one_thing_or_many_and_escape_it_all() {
        let escaped = "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%5B%22\
                       pods.eks.amazonaws.com%22%5D%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%7D";
        let trust = trust(&unescaped(escaped));
        assert_eq!(trust.len(), 1);
        assert!(trust[0].allows && &*trust[0].actions[0] == "sts:AssumeRole", "{trust:?}");
        assert_eq!(unescaped("100% sure%2"), "100% sure%2");
    }

    #[test]
    fn who_is_no_pod_is_not_kept_and_nonsense_says_nothing() {
        let people = r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:root"},"Action":"sts:AssumeRole"}]}"#;
        assert!(trust(people).is_empty());
        assert!(trust("nothing").is_empty() && trust("[]").is_empty());
    }
}
