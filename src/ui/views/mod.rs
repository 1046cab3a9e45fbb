//! Every view, one file each, and how they open.
//!
//! To add a view: create its file and put one line into [`VIEWS`]. `:name`, the palette, the help, `get name` and the
//! watches it needs follow from that.

pub mod access_entries;
pub mod addons;
pub mod addons_matrix;
pub mod alarms;
pub mod application;
pub mod application_sets;
pub mod argo;
pub mod autoscaling;
pub mod budgets;
pub mod certificate;
pub mod certificates;
pub mod component;
pub mod cost;
pub mod detail;
pub mod dns;
pub mod events;
pub mod fleet;
pub mod identity;
pub mod images;
pub mod ingress;
pub mod insights;
pub mod instances;
pub mod issuers;
pub mod karpenter;
pub mod load_balancers;
pub mod log_groups;
pub mod logs;
pub mod metrics;
pub mod namespace_differences;
pub mod namespace_home;
pub mod namespaces;
pub mod netpol;
pub mod network;
pub mod node_claims;
pub mod node_classes;
pub mod node_group;
pub mod node_groups;
pub mod nodes;
pub mod path;
pub mod pending;
pub mod pods;
pub mod printed;
pub mod projects;
pub mod secrets;
pub mod services;
pub mod storage;
pub mod stores;
pub mod topology;
pub mod upgrade;
pub mod volumes;
pub mod vpa;
pub mod who_can;
pub mod workloads;
pub mod yaml;
pub mod zones;

use super::listing::Listing;
use super::preferences::Preferences;
use super::table_view::{Glyphs, TableView};
use super::view::{View, ViewAbout, World};
use crate::fleet::ObjectRef;
use crate::fleet::aws::kind::{LOG_GROUPS, NODE_GROUPS, is_aws};
use crate::fleet::kind::{APPLICATIONS, CERTIFICATES, NAMESPACES, PODS};
use crate::planes::alarm::CLUSTER_ALARMS;
use crate::planes::component::COMPONENTS;
use crate::planes::dns::DNS_RECORDS;
use crate::planes::dns::load_balancer::BALANCERS;
use crate::planes::dns::zone::DNS_ZONES;
use crate::planes::rights::ENTRANTS;
use crate::snapshot::CatalogEntry;

/// A view and how it opens.
#[derive(Clone, Copy, Debug)]
pub struct ViewEntry {
    /// Its name and help.
    pub about: fn() -> &'static ViewAbout,
    /// Makes it.
    pub open: fn(&OpenContext<'_>) -> Box<dyn View>,
}

impl ViewEntry {
    /// A table of this listing.
    pub const fn listing<L: Listing + Default>() -> Self {
        Self {
            about: || L::default().about(),
            open: |context| Box::new(TableView::new(L::default(), context.glyphs)),
        }
    }

    /// Its name and help.
    pub fn about(&self) -> &'static ViewAbout {
        (self.about)()
    }
}

/// What a view may look at when it opens.
#[derive(Clone, Copy, Debug)]
pub struct OpenContext<'a> {
    /// The world at that moment.
    pub world: &'a World<'a>,
    /// Which glyphs it draws with.
    pub glyphs: Glyphs,
    /// What the user prefers.
    pub preferences: &'a Preferences,
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
    pub open: fn(&ObjectRef, &OpenContext<'_>) -> Box<dyn View>,
}

