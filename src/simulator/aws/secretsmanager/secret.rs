//! What is known of a secret without its value.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::simulator::aws::account::Account;
use crate::simulator::aws::land::Land;
use crate::simulator::world::chance::Chance;
use crate::simulator::world::field;

/// A secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// When its value was last changed.
    pub changed: Timestamp,
    /// When its value was last read, by the day.
    pub accessed: Timestamp,
    /// Days after which it is rotated by itself; `None` when it is not.
    pub rotates_after_days: Option<i64>,
    /// When it will be gone, once it was deleted.
    pub deleted: Option<Timestamp>,
}

/// What each environment has, whether or not a cluster refers to it.
const PARTS: [&str; 3] = ["app", "database", "redis"];

/// The secrets of the fleet: those of each environment, and all that the clusters refer to.
pub(crate) fn found(account: &mut Account, lands: &[Land]) {
    let Some(first) = lands.first() else { return };
    let mut names: BTreeSet<String> = ["dev", "staging", "production"]
        .iter()
        .flat_map(|environment| PARTS.map(|part| format!("{environment}/{part}")))
        .collect();
    for land in lands {
        for secret in land.all("externalsecrets.external-secrets.io") {
            names.extend(
                field::list(&secret, "spec.data")
                    .iter()
                    .map(|one| field::text(one, "remoteRef.key").to_owned()),
            );
        }
        for class in land.all("secretproviderclasses.secrets-store.csi.x-k8s.io") {
            let objects = field::text(&class, "spec.parameters.objects").lines();
            names.extend(
                objects.filter_map(|line| line.trim().strip_prefix("- objectName: ")).map(str::to_owned),
            );
        }
    }
    names.remove("");
    account.secrets = names
        .into_iter()
        .map(|name| {
            let mut chance = Chance::of(&format!("secret/{name}"));
            Secret {
                created: first.installed(),
                changed: first.before(chance.between(2 * 24 * 60, 27 * 24 * 60)),
                accessed: first.before(first.founded.as_second().rem_euclid(24 * 3600) / 60),
                rotates_after_days: name.ends_with("/database").then_some(30),
                deleted: None,
                name,
            }
        })
        .collect();
}
