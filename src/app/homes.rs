//! Where each cluster is at home in AWS: which account and region, and what EKS calls it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::fleet::time::Clock;
use crate::gateway::aws::{Account, AccountSettings, Border};
use crate::gateway::kubeconfig::EksAddress;
use crate::sources::aws::Home;

/// The ways into AWS, one for each set of settings: clusters of one account and region share it, and with it every
/// answer.
pub(super) struct Homes {
    border: Border,
    clock: Clock,
    accounts: BTreeMap<AccountSettings, Account>,
}

impl Homes {
    pub(super) fn new(border: Border, clock: Clock) -> Self {
        Self { border, clock, accounts: BTreeMap::new() }
    }

    /// The home of a cluster; nothing for one that shows no sign of being an EKS cluster.
    pub(super) fn of(&mut self, address: &EksAddress) -> Option<Home> {
        if *address == EksAddress::default() {
            return None;
        }
        let settings = AccountSettings {
            profile: address.profile.clone(),
            role: address.role.clone(),
            region: address.region.clone(),
        };
        let (border, clock) = (&self.border, &self.clock);
        let account = self
            .accounts
            .entry(settings.clone())
            .or_insert_with(|| Account::new(settings, border.clone(), Arc::clone(clock)))
            .clone();
        Some(Home { account, eks: address.name.as_deref().map(Arc::from) })
    }
}
