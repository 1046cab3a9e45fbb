//! What the stores of AWS know about the secrets that ExternalSecrets name.

use std::collections::HashMap;
use std::sync::Arc;

use super::state::{Stored, StoredKey};
use crate::fleet::aws::kind::STORED_SECRETS;
use crate::fleet::aws::stored_secret::{Keeper, StoredSecret};
use crate::fleet::secrets::external_secret::ExternalSecret;
use crate::fleet::secrets::secret_store::SecretStore;
use crate::snapshot::{ClusterSnapshot, Freshness};

/// The secrets of the account that was asked, by store and name.
#[derive(Debug)]
pub(super) struct StoredIn<'a> {
    /// False while they are not all known.
    is_whole: bool,
    by_name: HashMap<(Keeper, &'a str), &'a Arc<StoredSecret>>,
    /// The region that they are in.
    region: Option<&'a str>,
}

impl<'a> StoredIn<'a> {
    pub(super) fn of(cluster: &'a ClusterSnapshot) -> Self {
        let freshness = cluster.freshness(&STORED_SECRETS);
        let rows = || {
            let table = cluster.table::<StoredSecret>(&STORED_SECRETS);
            table.into_iter().flat_map(|table| table.iter().map(|(_, row)| row))
        };
        Self {
            is_whole: matches!(
                freshness,
                Freshness::Polled { .. } | Freshness::Live | Freshness::Stale { .. }
            ),
            by_name: rows()
                .flat_map(|row| {
                    [((row.keeper, plain(row.keeper, &row.name)), row), ((row.keeper, &*row.arn), row)]
                })
                .collect(),
            region: rows().find_map(|row| row.arn.split(':').nth(3)),
        }
    }

    /// What is known about the secrets of one that reads from this store.
    pub(super) fn of_secret(&self, store: &SecretStore, secret: &ExternalSecret) -> Stored {
        let Some(aws) = store.aws.as_deref().filter(|_| self.is_whole) else { return Stored::Unknown };
        let keeper = match &*aws.service {
            "ParameterStore" => Keeper::ParameterStore,
            "SecretsManager" | "" => Keeper::SecretsManager,
            _ => return Stored::Unknown,
        };
        // A role may lead into another account, and a region is a world of its own.
        let is_here = aws.region.is_empty() || self.region == Some(&*aws.region);
        if aws.role.is_some() || !is_here {
            return Stored::Unknown;
        }
        let mut keys: Vec<&Arc<str>> = secret.data.iter().map(|one| &one.key).collect();
        // What is looked for names no secret.
        keys.extend(secret.data_from.iter().filter(|key| !key.is_empty() && &***key != "find"));
        keys.sort();
        keys.dedup();
        let known =
            keys.into_iter().map(|key| StoredKey { key: Arc::clone(key), found: self.find(keeper, key) });
        Stored::Known(known.collect())
    }

    fn find(&self, keeper: Keeper, key: &str) -> Option<Arc<StoredSecret>> {
        self.by_name.get(&(keeper, plain(keeper, key))).map(|secret| Arc::clone(secret))
    }
}

/// A parameter may be named with the slash in front and without.
fn plain(keeper: Keeper, name: &str) -> &str {
    match keeper {
        Keeper::ParameterStore => name.strip_prefix('/').unwrap_or(name),
        Keeper::SecretsManager => name,
    }
}
