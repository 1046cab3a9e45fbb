//! `nodegroups`

use crate::fleet::aws::eks_version::minor;
use crate::fleet::aws::kind::{EKS_CLUSTERS, LAUNCH_TEMPLATES, NODE_GROUPS, NODE_RELEASES};
use crate::fleet::aws::launch_template::LaunchTemplate;
use crate::fleet::aws::node_group::NodeGroup;
use crate::fleet::aws::{Issue, update::Update};
use crate::fleet::kind::NODES;
use crate::fleet::node::Node;
use crate::fleet::{ResourceType, Verdict};
use crate::planes::component::managed::word;
use crate::planes::machine_image::Vintage;
use crate::planes::rights::aws::read;
use crate::planes::upgrade::minor_of;
use crate::snapshot::ClusterSnapshot;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::Value;
use crate::ui::view::ViewAbout;

/// Node groups that EKS manages: their size, their image, and what EKS finds wrong with them.
#[derive(Clone, Copy, Debug, Default)]
pub struct NodeGroups;

static ABOUT: ViewAbout = ViewAbout {
    name: "nodegroups",
    aliases: &["node-groups", "ng"],
    help: "Node groups that EKS manages: size, version, image, and what EKS finds wrong with them",
};

static RESOURCES: [ResourceType; 1] = [NODE_GROUPS];
static JOINS: [ResourceType; 4] = [NODES, EKS_CLUSTERS, LAUNCH_TEMPLATES, NODE_RELEASES];

static COLUMNS: [Column<NodeGroup>; 15] = [
    Column::<NodeGroup>::new("name", "NAME", "What it is called", |row, _| Value::text(&*row.name).into())
        .fit(8, 48)
        .drop_at(0)
        .sorts_by('N'),
    Column::<NodeGroup>::new("status", "STATUS", "What EKS says of it", |row, _| {
        let words = Value::text(word(&row.status));
        match &*row.status {
            "ACTIVE" => words.into(),
            "CREATING" | "UPDATING" | "DELETING" => words.as_role(Role::Progressing),
            _ => words.as_role(Role::Warning),
        }
    })
    .fit(6, 14)
    .drop_at(1)
    .sorts_by('S'),
    Column::<NodeGroup>::new("nodes", "NODES", "Nodes that are ready, of those wanted", |row, context| {
        match ready(row, context) {
            Some(have) => Value::Ratio { have, want: row.desired }.into(),
            None => Value::Unknown.into(),
        }
    })
    .fit(5, 9)
    .drop_at(1)
    .sorts_by('O'),
    Column::<NodeGroup>::new("bounds", "BOUNDS", "How small and how large it may get", |row, _| {
        Value::text(format!("{}–{}", row.least, row.most)).into()
    })
    .fit(5, 9)
    .drop_at(5),
    Column::<NodeGroup>::new("version", "VERSION", "The Kubernetes of its nodes", |row, _| {
        Value::text(&*row.version).into()
    })
    .fit(5, 8)
    .drop_at(2)
    .sorts_by('V'),
    Column::<NodeGroup>::new("release", "RELEASE", "The release of its image", |row, _| {
        Value::text(&*row.release).into()
    })
    .fit(8, 24)
    .drop_at(3)
    .sorts_by('R'),
    Column::<NodeGroup>::new("image-age", "IMAGE AGE", "Since its image was released", |row, context| {
        match Vintage::of_group(context.cluster, row) {
            Some(vintage) => Value::Age(vintage.day).into(),
            None => Value::Nothing.into(),
        }
    })
    .fit(5, 9)
    .drop_at(2),
    Column::<NodeGroup>::new(
        "newest",
        "NEWEST",
        "The release that AWS recommends, where it is a newer one",
        |row, context| {
            let vintage = Vintage::of_group(context.cluster, row);
            match vintage.as_ref().map(|vintage| (vintage.newer(), &vintage.recommended)) {
                Some((Some((release, _)), _)) => Value::text(release.to_owned()).as_role(Role::Progressing),
                Some((None, None)) => Value::Unknown.into(),
                Some((None, Some(_))) | None => Value::Nothing.into(),
            }
        },
    )
    .fit(6, 24)
    .drop_at(3),
    Column::<NodeGroup>::new("image", "IMAGE", "The kind of its image", |row, _| {
        Value::text(&*row.image_type).as_role(Role::Dim)
    })
    .fit(6, 26)
    .drop_at(7)
    .sorts_by('I'),
    Column::<NodeGroup>::new("capacity", "CAPACITY", "On demand, spot, or a reserved block", |row, _| {
        Value::text(word(&row.capacity)).into()
    })
    .fit(4, 14)
    .drop_at(4)
    .sorts_by('C'),
    Column::<NodeGroup>::new("types", "TYPES", "Instance types that it may have", |row, _| {
        Value::text(row.instance_types.join(", ")).into()
    })
    .fit(5, 28)
    .drop_at(4)
    .sorts_by('T'),
    Column::<NodeGroup>::new(
        "template",
        "TEMPLATE",
        "Its launch template, with the versions that there are",
        |row, context| match template(row, context.cluster) {
            Some(words) => Value::text(words).as_role(Role::Dim),
            None => Value::Nothing.into(),
        },
    )
    .fit(8, 40)
    .drop_at(6),
    Column::<NodeGroup>::new("taints", "TAINTS", "What keeps pods away", |row, _| {
        Value::text(row.taints.join(", ")).as_role(Role::Dim)
    })
    .fit(6, 48)
    .drop_at(8),
    Column::<NodeGroup>::new("scaling-group", "SCALING GROUP", "Its Auto Scaling group", |row, _| {
        Value::text(row.scaling_groups.join(", ")).as_role(Role::Dim)
    })
    .fit(8, 64)
    .wide(),
    Column::<NodeGroup>::new("age", "AGE", "Since it was made", |row, _| Value::Age(row.created).into())
        .fit(3, 7)
        .drop_at(6)
        .sorts_by('A'),
];

