//! ExternalSecrets: which values of which store become a Secret.

use std::sync::Arc;

use crate::fleet::condition::{ConditionWire, Conditions};
use crate::fleet::delay::Delay;
use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::time::Timestamp;
use crate::fleet::wire::{List, Object, Text, wire_structs};
use crate::fleet::word::open_words;

/// An ExternalSecret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalSecret {
    /// `metadata`
    pub meta: Meta,
    /// `spec.refreshInterval`; zero means once.
    pub refresh_interval: Option<Delay>,
    /// `spec.refreshPolicy`; empty for `Periodic`.
    pub refresh_policy: RefreshPolicy,
    /// `spec.secretStoreRef`
    pub store: StoreRef,
    /// `spec.target.name`, which is the object's own name where it is not said.
    pub target: Arc<str>,
    /// `spec.target.creationPolicy`: `Owner`, `Orphan`, `Merge`, `None`, `CreateOrMerge`; empty for `Owner`.
    pub creation_policy: Arc<str>,
    /// `spec.data`: which values.
    pub data: Box<[RemoteRef]>,
    /// `spec.dataFrom`: which whole secrets, by `extract.key`, or `find` where they are looked for.
    pub data_from: Box<[Arc<str>]>,
    /// `status.refreshTime`: when it was last read.
    pub refreshed: Timestamp,
    /// `status.syncedResourceVersion`; empty until it was.
    pub synced_version: Box<str>,
    /// `status.conditions`: `Ready` with the reasons `SecretSynced`, `SecretSyncedError`, `SecretDeleted`,
    /// `SecretMissing`.
    pub conditions: Conditions,
}

open_words! {
    /// When it is read again.
    pub enum RefreshPolicy {
        /// Each interval.
        Periodic = "Periodic",
        /// Never.
        CreatedOnce = "CreatedOnce",
        /// When the ExternalSecret changes.
        OnChange = "OnChange",
    }
}

/// A store of secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreRef {
    /// `SecretStore`, which is meant where it is not said, or `ClusterSecretStore`.
    pub kind: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

/// Where a value comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemoteRef {
    /// `secretKey`: its key in the Secret.
    pub secret_key: Arc<str>,
    /// `remoteRef.key`: the secret's name in the store.
    pub key: Arc<str>,
    /// `remoteRef.property`: which part of it; empty for all of it.
    pub property: Arc<str>,
    /// `remoteRef.version`; empty for the current one.
    pub version: Arc<str>,
}

wire_structs! {
    /// An ExternalSecret as it is read.
    pub struct ExternalSecretWire<'a> {
        metadata: Object<MetaWire<'a>>,
        spec: Object<SpecWire<'a>>,
        status: Object<StatusWire<'a>>,
    }
    struct SpecWire<'a> {
        refresh_interval: Text<'a>,
        refresh_policy: Text<'a>,
        secret_store_ref: Object<StoreRefWire<'a>>,
        target: Object<TargetWire<'a>>,
        data: List<DataWire<'a>>,
        data_from: List<DataFromWire<'a>>,
    }
    struct StoreRefWire<'a> {
        kind: Text<'a>,
        name: Text<'a>,
    }
    struct TargetWire<'a> {
        name: Text<'a>,
        creation_policy: Text<'a>,
    }
    struct DataWire<'a> {
        secret_key: Text<'a>,
        remote_ref: Object<RemoteRefWire<'a>>,
    }
    struct RemoteRefWire<'a> {
        key: Text<'a>,
        property: Text<'a>,
        version: Text<'a>,
    }
    struct DataFromWire<'a> {
        extract: Object<RemoteRefWire<'a>>,
    }
    struct StatusWire<'a> {
        refresh_time: Text<'a>,
        synced_resource_version: Text<'a>,
        conditions: List<ConditionWire<'a>>,
    }
}

row_with_meta!(ExternalSecret);

impl Packed for ExternalSecret {
    packed_from!(ExternalSecretWire);

