//! SealedSecrets: Secrets that only their controller can open.

use std::sync::Arc;

use crate::fleet::condition::{ConditionWire, Conditions};
use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::wire::{Flag, Keys, List, Number, Object, Text, wire_structs};

/// A SealedSecret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedSecret {
    /// `metadata`
    pub meta: Meta,
    /// `spec.template.metadata.name`: the Secret that it becomes, which is its own name where it is not said.
    pub secret: Arc<str>,
    /// `spec.template.type`; empty for `Opaque`.
    pub secret_type: Arc<str>,
    /// The keys of `spec.encryptedData`.
    pub keys: Box<[Arc<str>]>,
    /// Where it may be opened.
    pub scope: Scope,
    /// `status.conditions`: `Synced`, and when it is false why in its message.
    pub conditions: Conditions,
    /// False while the controller has not yet looked at the latest change of the spec.
    pub is_observed: bool,
}

/// Where a SealedSecret may be opened, by the annotations of its kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Only under its own name in its own namespace.
    #[default]
    Strict,
    /// Under any name in its own namespace.
    Namespace,
    /// Anywhere.
    Cluster,
}

wire_structs! {
    /// A SealedSecret as it is read.
    pub struct SealedSecretWire<'a> {
        metadata: Object<MetaWire<'a, Annotations>>,
        spec: Object<SpecWire<'a>>,
        status: Object<StatusWire<'a>>,
    }
    struct Annotations {
        #[serde(rename = "sealedsecrets.bitnami.com/namespace-wide")]
        namespace_wide: Flag,
        #[serde(rename = "sealedsecrets.bitnami.com/cluster-wide")]
        cluster_wide: Flag,
    }
    struct SpecWire<'a> {
        encrypted_data: Keys<'a>,
        template: Object<TemplateWire<'a>>,
    }
    struct TemplateWire<'a> {
        metadata: Object<TemplateMetaWire<'a>>,
        #[serde(rename = "type")]
        kind: Text<'a>,
    }
    struct TemplateMetaWire<'a> {
        name: Text<'a>,
    }
    struct StatusWire<'a> {
        conditions: List<ConditionWire<'a>>,
        observed_generation: Number,
    }
}

row_with_meta!(SealedSecret);

impl Packed for SealedSecret {
    packed_from!(SealedSecretWire);

    fn pack(wire: SealedSecretWire<'_>, shared: &mut Interner) -> Self {
        let (meta, spec) = (wire.metadata.or_default(), wire.spec.or_default());
        let (status, template) = (wire.status.or_default(), spec.template.or_default());
        let named = template.metadata.get().and_then(|meta| meta.name.known());
        let scope = match meta.annotations.get() {
            Some(annotations) if annotations.cluster_wide.is_true() => Scope::Cluster,
            Some(annotations) if annotations.namespace_wide.is_true() => Scope::Namespace,
            _ => Scope::Strict,
        };
        Self {
            secret: shared.get(named.unwrap_or(&meta.name)),
            secret_type: shared.get(&template.kind),
            keys: shared.keys(&spec.encrypted_data),
            scope,
            conditions: Conditions::pack(&status.conditions, shared),
            is_observed: status.observed_generation.0.unwrap_or(0) >= meta.generation.0.unwrap_or(0),
            meta: Meta::pack(&meta, shared),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(json: &str) -> SealedSecret {
        SealedSecret::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    #[test]
    fn a_secret_that_cannot_be_opened_says_why_and_keeps_only_its_keys() {
        let sealed = sealed(
            r#"{"metadata":{"name":"db","namespace":"production","generation":2,"annotations":{"sealedsecrets.bitnami.com/cluster-wide":"true"}},
            "spec":{"encryptedData":{"password":"AgBgeheim"},"template":{"metadata":{"name":"database"},"type":"Opaque"}},
            "status":{"observedGeneration":1,"conditions":[{"type":"Synced","status":"False","message":"no key could decrypt secret (password)",
            "lastUpdateTime":"2026-11-21T12:00:00Z"}]}}"#,
        );
        assert_eq!(
            (&*sealed.secret, &*sealed.keys[0], sealed.scope),
            ("database", "password", Scope::Cluster)
        );
        assert!(!sealed.is_observed && !format!("{sealed:?}").contains("geheim"));
        let synced = sealed.conditions.get("Synced").unwrap();
        assert!(!synced.is_true() && synced.message.starts_with("no key") && !synced.since.is_never());
    }

    #[test]
    fn a_plain_one_opens_only_where_it_is() {
        let sealed = sealed(r#"{"metadata":{"name":"db"},"spec":{"encryptedData":null}}"#);
        assert_eq!((&*sealed.secret, sealed.scope, sealed.keys.len()), ("db", Scope::Strict, 0));
        assert!(sealed.is_observed);
    }
}
