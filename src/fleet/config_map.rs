//! ConfigMaps, by their keys: what they hold is never kept.

use std::sync::Arc;

use super::intern::Interner;
use super::meta::{Meta, MetaWire, row_with_meta};
use super::row::{Packed, packed_from};
use super::wire::{Flag, Keys, Object, wire_structs};

/// A ConfigMap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigMap {
    /// `metadata`
    pub meta: Meta,
    /// The keys of `data`, then those of `binaryData`.
    pub keys: Box<[Arc<str>]>,
    /// `immutable`
    pub is_immutable: bool,
}

wire_structs! {
    /// A ConfigMap as it is read.
    pub struct ConfigMapWire<'a> {
        metadata: Object<MetaWire<'a>>,
        data: Keys<'a>,
        binary_data: Keys<'a>,
        immutable: Flag,
    }
}

row_with_meta!(ConfigMap);

impl Packed for ConfigMap {
    packed_from!(ConfigMapWire);

    fn pack(wire: ConfigMapWire<'_>, shared: &mut Interner) -> Self {
        let keys = wire.data.0.iter().chain(&wire.binary_data.0);
        Self {
            meta: Meta::pack(&wire.metadata.or_default(), shared),
            keys: keys.map(|key| shared.get(key)).collect(),
            is_immutable: wire.immutable.is_true(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_kept_and_what_they_hold_is_not() {
        let json = r#"{"metadata":{"name":"app"},"data":{"password":"geheim","b":"x"},"binaryData":{"c":"Z2VoZWlt"},"immutable":true}"#;
        let map = ConfigMap::pack(serde_json::from_str(json).unwrap(), &mut Interner::default());
        assert_eq!(map.keys[..], ["password".into(), "b".into(), "c".into()]);
        assert!(map.is_immutable && !format!("{map:?}").contains("geheim"));
    }
}
