//! PushSecrets: which values of a Secret are written into which stores (`external-secrets.io/v1alpha1`).

use std::sync::Arc;

use super::external_secret::StoreRef;
use crate::fleet::condition::{ConditionWire, Conditions};
use crate::fleet::delay::Delay;
use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::time::Timestamp;
use crate::fleet::wire::{List, Object, Text, wire_structs};

/// A PushSecret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushSecret {
    /// `metadata`
    pub meta: Meta,
    /// `spec.refreshInterval`; zero means once.
    pub refresh_interval: Option<Delay>,
    /// `spec.secretStoreRefs`: those with a name; others are chosen by label.
    pub stores: Box<[StoreRef]>,
    /// `spec.selector.secret.name`: the Secret that is pushed; `None` where it is chosen by label, or generated.
    pub secret: Option<Arc<str>>,
    /// `spec.data[].match.remoteRef.remoteKey`: the names in the stores.
    pub remote: Box<[Arc<str>]>,
    /// `status.refreshTime`: when it was last written.
    pub refreshed: Timestamp,
    /// `status.conditions`: `Ready` with the reasons `Synced` and `Errored`.
    pub conditions: Conditions,
}

wire_structs! {
    /// A PushSecret as it is read.
    pub struct PushSecretWire<'a> {
        metadata: Object<MetaWire<'a>>,
        spec: Object<SpecWire<'a>>,
        status: Object<StatusWire<'a>>,
    }
    struct SpecWire<'a> {
        refresh_interval: Text<'a>,
        secret_store_refs: List<NamedWire<'a>>,
        selector: Object<SelectorWire<'a>>,
        data: List<DataWire<'a>>,
    }
    struct NamedWire<'a> {
        kind: Text<'a>,
        name: Text<'a>,
    }
    struct SelectorWire<'a> {
        secret: Object<NamedWire<'a>>,
    }
    struct DataWire<'a> {
        #[serde(rename = "match")]
        matching: Object<MatchWire<'a>>,
    }
    struct MatchWire<'a> {
        remote_ref: Object<RemoteRefWire<'a>>,
    }
    struct RemoteRefWire<'a> {
        remote_key: Text<'a>,
    }
    struct StatusWire<'a> {
        refresh_time: Text<'a>,
        conditions: List<ConditionWire<'a>>,
    }
}

row_with_meta!(PushSecret);

impl Packed for PushSecret {
    packed_from!(PushSecretWire);

    fn pack(wire: PushSecretWire<'_>, shared: &mut Interner) -> Self {
        let (meta, spec) = (wire.metadata.or_default(), wire.spec.or_default());
        let status = wire.status.or_default();
        let stores = spec.secret_store_refs.iter().filter(|store| !store.name.is_empty());
        let secret = spec.selector.get().and_then(|selector| selector.secret.get()?.name.known());
        let mut remote: Vec<Arc<str>> = Vec::new();
        for data in spec.data.iter() {
            let to = data.matching.get().and_then(|matching| matching.remote_ref.get()?.remote_key.known());
            let Some(to) = to.map(|to| shared.get(to)) else { continue };
            if !remote.contains(&to) {
                remote.push(to);
            }
        }
        Self {
            refresh_interval: Delay::read(&spec.refresh_interval, shared),
            stores: stores
                .map(|store| StoreRef {
                    kind: shared.get(store.kind.known().unwrap_or("SecretStore")),
                    name: shared.get(&store.name),
                })
                .collect(),
            secret: secret.map(|name| shared.get(name)),
            remote: remote.into(),
            refreshed: status.refresh_time.instant(),
            conditions: Conditions::pack(&status.conditions, shared),
            meta: Meta::pack(&meta, shared),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(json: &str) -> PushSecret {
        PushSecret::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    #[test]
    fn what_is_pushed_where_is_read_and_no_value_is_kept() {
        let pushed = pack(
            r#"{"metadata":{"name":"p"},"spec":{"refreshInterval":"1h","secretStoreRefs":[{"name":"aws"},{"kind":"ClusterSecretStore","name":"all"},
                {"labelSelector":{"matchLabels":{"a":"b"}}}],"selector":{"secret":{"name":"db"}},"template":{"data":{"x":"geheim"}},
                "data":[{"match":{"secretKey":"a","remoteRef":{"remoteKey":"prod/db","property":"a"}}},
                    {"match":{"secretKey":"b","remoteRef":{"remoteKey":"prod/db","property":"b"}}}]},
                "status":{"refreshTime":"2026-11-21T12:00:00Z","conditions":[{"type":"Ready","status":"True","reason":"Synced"}]}}"#,
        );
        let stores: Vec<_> = pushed.stores.iter().map(|store| (&*store.kind, &*store.name)).collect();
        assert_eq!(stores, [("SecretStore", "aws"), ("ClusterSecretStore", "all")]);
        assert_eq!((pushed.secret.as_deref(), &*pushed.remote), (Some("db"), &["prod/db".into()][..]));
        assert!(!format!("{pushed:?}").contains("geheim"));
        let empty = pack("{}");
        assert_eq!((empty.secret, empty.stores.len(), empty.refreshed.is_never()), (None, 0, true));
    }
}
