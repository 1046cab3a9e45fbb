//! The trees as data, for `get topology`: a row for each cluster, region, zone, pool and node.

use super::lines::each_branch;
use super::{Topology, paint};
use crate::fleet::kind::NODES;
use crate::fleet::{ObjectRef, ResourceType};
use crate::planes::dns::load_balancer::BALANCERS;
use crate::planes::topology::Level;
use crate::planes::topology::network::parts::Thing;
use crate::ui::export::{Export, ExportUnknown, Line};
use crate::ui::fresh::Picture;
use crate::ui::value::Value;
use crate::ui::view::World;

/// What a group of nodes is called where a kind is asked for: it is no object of an API server.
const GROUP: ResourceType = ResourceType::cluster_wide("", "v1", "nodegroups", "NodeGroup");

const HEADS: &[(&str, &str)] = &[
    ("level", "LEVEL"),
    ("path", "PATH"),
    ("nodes", "NODES"),
    ("cpu-requested", "CPU/R"),
    ("cpu-used", "CPU"),
    ("memory-requested", "MEM/R"),
    ("memory-used", "MEM"),
    ("pods", "PODS"),
    ("problems", "PROBLEMS"),
    ("about", "ABOUT"),
];

fn word(level: Level) -> &'static str {
    match level {
        Level::Cluster => "cluster",
        Level::Region => "region",
        Level::Zone => "zone",
        Level::Pool => "pool",
        Level::Node => "node",
        Level::Waiting => "waiting",
        Level::Network => "network",
        Level::Thing(thing) => thing.as_str(),
    }
}

impl Topology {
    pub(super) fn printed(&self, world: &World<'_>) -> Export {
        let mut lines: Vec<Line<'_>> = Vec::new();
        for (at, tree) in self.trees.iter().enumerate() {
            each_branch(at, &tree.root, &mut |place, branch| {
                let mut names = Vec::new();
                let mut above = Some(place.clone());
                while let Some(place) = above {
                    names.push(paint::name(&place, &self.trees));
                    above = place.parent();
                }
                names.reverse();
                let load = &branch.load;
                let share =
                    |used: u64, of: u64| if of == 0 { Value::Nothing } else { Value::Share { used, of } };
                let is_part = matches!(branch.level, Level::Network | Level::Thing(_));
                let unmeasured = || if is_part { Value::Nothing } else { Value::Unknown };
                let used = |part: Option<u64>, of: u64| part.map_or_else(unmeasured, |used| share(used, of));
                let values = vec![
                    Value::text(word(branch.level)),
                    Value::text(names.join(" › ")),
                    match is_part {
                        true => Value::Nothing,
                        false => Value::Ratio { have: branch.ready, want: branch.nodes },
                    },
                    share(load.requested.cpu, load.of.cpu),
                    used(load.used.map(|used| used.cpu), load.of.cpu),
                    share(load.requested.memory, load.of.memory),
                    used(load.used.map(|used| used.memory), load.of.memory),
                    if is_part { Value::Nothing } else { Value::Count(load.pods) },
                    Value::Count(branch.problems.into()),
                    Value::text(branch.words.to_string()),
                ];
                let resource = match branch.level {
                    Level::Node => NODES,
                    Level::Thing(Thing::LoadBalancer) => BALANCERS,
                    _ => GROUP,
                };
                let cluster = tree.cluster.id.clone();
                let object = ObjectRef { cluster, resource, namespace: None, name: (*branch.name).into() };
                let why = branch.worst.as_ref().map(|worst| worst.words.to_string()).unwrap_or_default();
                lines.push(Line { object, verdict: branch.verdict(), why, values });
            });
        }
        let mut export = Export::of(HEADS, lines, world.now);
        export.unknown = self
            .trees
            .iter()
            .flat_map(|tree| super::TABLES.iter().map(move |table| (tree, table)))
            .filter_map(|(tree, table)| {
                let why = Picture::of(&tree.cluster, table).unknown()?;
                let cluster = tree.cluster.id.name().to_owned();
                Some(ExportUnknown { cluster, what: table.qualified(), why })
            })
            .collect();
        export
    }
}
