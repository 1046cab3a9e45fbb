//! Service accounts: who pods are, to Kubernetes and to AWS.

use std::sync::Arc;

use super::intern::Interner;
use super::meta::{Meta, MetaWire, row_with_meta};
use super::row::{Packed, packed_from};
use super::wire::{Flag, List, Object, Text, wire_structs};

/// A service account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAccount {
    /// `metadata`
    pub meta: Meta,
    /// The annotation `eks.amazonaws.com/role-arn`: the role that its pods assume by IRSA. Roles of EKS Pod Identity are
    /// known to the EKS API only.
    pub role_arn: Option<Arc<str>>,
    /// `automountServiceAccountToken`; `None` where it is not said, which means yes unless the pod says no.
    pub automounts_token: Option<bool>,
    /// `imagePullSecrets` by name.
    pub image_pull_secrets: Box<[Arc<str>]>,
}

wire_structs! {
    /// A service account as it is read.
    pub struct ServiceAccountWire<'a> {
        metadata: Object<MetaWire<'a, Annotations<'a>>>,
        automount_service_account_token: Flag,
        image_pull_secrets: List<NameWire<'a>>,
    }
    struct Annotations<'a> {
        #[serde(rename = "eks.amazonaws.com/role-arn")]
        role_arn: Text<'a>,
    }
    struct NameWire<'a> {
        name: Text<'a>,
    }
}

row_with_meta!(ServiceAccount);

impl Packed for ServiceAccount {
    packed_from!(ServiceAccountWire);

    fn pack(wire: ServiceAccountWire<'_>, shared: &mut Interner) -> Self {
        let meta = wire.metadata.or_default();
        Self {
            meta: Meta::pack(&meta, shared),
            role_arn: meta.annotations.get().and_then(|annotations| shared.known(&annotations.role_arn)),
            automounts_token: wire.automount_service_account_token.0,
            image_pull_secrets: wire
                .image_pull_secrets
                .iter()
                .filter_map(|secret| shared.known(&secret.name))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(json: &str) -> ServiceAccount {
        ServiceAccount::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    #[test]
    fn an_account_with_a_role_is_read() {
        let account = account(
            r#"{"metadata":{"name":"external-dns","namespace":"external-dns","annotations":{"other":"x",
            "eks.amazonaws.com/role-arn":"arn:aws:iam::123456789012:role/external-dns"}},
            "automountServiceAccountToken":false,"imagePullSecrets":[{"name":"registry"},{}],"secrets":[{"name":"old-token"}]}"#,
        );
        assert_eq!(account.role_arn.as_deref(), Some("arn:aws:iam::123456789012:role/external-dns"));
        assert_eq!(account.automounts_token, Some(false));
        assert_eq!(account.image_pull_secrets[..], ["registry".into()]);
    }

    #[test]
    fn a_plain_account_says_nothing() {
        let account = account(r#"{"metadata":{"name":"default","annotations":null}}"#);
        assert_eq!((account.role_arn, account.automounts_token), (None, None));
    }
}
