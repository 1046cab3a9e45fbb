//! CustomResourceDefinitions, without their schemas: those are megabytes, and nothing here reads them.

use std::sync::Arc;

use super::condition::{ConditionWire, Conditions};
use super::intern::Interner;
use super::meta::{Meta, MetaWire, row_with_meta};
use super::row::{Packed, packed_from};
use super::service::{ServiceRef, ServiceRefWire};
use super::wire::{Flag, List, Object, Text, Texts, wire_structs};

/// A CustomResourceDefinition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomResource {
    /// `metadata`; its name is `plural.group`.
    pub meta: Meta,
    /// `spec.group`
    pub group: Arc<str>,
    /// `spec.names.kind`
    pub kind: Arc<str>,
    /// `spec.names.plural`
    pub plural: Arc<str>,
    /// `spec.names.shortNames`
    pub short_names: Box<[Arc<str>]>,
    /// `spec.scope` is `Namespaced`.
    pub is_namespaced: bool,
    /// `spec.versions`
    pub versions: Box<[CustomVersion]>,
    /// `status.storedVersions`: in which versions objects may lie in etcd.
    pub stored_versions: Box<[Arc<str>]>,
    /// `spec.conversion.webhook.clientConfig.service`: who converts between versions; without it reading them fails.
    pub converter: Option<ServiceRef>,
    /// `status.conditions`: `Established`, `NamesAccepted`, `NonStructuralSchema`, `Terminating`.
    pub conditions: Conditions,
}

/// A version of a custom resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomVersion {
    /// `name`, for example `v1beta1`.
    pub name: Arc<str>,
    /// `served`: it can be asked for.
    pub is_served: bool,
    /// `storage`: objects are written in it.
    pub is_stored: bool,
    /// `deprecated`
    pub is_deprecated: bool,
}

wire_structs! {
    /// A CustomResourceDefinition as it is read.
    pub struct CustomResourceWire<'a> {
        metadata: Object<MetaWire<'a>>,
        spec: Object<SpecWire<'a>>,
        status: Object<StatusWire<'a>>,
    }
    struct SpecWire<'a> {
        group: Text<'a>,
        scope: Text<'a>,
        names: Object<NamesWire<'a>>,
        versions: List<VersionWire<'a>>,
        conversion: Object<ConversionWire<'a>>,
    }
    struct NamesWire<'a> {
        kind: Text<'a>,
        plural: Text<'a>,
        short_names: Texts<'a>,
    }
    struct VersionWire<'a> {
        name: Text<'a>,
        served: Flag,
        storage: Flag,
        deprecated: Flag,
    }
    struct ConversionWire<'a> {
        webhook: Object<WebhookWire<'a>>,
    }
    struct WebhookWire<'a> {
        client_config: Object<ClientWire<'a>>,
    }
    struct ClientWire<'a> {
        service: Object<ServiceRefWire<'a>>,
    }
    struct StatusWire<'a> {
        stored_versions: Texts<'a>,
        conditions: List<ConditionWire<'a>>,
    }
}

impl CustomResource {
    /// The version that objects are written in.
    pub fn storage_version(&self) -> Option<&str> {
        self.versions.iter().find(|version| version.is_stored).map(|version| &*version.name)
    }
}

row_with_meta!(CustomResource);

impl Packed for CustomResource {
    packed_from!(CustomResourceWire);

    fn pack(wire: CustomResourceWire<'_>, shared: &mut Interner) -> Self {
        let (spec, status) = (wire.spec.or_default(), wire.status.or_default());
        let names = spec.names.or_default();
        let webhook = spec.conversion.get().and_then(|conversion| conversion.webhook.get());
        let client = webhook.and_then(|webhook| webhook.client_config.get());
        Self {
            meta: Meta::pack(&wire.metadata.or_default(), shared),
            group: shared.get(&spec.group),
            kind: shared.get(&names.kind),
            plural: shared.get(&names.plural),
            short_names: shared.all(&names.short_names),
            is_namespaced: &*spec.scope == "Namespaced",
            versions: spec
                .versions
                .iter()
                .map(|version| CustomVersion {
                    name: shared.get(&version.name),
                    is_served: version.served.is_true(),
                    is_stored: version.storage.is_true(),
                    is_deprecated: version.deprecated.is_true(),
                })
                .collect(),
            stored_versions: shared.all(&status.stored_versions),
            converter: client
                .and_then(|client| client.service.get())
                .map(|service| ServiceRef::pack(service, shared)),
            conditions: Conditions::pack(&status.conditions, shared),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(json: &str) -> CustomResource {
        CustomResource::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    #[test]
    fn a_definition_is_read_without_its_schema() {
        let definition = definition(
            r#"{"metadata":{"name":"externalsecrets.external-secrets.io"},"spec":{"group":"external-secrets.io","scope":"Namespaced",
            "names":{"kind":"ExternalSecret","plural":"externalsecrets","shortNames":["es"]},
            "conversion":{"strategy":"Webhook","webhook":{"clientConfig":{"service":{"namespace":"external-secrets","name":"external-secrets-webhook"}}}},
            "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"description":"\u0041 long text"}}},
            {"name":"v1beta1","served":false,"storage":false,"deprecated":true}]},
            "status":{"storedVersions":["v1beta1","v1"],"conditions":[{"type":"Established","status":"True"}]}}"#,
        );
        assert_eq!(
            (&*definition.kind, &*definition.short_names[0], definition.is_namespaced),
            ("ExternalSecret", "es", true)
        );
        assert_eq!((definition.storage_version(), definition.stored_versions.len()), (Some("v1"), 2));
        assert!(!definition.versions[1].is_served && definition.versions[1].is_deprecated);
        assert_eq!(&*definition.converter.unwrap().name, "external-secrets-webhook");
        assert!(definition.conditions.is_true("Established"));
    }

    #[test]
    fn the_row_of_a_huge_definition_is_small() {
        let schema = format!(r#"{{"description":"{}"}}"#, "long ".repeat(200_000));
        let definition = definition(&format!(
            r#"{{"metadata":{{"name":"x"}},"spec":{{"group":"g","versions":[{{"name":"v1","served":true,"schema":{schema}}}]}}}}"#
        ));
        assert!(format!("{definition:?}").len() < 2000);
    }
}
