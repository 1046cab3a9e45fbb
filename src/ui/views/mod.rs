//! Every view, one file each, and how they open.
//!
//! To add a view: create its file and put one line into [`VIEWS`]. `:name`, the palette, the help, `get name` and the
//! watches it needs follow from that.

pub mod detail;
pub mod events;
pub mod ingress;
pub mod logs;
pub mod namespaces;
pub mod nodes;
pub mod pods;
pub mod printed;
pub mod services;
pub mod workloads;
pub mod yaml;

use super::table_view::{Glyphs, TableView};
use super::view::{View, ViewAbout, World};
use crate::fleet::ObjectRef;
use crate::fleet::kind::PODS;
use crate::snapshot::CatalogEntry;

/// The entry of a view that is a listing.
macro_rules! listing {
    ($about:expr, $listing:expr) => {
        ViewEntry { about: &$about, open: |context| Box::new(TableView::new($listing, context.glyphs)) }
    };
}

/// A view and how it opens.
#[derive(Clone, Copy, Debug)]
pub struct ViewEntry {
    /// Its name and help.
    pub about: &'static ViewAbout,
    /// Makes it.
    pub open: fn(&OpenContext<'_>) -> Box<dyn View>,
}

/// What a view may look at when it opens.
#[derive(Clone, Copy, Debug)]
pub struct OpenContext<'a> {
    /// The world at that moment.
    pub world: &'a World<'a>,
    /// Which glyphs it draws with.
    pub glyphs: Glyphs,
}

/// A way from an object into a view about it.
#[derive(Clone, Copy, Debug)]
pub struct Door {
    /// The command that opens it: `open`, `describe`, `yaml`, `logs`, `previous-logs`. The first door of a command
    /// that takes the object is used.
    pub command: &'static str,
    /// Whether it takes this object, or why not.
    pub takes: fn(&ObjectRef) -> Result<(), &'static str>,
    /// Makes the view.
    pub open: fn(&ObjectRef, &World<'_>) -> Box<dyn View>,
}

/// Every view, sorted by name.
pub const VIEWS: &[ViewEntry] = &[
    listing!(workloads::CRON_JOBS_ABOUT, workloads::CronJobs),
    listing!(workloads::DAEMON_SETS_ABOUT, workloads::DaemonSets),
    listing!(workloads::DEPLOYMENTS_ABOUT, workloads::Deployments),
    listing!(events::ABOUT, events::Events),
    listing!(ingress::ABOUT, ingress::Ingresses),
    listing!(workloads::JOBS_ABOUT, workloads::Jobs),
    listing!(namespaces::ABOUT, namespaces::Namespaces),
    listing!(nodes::ABOUT, nodes::Nodes),
    listing!(pods::ABOUT, pods::Pods),
    listing!(workloads::REPLICA_SETS_ABOUT, workloads::ReplicaSets),
    listing!(services::ABOUT, services::Services),
    listing!(workloads::STATEFUL_SETS_ABOUT, workloads::StatefulSets),
    listing!(workloads::ABOUT, workloads::Workloads),
];

/// Views about one object; they open through [`DOORS`] and have a section in the keymap.
pub const DETAILS: &[&str] = &["detail", "logs", "namespace-home", "yaml"];

/// Every way into an object, the special ones before the general ones.
pub const DOORS: &[Door] = &[
    Door { command: "logs", takes: is_pod, open: |pod, world| open_logs(pod, false, world) },
    Door { command: "previous-logs", takes: is_pod, open: |pod, world| open_logs(pod, true, world) },
    Door { command: "yaml", takes: |_| Ok(()), open: |object, _| Box::new(yaml::Yaml::open(object)) },
    Door { command: "describe", takes: |_| Ok(()), open: |object, _| open_object(object) },
];

fn is_pod(object: &ObjectRef) -> Result<(), &'static str> {
    if object.resource == PODS { Ok(()) } else { Err("only pods have logs") }
}

fn open_logs(pod: &ObjectRef, previous: bool, world: &World<'_>) -> Box<dyn View> {
    Box::new(logs::Logs::open(pod, previous, logs::LogLimits::default(), world.now))
}

/// A table of any kind, by the columns that the API server prints.
pub fn open_kind(kind: &CatalogEntry, context: &OpenContext<'_>) -> Box<dyn View> {
    Box::new(printed::PrintedView::new(&kind.resource, context.glyphs))
}

/// The summary of an object.
pub fn open_object(object: &ObjectRef) -> Box<dyn View> {
    Box::new(detail::Detail::open(object))
}
