//! Secrets as their metadata: nothing else of them is asked for, and nothing else would be read. Their type and their keys
//! are not metadata, and so are not known.

use std::sync::Arc;

use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::wire::{Object, Text, wire_structs};

/// The metadata of a Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretMeta {
    /// `metadata`; its owner is what made it, for example an ExternalSecret or a SealedSecret.
    pub meta: Meta,
    /// The annotation `cert-manager.io/certificate-name`
    pub certificate: Option<Arc<str>>,
    /// The annotation `reconcile.external-secrets.io/data-hash`: changes with what External Secrets writes into it.
    pub data_hash: Option<Arc<str>>,
    /// The annotation `kubernetes.io/service-account.name`: it holds a token that does not expire.
    pub service_account: Option<Arc<str>>,
}

wire_structs! {
    /// A Secret as it is read.
    pub struct SecretMetaWire<'a> {
        metadata: Object<MetaWire<'a, Annotations<'a>>>,
    }
    struct Annotations<'a> {
        #[serde(rename = "cert-manager.io/certificate-name")]
        certificate: Text<'a>,
        #[serde(rename = "reconcile.external-secrets.io/data-hash")]
        data_hash: Text<'a>,
        #[serde(rename = "kubernetes.io/service-account.name")]
        service_account: Text<'a>,
    }
}

row_with_meta!(SecretMeta);

impl Packed for SecretMeta {
    const METADATA_ONLY: bool = true;

    packed_from!(SecretMetaWire);

    fn pack(wire: SecretMetaWire<'_>, shared: &mut Interner) -> Self {
        let mut meta = wire.metadata.or_default();
        let annotations = std::mem::take(&mut meta.annotations).or_default();
        Self {
            meta: Meta::pack(&meta, shared),
            certificate: shared.known(&annotations.certificate),
            data_hash: shared.known(&annotations.data_hash),
            service_account: shared.known(&annotations.service_account),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_a_whole_secret_leaves_nothing_but_its_metadata() {
        let json = r#"{"kind":"Secret","type":"Opaque","metadata":{"name":"app-secrets","namespace":"production","labels":{"a":"b"},
            "annotations":{"reconcile.external-secrets.io/data-hash":"d41d","kubectl.kubernetes.io/last-applied-configuration":"{geheim}",
            "cert-manager.io/certificate-name":"api-tls"},"ownerReferences":[{"kind":"ExternalSecret","name":"app-secrets"}]},
            "data":{"password":"Z2VoZWlt"},"stringData":{"password":"geheim"}}"#;
        let secret = SecretMeta::pack(serde_json::from_str(json).unwrap(), &mut Interner::default());
        assert_eq!(
            (secret.data_hash.as_deref(), secret.certificate.as_deref()),
            (Some("d41d"), Some("api-tls"))
        );
        assert_eq!(secret.meta.owner.as_ref().map(|owner| &*owner.kind), Some("ExternalSecret"));
        let kept = format!("{secret:?}");
        assert!(!kept.contains("geheim") && !kept.contains("Z2VoZWlt") && !kept.contains("password"));
    }
}