/// Every view, sorted by name.
pub const VIEWS: &[ViewEntry] = &[
    ViewEntry::listing::<access_entries::AccessEntries>(),
    ViewEntry::listing::<addons::Addons>(),
    ViewEntry { about: || &addons_matrix::ABOUT, open: |_| Box::new(addons_matrix::AddonsMatrix::default()) },
    ViewEntry::listing::<alarms::Alarms>(),
    ViewEntry::listing::<application_sets::ApplicationSets>(),
    ViewEntry::listing::<argo::Applications>(),
    ViewEntry::listing::<autoscaling::Autoscaling>(),
    ViewEntry::listing::<budgets::Budgets>(),
    ViewEntry::listing::<certificates::Certificates>(),
    ViewEntry::listing::<cost::Costs>(),
    ViewEntry::listing::<workloads::CronJobs>(),
    ViewEntry::listing::<workloads::DaemonSets>(),
    ViewEntry::listing::<workloads::Deployments>(),
    ViewEntry::listing::<dns::Dns>(),
    ViewEntry::listing::<events::Events>(),
    ViewEntry { about: || &fleet::ABOUT, open: |_| Box::new(fleet::Fleet::default()) },
    ViewEntry::listing::<identity::Identities>(),
    ViewEntry::listing::<images::Images>(),
    ViewEntry::listing::<ingress::Ingresses>(),
    ViewEntry::listing::<instances::Instances>(),
    ViewEntry::listing::<issuers::Issuers>(),
    ViewEntry::listing::<workloads::Jobs>(),
    ViewEntry::listing::<karpenter::Karpenter>(),
    ViewEntry::listing::<load_balancers::LoadBalancers>(),
    ViewEntry::listing::<log_groups::LogGroups>(),
    ViewEntry::listing::<metrics::Metrics>(),
    ViewEntry::listing::<namespaces::Namespaces>(),
    ViewEntry { about: || &netpol::ABOUT, open: |_| netpol::open_all() },
    ViewEntry::listing::<node_claims::NodeClaims>(),
    ViewEntry::listing::<node_classes::NodeClasses>(),
    ViewEntry::listing::<node_groups::NodeGroups>(),
    ViewEntry::listing::<nodes::Nodes>(),
    ViewEntry { about: || &path::ABOUT, open: |_| path::open_all() },
    ViewEntry::listing::<pending::Pending>(),
    ViewEntry::listing::<pods::Pods>(),
    ViewEntry::listing::<projects::Projects>(),
    ViewEntry::listing::<workloads::ReplicaSets>(),
    ViewEntry::listing::<secrets::Secrets>(),
    ViewEntry::listing::<services::Services>(),
    ViewEntry::listing::<volumes::Snapshots>(),
    ViewEntry::listing::<workloads::StatefulSets>(),
    ViewEntry::listing::<storage::Storage>(),
    ViewEntry::listing::<volumes::StorageClasses>(),
    ViewEntry::listing::<stores::Stores>(),
    ViewEntry::listing::<network::Subnets>(),
    ViewEntry { about: || &topology::ABOUT, open: |_| Box::new(topology::Topology::default()) },
    ViewEntry { about: || &upgrade::ABOUT, open: |_| upgrade::open_all() },
    ViewEntry::listing::<volumes::Volumes>(),
    ViewEntry::listing::<vpa::VerticalAutoscalers>(),
    ViewEntry { about: || &who_can::ABOUT, open: |_| who_can::open_all() },
    ViewEntry::listing::<workloads::Workloads>(),
    ViewEntry::listing::<zones::Zones>(),
];

/// Makes a view of what it was told, or says why it cannot.
pub type Ask = fn(&[String]) -> Result<Box<dyn View>, String>;

/// A view that may be told what it is about: `path api.cosner.cloud`. Told nothing, it opens as in [`VIEWS`].
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// Name and help of the view.
    pub about: &'static ViewAbout,
    /// What it wants to be told, as help and errors say it.
    pub wants: &'static str,
    /// Makes it of the words behind its name, or says why it cannot.
    pub open: Ask,
}

/// Every view that may be told what it is about, sorted by name.
pub const QUESTIONS: &[Question] = &[
    Question { about: &path::ABOUT, wants: "HOSTNAME", open: path::open },
    Question { about: &who_can::ABOUT, wants: "VERB RESOURCE", open: who_can::open },
];

/// The question of this name.
pub fn question(word: &str) -> Option<&'static Question> {
    QUESTIONS.iter().find(|question| {
        let about = question.about;
        about.name.eq_ignore_ascii_case(word)
            || about.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(word))
    })
}

/// Views about one object; they open through [`DOORS`] and have a section in the keymap.
pub const DETAILS: &[&str] = &[
    "alarm-history",
    "application-home",
    "certificate-chain",
    "component",
    "detail",
    "hosted-zone",
    "insights",
    "load-balancer",
    "logs",
    "namespace-differences",
    "namespace-home",
    "nodegroup",
    "record",
    "yaml",
];

/// Every way into an object, the special ones before the general ones.
pub const DOORS: &[Door] = &[
    Door {
        command: "open",
        takes: |object| {
            if object.resource == NAMESPACES { Ok(()) } else { Err("only namespaces have a home") }
        },
        open: |object, _| Box::new(namespace_home::NamespaceHome::open(object)),
    },
    Door {
        command: "open",
        takes: is_component,
        open: |object, _| Box::new(component::ComponentPage::open(object)),
    },
    Door {
        command: "open",
        takes: is_node_group,
        open: |object, _| Box::new(node_group::NodeGroupPage::open(object)),
    },
    Door {
        command: "describe",
        takes: is_node_group,
        open: |object, _| Box::new(node_group::NodeGroupPage::open(object)),
    },
    Door {
        command: "describe",
        takes: is_component,
        open: |object, _| Box::new(component::ComponentPage::open(object)),
    },
    Door {
        command: "open",
        takes: |object| {
            if object.resource == APPLICATIONS {
                Ok(())
            } else {
                Err("only applications have a page of their own")
            }
        },
        open: |object, _| Box::new(application::ApplicationPage::open(object)),
    },
    Door {
        command: "open",
        takes: |object| {
            if object.resource == CERTIFICATES { Ok(()) } else { Err("only certificates have a chain") }
        },
        open: |object, _| Box::new(certificate::CertificatePage::open(object)),
    },
    Door {
        command: "open",
        takes: |object| {
            if object.resource == LOG_GROUPS { Ok(()) } else { Err("only log groups are read at once") }
        },
        open: |object, context| open_logs(object, false, context),
    },
    Door { command: "open", takes: is_of_kubernetes, open: |object, _| open_object(object) },
    Door { command: "path", takes: path::takes, open: path::open_object },
    Door { command: "describe", takes: is_of_kubernetes, open: |object, _| open_object(object) },
    Door { command: "yaml", takes: has_yaml, open: |object, _| Box::new(yaml::Yaml::open(object)) },
    Door { command: "logs", takes: has_logs, open: |object, context| open_logs(object, false, context) },
    Door {
        command: "previous-logs",
        takes: |object| {
            if object.resource == LOG_GROUPS {
                Err("a log group has no run before this one")
            } else {
                has_logs(object)
            }
        },
        open: |object, context| open_logs(object, true, context),
    },
];

