//! cert-manager's objects (`cert-manager.io/v1` and `acme.cert-manager.io/v1`, cert-manager 1.21): a [`certificate`] asks
//! through a [`request`], for ACME through an [`order`] and its [`challenge`]s, at an [`issuer`]. Keys, tokens and the
//! certificates themselves are never kept.

pub mod certificate;
pub mod challenge;
pub mod issuer;
pub mod order;
pub mod request;

use std::sync::Arc;

use crate::fleet::intern::Interner;
use crate::fleet::wire::{Object, Text, wire_structs};

/// `spec.issuerRef`: who signs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssuerRef {
    /// API group; empty for cert-manager's own.
    pub group: Arc<str>,
    /// `Issuer`, which is meant where it is not said, or `ClusterIssuer`.
    pub kind: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

wire_structs! {
    /// A reference to an issuer as it is read.
    pub(super) struct IssuerRefWire<'a> {
        group: Text<'a>,
        kind: Text<'a>,
        name: Text<'a>,
    }
}

impl IssuerRef {
    fn pack(wire: &Object<IssuerRefWire<'_>>, interner: &mut Interner) -> Self {
        let Some(wire) = wire.get() else { return Self::default() };
        Self {
            group: interner.get(&wire.group),
            kind: interner.get(wire.kind.known().unwrap_or("Issuer")),
            name: interner.get(&wire.name),
        }
    }
}
