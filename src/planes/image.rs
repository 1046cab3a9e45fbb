//! Images that pods run, with what the registry of the account knows of them: whether the tag exists, whether it still
//! means what runs, its age, and what its scan found. Images of other registries are listed and not judged.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::fleet::aws::image::{Findings, Image};
use crate::fleet::aws::kind::IMAGES;
use crate::fleet::container_status::ContainerState;
use crate::fleet::kind::PODS;
use crate::fleet::pod::Pod;
use crate::fleet::{ResourceType, Row, Uid, Verdict, image};
use crate::planes::opinion::Opinion;
use crate::snapshot::{ClusterSnapshot, Conclusion, Derived, Freshness, derived};

/// Images that run, as a derived kind. A row has the image's name as pods write it.
pub const RUNNING_IMAGES: ResourceType = derived::cluster_wide("runningimages", "RunningImage");

static NEEDS: [ResourceType; 1] = [PODS];
static ADDS: [ResourceType; 1] = [IMAGES];

/// The table of images that run.
pub const TABLE: Derived = Derived::new::<Images>(RUNNING_IMAGES, &NEEDS, &[]).adding(&ADDS);

/// An image that pods run, or want to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunningImage {
    /// As pods write it: `registry/repository:tag`.
    pub name: Arc<str>,
    /// Pods that name it and have not ended.
    pub pods: u32,
    /// Containers of them that cannot get it (`ImagePullBackOff`, `ErrImagePull`).
    pub failing: u32,
    /// The namespaces that they are in.
    pub namespaces: Box<[Arc<str>]>,
    /// What the registry knows.
    pub known: Known,
}

/// What the registry of the account knows of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Known {
    /// Nothing: it was not asked, or the image is in another registry.
    #[default]
    Unknown,
    /// The registry has its repository, and not this tag or digest.
    NoTag,
    /// The registry has no such repository.
    NoRepository,
    /// This.
    Is(Arc<Image>),
}

impl Row for RunningImage {
    type Tally = ();

    fn namespace(&self) -> Option<&str> {
        None
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn uid(&self) -> Uid {
        Uid::parse(&self.name)
    }
    fn same_as(&self, other: &Self) -> bool {
        self == other
    }
    fn add_to(&self, (): &mut ()) {}
    fn take_from(&self, (): &mut ()) {}
}

impl RunningImage {
    /// What its scan found.
    pub fn findings(&self) -> Option<Findings> {
        match &self.known {
            Known::Is(image) => image.findings,
            Known::Unknown | Known::NoTag | Known::NoRepository => None,
        }
    }

    /// How it is, and why.
    pub fn judged(&self) -> (Verdict, String) {
        let mut opinion = Opinion::default();
        let pods = match self.pods {
            1 => "1 pod names it".to_owned(),
            some => format!("{some} pods name it"),
        };
        let tag = image::version(&self.name).unwrap_or("latest");
        match &self.known {
            // What runs already was pulled before; the next pod will not start.
            Known::NoTag | Known::NoRepository => {
                let verdict = if self.failing > 0 { Verdict::Critical } else { Verdict::Warning };
                let what = match self.known {
                    Known::NoTag => format!("{tag} is not in ECR"),
                    _ => "its repository is not in ECR".to_owned(),
                };
                opinion.say(verdict, format!("{what}, {pods}"));
            }
            Known::Unknown if self.failing > 0 => {
                opinion.say(Verdict::Critical, format!("{} of its containers cannot get it", self.failing));
            }
            Known::Unknown => {}
            Known::Is(known) => {
                if self.failing > 0 {
                    let words = format!("is in ECR, and {} of its containers cannot get it", self.failing);
                    opinion.say(Verdict::Critical, words);
                }
                if let Some(found) = known.findings.filter(|found| found.critical + found.high > 0) {
                    let words = format!("its scan found {} critical and {} high", found.critical, found.high);
                    opinion.say(Verdict::Warning, words);
                }
                if &*known.scan == "FAILED" {
                    opinion.say(Verdict::Unknown, "its scan failed");
                }
            }
        }
        opinion.into()
    }
}

/// Concludes the images that run.
#[derive(Debug, Default)]
pub struct Images;

impl Conclusion for Images {
    type Row = RunningImage;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<RunningImage> {
        let mut found: BTreeMap<&Arc<str>, (u32, u32, BTreeSet<&str>)> = BTreeMap::new();
        let pods = cluster.table::<Pod>(&PODS).into_iter().flat_map(|table| table.iter());
        for (_, pod) in pods.filter(|(_, pod)| pod.holds_resources()) {
            let mut own: BTreeSet<&Arc<str>> = BTreeSet::new();
            for (container, status) in pod.containers() {
                let fails = status.is_some_and(|status| match &status.state {
                    ContainerState::Waiting { reason, .. } => {
                        matches!(&**reason, "ImagePullBackOff" | "ErrImagePull")
                    }
                    _ => false,
                });
                let entry = found.entry(&container.image).or_default();
                entry.0 += u32::from(own.insert(&container.image));
                entry.1 += u32::from(fails);
                entry.2.extend(pod.namespace());
            }
        }
        let registry = Registry::of(cluster);
        let rows = found.into_iter().filter(|(name, _)| !name.is_empty());
        rows.map(|(name, (pods, failing, namespaces))| RunningImage {
            name: Arc::clone(name),
            pods,
            failing,
            namespaces: namespaces.into_iter().map(Arc::from).collect(),
            known: registry.find(name),
        })
        .collect()
    }
}

/// The account's registry, by what images are named by.
struct Registry<'a> {
    is_whole: bool,
    by_name: HashMap<(&'a str, &'a str), &'a Arc<Image>>,
    repositories: BTreeSet<&'a str>,
    hosts: BTreeSet<&'a str>,
}

