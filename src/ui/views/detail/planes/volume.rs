//! How full the volume of a claim is, by the kubelet that has it mounted.

use super::Part;
use crate::fleet::kind::{VOLUME_CLAIMS, VOLUME_USAGES};
use crate::fleet::quantity::human_bytes;
use crate::fleet::storage::usage::VolumeUsage;
use crate::fleet::time::human_duration;
use crate::fleet::{ObjectRef, ResourceType, Timestamp};
use crate::planes::storage::verdict::of_percent;
use crate::snapshot::{ClusterSnapshot, Freshness};
use crate::ui::describe::{Cell, Line, Section, Target};
use crate::ui::join;
use crate::ui::role::Role;

static RESTS_ON: [ResourceType; 1] = [VOLUME_USAGES];

/// Claims.
pub(super) const PART: Part =
    Part { concerns: |object, _| object.resource == VOLUME_CLAIMS, rests_on: &RESTS_ON, sections };

fn sections(cluster: &ClusterSnapshot, object: &ObjectRef, now: Timestamp) -> Vec<Section> {
    let mut section = Section::new("HOW FULL IT IS");
    let table = cluster.table::<VolumeUsage>(&VOLUME_USAGES);
    let found = table.and_then(|table| table.find(object.namespace.as_deref(), &object.name));
    match (found, cluster.freshness(&VOLUME_USAGES)) {
        (Some((_, usage)), _) => fill(&mut section, usage, now),
        (None, Freshness::Forbidden { problem } | Freshness::Unavailable { problem }) => {
            section.field_as("unknown", problem.message(), Role::Dim);
            if let Some(hint) = problem.hints().first() {
                section.field_as("", hint.as_str(), Role::Dim);
            }
        }
        // No pod has it mounted, or its driver does not measure.
        _ => return Vec::new(),
    }
    vec![section]
}

fn fill(section: &mut Section, usage: &VolumeUsage, now: Timestamp) {
    let bytes = (human_bytes(usage.used), human_bytes(usage.capacity), usage.percent());
    let inodes = (usage.inodes_used.to_string(), usage.inodes.to_string(), usage.inodes_percent());
    for (label, (used, of, percent)) in [("used", bytes), ("inodes", inodes)] {
        if let Some(percent) = percent {
            let words = format!("{used} of {of}, {percent} %");
            section.field_as(label, words, join::role(of_percent(percent)));
        }
    }
    if let Some(at) = usage.at.known() {
        section.field("measured", format!("{} ago", human_duration(at.age_at(now))));
    }
    let node = Cell::plain(crate::fleet::node::host(&usage.node));
    section.push(Line::field("by", node)).leading_to(Target::cluster_wide("", "Node", &usage.node));
}
