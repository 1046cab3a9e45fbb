//! Where each cluster is at home in AWS: which account and region, and what EKS calls it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::opening::Opening;
use crate::config::variable;
use crate::fleet::time::Clock;
use crate::gateway::aws::{Account, AccountSettings, Border, Network};
use crate::gateway::kubeconfig::EksAddress;
use crate::settings::PlannedAws;
use crate::sources::aws::{Home, StateCell};

/// The ways into AWS, one for each set of settings: clusters of one account and region share it, and with it every
/// answer.
pub(super) struct Homes {
    border: Border,
    /// False: nothing is read, but tokens are signed.
    reads: bool,
    clock: Clock,
    /// By whether they may read.
    accounts: BTreeMap<(bool, AccountSettings), Account>,
}

/// What connections to AWS go through here.
pub(super) fn network(opening: &Opening) -> Border {
    Border::Network(Arc::new(Network::new(
        variable("AWS_CA_BUNDLE").map(PathBuf::from),
        opening.https_proxy.clone(),
        opening.no_proxy.clone(),
        Some(opening.paths.home.clone()),
    )))
}

impl Homes {
    pub(super) fn new(border: Border, reads: bool, clock: Clock) -> Self {
        Self { border, reads, clock, accounts: BTreeMap::new() }
    }

    /// The home of a cluster; nothing for one that shows no sign of being an EKS cluster.
    pub(super) fn of(&mut self, address: &EksAddress, planned: &PlannedAws) -> Option<Home> {
        let eks = planned.eks.clone().or_else(|| address.name.clone());
        if *address == EksAddress::default() && eks.is_none() {
            return None;
        }
        let account = self.account(self.reads, reading(address, planned));
        Some(Home { account, eks: eks.as_deref().map(Arc::from), state: StateCell::default() })
    }

    /// Who signs tokens for a context: as its plugin would, and nothing that the settings say of reading AWS.
    pub(super) fn signing(&mut self, address: &EksAddress) -> Account {
        self.account(true, AccountSettings::from(address.clone()))
    }

    /// Who signs tokens for a cluster that only the settings know.
    pub(super) fn described(&mut self, planned: &PlannedAws) -> Account {
        self.account(true, reading(&EksAddress::default(), planned))
    }

    fn account(&mut self, reads: bool, settings: AccountSettings) -> Account {
        let border = if reads { self.border.clone() } else { Border::Off };
        let clock = Arc::clone(&self.clock);
        self.accounts
            .entry((reads, settings.clone()))
            .or_insert_with(|| Account::new(settings, border, clock))
            .clone()
    }
}

/// How the account of a cluster is read. Settings win over the kubeconfig: a profile of the settings does not assume a
/// role of the kubeconfig, which was written for another one.
fn reading(address: &EksAddress, planned: &PlannedAws) -> AccountSettings {
    let (profile, role) = match (&planned.profile, &planned.role) {
        (None, None) => (address.profile.clone(), address.role.clone()),
        (None, role) => (address.profile.clone(), role.clone()),
        (profile, role) => (profile.clone(), role.clone()),
    };
    let region = planned.region.as_ref().or(address.region.as_ref()).or(planned.fallback_region.as_ref());
    AccountSettings { profile, role, region: region.cloned(), account: address.account.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::Timestamp;

    fn address() -> EksAddress {
        EksAddress {
            name: Some("web".into()),
            region: Some("eu-west-1".into()),
            profile: Some("kube".into()),
            role: Some("arn:aws:iam::123456789012:role/kube".into()),
            account: Some("123456789012".into()),
        }
    }

    #[test]
    fn settings_win_over_the_kubeconfig_but_a_region_that_it_knows_stays() {
        let plain = reading(&address(), &PlannedAws::default());
        assert_eq!((plain.profile.as_deref(), plain.region.as_deref()), (Some("kube"), Some("eu-west-1")));
        let planned = PlannedAws {
            profile: Some("ops".into()),
            fallback_region: Some("us-east-1".into()),
            ..PlannedAws::default()
        };
        let own = reading(&address(), &planned);
        assert_eq!((own.profile.as_deref(), own.role), (Some("ops"), None));
        assert_eq!(own.region.as_deref(), Some("eu-west-1"));
        assert_eq!(own.account.as_deref(), Some("123456789012"));
        let nowhere = reading(&EksAddress::default(), &planned);
        assert_eq!(nowhere.region.as_deref(), Some("us-east-1"));
    }

    #[test]
    fn clusters_of_one_account_share_it_and_strangers_have_none() {
        let border = Border::Network(Arc::default());
        let mut homes = Homes::new(border, true, Arc::new(|| Timestamp::NEVER));
        let one = homes.of(&address(), &PlannedAws::default()).unwrap();
        let other =
            homes.of(&EksAddress { name: Some("b".into()), ..address() }, &PlannedAws::default()).unwrap();
        assert!(one.account == other.account);
        assert!(one.account == homes.signing(&address()), "what signs is what reads");
        assert!(homes.of(&EksAddress::default(), &PlannedAws::default()).is_none());
        let named = PlannedAws { eks: Some("x".into()), ..PlannedAws::default() };
        assert_eq!(homes.of(&EksAddress::default(), &named).unwrap().eks.as_deref(), Some("x"));
    }

    #[tokio::test]
    async fn switched_off_nothing_is_read_and_tokens_are_signed_by_another() {
        let border = Border::Network(Arc::default());
        let mut homes = Homes::new(border, false, Arc::new(|| Timestamp::NEVER));
        let home = homes.of(&address(), &PlannedAws::default()).unwrap();
        let said = home.account.check().await.unwrap_err();
        assert_eq!(said.problem.message(), "AWS is switched off in the settings");
        assert!(home.account != homes.signing(&address()));
    }
}
