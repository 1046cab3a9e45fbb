//! What we may read: the server's own reviews of our rights.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;

use super::connection::{Connection, Request};
use super::failure::{Failure, Intent};
use crate::fleet::ResourceType;

/// The rules that hold for us in one namespace (`SelfSubjectRulesReview`).
#[derive(Clone, Debug, Default)]
pub struct Rules {
    rules: Arc<[Rule]>,
    /// The server could not list all: an authoriser such as a webhook cannot enumerate its rules.
    pub incomplete: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Rule {
    verbs: Vec<String>,
    api_groups: Vec<String>,
    resources: Vec<String>,
    resource_names: Vec<String>,
}

impl Rules {
    /// Nothing is known: each thing must be asked for by itself.
    pub fn unknown() -> Self {
        Self { rules: Arc::default(), incomplete: true }
    }

    /// True when a rule surely allows `verb` on all objects of a kind.
    pub fn allow(&self, verb: &str, resource: &ResourceType) -> bool {
        let has = |list: &[String], word: &str| list.iter().any(|entry| entry == "*" || entry == word);
        self.rules.iter().any(|rule| {
            rule.resource_names.is_empty()
                && has(&rule.verbs, verb)
                && has(&rule.api_groups, &resource.group)
                && has(&rule.resources, &resource.plural)
        })
    }
}

#[derive(Deserialize)]
struct RulesReview {
    #[serde(default)]
    status: RulesStatus,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RulesStatus {
    resource_rules: Vec<Rule>,
    incomplete: bool,
}

#[derive(Deserialize)]
struct AccessReview {
    #[serde(default)]
    status: AccessStatus,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AccessStatus {
    allowed: bool,
}

impl Connection {
    /// All rules that hold for us in a namespace.
    pub async fn rules(&self, namespace: &str) -> Result<Rules, Failure> {
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectRulesReview",
            "spec": {"namespace": namespace},
        });
        let path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
        let answer: RulesReview = self.json(Request::post(path, &review, Intent::plain())).await?;
        Ok(Rules { rules: answer.status.resource_rules.into(), incomplete: answer.status.incomplete })
    }

    /// Whether one thing is allowed; `None` asks about all namespaces.
    pub async fn may(
        &self,
        verb: &str,
        resource: &ResourceType,
        namespace: Option<&str>,
    ) -> Result<bool, Failure> {
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {
                "verb": verb,
                "group": resource.group,
                "resource": resource.plural,
                "namespace": namespace.unwrap_or_default(),
            }},
        });
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let answer: AccessReview = self.json(Request::post(path, &review, Intent::plain())).await?;
        Ok(answer.status.allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::{self, Fake};
    use super::*;
    use crate::fleet::kind::{DEPLOYMENTS, NODES, PODS};

    #[tokio::test]
    async fn rules_allow_what_they_name_and_nothing_that_is_narrowed_to_names() {
        let fake = Fake::new(async |_| {
            fake::json(json!({"status": {"incomplete": true, "resourceRules": [
                {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"]},
                {"verbs": ["*"], "apiGroups": ["apps"], "resources": ["*"]},
                {"verbs": ["list"], "apiGroups": [""], "resources": ["nodes"], "resourceNames": ["a"]}]}}))
        });
        let rules = fake.connection().rules("web").await.unwrap();
        assert!(rules.incomplete);
        assert!(rules.allow("list", &PODS) && !rules.allow("watch", &PODS));
        assert!(rules.allow("watch", &DEPLOYMENTS));
        assert!(!rules.allow("list", &NODES));
    }

    #[tokio::test]
    async fn an_access_review_answers_for_one_thing() {
        let fake = Fake::new(async |_| fake::json(json!({"status": {"allowed": true}})));
        assert!(fake.connection().may("list", &PODS, Some("web")).await.unwrap());
        assert_eq!(fake.seen()[0].method, http::Method::POST);
    }
}
