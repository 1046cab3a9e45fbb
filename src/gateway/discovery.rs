//! What an API server is and offers: its version, who it takes us for, and its kinds.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use serde::Deserialize;

use super::connection::{Connection, Request};
use super::failure::{Cause, Failure, Intent};
use crate::fleet::ResourceType;
use crate::snapshot::{Catalog, CatalogEntry, ServerInfo};

/// All groups in one answer (Kubernetes 1.30 and later; v2beta1 from 1.27), else the list of groups.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                          application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
/// How many group versions are asked at a time when the server cannot answer all at once.
const LEGACY_AT_A_TIME: usize = 4;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    git_version: String,
}

#[derive(Deserialize)]
struct SelfSubjectReview {
    #[serde(default)]
    status: SelfSubjectStatus,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct SelfSubjectStatus {
    user_info: UserInfo,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct UserInfo {
    username: String,
}

impl Connection {
    /// The first request to a cluster: is it there, how fast, which version. Whoever may reach it may ask this.
    pub async fn greet(&self) -> Result<ServerInfo, Failure> {
        self.greet_within(self.settings().answer_timeout).await
    }

    /// The same in a hurry: is it still there?
    pub async fn greet_within(&self, patience: Duration) -> Result<ServerInfo, Failure> {
        let began = Instant::now();
        let version: Version = self.json(Request::get("/version", Intent::plain()).within(patience)).await?;
        Ok(ServerInfo {
            version: version.git_version,
            latency_ms: self.latency(began),
            clock_skew: self.clock_skew(),
            user: None,
        })
    }

    /// Who the server takes us for, and how long a small request takes on a connection that is already open. Servers
    /// before 1.28 do not tell who; that is no failure.
    pub async fn who_am_i(&self, mut info: ServerInfo) -> Result<ServerInfo, Failure> {
        let review =
            serde_json::json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
        let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
        let began = Instant::now();
        match self.json::<SelfSubjectReview>(Request::post(path, &review, Intent::plain())).await {
            Ok(answer) => {
                let user = answer.status.user_info.username;
                info.user = Some(user).filter(|user| !user.is_empty());
            }
            Err(failure) if failure.cause == Cause::Unauthorized || failure.cause == Cause::Lost => {
                return Err(failure);
            }
            Err(_) => return Ok(info),
        }
        info.latency_ms = self.latency(began);
        info.clock_skew = self.clock_skew();
        Ok(info)
    }

    /// Every listable kind. One request for the core group and one for all others, or one for each group version where
    /// the server is older.
    pub async fn discover(&self) -> Result<Catalog, Failure> {
        self.discover_after(std::future::ready(())).await
    }

    /// The same, where the groups are not asked for before `ready`: the core group has no custom kinds.
    pub async fn discover_after(&self, ready: impl Future<Output = ()> + Send) -> Result<Catalog, Failure> {
        let mut kinds = Kinds::default();
        let mut ready = Some(ready);
        for root in ["/api", "/apis"] {
            if root == "/apis"
                && let Some(ready) = ready.take()
            {
                ready.await;
            }
            let request = Request::get(root, Intent::plain()).accept(AGGREGATED).gzipped();
            match self.json::<Roots>(request).await? {
                Roots { items: Some(groups), .. } => {
                    groups.into_iter().for_each(|group| kinds.add_group(group))
                }
                Roots { versions: Some(versions), .. } => {
                    let paths =
                        versions.into_iter().map(|version| (format!("/api/{version}"), version)).collect();
                    self.discover_each(paths, &mut kinds).await?;
                }
                Roots { groups, .. } => {
                    let paths = groups.unwrap_or_default().into_iter().flat_map(LegacyGroup::paths).collect();
                    self.discover_each(paths, &mut kinds).await?;
                }
            }
        }
        Ok(kinds.catalog())
    }

    async fn discover_each(&self, paths: Vec<(String, String)>, kinds: &mut Kinds) -> Result<(), Failure> {
        let requests = paths.into_iter().map(|(path, group_version)| async move {
            (group_version, self.json::<LegacyResources>(Request::get(path, Intent::plain()).gzipped()).await)
        });
        let mut answers = futures::stream::iter(requests).buffered(LEGACY_AT_A_TIME);
        while let Some((group_version, answer)) = answers.next().await {
            match answer {
                Ok(answer) => kinds.add_legacy(&group_version, answer),
                Err(failure) if failure.cause == Cause::Lost => return Err(failure),
                // One aggregated API that is down takes its own kinds away, not those of all others.
                Err(_) => {}
            }
        }
        Ok(())
    }
}

/// There is no way to a server in this process: what is measured is what else the machine does, which may be tenths of
/// a second, unless the server was made slow. It is told in steps of this many milliseconds.
const EMBEDDED_STEP: u32 = 1000;

impl Connection {
    /// How long an answer took, in milliseconds.
    fn latency(&self, since: Instant) -> u32 {
        let measured = u32::try_from(since.elapsed().as_millis()).unwrap_or(u32::MAX);
        if self.is_embedded() { measured / EMBEDDED_STEP * EMBEDDED_STEP } else { measured }
    }
}

/// The answers to `/api` and `/apis`, aggregated or not.
#[derive(Deserialize)]
struct Roots {
    items: Option<Vec<Group>>,
    versions: Option<Vec<String>>,
    groups: Option<Vec<LegacyGroup>>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    metadata: GroupName,
    #[serde(default)]
    versions: Vec<GroupVersion>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct GroupName {
    name: String,
}

#[derive(Deserialize)]
struct GroupVersion {
    version: String,
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    resource: String,
    #[serde(default)]
    response_kind: Option<KindName>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    singular_resource: String,
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(default)]
    short_names: Vec<String>,
    #[serde(default)]
    categories: Vec<String>,
}

#[derive(Deserialize)]
struct KindName {
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LegacyGroup {
    versions: Vec<LegacyVersion>,
    preferred_version: Option<LegacyVersion>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LegacyVersion {
    group_version: String,
}

impl LegacyGroup {
    /// The preferred version first.
    fn paths(self) -> Vec<(String, String)> {
        let preferred = self.preferred_version.map(|version| version.group_version);
        let others = self.versions.into_iter().map(|version| version.group_version);
        let others = others.filter(|version| Some(version) != preferred.as_ref()).collect::<Vec<_>>();
        preferred.into_iter().chain(others).map(|version| (format!("/apis/{version}"), version)).collect()
    }
}

#[derive(Deserialize)]
struct LegacyResources {
    #[serde(default)]
    resources: Vec<LegacyResource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LegacyResource {
    name: String,
    kind: String,
    #[serde(default)]
    namespaced: bool,
    #[serde(default)]
    singular_name: String,
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(default)]
    short_names: Vec<String>,
    #[serde(default)]
    categories: Vec<String>,
}

/// Kinds as they are found: the first version of a group that serves a kind is the preferred one.
#[derive(Default)]
struct Kinds {
    seen: HashSet<(String, String)>,
    found: Vec<CatalogEntry>,
}

impl Kinds {
    fn add(&mut self, entry: CatalogEntry) {
        let known = (entry.resource.group.to_string(), entry.resource.plural.to_string());
        let listable = entry.verbs.iter().any(|verb| verb == "list");
        if listable && !entry.resource.plural.contains('/') && self.seen.insert(known) {
            self.found.push(entry);
        }
    }

    fn add_group(&mut self, group: Group) {
        for version in group.versions {
            for kind in version.resources {
                self.add(CatalogEntry {
                    resource: ResourceType {
                        group: group.metadata.name.clone().into(),
                        version: version.version.clone().into(),
                        plural: kind.resource.into(),
                        kind: kind.response_kind.map(|name| name.kind).unwrap_or_default().into(),
                        namespaced: kind.scope == "Namespaced",
                        is_printed: false,
                    },
                    short_names: kind.short_names,
                    singular: kind.singular_resource,
                    categories: kind.categories,
                    verbs: kind.verbs,
                });
            }
        }
    }

    fn add_legacy(&mut self, group_version: &str, answer: LegacyResources) {
        let (group, version) = group_version.split_once('/').unwrap_or(("", group_version));
        for kind in answer.resources {
            let singular =
                if kind.singular_name.is_empty() { kind.kind.to_lowercase() } else { kind.singular_name };
            self.add(CatalogEntry {
                resource: ResourceType {
                    group: group.to_owned().into(),
                    version: version.to_owned().into(),
                    plural: kind.name.into(),
                    kind: kind.kind.into(),
                    namespaced: kind.namespaced,
                    is_printed: false,
                },
                short_names: kind.short_names,
                singular,
                categories: kind.categories,
                verbs: kind.verbs,
            });
        }
    }

    fn catalog(mut self) -> Catalog {
        self.found.sort_by(|a, b| {
            (&a.resource.plural, &a.resource.group).cmp(&(&b.resource.plural, &b.resource.group))
        });
        Catalog { kinds: self.found }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fake::{self, Fake};
    use super::*;

    #[tokio::test]
    async fn a_server_in_this_process_has_the_same_latency_whenever_it_is_looked_at() {
        let fake = Fake::new(|_| async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            fake::json(json!({"gitVersion": "v1.36.3"}))
        });
        let info = fake.connection().greet().await.unwrap();
        assert_eq!(info.latency_ms, 0);
    }

    fn names(catalog: &Catalog) -> Vec<String> {
        catalog.kinds.iter().map(|e| format!("{} {}", e.resource.qualified(), e.resource.version)).collect()
    }

    #[tokio::test]
    async fn kinds_come_from_one_aggregated_answer_in_their_preferred_version() {
        let fake = Fake::new(async |seen| {
            let resource = |name: &str, verbs: &[&str]| {
                json!({"resource": name, "responseKind": {"group": "", "version": "", "kind": name.to_uppercase()},
                       "scope": "Namespaced", "singularResource": name, "verbs": verbs, "shortNames": ["x"]})
            };
            fake::json(if seen.path == "/api" {
                json!({"kind": "APIGroupDiscoveryList", "items": [{"versions": [
                    {"version": "v1", "resources": [resource("pods", &["list", "watch"]), resource("bindings", &["create"])]}]}]})
            } else {
                json!({"kind": "APIGroupDiscoveryList", "items": [{"metadata": {"name": "autoscaling"}, "versions": [
                    {"version": "v2", "resources": [resource("hpas", &["list"])]},
                    {"version": "v1", "resources": [resource("hpas", &["list"]), resource("olds", &["list"])]}]}]})
            })
        });
        let catalog = fake.connection().discover().await.unwrap();
        assert_eq!(names(&catalog), ["hpas.autoscaling v2", "olds.autoscaling v1", "pods v1"]);
        assert_eq!(fake.seen().len(), 2);
        assert_eq!(catalog.find("PODS").unwrap().resource.kind, "PODS");
    }

    #[tokio::test]
    async fn an_older_server_is_asked_for_each_group_and_one_broken_group_costs_only_itself() {
        let fake = Fake::new(async |seen| match seen.path.as_str() {
            "/api" => fake::json(json!({"kind": "APIVersions", "versions": ["v1"]})),
            "/apis" => fake::json(json!({"kind": "APIGroupList", "groups": [
                {"name": "apps", "versions": [{"groupVersion": "apps/v1beta1"}, {"groupVersion": "apps/v1"}],
                 "preferredVersion": {"groupVersion": "apps/v1"}},
                {"name": "metrics.k8s.io", "versions": [{"groupVersion": "metrics.k8s.io/v1beta1"}]}]})),
            "/apis/metrics.k8s.io/v1beta1" => fake::status(503, "ServiceUnavailable", "down"),
            path => fake::json(json!({"resources": [
                {"name": if path == "/api/v1" {"pods"} else {"deployments"}, "kind": "K", "namespaced": true, "verbs": ["list"]},
                {"name": "pods/log", "kind": "Pod", "namespaced": true, "verbs": ["get", "list"]}]})),
        });
        let catalog = fake.connection().discover().await.unwrap();
        assert_eq!(names(&catalog), ["deployments.apps v1", "pods v1"]);
        assert_eq!(catalog.kinds[0].singular, "k");
    }

    #[tokio::test]
    async fn a_server_that_does_not_know_the_review_still_tells_its_version() {
        let fake = Fake::new(async |seen| match seen.path.as_str() {
            "/version" => fake::json(json!({"gitVersion": "v1.27.0"})),
            _ => fake::status(404, "NotFound", "the server could not find the requested resource"),
        });
        let connection = fake.connection();
        let info = connection.greet().await.unwrap();
        let info = connection.who_am_i(info).await.unwrap();
        assert_eq!((info.version.as_str(), info.user), ("v1.27.0", None));
    }
}
