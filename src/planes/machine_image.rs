//! How old the images of nodes are, against the release that AWS recommends.

use std::sync::Arc;

use crate::fleet::aws::kind::{MACHINE_IMAGES, NODE_RELEASES};
use crate::fleet::aws::machine_image::{Line, MachineImage, NodeRelease, day_of};
use crate::fleet::aws::node_group::NodeGroup;
use crate::fleet::time::human_duration;
use crate::fleet::{Timestamp, Verdict};
use crate::snapshot::ClusterSnapshot;

const DAY: i64 = 24 * 3600;
/// An image that is older than this lacks the security fixes of a quarter, where there is a newer one.
const OLD: i64 = 90 * DAY;

/// The image of a machine or of a group, with what AWS recommends in its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vintage {
    /// The day of its release; of an image that is no release for nodes, when it was made.
    pub day: Timestamp,
    /// The recommended release, where that is known.
    pub recommended: Option<Arc<NodeRelease>>,
    /// From when on nobody should use it; *never* without an end.
    deprecated: Timestamp,
    /// True for a release that can be compared with others.
    is_release: bool,
}

fn recommended(cluster: &ClusterSnapshot, line: &Line) -> Option<Arc<NodeRelease>> {
    let (_, release) = cluster.table::<NodeRelease>(&NODE_RELEASES)?.find(None, &line.key())?;
    Some(Arc::clone(release))
}

impl Vintage {
    /// Of an image by its id; `None` while it is not known.
    pub fn of_image(cluster: &ClusterSnapshot, id: &str) -> Option<Self> {
        let (_, image) = cluster.table::<MachineImage>(&MACHINE_IMAGES)?.find(None, id)?;
        let (recommended, day) = match image.release() {
            Some((line, day)) => (recommended(cluster, &line), Some(day)),
            None => (None, None),
        };
        Some(Self {
            day: day.unwrap_or(image.created),
            recommended,
            deprecated: image.deprecated,
            is_release: day.is_some(),
        })
    }

    /// Of a node group, by the release that EKS names; `None` for a group with an image of one's own.
    pub fn of_group(cluster: &ClusterSnapshot, group: &NodeGroup) -> Option<Self> {
        let line = Line::of_group(&group.image_type, &group.version)?;
        Some(Self {
            day: day_of(&group.release)?,
            recommended: recommended(cluster, &line),
            deprecated: Timestamp::NEVER,
            is_release: true,
        })
    }

    /// The recommended release, where it is newer than this one, and by how many days.
    pub fn newer(&self) -> Option<(&str, i64)> {
        let recommended = self.recommended.as_ref().filter(|_| self.is_release)?;
        let days = self.day.seconds_before(day_of(&recommended.release)?) / DAY;
        (days > 0).then_some((&*recommended.release, days))
    }

    /// Why it should be replaced: it is deprecated, or old and there is a newer one.
    pub fn judge(&self, now: Timestamp) -> (Verdict, String) {
        if let Some(end) = self.deprecated.known()
            && end <= now
        {
            let since = human_duration(end.seconds_before(now));
            return (Verdict::Warning, format!("its image is deprecated since {since}"));
        }
        let age = self.day.age_at(now);
        match self.newer() {
            Some((release, days)) if age > OLD => {
                let why = format!("its image is {} days old, {release} is {days} days newer", age / DAY);
                (Verdict::Warning, why)
            }
            _ => (Verdict::Ok, String::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::test_cluster::TestCluster;

    const NOW: &str = "2026-11-21T13:00:00Z";

    fn cluster(name: &str, release: &str) -> Arc<ClusterSnapshot> {
        let image = MachineImage {
            id: "ami-1".into(),
            name: name.into(),
            created: Timestamp::parse("2026-01-01T13:00:00Z"),
            deprecated: Timestamp::parse("2028-01-01T13:00:00Z"),
            ..MachineImage::default()
        };
        let newest = NodeRelease { line: "1.36/x86_64/standard".into(), release: release.into() };
        TestCluster::new().with_rows(&MACHINE_IMAGES, &[image]).with_rows(&NODE_RELEASES, &[newest]).picture()
    }

    fn judged(day: &str, release: &str) -> (Verdict, String) {
        let name = format!("amazon-eks-node-al2023-x86_64-standard-1.36-v{day}");
        let vintage = Vintage::of_image(&cluster(&name, release), "ami-1").unwrap();
        vintage.judge(Timestamp::parse(NOW))
    }

    #[test]
    fn an_image_is_old_after_ninety_days_and_only_where_there_is_a_newer_one() {
        let (verdict, why) = judged("20260723", "1.36.3-20261104");
        assert_eq!(verdict, Verdict::Warning);
        assert_eq!(why, "its image is 121 days old, 1.36.3-20261104 is 104 days newer");
        assert_eq!(judged("20261007", "1.36.3-20261104").0, Verdict::Ok, "45 days");
        assert_eq!(judged("20260723", "1.36.3-20260723").0, Verdict::Ok, "the newest there is");
        assert_eq!(judged("20260723", "what it says tomorrow").0, Verdict::Ok);
    }

    #[test]
    fn a_group_is_as_old_as_its_release_and_one_with_its_own_image_is_not_judged() {
        let picture = cluster("mine", "1.36.3-20261104");
        let group = |kind: &str, release: &str| NodeGroup {
            version: "1.36".into(),
            image_type: kind.into(),
            release: release.into(),
            ..NodeGroup::default()
        };
        let old = Vintage::of_group(&picture, &group("AL2023_x86_64_STANDARD", "1.36.1-20260601")).unwrap();
        assert_eq!(old.newer(), Some(("1.36.3-20261104", 156)));
        assert_eq!(old.judge(Timestamp::parse(NOW)).0, Verdict::Warning);
        let unread = TestCluster::new().picture();
        let old = Vintage::of_group(&unread, &group("AL2023_x86_64_STANDARD", "1.36.1-20260601")).unwrap();
        assert_eq!((old.newer(), old.judge(Timestamp::parse(NOW)).0), (None, Verdict::Ok));
        assert_eq!(Vintage::of_group(&picture, &group("CUSTOM", "ami-0123")), None);
    }

    #[test]
    fn an_image_that_is_no_release_has_an_age_and_is_judged_by_its_end_alone() {
        let picture = cluster("mine", "1.36.3-20261104");
        let own = Vintage::of_image(&picture, "ami-1").unwrap();
        assert_eq!(own.day, Timestamp::parse("2026-01-01T13:00:00Z"));
        assert_eq!(own.judge(Timestamp::parse(NOW)).0, Verdict::Ok);
        let (verdict, why) = own.judge(Timestamp::parse("2028-01-03T13:00:00Z"));
        assert_eq!((verdict, &*why), (Verdict::Warning, "its image is deprecated since 2d"));
        assert_eq!(Vintage::of_image(&picture, "ami-2"), None);
    }
}
