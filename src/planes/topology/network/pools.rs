//! What the nodes of a pool or node group are launched from: its launch template, and how old their images are.

use std::collections::BTreeSet;

use super::{Network, rows};
use crate::fleet::Timestamp;
use crate::fleet::aws::kind::{LAUNCH_TEMPLATES, NODE_GROUPS};
use crate::fleet::aws::launch_template::LaunchTemplate;
use crate::fleet::aws::node_group::NodeGroup;
use crate::fleet::node::Node;
use crate::fleet::time::human_duration;
use crate::planes::machine_image::Vintage;

impl Network<'_> {
    /// `image 45d old, 1.36.3-20261104 is 28 days newer, eks-system v1 of 3`, as far as that is known.
    pub(in crate::planes::topology) fn launched_from<'n>(
        &self,
        pool: &str,
        nodes: impl Iterator<Item = &'n Node>,
        now: Timestamp,
    ) -> String {
        let group = rows::<NodeGroup>(self.cluster, &NODE_GROUPS).find(|group| *group.name == *pool);
        let template = group.and_then(|group| group.launch_template.as_ref()).map(|used| {
            let known = rows::<LaunchTemplate>(self.cluster, &LAUNCH_TEMPLATES);
            used.words_beside(known.map(AsRef::as_ref).find(|template| template.id == used.id))
        });
        let images: BTreeSet<&str> =
            nodes.filter_map(|node| self.instance(node)).map(|instance| &*instance.image).collect();
        let of_machines = images.iter().filter_map(|id| Vintage::of_image(self.cluster, id));
        let oldest = of_machines.min_by_key(|vintage| vintage.day.seconds());
        let vintage = oldest.or_else(|| Vintage::of_group(self.cluster, group?));
        let age = vintage.as_ref().map(|own| format!("image {} old", human_duration(own.day.age_at(now))));
        let newer = vintage.as_ref().and_then(Vintage::newer);
        let newer = newer.map(|(release, days)| format!("{release} is {days} days newer"));
        age.into_iter().chain(newer).chain(template).collect::<Vec<_>>().join(", ")
    }
}