/// What AWS has, and who comes in by it, is no object that an API server could be asked for.
fn is_of_kubernetes(object: &ObjectRef) -> Result<(), &'static str> {
    if is_aws(&object.resource) || object.resource == ENTRANTS {
        Err("this is of AWS: the API server does not know it")
    } else {
        Ok(())
    }
}

fn is_component(object: &ObjectRef) -> Result<(), &'static str> {
    if object.resource == COMPONENTS { Ok(()) } else { Err("only components have a page of their own") }
}

fn is_node_group(object: &ObjectRef) -> Result<(), &'static str> {
    if object.resource == NODE_GROUPS { Ok(()) } else { Err("only node groups have a page of their own") }
}

/// What is concluded here has no YAML anywhere.
fn has_yaml(object: &ObjectRef) -> Result<(), &'static str> {
    is_of_kubernetes(object)?;
    let concluded = [CLUSTER_ALARMS, DNS_RECORDS, DNS_ZONES, BALANCERS];
    if concluded.contains(&object.resource) { Err("it is an object of AWS and has no YAML") } else { Ok(()) }
}

fn has_logs(object: &ObjectRef) -> Result<(), &'static str> {
    if [PODS, LOG_GROUPS].contains(&object.resource) {
        Ok(())
    } else {
        Err("only pods and log groups have logs")
    }
}

fn open_logs(of: &ObjectRef, previous: bool, context: &OpenContext<'_>) -> Box<dyn View> {
    Box::new(logs::Logs::open(of, previous, context.preferences.logs, context.world.now))
}

/// The summary of an object: its own page where no API server has it.
pub fn open_object(object: &ObjectRef) -> Box<dyn View> {
    match &object.resource {
        kind if *kind == DNS_RECORDS => Box::new(dns::RecordPage::open(object)),
        kind if *kind == DNS_ZONES => Box::new(zones::ZonePage::open(object)),
        kind if *kind == BALANCERS => Box::new(load_balancers::BalancerPage::open(object)),
        kind if *kind == CLUSTER_ALARMS => Box::new(alarms::page::AlarmPage::open(object)),
        _ => Box::new(detail::Detail::open(object)),
    }
}

/// A table of any kind, by the columns that the API server prints.
pub fn open_kind(kind: &CatalogEntry, context: &OpenContext<'_>) -> Box<dyn View> {
    Box::new(printed::PrintedView::new(&kind.resource, context.glyphs))
}

#[cfg(test)]
mod doors_tests;
#[cfg(test)]
pub(crate) mod test_bench;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn views_are_sorted_and_no_two_share_a_name() {
        let names: Vec<&str> = VIEWS.iter().map(|view| view.about().name).collect();
        assert!(names.is_sorted(), "{names:?}");
        let aliases = VIEWS.iter().flat_map(|view| view.about().aliases.iter().copied());
        let all: Vec<&str> = names.iter().copied().chain(aliases).chain(DETAILS.iter().copied()).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{all:?}");
    }

    #[test]
    fn every_view_of_an_object_says_which_cluster_the_object_is_in() {
        let cluster = crate::fleet::ClusterId::new(crate::fleet::EnvironmentName::new("prod"), "myapp-prod");
        let snapshot = crate::snapshot::Snapshot::default();
        let scope = crate::ui::view::Scope::default();
        let now = crate::fleet::Timestamp::NEVER;
        let world = World { snapshot: &snapshot, now, environments: &[], scope: &scope };
        let preferences = Preferences::default();
        let context = OpenContext { world: &world, glyphs: Glyphs::Unicode, preferences: &preferences };
        for (resource, namespace) in [(PODS, Some("production")), (NAMESPACES, None)] {
            let namespace = namespace.map(Into::into);
            let object = ObjectRef { cluster: cluster.clone(), resource, namespace, name: "x".into() };
            for door in DOORS.iter().filter(|door| (door.takes)(&object).is_ok()) {
                let view = (door.open)(&object, &context);
                assert_eq!(view.cluster(), Some(&cluster), "{}", view.about().name);
            }
        }
    }
}