    fn pack(wire: ExternalSecretWire<'_>, shared: &mut Interner) -> Self {
        let (meta, spec) = (wire.metadata.or_default(), wire.spec.or_default());
        let (status, target) = (wire.status.or_default(), spec.target.or_default());
        let store = spec.secret_store_ref.or_default();
        Self {
            refresh_interval: Delay::read(&spec.refresh_interval, shared),
            refresh_policy: RefreshPolicy::read(&spec.refresh_policy, shared),
            store: StoreRef {
                kind: shared.get(store.kind.known().unwrap_or("SecretStore")),
                name: shared.get(&store.name),
            },
            target: shared.get(target.name.known().unwrap_or(&meta.name)),
            creation_policy: shared.get(&target.creation_policy),
            data: spec.data.iter().map(|wire| RemoteRef::pack(wire, shared)).collect(),
            data_from: spec
                .data_from
                .iter()
                .map(|from| shared.get(from.extract.get().map_or("find", |extract| &extract.key)))
                .collect(),
            refreshed: status.refresh_time.instant(),
            synced_version: (*status.synced_resource_version).into(),
            conditions: Conditions::pack(&status.conditions, shared),
            meta: Meta::pack(&meta, shared),
        }
    }
}

impl RemoteRef {
    fn pack(wire: &DataWire<'_>, interner: &mut Interner) -> Self {
        let secret_key = interner.get(&wire.secret_key);
        let Some(remote) = wire.remote_ref.get() else { return Self { secret_key, ..Self::default() } };
        Self {
            secret_key,
            key: interner.get(&remote.key),
            property: interner.get(&remote.property),
            version: interner.get(&remote.version),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(json: &str) -> ExternalSecret {
        ExternalSecret::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    #[test]
    fn a_recorded_secret_is_read() {
        let secret = secret(
            r#"{"metadata":{"name":"app-secrets","namespace":"production"},"spec":{"data":[{"remoteRef":{"conversionStrategy":"Default",
            "key":"production/database","property":"password"},"secretKey":"database-url"}],"dataFrom":[{"extract":{"key":"production/all"}},{"find":{}}],
            "refreshInterval":"1h0m0s","secretStoreRef":{"kind":"ClusterSecretStore","name":"aws-secrets-manager"},
            "target":{"creationPolicy":"Owner","deletionPolicy":"Retain","name":"app"}},
            "status":{"conditions":[{"type":"Ready","status":"False","reason":"SecretSyncedError","message":"could not get secret data from provider"}],
            "refreshTime":"2026-11-21T15:20:18Z","syncedResourceVersion":"1-2c6c"}}"#,
        );
        assert_eq!(secret.refresh_interval, Some(Delay::Seconds(3600)));
        assert_eq!((&*secret.store.kind, &*secret.store.name), ("ClusterSecretStore", "aws-secrets-manager"));
        assert_eq!((&*secret.target, &*secret.creation_policy), ("app", "Owner"));
        assert_eq!((&*secret.data[0].key, &*secret.data[0].property), ("production/database", "password"));
        assert_eq!(secret.data_from[..], ["production/all".into(), "find".into()]);
        assert_eq!(secret.refreshed.rfc3339(), "2026-11-21T15:20:18Z");
        assert_eq!(&*secret.conditions.get("Ready").unwrap().reason, "SecretSyncedError");
    }

    #[test]
    fn what_is_not_said_is_what_the_operator_takes() {
        let secret = secret(
            r#"{"metadata":{"name":"own"},"spec":{"refreshPolicy":"Sometimes","secretStoreRef":{"name":"s"}}}"#,
        );
        assert_eq!((&*secret.target, &*secret.store.kind), ("own", "SecretStore"));
        assert_eq!((secret.refresh_policy.as_str(), secret.refresh_interval), ("Sometimes", None));
        assert!(secret.refreshed.is_never());
    }
}
