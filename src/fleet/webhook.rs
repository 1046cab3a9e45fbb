//! Admission webhooks: who may change or refuse what is written (`admissionregistration.k8s.io/v1`). One row for mutating
//! and validating configurations.

use std::sync::Arc;

use super::intern::Interner;
use super::meta::{Meta, MetaWire, row_with_meta};
use super::row::{Packed, packed_from};
use super::selector::{LabelSelector, SelectorWire};
use super::service::{ServiceRef, ServiceRefWire};
use super::wire::{List, Number, Object, Text, Texts, wire_structs};
use super::word::open_words;

/// A configuration of webhooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookConfiguration {
    /// `metadata`
    pub meta: Meta,
    /// `webhooks`, in the order in which they are called.
    pub webhooks: Box<[Webhook]>,
}

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// `name`, for example `vingress.elbv2.k8s.aws`.
    pub name: Arc<str>,
    /// Who is asked.
    pub target: Target,
    /// `failurePolicy`: what happens when nobody answers.
    pub failure_policy: FailurePolicy,
    /// `timeoutSeconds`; 10 where it is not said.
    pub timeout_seconds: u32,
    /// `clientConfig.caBundle` is there; without it the answer's certificate must be known to the API server.
    pub has_ca: bool,
    /// `rules`: what it is asked about.
    pub rules: Box<[WebhookRule]>,
    /// `namespaceSelector`: in which namespaces it is asked.
    pub namespaces: LabelSelector,
    /// `objectSelector`: about which objects it is asked.
    pub objects: LabelSelector,
}

/// Who is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A service of the cluster.
    Service(ServiceRef),
    /// An address outside.
    Url(Box<str>),
}

open_words! {
    /// What happens when a webhook does not answer.
    pub enum FailurePolicy {
        /// The request is refused.
        Fail = "Fail",
        /// The request goes on.
        Ignore = "Ignore",
    }
}

/// What a webhook is asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookRule {
    /// `operations`: `CREATE`, `UPDATE`, `DELETE`, `CONNECT`, `*`.
    pub operations: Box<[Arc<str>]>,
    /// `apiGroups`
    pub groups: Box<[Arc<str>]>,
    /// `resources`
    pub resources: Box<[Arc<str>]>,
}

wire_structs! {
    /// A configuration as it is read.
    pub struct WebhookConfigurationWire<'a> {
        metadata: Object<MetaWire<'a>>,
        webhooks: List<WebhookWire<'a>>,
    }
    struct WebhookWire<'a> {
        name: Text<'a>,
        client_config: Object<ClientWire<'a>>,
        failure_policy: Text<'a>,
        timeout_seconds: Number,
        rules: List<RuleWire<'a>>,
        namespace_selector: Object<SelectorWire<'a>>,
        object_selector: Object<SelectorWire<'a>>,
    }
    struct ClientWire<'a> {
        service: Object<ServiceRefWire<'a>>,
        url: Text<'a>,
        ca_bundle: Text<'a>,
    }
    struct RuleWire<'a> {
        operations: Texts<'a>,
        api_groups: Texts<'a>,
        resources: Texts<'a>,
    }
}

impl Webhook {
    /// The service that is asked; `None` for an address outside.
    pub fn service(&self) -> Option<&ServiceRef> {
        match &self.target {
            Target::Service(service) => Some(service),
            Target::Url(_) => None,
        }
    }

    fn pack(wire: &WebhookWire<'_>, interner: &mut Interner) -> Self {
        let client = wire.client_config.get();
        let target = match client.and_then(|client| client.service.get()) {
            Some(service) => Target::Service(ServiceRef::pack(service, interner)),
            None => Target::Url(client.map_or("", |client| &*client.url).into()),
        };
        Self {
            name: interner.get(&wire.name),
            target,
            failure_policy: match wire.failure_policy.known() {
                Some(policy) => FailurePolicy::read(policy, interner),
                None => FailurePolicy::Fail,
            },
            timeout_seconds: wire.timeout_seconds.count_or(10),
            has_ca: client.is_some_and(|client| client.ca_bundle.known().is_some()),
            rules: wire
                .rules
                .iter()
                .map(|rule| WebhookRule {
                    operations: interner.all(&rule.operations),
                    groups: interner.all(&rule.api_groups),
                    resources: interner.all(&rule.resources),
                })
                .collect(),
            namespaces: LabelSelector::pack_some(&wire.namespace_selector, interner).unwrap_or_default(),
            objects: LabelSelector::pack_some(&wire.object_selector, interner).unwrap_or_default(),
        }
    }
}

row_with_meta!(WebhookConfiguration);

impl Packed for WebhookConfiguration {
    packed_from!(WebhookConfigurationWire);

    fn pack(wire: WebhookConfigurationWire<'_>, shared: &mut Interner) -> Self {
        Self {
            meta: Meta::pack(&wire.metadata.or_default(), shared),
            webhooks: wire.webhooks.iter().map(|webhook| Webhook::pack(webhook, shared)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration(json: &str) -> WebhookConfiguration {
        WebhookConfiguration::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    #[test]
    fn a_configuration_of_the_load_balancer_controller_is_read() {
        let configuration = configuration(
            r#"{"metadata":{"name":"aws-load-balancer-webhook"},"webhooks":[{"name":"mservice.elbv2.k8s.aws",
            "clientConfig":{"caBundle":"LS0t","service":{"name":"aws-load-balancer-webhook-service","namespace":"kube-system","path":"/x"}},
            "failurePolicy":"Fail","timeoutSeconds":5,"rules":[{"apiGroups":[""],"apiVersions":["v1"],"operations":["CREATE"],"resources":["services"]}],
            "objectSelector":{"matchExpressions":[{"key":"app.kubernetes.io/name","operator":"NotIn","values":["aws-load-balancer-controller"]}]}},
            {"name":"outside","clientConfig":{"url":"https://policy.example.org"},"failurePolicy":"Ignore"}]}"#,
        );
        let [service, outside] = &*configuration.webhooks else { panic!("{configuration:?}") };
        let asked = service.service().unwrap();
        assert_eq!(
            (&*asked.namespace, &*asked.name, asked.port),
            ("kube-system", "aws-load-balancer-webhook-service", 443)
        );
        assert_eq!(
            (service.failure_policy.clone(), service.timeout_seconds, service.has_ca),
            (FailurePolicy::Fail, 5, true)
        );
        assert_eq!(&*service.rules[0].resources[0], "services");
        assert!(!service.objects.matches([("app.kubernetes.io/name", "aws-load-balancer-controller")]));
        assert_eq!(outside.target, Target::Url("https://policy.example.org".into()));
        assert!(
            outside.failure_policy == FailurePolicy::Ignore
                && !outside.has_ca
                && outside.namespaces.is_empty()
        );
    }

    #[test]
    fn a_webhook_without_a_policy_refuses_what_it_cannot_ask_about() {
        let configuration = configuration(r#"{"webhooks":[{"clientConfig":null},{"failurePolicy":"Pray"}]}"#);
        let [default, other] = &*configuration.webhooks else { panic!("{configuration:?}") };
        assert_eq!((default.failure_policy.clone(), default.timeout_seconds), (FailurePolicy::Fail, 10));
        assert_eq!(other.failure_policy.as_str(), "Pray");
    }
}
