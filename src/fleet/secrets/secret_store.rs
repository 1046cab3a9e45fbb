//! SecretStores and ClusterSecretStores: where External Secrets reads. One row for both.

use std::sync::Arc;

use serde_json::value::RawValue;

use crate::fleet::condition::{ConditionWire, Conditions};
use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::wire::{Keys, List, Object, Text, wire_structs};

/// A SecretStore or a ClusterSecretStore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretStore {
    /// `metadata`
    pub meta: Meta,
    /// Where the secrets are, by the key of `spec.provider`: `aws`, `vault`, `kubernetes` …
    pub provider: Arc<str>,
    /// `spec.provider.aws`
    pub aws: Option<Box<AwsStore>>,
    /// `status.capabilities`: `ReadOnly`, `WriteOnly`, `ReadWrite`.
    pub capabilities: Arc<str>,
    /// `status.conditions`: `Ready` with the reasons `Valid`, `InvalidStoreConfiguration`, `InvalidProviderConfig`,
    /// `ValidationFailed`, `ValidationUnknown`, the last with the status `True`.
    pub conditions: Conditions,
}

/// AWS Secrets Manager or Parameter Store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwsStore {
    /// `service`: `SecretsManager` or `ParameterStore`.
    pub service: Arc<str>,
    /// `region`
    pub region: Arc<str>,
    /// `role` that is assumed; `None` where the operator's own identity is enough.
    pub role: Option<Arc<str>>,
    /// `auth.jwt.serviceAccountRef`: as whom it reads, as `namespace/name`, or only the name.
    pub service_account: Option<Arc<str>>,
}

wire_structs! {
    /// A store as it is read.
    pub struct SecretStoreWire<'a> {
        metadata: Object<MetaWire<'a>>,
        spec: Object<SpecWire<'a>>,
        status: Object<StatusWire<'a>>,
    }
    struct SpecWire<'a> {
        provider: Option<&'a RawValue>,
    }
    struct ProviderWire<'a> {
        aws: Object<AwsWire<'a>>,
    }
    struct AwsWire<'a> {
        service: Text<'a>,
        region: Text<'a>,
        role: Text<'a>,
        auth: Object<AuthWire<'a>>,
    }
    struct AuthWire<'a> {
        jwt: Object<JwtWire<'a>>,
    }
    struct JwtWire<'a> {
        service_account_ref: Object<AccountWire<'a>>,
    }
    struct AccountWire<'a> {
        namespace: Text<'a>,
        name: Text<'a>,
    }
    struct StatusWire<'a> {
        capabilities: Text<'a>,
        conditions: List<ConditionWire<'a>>,
    }
}

row_with_meta!(SecretStore);

impl Packed for SecretStore {
    packed_from!(SecretStoreWire);

    fn pack(wire: SecretStoreWire<'_>, shared: &mut Interner) -> Self {
        let (spec, status) = (wire.spec.or_default(), wire.status.or_default());
        let text = spec.provider.map_or("null", RawValue::get);
        let providers: Keys<'_> = serde_json::from_str(text).unwrap_or_default();
        let known: Object<ProviderWire<'_>> = serde_json::from_str(text).unwrap_or_default();
        Self {
            meta: Meta::pack(&wire.metadata.or_default(), shared),
            provider: providers.0.first().map_or_else(Arc::default, |provider| shared.get(provider)),
            aws: known.or_default().aws.get().map(|aws| Box::new(AwsStore::pack(aws, shared))),
            capabilities: shared.get(&status.capabilities),
            conditions: Conditions::pack(&status.conditions, shared),
        }
    }
}

impl AwsStore {
    fn pack(wire: &AwsWire<'_>, interner: &mut Interner) -> Self {
        let jwt = wire.auth.get().and_then(|auth| auth.jwt.get());
        let account = jwt.and_then(|jwt| jwt.service_account_ref.get());
        Self {
            service: interner.get(&wire.service),
            region: interner.get(&wire.region),
            role: interner.known(&wire.role),
            service_account: account.map(|account| match account.namespace.known() {
                Some(namespace) => interner.get(&format!("{namespace}/{}", &*account.name)),
                None => interner.get(&account.name),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(json: &str) -> SecretStore {
        SecretStore::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    #[test]
    fn a_recorded_store_is_read() {
        let store = store(
            r#"{"metadata":{"name":"aws-secrets-manager"},"spec":{"provider":{"aws":{"auth":{"jwt":{"serviceAccountRef":{"name":"external-secrets",
            "namespace":"external-secrets"}}},"region":"us-east-1","service":"SecretsManager"}}},
            "status":{"capabilities":"ReadWrite","conditions":[{"type":"Ready","status":"True","reason":"Valid"}]}}"#,
        );
        let aws = store.aws.unwrap();
        assert_eq!((&*store.provider, &*aws.service, &*aws.region), ("aws", "SecretsManager", "us-east-1"));
        assert_eq!(
            (aws.service_account.as_deref(), aws.role),
            (Some("external-secrets/external-secrets"), None)
        );
        assert_eq!(&*store.capabilities, "ReadWrite");
    }

    #[test]
    fn any_provider_is_named() {
        assert_eq!(
            &*store(r#"{"spec":{"provider":{"somethingNew":{"token":"x"}}}}"#).provider,
            "somethingNew"
        );
        for nothing in [r#"{"spec":{"provider":null}}"#, r#"{"spec":{"provider":[]}}"#, "{}"] {
            assert_eq!(&*store(nothing).provider, "", "{nothing}");
        }
    }
}
