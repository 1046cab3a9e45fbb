//! The clusters' rows as data, for `get fleet`.

use super::{Fleet, TABLES, aws, platform};
use crate::fleet::aws::kind::ALARMS;
use crate::fleet::event::Event;
use crate::fleet::kind::{EVENTS, NAMESPACES, NODES, PODS};
use crate::fleet::node::Node;
use crate::fleet::pod::Pod;
use crate::fleet::{ObjectRef, ResourceType};
use crate::planes::alarm::{ClusterAlarm, KNOWN_ALARMS};
use crate::planes::component::COMPONENTS;
use crate::planes::dns::{DNS_RECORDS, DnsRecord};
use crate::planes::namespace::Count;
use crate::planes::upgrade;
use crate::snapshot::{ClusterSnapshot, Freshness, Link};
use crate::ui::export::{Export, ExportUnknown, Line};
use crate::ui::fresh::Picture;
use crate::ui::value::Value;
use crate::ui::view::World;

/// What a cluster is called where a kind is asked for: it is no object of an API server.
const CLUSTER: ResourceType = ResourceType::cluster_wide("", "v1", "clusters", "Cluster");

const HEADS: &[(&str, &str)] = &[
    ("environment", "ENV"),
    ("cluster", "CLUSTER"),
    ("guard", "GUARD"),
    ("version", "VERSION"),
    ("eks-version", "EKS"),
    ("support-days", "SUPPORT D"),
    ("update", "UPDATE"),
    ("latency-ms", "API MS"),
    ("nodes", "NODES"),
    ("pods", "PODS"),
    ("components", "ADD-ONS"),
    ("applications", "APPS"),
    ("out-of-sync", "OUT"),
    ("alarms", "ALARMS"),
    ("certificates", "CERTS"),
    ("secrets", "SECRETS"),
    ("dns-drift", "DNS"),
    ("namespaces", "NAMESPACES"),
    ("warnings", "WARNINGS"),
];

/// What wide mode adds.
const WIDE: (&str, &str) = ("dollars", "$/MONTH");

impl Fleet {
    /// A row for each cluster in scope, and what could not be read of them.
    pub(super) fn printed(&self, world: &World<'_>) -> Export {
        let clusters = || world.snapshot.clusters.iter().filter(|cluster| world.scope.includes(&cluster.id));
        let lines = clusters().map(|cluster| self.line(cluster, world)).collect();
        let heads = [HEADS, if self.is_wide { &[WIDE] } else { &[] }].concat();
        let mut export = Export::of(&heads, lines, world.now);
        export.unknown = clusters().flat_map(|cluster| unknown(cluster)).collect();
        export
    }

    fn line<'a>(&self, cluster: &'a ClusterSnapshot, world: &World<'a>) -> Line<'a> {
        let environment = world.environments.iter().find(|e| e.name == *cluster.id.environment());
        let (verdict, (why, _)) = self.said(cluster);
        let (version, latency) = match &cluster.link {
            Link::Up(info) => {
                (Value::text(super::short_version(&info.version)), Value::Count(info.latency_ms.into()))
            }
            Link::Connecting | Link::Down(_) => (Value::Unknown, Value::Unknown),
        };
        let nodes = cluster.table::<Node>(&NODES).map(|table| table.tally());
        let pods = cluster.table::<Pod>(&PODS).map(|table| table.tally().total());
        let namespaces = cluster.any_table(&NAMESPACES).map(|table| table.len() as u64);
        let warnings = cluster.table::<Event>(&EVENTS).map(|table| table.tally().warnings);
        let alarms = cluster.table::<ClusterAlarm>(&KNOWN_ALARMS).map(|table| table.tally());
        let drift = cluster.table::<DnsRecord>(&DNS_RECORDS).map(|table| table.tally().drift);
        let components = platform::components(cluster, world.now);
        let sums = self.sum_of(&cluster.id);
        let count = |count: &Option<Count>| match count {
            Some(count) => Value::Ratio { have: count.well(), want: count.all },
            None => Value::Nothing,
        };
        let cost = || platform::printed_cost(cluster, world.now).map_or(Value::Unknown, Value::Count);
        let mut values = vec![
            Value::text(cluster.id.environment().as_str()),
            Value::text(cluster.id.name()),
            Value::maybe(environment.map(|environment| environment.guard.as_str())),
            version,
            upgrade::described(cluster).map_or(Value::Unknown, |eks| Value::text(&*eks.version)),
            match upgrade::support(cluster, world.now) {
                // Days since the end are no days left.
                Some(support) => Value::Count(u64::try_from(support.days()).unwrap_or_default()),
                None => Value::Unknown,
            },
            Value::maybe(platform::running(cluster).map(|update| &*update.kind)),
            latency,
            known(cluster, &NODES, nodes.map(|of| Value::Ratio { have: of.ready, want: of.nodes })),
            known(cluster, &PODS, pods.map(|of| Value::Ratio { have: of.ok, want: of.pods })),
            known(cluster, &COMPONENTS, components.map(|(have, want)| Value::Ratio { have, want })),
            sums.map_or(Value::Unknown, |sum| count(&sum.applications)),
            sums.map_or(Value::Unknown, |sum| Value::Count(sum.out_of_sync.into())),
            known(cluster, &ALARMS, alarms.map(|of| Value::Count(of.firing.into()))),
            sums.map_or(Value::Unknown, |sum| count(&sum.certificates)),
            sums.map_or(Value::Unknown, |sum| count(&sum.secrets)),
            known(cluster, &DNS_RECORDS, drift.map(|count| Value::Count(count.into()))),
            known(cluster, &NAMESPACES, namespaces.map(Value::Count)),
            known(cluster, &EVENTS, warnings.map(|count| Value::Count(count.into()))),
        ];
        values.extend(self.is_wide.then(cost));
        let object = ObjectRef {
            cluster: cluster.id.clone(),
            resource: CLUSTER,
            namespace: None,
            name: cluster.id.name().into(),
        };
        // On the screen a dash says that there is nothing to say.
        let why = if why == "–" { String::new() } else { why };
        Line { object, verdict, why, values }
    }
}

/// A count only where the table was read: an empty one that may not be read is not none.
fn known<'a>(cluster: &ClusterSnapshot, resource: &ResourceType, value: Option<Value<'a>>) -> Value<'a> {
    match cluster.freshness(resource) {
        Freshness::NotWatched | Freshness::Forbidden { .. } | Freshness::Unavailable { .. } => Value::Unknown,
        _ => value.unwrap_or(Value::Unknown),
    }
}

/// A cluster that does not answer is one thing that is not known, and not one for each table.
fn unknown(cluster: &ClusterSnapshot) -> Vec<ExportUnknown> {
    let told = |what: String, why: String| ExportUnknown { cluster: cluster.id.name().to_owned(), what, why };
    // One reason for all of its tables.
    let aws = aws::trouble(cluster).map(|why| told("aws".to_owned(), why));
    if let Link::Down(problem) = &cluster.link {
        let lost = told("cluster".to_owned(), format!("unavailable: {}", problem.message()));
        return std::iter::once(lost).chain(aws).collect();
    }
    let pictures = TABLES.iter().zip(Picture::each(cluster, TABLES));
    let own = pictures.filter_map(|(table, picture)| Some(told(table.qualified(), picture.unknown()?)));
    own.chain(aws).collect()
}