/// The launch template that a group uses, beside what is known of it.
pub(super) fn template(row: &NodeGroup, cluster: &ClusterSnapshot) -> Option<String> {
    let used = row.launch_template.as_ref()?;
    let templates = read::<LaunchTemplate>(cluster, &LAUNCH_TEMPLATES).ok();
    let known = templates.and_then(|table| table.find(None, &used.id)).map(|(_, template)| &**template);
    Some(used.words_beside(known))
}

/// How many of its nodes are ready; `None` where nodes cannot be read.
fn ready(row: &NodeGroup, context: &RowContext<'_>) -> Option<u32> {
    let nodes = read::<Node>(context.cluster, &NODES).ok()?;
    let own = nodes.iter().filter(|(_, node)| {
        node.is_ready() == Some(true) && node.meta.label("eks.amazonaws.com/nodegroup") == Some(&*row.name)
    });
    u32::try_from(own.count()).ok()
}

impl Listing for NodeGroups {
    type Row = NodeGroup;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn joins(&self) -> &[ResourceType] {
        &JOINS
    }
    fn columns(&self) -> &[Column<NodeGroup>] {
        &COLUMNS
    }
    fn default_sort(&self) -> Option<(&'static str, bool)> {
        Some(("name", false))
    }
    fn verdict<'a>(&self, row: &'a NodeGroup, context: &RowContext<'a>) -> Judged<'a> {
        let issues: Vec<String> = row.issues.iter().map(told).collect();
        let failed = row.updates.iter().map(Update::failure).find(|why| !why.is_empty());
        let why: Vec<String> = issues.into_iter().chain(failed).collect();
        let why = why.join("; ");
        match &*row.status {
            "ACTIVE" if !why.is_empty() => return Judged::because(Verdict::Warning, why),
            "ACTIVE" => {}
            "CREATING" | "UPDATING" | "DELETING" => {
                let words = if why.is_empty() { word(&row.status) } else { why };
                return Judged::because(Verdict::Progressing, words);
            }
            "DEGRADED" | "CREATE_FAILED" | "DELETE_FAILED" => {
                let words = if why.is_empty() { word(&row.status) } else { why };
                return Judged::because(Verdict::Warning, words);
            }
            other => return Judged::because(Verdict::Unknown, format!("EKS says {}", word(other))),
        }
        let control = minor_of(context.cluster).and_then(|own| minor(&own));
        if let (Some(own), Some(control)) = (minor(&row.version), control)
            && own < control
        {
            let words = format!("behind the control plane, {}.{}", control.0, control.1);
            return Judged::because(Verdict::Warning, words);
        }
        let vintage = Vintage::of_group(context.cluster, row);
        let (verdict, why) = vintage.map(|vintage| vintage.judge(context.now)).unwrap_or_default();
        Judged::because(verdict, why)
    }
}

/// An issue with what it is about.
fn told(issue: &Issue) -> String {
    match issue.resources.as_ref() {
        [] => issue.words(),
        [one] => format!("{} ({one})", issue.words()),
        [one, rest @ ..] => format!("{} ({one} and {} more)", issue.words(), rest.len()),
    }
}
