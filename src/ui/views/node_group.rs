//! A node group at a glance: its size and image, what EKS finds wrong, what is being done to it, and its nodes.

use std::sync::Arc;

use crate::fleet::aws::kind::{LAUNCH_TEMPLATES, NODE_GROUPS, NODE_RELEASES};
use crate::fleet::aws::node_group::NodeGroup;
use crate::fleet::kind::NODES;
use crate::fleet::node::Node;
use crate::fleet::time::human_duration;
use crate::fleet::{ObjectRef, ResourceType, Row as _, Timestamp, Verdict};
use crate::planes::component::managed::word;
use crate::planes::machine_image::Vintage;
use crate::planes::rights::aws::read;
use crate::snapshot::ClusterSnapshot;
use crate::ui::page::{self, FACTS, Line, Page, PageView, fact};
use crate::ui::view::{ViewAbout, World};
use crate::ui::widgets::sheet::{self, SheetLine};

/// Name and help.
pub const ABOUT: ViewAbout = ViewAbout {
    name: "nodegroup",
    aliases: &[],
    help: "a node group at a glance: size, image, what EKS finds wrong, and its nodes",
};

static NEEDS: [ResourceType; 1] = [NODE_GROUPS];
static HELPS: [ResourceType; 3] = [LAUNCH_TEMPLATES, NODE_RELEASES, NODES];

/// A node group at a glance.
#[derive(Debug)]
pub struct NodeGroupPage {
    object: ObjectRef,
}

impl NodeGroupPage {
    /// The page of a node group.
    pub fn open(object: &ObjectRef) -> PageView<Self> {
        PageView::new(Self { object: object.clone() })
    }

    fn facts(
        &self,
        group: &NodeGroup,
        cluster: &ClusterSnapshot,
        world: &World<'_>,
    ) -> Vec<sheet::Row<ObjectRef>> {
        let mut facts = Vec::new();
        let vintage = Vintage::of_group(cluster, group);
        let mut say = |what: &str, words: String| {
            if !words.is_empty() {
                facts.push(fact(None, what, &words, None));
            }
        };
        say("nodes", format!("{} wanted, between {} and {}", group.desired, group.least, group.most));
        say("version", format!("{} {}", group.version, group.release).trim().to_owned());
        say("image", group.image_type.to_string());
        say("capacity", word(&group.capacity));
        say("types", group.instance_types.join(", "));
        say("template", super::node_groups::template(group, cluster).unwrap_or_default());
        if let Some(vintage) = &vintage {
            say("image age", image_age(vintage, world.now));
        }
        say("taints", group.taints.join(", "));
        say("scaling group", group.scaling_groups.join(", "));
        say("subnets", group.subnets.iter().map(Arc::as_ref).collect::<Vec<&str>>().join(", "));
        say("role", group.role.to_string());
        for issue in &group.issues {
            facts.push(fact(Some(Verdict::Warning), "EKS finds", &issue.words(), None));
            for resource in &issue.resources {
                facts.push(fact(None, "", resource, None));
            }
        }
        for update in &group.updates {
            let age = human_duration(update.created.age_at(world.now));
            let words = format!("{} {} {age} ago {}", update.kind, update.status, update.failure());
            facts.push(fact(None, "update", words.trim_end(), None));
        }
        facts
    }
}

/// `45d, 1.36.3-20261104 is 28 days newer`
fn image_age(vintage: &Vintage, now: Timestamp) -> String {
    let age = human_duration(vintage.day.age_at(now));
    match (vintage.newer(), &vintage.recommended) {
        (Some((release, days)), _) => format!("{age}, {release} is {days} days newer"),
        (None, Some(_)) => format!("{age}, the newest there is"),
        (None, None) => age,
    }
}

impl Page for NodeGroupPage {
    type Target = ObjectRef;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn object(&self) -> Option<&ObjectRef> {
        Some(&self.object)
    }
    fn needs(&self) -> &[ResourceType] {
        &NEEDS
    }
    fn helps(&self) -> &[ResourceType] {
        &HELPS
    }
    fn lines(&self, world: &World<'_>, width: u16) -> Vec<Line> {
        let Some(cluster) = world.snapshot.cluster(&self.object.cluster) else { return Vec::new() };
        let groups = read::<NodeGroup>(cluster, &NODE_GROUPS);
        let found = groups.ok().and_then(|table| table.find(None, &self.object.name));
        let Some((_, group)) = found else { return page::absent(cluster, &NODE_GROUPS) };
        let is_well = &*group.status == "ACTIVE" && group.issues.is_empty();
        let (aged, why) =
            Vintage::of_group(cluster, group).map(|own| own.judge(world.now)).unwrap_or_default();
        let (verdict, why) = if is_well { (aged, why) } else { (Verdict::Warning, String::new()) };
        let mut lines =
            page::head(verdict, &group.name, &format!("node group, {}", word(&group.status)), &why, width);
        lines.push(SheetLine::blank());
        lines.extend(sheet::table(FACTS, self.facts(group, cluster, world), width).into_iter().skip(1));
        let nodes = read::<Node>(cluster, &NODES);
        let mut nodes: Vec<&Node> = nodes
            .iter()
            .flat_map(|table| table.iter())
            .map(|(_, node)| &**node)
            .filter(|node| node.meta.label("eks.amazonaws.com/nodegroup") == Some(&*group.name))
            .collect();
        nodes.sort_by_key(|node| node.name());
        if !nodes.is_empty() {
            lines.push(SheetLine::blank());
            lines.push(SheetLine::title("NODES"));
        }
        let rows = nodes.iter().map(|node| {
            let is_ready = node.is_ready() == Some(true);
            let verdict = if is_ready { Verdict::Ok } else { Verdict::Critical };
            let target = ObjectRef {
                cluster: cluster.id.clone(),
                resource: NODES,
                namespace: None,
                name: node.name().into(),
            };
            let words = format!("{}  {}", node.name(), node.kubelet_version);
            fact(Some(verdict), if is_ready { "ready" } else { "not ready" }, &words, Some(target))
        });
        lines.extend(sheet::table(FACTS, rows.collect(), width).into_iter().skip(1));
        lines
    }
}
