//! Who reads from each store of secrets.

use std::collections::HashMap;

use crate::fleet::condition::Status;
use crate::fleet::kind::EXTERNAL_SECRETS;
use crate::fleet::secrets::external_secret::ExternalSecret;
use crate::fleet::{ResourceType, Row};
use crate::planes::known::Known;
use crate::planes::reading::rows;
use crate::snapshot::{ClusterSnapshot, Conclusion, Derived, derived};

/// What is known of stores, as a derived kind.
pub const STORE_USES: ResourceType = derived::namespaced("storeuses", "StoreUse");

static NEEDS: [ResourceType; 1] = [EXTERNAL_SECRETS];

/// The table of who reads from each store.
pub const STORES: Derived = Derived::new::<Uses>(STORE_USES, &NEEDS, &[]);

/// Who reads from a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreUse {
    /// ExternalSecrets that name it.
    pub secrets: u32,
    /// Those of them that are not ready.
    pub failing: u32,
}

/// Counts who reads from each store.
#[derive(Debug, Default)]
pub struct Uses;

impl Conclusion for Uses {
    type Row = Known<StoreUse>;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<Self::Row> {
        let mut uses: HashMap<(Option<&str>, &str), StoreUse> = HashMap::new();
        for secret in rows::<ExternalSecret>(cluster, &EXTERNAL_SECRETS) {
            let is_shared = &*secret.store.kind == "ClusterSecretStore";
            let namespace = if is_shared { None } else { secret.namespace() };
            let uses = uses.entry((namespace, &secret.store.name)).or_default();
            uses.secrets += 1;
            let is_failing =
                secret.conditions.get("Ready").is_some_and(|ready| ready.status == Status::False);
            uses.failing += u32::from(is_failing);
        }
        uses.into_iter().map(|((namespace, store), uses)| Known::new(namespace, store, uses)).collect()
    }
}
