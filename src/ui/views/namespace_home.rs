//! The home of a namespace: a developer's first screen. What runs, what is not well and why, how it is reached, what
//! its quota leaves, and what happened last. What may not be read says so, and the rest is shown.

mod belonging;
mod parts;
mod printed;

use crate::fleet::kind::{
    CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, ENDPOINT_SLICES, EVENTS, INGRESSES, JOBS, NAMESPACES, POD_METRICS,
    PODS, RESOURCE_QUOTAS, SERVICES, STATEFUL_SETS,
};
use crate::fleet::{Interest, ObjectRef, ResourceType};
use crate::planes::namespace::{NAMESPACE_SUMS, counterpart};
use crate::ui::export::Export;
use crate::ui::page::{Line, Page, PageView};
use crate::ui::view::{Handled, ViewAbout, World};
use crate::ui::views::namespace_differences::{self, NamespaceDifferences};

/// Name and help.
pub const ABOUT: ViewAbout = ViewAbout {
    name: "namespace-home",
    aliases: &[],
    help: "a namespace at a glance: workloads, what is wrong, hosts, services, quota, events",
};

/// The tables it is made of.
static NEEDS: [ResourceType; 11] = [
    NAMESPACES,
    DEPLOYMENTS,
    STATEFUL_SETS,
    DAEMON_SETS,
    CRON_JOBS,
    JOBS,
    PODS,
    INGRESSES,
    SERVICES,
    ENDPOINT_SLICES,
    EVENTS,
];

/// Usage, quotas and what belongs to it are extras: without them the home is complete.
static HELPS: [ResourceType; 3] = [POD_METRICS, RESOURCE_QUOTAS, NAMESPACE_SUMS];

/// One namespace at a glance.
#[derive(Debug)]
pub struct NamespaceHome {
    namespace: ObjectRef,
}

impl NamespaceHome {
    /// The home of a namespace.
    pub fn open(namespace: &ObjectRef) -> PageView<Self> {
        PageView::new(Self { namespace: namespace.clone() })
    }
}

impl Page for NamespaceHome {
    type Target = ObjectRef;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn object(&self) -> Option<&ObjectRef> {
        Some(&self.namespace)
    }
    fn needs(&self) -> &[ResourceType] {
        &NEEDS
    }
    fn helps(&self) -> &[ResourceType] {
        &HELPS
    }
    fn namespace(&self) -> Option<&str> {
        Some(&self.namespace.name)
    }
    fn beside(&self, world: &World<'_>) -> Vec<Interest> {
        namespace_differences::beside(world, &self.namespace)
    }
    fn commands(&self) -> &'static [&'static str] {
        &["differences"]
    }
    fn command(&self, id: &str, _: &World<'_>) -> Handled {
        match id {
            "differences" => Handled::Open(Box::new(NamespaceDifferences::open(&self.namespace))),
            _ => Handled::Ignored,
        }
    }
    fn lines(&self, world: &World<'_>, width: u16) -> Vec<Line> {
        let Some(cluster) = world.snapshot.cluster(&self.namespace.cluster) else { return Vec::new() };
        let next = counterpart::next(world.snapshot, cluster, &self.namespace.name);
        let namespace = &self.namespace.name;
        parts::Home { cluster, namespace, now: world.now, width, next: next.as_ref() }.lines()
    }
    fn export(&self, world: &World<'_>) -> Option<Export> {
        self.printed(world)
    }
}

#[cfg(test)]
mod tests;
