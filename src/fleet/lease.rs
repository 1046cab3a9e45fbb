//! Leases: who leads, and whether they still say so (`coordination.k8s.io/v1`).
//!
//! Leaders renew theirs every other second. Rows follow in steps of ten, so that a screen that shows leaders is not
//! woken by each of them all the time.

use std::sync::Arc;

use super::intern::Interner;
use super::meta::{Meta, MetaWire, row_with_meta};
use super::row::{Packed, Row, packed_from};
use super::time::Timestamp;
use super::wire::{Number, Object, Text, wire_structs};

/// How much newer a renewal must be to be one more row, in seconds.
const STEP: i64 = 10;

/// A lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// `metadata`; in `kube-node-lease` its name is that of a node.
    pub meta: Meta,
    /// `spec.holderIdentity`, mostly the name of a pod with something behind `_`; empty when nobody holds it.
    pub holder: Arc<str>,
    /// `spec.acquireTime`: since when they hold it.
    pub acquired: Timestamp,
    /// `spec.renewTime`: when they last said so.
    pub renewed: Timestamp,
    /// `spec.leaseDurationSeconds`: for how long that counts.
    pub duration_seconds: u32,
    /// `spec.leaseTransitions`: how often the holder changed.
    pub transitions: u32,
}

wire_structs! {
    /// A lease as it is read.
    pub struct LeaseWire<'a> {
        metadata: Object<MetaWire<'a>>,
        spec: Object<SpecWire<'a>>,
    }
    struct SpecWire<'a> {
        holder_identity: Text<'a>,
        acquire_time: Text<'a>,
        renew_time: Text<'a>,
        lease_duration_seconds: Number,
        lease_transitions: Number,
    }
}

impl Lease {
    /// True when the holder has not renewed it in time, the step by which rows follow included.
    pub fn has_lapsed(&self, now: Timestamp) -> bool {
        self.renewed.age_at(now) > i64::from(self.duration_seconds) + STEP
    }
}

impl Row for Lease {
    type Tally = ();
    row_with_meta!(@metadata meta);
    fn same_as(&self, other: &Self) -> bool {
        let newer = other.renewed.seconds() - self.renewed.seconds();
        (0..STEP).contains(&newer) && *self == Self { renewed: self.renewed, ..other.clone() }
    }
    fn add_to(&self, (): &mut ()) {}
    fn take_from(&self, (): &mut ()) {}
}

impl Packed for Lease {
    packed_from!(LeaseWire);

    // The kubelets' own, one for each node and each renewed every ten seconds; nodes say themselves how they are.
    const FIELDS: Option<&'static str> = Some("metadata.namespace!=kube-node-lease");

    fn pack(wire: LeaseWire<'_>, shared: &mut Interner) -> Self {
        let spec = wire.spec.or_default();
        Self {
            meta: Meta::pack(&wire.metadata.or_default(), shared),
            holder: shared.get(&spec.holder_identity),
            acquired: spec.acquire_time.instant(),
            renewed: spec.renew_time.instant(),
            duration_seconds: spec.lease_duration_seconds.count(),
            transitions: spec.lease_transitions.count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_lease_lapses_when_nobody_renews_it() {
        let json = r#"{"metadata":{"name":"external-secrets-controller","namespace":"external-secrets"},
            "spec":{"acquireTime":"2026-11-21T12:37:22.332207Z","holderIdentity":"external-secrets-559cb78c7c-gkzmd",
            "leaseDurationSeconds":60,"leaseTransitions":3,"renewTime":"2026-11-21T15:24:21.449287Z"}}"#;
        let lease = Lease::pack(serde_json::from_str(json).unwrap(), &mut Interner::default());
        assert_eq!(
            (&*lease.holder, lease.duration_seconds, lease.transitions),
            ("external-secrets-559cb78c7c-gkzmd", 60, 3)
        );
        assert_eq!(lease.acquired.rfc3339(), "2026-11-21T12:37:22Z");
        assert!(!lease.has_lapsed(Timestamp::parse("2026-11-21T15:25:31Z")));
        assert!(lease.has_lapsed(Timestamp::parse("2026-11-21T15:25:32Z")));
    }

    #[test]
    fn a_renewal_soon_after_the_last_is_no_news_and_a_new_holder_is() {
        let lease = |holder: &str, renewed: &str| {
            let json = serde_json::json!({"metadata": {"name": "leader"}, "spec": {"holderIdentity": holder, "renewTime": renewed}});
            Lease::pack(serde_json::from_str(&json.to_string()).unwrap(), &mut Interner::default())
        };
        let first = lease("a", "2026-11-21T15:00:00Z");
        assert!(first.same_as(&lease("a", "2026-11-21T15:00:09Z")));
        assert!(!first.same_as(&lease("a", "2026-11-21T15:00:10Z")));
        assert!(!first.same_as(&lease("b", "2026-11-21T15:00:01Z")));
    }
}
