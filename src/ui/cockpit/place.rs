//! Where the user looks, and what is known there.

use std::sync::Arc;

use crate::fleet::{ClusterId, Environment, Tier, Timestamp};
use crate::snapshot::Snapshot;
use crate::ui::role::Role;
use crate::ui::view::{Scope, View, World};

/// The picture, the scope, and the environments that give the scope its colour.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) environments: Vec<Environment>,
    pub(super) clusters: Vec<ClusterId>,
    pub(super) scope: Scope,
    /// Namespaces by number key, from 1 on.
    pub(super) favourites: Vec<Arc<str>>,
}

impl Place {
    pub(super) fn world(&self, now: Timestamp) -> World<'_> {
        World { snapshot: &self.snapshot, now, environments: &self.environments, scope: &self.scope }
    }

    /// The clusters in scope.
    pub(super) fn shown(&self) -> impl Iterator<Item = &ClusterId> {
        self.clusters.iter().filter(|cluster| self.scope.includes(cluster))
    }

    /// The environment of a cluster, as configured or as its name suggests.
    pub(super) fn environment(&self, cluster: &ClusterId) -> Environment {
        let name = cluster.environment();
        let configured = self.environments.iter().find(|environment| &environment.name == name);
        configured.cloned().unwrap_or_else(|| Environment::guessed(name.as_str()))
    }

    /// The clusters that a view shows something of: that of its object, else those in scope.
    pub(super) fn in_sight<'a>(&'a self, view: &'a dyn View) -> Vec<&'a ClusterId> {
        match view.cluster() {
            Some(cluster) => vec![cluster],
            None => self.shown().collect(),
        }
    }

    /// The environments of these clusters, each once, the most careful last.
    pub(super) fn environments_of(&self, clusters: &[&ClusterId]) -> Vec<Environment> {
        let mut shown: Vec<Environment> = Vec::new();
        for environment in clusters.iter().map(|cluster| self.environment(cluster)) {
            if !shown.contains(&environment) {
                shown.push(environment);
            }
        }
        shown.sort_by_key(|environment| environment.tier);
        shown
    }

    /// True when a view shows something of production.
    pub(super) fn shows_production(&self, view: &dyn View) -> bool {
        self.in_sight(view).into_iter().any(|cluster| self.environment(cluster).tier == Tier::Production)
    }

    /// All, then each cluster alone, then all again.
    pub(super) fn step_scope(&mut self, step: isize) {
        let alone = match self.scope.clusters.as_slice() {
            [one] => self.clusters.iter().position(|cluster| cluster == one).map(|at| at + 1),
            _ => None,
        };
        let count = self.clusters.len() + 1;
        let next = (alone.unwrap_or(0) + count).saturating_add_signed(step) % count;
        let cluster = next.checked_sub(1).and_then(|at| self.clusters.get(at));
        self.scope.clusters = cluster.into_iter().cloned().collect();
    }

    pub(super) fn set_namespace(&mut self, namespace: Option<&str>) {
        self.scope.namespace = namespace.map(Into::into);
        if let Some(namespace) = &self.scope.namespace
            && !self.favourites.contains(namespace)
        {
            if self.favourites.len() >= 9 {
                self.favourites.remove(0);
            }
            self.favourites.push(Arc::clone(namespace));
        }
    }

    /// A cluster by what a user typed: its name, else a part of it that no other has.
    pub(super) fn cluster_named(&self, word: &str) -> Result<ClusterId, String> {
        if let Some(exact) = self.clusters.iter().find(|cluster| cluster.name() == word) {
            return Ok(exact.clone());
        }
        let like: Vec<&ClusterId> =
            self.clusters.iter().filter(|cluster| cluster.name().contains(word)).collect();
        match like.as_slice() {
            [one] => Ok((*one).clone()),
            [] => Err(format!("there is no cluster {word}")),
            several => {
                let names: Vec<&str> = several.iter().map(|cluster| cluster.name()).collect();
                Err(format!("{word} may be {}", names.join(" or ")))
            }
        }
    }
}

/// How a badge of this tier looks.
pub(super) fn badge_role(tier: Tier) -> Role {
    match tier {
        Tier::Development => Role::BadgeDevelopment,
        Tier::Staging => Role::BadgeStaging,
        Tier::Production => Role::BadgeProduction,
    }
}

/// The text of a badge: production shouts, also where there is no colour.
pub(super) fn badge(environment: &Environment) -> String {
    match environment.tier {
        Tier::Production => format!(" {} ", environment.name.as_str().to_uppercase()),
        _ => format!(" {} ", environment.name),
    }
}
