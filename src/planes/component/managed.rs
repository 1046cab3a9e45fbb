//! The half of a component that AWS knows: whether EKS manages it, what EKS says of it, and what it could have instead.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::catalogue::{CATALOGUE, Known};
use super::state::Component;
use crate::blueprint::{ManagedBy, WantedComponent};
use crate::fleet::aws::Issue;
use crate::fleet::aws::addon::Addon;
use crate::fleet::aws::addon_version::{OfferedAddon, numbers};
use crate::fleet::aws::kind::{ADDON_VERSIONS, ADDONS, EKS_CLUSTERS, OIDC_PROVIDERS, POD_IDENTITIES, ROLES};
use crate::fleet::aws::update::Update;
use crate::fleet::{ResourceType, Verdict};
use crate::planes::opinion::Opinion;
use crate::planes::rights::aws::read;
use crate::planes::upgrade::minor_of;
use crate::snapshot::{ClusterSnapshot, Table};

/// The tables of AWS that components look at. Nobody waits for them.
pub(super) static ADDS: [ResourceType; 6] =
    [ADDONS, ADDON_VERSIONS, EKS_CLUSTERS, OIDC_PROVIDERS, POD_IDENTITIES, ROLES];

/// What EKS says of a component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Managed {
    /// The answer is on its way, or nobody has asked.
    #[default]
    Unread,
    /// It could not be read, and why.
    Refused(Arc<str>),
    /// EKS does not manage it.
    No,
    /// EKS manages it, or should.
    Yes(Arc<Addon>),
}

/// What EKS manages and the catalogue does not know.
pub(super) static OTHER: Known = Known { id: "", purpose: "an add-on that EKS manages", ..Known::NONE };

/// What EKS calls a component among its add-ons, where that is not its id (EKS user guide, "Available add-ons").
const NAMES: &[(&str, &str)] =
    &[("cloudwatch-agent", "amazon-cloudwatch-observability"), ("node-exporter", "prometheus-node-exporter")];

fn name_at_eks(known: &Known) -> &'static str {
    NAMES.iter().find(|(id, _)| *id == known.id).map_or(known.id, |(_, name)| name)
}

/// The tables, as far as they were read.
pub(super) struct EksSays<'a> {
    addons: Result<&'a Table<Addon>, Arc<str>>,
    offered: Option<&'a Table<OfferedAddon>>,
    minor: Option<String>,
}

impl<'a> EksSays<'a> {
    pub(super) fn of(cluster: &'a ClusterSnapshot) -> Self {
        Self {
            addons: read(cluster, &ADDONS),
            offered: read(cluster, &ADDON_VERSIONS).ok(),
            minor: minor_of(cluster),
        }
    }

    /// Whether EKS manages it.
    pub(super) fn of_component(&self, known: &Known) -> Managed {
        match &self.addons {
            Ok(addons) => match addons.find(None, name_at_eks(known)) {
                Some((_, addon)) => Managed::Yes(Arc::clone(addon)),
                None => Managed::No,
            },
            Err(why) if why.is_empty() => Managed::Unread,
            Err(why) => Managed::Refused(Arc::clone(why)),
        }
    }

    /// The newest version that EKS has for this minor; nothing where it offers none, or that is not known.
    pub(super) fn newest(&self, known: &Known) -> Option<Box<str>> {
        self.newest_named(name_at_eks(known))
    }

    fn newest_named(&self, name: &str) -> Option<Box<str>> {
        let (_, offer) = self.offered?.find(None, name)?;
        offer.newest(self.minor.as_deref()?).map(|newest| newest.version.clone())
    }

    /// What EKS manages and the catalogue does not know: it has a row all the same.
    pub(super) fn others(&self) -> Vec<Component> {
        let known: BTreeSet<&str> = CATALOGUE.iter().map(name_at_eks).collect();
        let addons = self.addons.as_ref().ok().into_iter().flat_map(|table| table.iter());
        addons
            .filter(|(_, addon)| !known.contains(&*addon.name))
            .map(|(_, addon)| Component {
                managed: Managed::Yes(Arc::clone(addon)),
                newest: self.newest_named(&addon.name),
                namespace: Some(&*addon.namespace).filter(|name| !name.is_empty()).map(Arc::from),
                ..Component::absent(&OTHER, addon.name.clone())
            })
            .collect()
    }
}

/// What is wrong by the words of EKS, and what could be better.
pub(super) fn judge(opinion: &mut Opinion, component: &Component, wanted: Option<&WantedComponent>) {
    let by = wanted.and_then(|wanted| wanted.managed_by);
    match &component.managed {
        Managed::Unread | Managed::Refused(_) => {}
        Managed::No => {
            if by == Some(ManagedBy::Eks) {
                opinion.say(Verdict::Warning, "EKS is to manage it, and does not");
            } else if component.newest.is_some() && !component.is_missing() {
                opinion.say(Verdict::Ok, "self-managed, EKS has a managed one");
            }
        }
        Managed::Yes(addon) => {
            state(opinion, addon);
            if let Some(by) = by.filter(|by| *by != ManagedBy::Eks) {
                opinion.say(Verdict::Warning, format!("EKS manages it, and {} is to", by.as_str()));
            }
            if let Some(newest) = newer(component) {
                opinion.say(Verdict::Ok, format!("{newest} can be had"));
            }
        }
    }
}

/// A version that is newer than what EKS has installed.
pub fn newer(component: &Component) -> Option<&str> {
    let Managed::Yes(addon) = &component.managed else { return None };
    component.newest.as_deref().filter(|newest| numbers(newest) > numbers(&addon.version))
}

fn state(opinion: &mut Opinion, addon: &Addon) {
    let issues: Vec<String> = addon.issues.iter().map(Issue::words).collect();
    let failed = addon.updates.iter().map(Update::failure).find(|why| !why.is_empty());
    let why: Vec<String> = issues.into_iter().chain(failed).collect();
    let said = match why.as_slice() {
        [] => String::new(),
        why => format!(": {}", why.join("; ")),
    };
    let word = word(&addon.status);
    match &*addon.status {
        "ACTIVE" if said.is_empty() => {}
        "ACTIVE" => opinion.say(Verdict::Warning, format!("EKS{said}")),
        "DEGRADED" | "CREATE_FAILED" | "UPDATE_FAILED" | "DELETE_FAILED" => {
            opinion.say(Verdict::Warning, format!("EKS says {word}{said}"));
        }
        "CREATING" | "UPDATING" | "DELETING" => {
            opinion.say(Verdict::Progressing, format!("EKS is {word} it{said}"));
        }
        _ => opinion.say(Verdict::Unknown, format!("EKS says {word}{said}")),
    }
}

/// A status as people read it: `update failed`.
pub fn word(status: &str) -> String {
    status.to_lowercase().replace('_', " ")
}