impl<'a> Registry<'a> {
    fn of(cluster: &'a ClusterSnapshot) -> Self {
        let freshness = cluster.freshness(&IMAGES);
        let table = cluster.table::<Image>(&IMAGES);
        let images = || table.into_iter().flat_map(|table| table.iter().map(|(_, image)| image));
        let mut by_name: HashMap<(&str, &str), &Arc<Image>> = HashMap::new();
        for image in images() {
            by_name.insert((&image.repository, &image.digest), image);
            for tag in &image.tags {
                by_name.insert((&image.repository, tag), image);
            }
        }
        Self {
            is_whole: matches!(
                freshness,
                Freshness::Live | Freshness::Polled { .. } | Freshness::Stale { .. }
            ),
            repositories: images().map(|image| &*image.repository).collect(),
            hosts: images().map(|image| image::registry(&image.repository)).collect(),
            by_name,
        }
    }

    fn find(&self, name: &str) -> Known {
        if !self.is_whole || !self.hosts.contains(image::registry(name)) {
            return Known::Unknown;
        }
        let (plain, digest) = match name.split_once('@') {
            Some((plain, digest)) => (plain, Some(digest)),
            None => (name, None),
        };
        let tag = image::tag(plain);
        let repository = tag.and_then(|tag| plain.strip_suffix(tag)?.strip_suffix(':')).unwrap_or(plain);
        match self.by_name.get(&(repository, digest.or(tag).unwrap_or("latest"))) {
            Some(image) => Known::Is(Arc::clone(image)),
            None if self.repositories.contains(repository) => Known::NoTag,
            None => Known::NoRepository,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::snapshot::test_cluster::TestCluster;

    const REGISTRY: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";

    fn pod(name: &str, image: &str, waiting: &str) -> Json {
        let state =
            if waiting.is_empty() { json!({"running": {}}) } else { json!({"waiting": {"reason": waiting}}) };
        json!({"metadata": {"name": name, "namespace": "web"}, "spec": {"nodeName": "n", "containers": [{"name": "c", "image": image}]},
            "status": {"phase": "Running", "containerStatuses": [{"name": "c", "ready": true, "state": state}]}})
    }

    fn pushed(repository: &str, tag: &str, high: u32) -> Image {
        let repository: Arc<str> = format!("{REGISTRY}/{repository}").into();
        Image {
            id: format!("{repository}@sha256:{tag}").into(),
            digest: format!("sha256:{tag}").into(),
            tags: [tag.into()].into(),
            findings: Some(Findings { high, ..Findings::default() }),
            repository,
            ..Image::default()
        }
    }

    fn judged(image: &str, waiting: &str, registry: &[Image]) -> (Verdict, String) {
        let cluster = TestCluster::new()
            .with::<Pod>(&PODS, &[pod("a", image, waiting)])
            .with_rows(&IMAGES, registry)
            .looking_at(&RUNNING_IMAGES)
            .picture();
        let (_, row) = cluster.table::<RunningImage>(&RUNNING_IMAGES).unwrap().find(None, image).unwrap();
        row.judged()
    }

    #[test]
    fn a_tag_that_nobody_pushed_is_named_and_critical_where_a_pod_waits_for_it() {
        let name = format!("{REGISTRY}/myapp/api:1.8.3");
        let registry = [pushed("myapp/api", "1.8.2", 0)];
        assert_eq!(
            judged(&name, "ImagePullBackOff", &registry),
            (Verdict::Critical, "1.8.3 is not in ECR, 1 pod names it".to_owned())
        );
        assert_eq!(judged(&name, "", &registry).0, Verdict::Warning, "what runs was pulled before");
        let (_, why) = judged(&format!("{REGISTRY}/myapp/web:1"), "", &registry);
        assert!(why.starts_with("its repository is not in ECR"), "{why}");
    }

    #[test]
    fn tags_and_digests_are_found_and_other_registries_are_not_judged() {
        let registry = [pushed("myapp/api", "1.8.2", 2)];
        for name in ["myapp/api:1.8.2", "myapp/api@sha256:1.8.2", "myapp/api:old@sha256:1.8.2"] {
            let (verdict, why) = judged(&format!("{REGISTRY}/{name}"), "", &registry);
            assert_eq!(
                (verdict, &*why),
                (Verdict::Warning, "its scan found 0 critical and 2 high"),
                "{name}"
            );
        }
        for name in ["nginx:1.27", "quay.io/a/b:1", "210987654321.dkr.ecr.us-east-1.amazonaws.com/a:1"] {
            assert_eq!(judged(name, "", &registry), (Verdict::Ok, String::new()), "{name}");
        }
        assert_eq!(judged("nginx:1.27", "ErrImagePull", &registry).0, Verdict::Critical);
    }
}
