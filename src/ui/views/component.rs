//! A component at a glance: what is wanted and what runs, its workloads, who leads, who it is to AWS, and what answers
//! for it.

use std::sync::Arc;

use crate::blueprint::{ManagedBy, WantedComponent, WantedIdentity};
use crate::fleet::kind::{CONFIG_MAPS, LEASES, PODS, SERVICE_ACCOUNTS, SERVICES};
use crate::fleet::time::human_duration;
use crate::fleet::{ObjectRef, Problem, ResourceType, Timestamp, Verdict, image};
use crate::planes::autoscaler;
use crate::planes::component::{COMPONENTS, Component, Managed, PartState, Runs, managed, verdict};
use crate::planes::rights::aws::Fit;
use crate::snapshot::ClusterSnapshot;
use crate::ui::describe;
use crate::ui::join;
use crate::ui::message::Effect;
use crate::ui::page::{self, FACTS, Line, Page, PageView};
use crate::ui::role::Role;
use crate::ui::text::escape;
use crate::ui::view::{ViewAbout, World};
use crate::ui::widgets::sheet::{self, Head, Part, SheetLine};

/// Name and help.
pub const ABOUT: ViewAbout = ViewAbout {
    name: "component",
    aliases: &[],
    help: "a component at a glance: wanted, running, and what it rests on",
};

static NEEDS: [ResourceType; 1] = [COMPONENTS];

const WORKLOADS: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("WORKLOADS", 44, 0),
    Head::words("PART", 16, 3),
    Head::number("READY", 9, 0),
    Head::words("VERSION", 24, 1),
    Head::words("ZONES", 36, 4),
    Head::words("LAST RESTART", 44, 2),
    Head::words("WHY", 240, 0),
];

const GROUPS: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("NODE GROUPS", 44, 0),
    Head::number("READY", 5, 0),
    Head::number("TARGET", 6, 1),
    Head::number("MIN", 4, 3),
    Head::number("MAX", 4, 2),
    Head::words("UP", 16, 1),
    Head::words("DOWN", 17, 2),
    Head::words("WHY", 240, 0),
];

/// The component whose own account of its work is read.
const AUTOSCALER: &str = "cluster-autoscaler";
/// How long what it said counts as new, in seconds; it writes every ten.
const SAID_LATELY: i64 = 30;

/// A component at a glance.
#[derive(Debug)]
pub struct ComponentPage {
    object: ObjectRef,
    asked: Timestamp,
    said: Said,
}

/// What Cluster Autoscaler says of its node groups.
#[derive(Debug, Default)]
enum Said {
    /// Nobody asked, or the answer is on its way.
    #[default]
    Nothing,
    /// This.
    Status(autoscaler::Status),
    /// Something that is no such status.
    Unreadable,
    /// It cannot be read.
    Refused(Problem),
}

impl ComponentPage {
    /// The page of a component.
    pub fn open(object: &ObjectRef) -> PageView<Self> {
        PageView::new(Self { object: object.clone(), asked: Timestamp::NEVER, said: Said::default() })
    }
}

impl Page for ComponentPage {
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
    fn asks(&mut self, world: &World<'_>) -> Vec<Effect> {
        let status = world
            .snapshot
            .cluster(&self.object.cluster)
            .and_then(|cluster| status_of(cluster, self.component(cluster)?));
        let is_due = self.asked.is_never() || self.asked.age_at(world.now) >= SAID_LATELY;
        match status.filter(|_| is_due) {
            Some(status) => {
                self.asked = world.now;
                vec![Effect::Fetch(status)]
            }
            None => Vec::new(),
        }
    }
    fn fetched(&mut self, object: &ObjectRef, result: &Result<Arc<serde_json::Value>, Problem>) -> bool {
        if object.resource != CONFIG_MAPS || &*object.name != autoscaler::STATUS {
            return false;
        }
        self.said = match result {
            Ok(config) => {
                let text = config.pointer("/data/status").and_then(|status| status.as_str());
                text.and_then(autoscaler::read).map_or(Said::Unreadable, Said::Status)
            }
            Err(problem) => Said::Refused(problem.clone()),
        };
        true
    }
    fn lines(&self, world: &World<'_>, width: u16) -> Vec<Line> {
        let Some(cluster) = world.snapshot.cluster(&self.object.cluster) else { return Vec::new() };
        match self.component(cluster) {
            Some(component) => {
                let wanted = cluster.wanted.as_ref().and_then(|wanted| wanted.component(component.known.id));
                Sheet { cluster, component, wanted, said: &self.said, world, width }.lines()
            }
            None => page::absent(cluster, &COMPONENTS),
        }
    }
}

impl ComponentPage {
    fn component<'a>(&self, cluster: &'a ClusterSnapshot) -> Option<&'a Component> {
        let table = cluster.table::<Component>(&COMPONENTS)?;
        let found = table.find(self.object.namespace.as_deref(), &self.object.name);
        found.map(|(_, component)| component.as_ref())
    }
}

/// Where Cluster Autoscaler writes what it does; `None` for every other component.
fn status_of(cluster: &ClusterSnapshot, component: &Component) -> Option<ObjectRef> {
    (component.known.id == AUTOSCALER).then(|| ObjectRef {
        cluster: cluster.id.clone(),
        resource: CONFIG_MAPS,
        namespace: component.namespace.clone(),
        name: autoscaler::STATUS.into(),
    })
}

struct Sheet<'a> {
    cluster: &'a ClusterSnapshot,
    component: &'a Component,
    wanted: Option<&'a WantedComponent>,
    said: &'a Said,
    world: &'a World<'a>,
    width: u16,
}

type Row = sheet::Row<ObjectRef>;
/// Adds a fact: how it is, what it is about, the words, and where it leads.
type Say<'a> = dyn FnMut(Option<Verdict>, &str, String, Option<ObjectRef>) + 'a;

impl Sheet<'_> {
    fn lines(&self) -> Vec<Line> {
        let (verdict, why) = verdict::of(self.component, self.wanted, self.world.now);
        let known = self.component.known;
        let mut lines = page::head(verdict, self.called(), known.purpose, &why, self.width);
        if let Some(standing) = known.standing {
            lines.push(SheetLine::of(vec![(format!("   {standing}"), Role::Warning)]));
        }
        lines.push(SheetLine::blank());
        let workloads: Vec<Row> = self.component.parts.iter().map(|part| self.workload(part)).collect();
        lines.extend(sheet::table(WORKLOADS, workloads, self.width));
        let groups = sheet::table(GROUPS, self.groups(), self.width);
        if !groups.is_empty() {
            lines.push(SheetLine::blank());
            lines.extend(groups);
        }
        let facts = self.facts();
        if !facts.is_empty() {
            lines.push(SheetLine::blank());
            lines.extend(sheet::table(FACTS, facts, self.width).into_iter().skip(1));
        }
        lines
    }

    /// What Cluster Autoscaler says of the cluster and of each node group.
    fn groups(&self) -> Vec<Row> {
        let Said::Status(status) = self.said else { return Vec::new() };
        let number = |number: Option<u32>| number.map_or_else(|| "–".to_owned(), |number| number.to_string());
        let whole = autoscaler::Group { name: "the whole cluster".to_owned(), ..status.cluster.clone() };
        let rows = std::iter::once(&whole).chain(&status.groups).map(|group| {
            let (verdict, why) = group.verdict();
            let words = |text: &str| (escape(text).into_owned(), Role::Text);
            let cells: Vec<Part> = vec![
                (describe::glyph(verdict, false).0.to_owned(), describe::glyph(verdict, false).1),
                words(&group.name),
                words(&number(group.ready)),
                words(&number(group.target)),
                words(&number(group.least)),
                words(&number(group.most)),
                words(&group.scale_up),
                words(&group.scale_down),
                (
                    if why.is_empty() { "–".to_owned() } else { escape(&why).into_owned() },
                    join::role(verdict),
                ),
            ];
            (cells, status_of(self.cluster, self.component))
        });
        rows.collect()
    }

    /// What there is to say of Cluster Autoscaler besides its groups.
    fn autoscaling(&self, say: &mut Say<'_>) {
        let Some(status) = status_of(self.cluster, self.component) else { return };
        let (verdict, words) = match self.said {
            Said::Nothing => (None, "reading what it says…".to_owned()),
            Said::Status(said) => (None, format!("{} at {}", said.state, said.time).trim().to_owned()),
            Said::Unreadable => {
                (Some(Verdict::Unknown), format!("ConfigMap {} is in no form that is known", status.name))
            }
            Said::Refused(problem) => (Some(Verdict::Unknown), problem.message().to_owned()),
        };
        say(verdict, "says", words, Some(status));
        let components = self.cluster.table::<Component>(&COMPONENTS);
        let mut components = components.into_iter().flat_map(|table| table.iter());
        if components.any(|(_, other)| other.known.id == "karpenter") {
            let words =
                "Karpenter makes nodes here too: each needs nodes of its own, or both answer the same pods";
            say(Some(Verdict::Warning), "beside", words.to_owned(), None);
        }
    }

    /// By its id; what the catalogue does not know, by its own name.
    fn called(&self) -> &str {
        match self.component.known.id {
            "" => &self.component.name,
            id => id,
        }
    }

    /// What EKS says, and which role of AWS its pods get.
    fn aws(&self, say: &mut Say<'_>) {
        let component = self.component;
        match &component.managed {
            Managed::Unread => {}
            Managed::Refused(why) => say(Some(Verdict::Unknown), "EKS", why.to_string(), None),
            Managed::No => {
                let words = match &component.newest {
                    Some(newest) => format!("self-managed; EKS has a managed one, {newest}"),
                    None => "not an add-on of EKS".to_owned(),
                };
                say(None, "EKS", words, None);
            }
            Managed::Yes(addon) => {
                let words = format!("{} {}", managed::word(&addon.status), addon.version);
                let is_well = &*addon.status == "ACTIVE" && addon.issues.is_empty();
                let verdict = if is_well { Verdict::Ok } else { Verdict::Warning };
                say(Some(verdict), "EKS", words, None);
                for issue in &addon.issues {
                    let resources = issue.resources.join(", ");
                    let words = match resources.as_str() {
                        "" => issue.words(),
                        resources => format!("{} ({resources})", issue.words()),
                    };
                    say(Some(Verdict::Warning), "EKS finds", words, None);
                }
                for update in &addon.updates {
                    let age = human_duration(update.created.age_at(self.world.now));
                    let failure = update.failure();
                    let words = format!("{} {} {age} ago {failure}", update.kind, update.status);
                    say(None, "update", words.trim_end().to_owned(), None);
                }
                if let Some(newest) = managed::newer(component) {
                    say(None, "newest", newest.to_owned(), None);
                }
                if !addon.configuration.is_empty() {
                    say(None, "configuration", addon.configuration.to_string(), None);
                }
            }
        }
        for entitled in component.identity.iter().flat_map(|identity| &identity.entitled) {
            let (verdict, words) = match &entitled.fit {
                Fit::Works => (Verdict::Ok, "its trust fits".to_owned()),
                Fit::Broken(why) => (Verdict::Critical, why.to_string()),
                Fit::Unknown(why) if why.is_empty() => (Verdict::Unknown, "not read yet".to_owned()),
                Fit::Unknown(why) => (Verdict::Unknown, why.to_string()),
            };
            let words = format!("{} by {}: {words}", entitled.role, entitled.way.as_str());
            say(Some(verdict), "AWS role", words, None);
        }
    }

    fn workload(&self, part: &PartState) -> Row {
        let object = ObjectRef {
            cluster: self.cluster.id.clone(),
            resource: part.resource.clone(),
            namespace: self.component.namespace.clone(),
            name: part.workload.as_ref().into(),
        };
        let alone = Component { parts: [part.clone()].into(), ..self.bare() };
        let (verdict, why) = verdict::of(&alone, None, self.world.now);
        let pods = part.pods.as_ref();
        let zones = match (part.part.runs, pods) {
            (Runs::OnNodes, _) => "every node".to_owned(),
            (Runs::Replicated, Some(pods)) => pods.zones.join(" "),
            (Runs::Replicated, None) => "?".to_owned(),
        };
        let restart = pods.and_then(|pods| pods.last_restart.as_ref()).map(|restart| {
            format!(
                "{} {} ago, {}",
                restart.how,
                human_duration(restart.at.age_at(self.world.now)),
                restart.pod
            )
        });
        let words = |text: String| (escape(&text).into_owned(), Role::Text);
        let cells: Vec<Part> = vec![
            (describe::glyph(verdict, false).0.to_owned(), describe::glyph(verdict, false).1),
            words(part.workload.to_string()),
            (part.part.name.to_owned(), Role::Dim),
            words(format!("{}/{}", part.ready, part.wanted)),
            words(image::version(&part.image).unwrap_or("untagged").to_owned()),
            (escape(&zones).into_owned(), Role::Dim),
            words(restart.unwrap_or_else(|| "–".to_owned())),
            (if why.is_empty() { "–".to_owned() } else { escape(&why).into_owned() }, join::role(verdict)),
        ];
        (cells, Some(object))
    }

    /// The component without what surrounds its workloads, to judge one of them alone.
    fn bare(&self) -> Component {
        Component {
            installations: 1,
            webhooks: Box::default(),
            api: None,
            lease: None,
            definitions: None,
            identity: None,
            managed: Managed::Unread,
            newest: None,
            known: &verdict::ALONE,
            ..self.component.clone()
        }
    }

    fn facts(&self) -> Vec<Row> {
        let mut facts: Vec<Row> = Vec::new();
        let mut say = |verdict, what: &str, words: String, target| {
            facts.push(page::fact(verdict, what, &words, target));
        };
        let component = self.component;
        let object = |resource: ResourceType, namespace: Option<&str>, name: &str| ObjectRef {
            cluster: self.cluster.id.clone(),
            resource,
            namespace: namespace.map(Into::into),
            name: name.into(),
        };
        let namespace = component.namespace.as_deref();
        say(None, "wanted", self.wanted_words(), None);
        self.autoscaling(&mut say);
        self.aws(&mut say);
        if let Some(identity) = &component.identity {
            let words = identity.words().unwrap_or("unknown");
            let role = identity.annotated.as_deref().map(|role| format!(", role {role}")).unwrap_or_default();
            let account = &identity.account;
            let target = object(SERVICE_ACCOUNTS, namespace, account);
            say(None, "AWS identity", format!("{words}, service account {account}{role}"), Some(target));
        }
        if let Some(lease) = &component.lease {
            let age = human_duration(lease.renewed.age_at(self.world.now));
            let holder = lease.holder.split('_').next().unwrap_or_default();
            let is_pod = component.parts.iter().any(|part| holder.starts_with(&*part.workload));
            let target = match is_pod {
                true => object(PODS, namespace, holder),
                false => object(LEASES, namespace, &lease.name),
            };
            say(None, "leader", format!("{holder}, said so {age} ago"), Some(target));
        }
        for hook in &component.webhooks {
            let (verdict, words) = match (hook.is_lost, hook.ready, hook.refuses) {
                (true, _, _) => (Verdict::Critical, format!("its service {} is gone", hook.service)),
                (_, None, _) => (Verdict::Unknown, format!("{}: endpoints cannot be read", hook.service)),
                (_, Some(0), true) => {
                    (Verdict::Critical, format!("{} has no ready endpoint: refused", hook.service))
                }
                (_, Some(0), false) => {
                    (Verdict::Warning, format!("{} has no ready endpoint: unchecked", hook.service))
                }
                (_, Some(ready), _) => (Verdict::Ok, format!("{}, {ready} ready", hook.service)),
            };
            let target = object(SERVICES, namespace, &hook.service);
            say(Some(verdict), "webhook", format!("{}  {words}", hook.name), Some(target));
        }
        if let Some(api) = &component.api {
            let (verdict, words) = match api.is_available {
                Some(true) => (Verdict::Ok, "available".to_owned()),
                Some(false) => (Verdict::Critical, format!("not available: {}", api.reason)),
                None => (Verdict::Critical, "not registered".to_owned()),
            };
            say(Some(verdict), "API", format!("{}  {words}", api.name), None);
        }
        if let Some(definitions) = &component.definitions
            && !component.known.groups.is_empty()
        {
            let absent = definitions.absent.join(", ");
            let words = match (definitions.count, &definitions.outdated) {
                (count, Some((group, served))) => format!("{count}; {group} only as {served}"),
                (count, None) if absent.is_empty() => count.to_string(),
                (count, None) => format!("{count}; none of {absent}"),
            };
            say(None, "definitions", words, None);
        }
        for part in &component.parts {
            let nodes = part.pods.iter().flat_map(|pods| &pods.uncovered);
            for node in nodes {
                let target = object(crate::fleet::kind::NODES, None, node);
                say(Some(Verdict::Warning), "not on", node.to_string(), Some(target));
            }
        }
        facts
    }

    fn wanted_words(&self) -> String {
        let Some(wanted) = self.wanted else {
            let why = if self.cluster.wanted.is_some() { "not in the blueprint" } else { "no blueprint" };
            return format!("{why}: shown, not judged");
        };
        let identity = wanted.identity.map(|identity| match identity {
            WantedIdentity::PodIdentity => "AWS by pod identity",
            WantedIdentity::Irsa => "AWS by IRSA",
            WantedIdentity::None => "no AWS",
        });
        let parts = [
            wanted.replicas.map(|replicas| format!("at least {replicas} replicas")),
            wanted.version.as_ref().map(|version| format!("version {version}")),
            wanted.namespace.as_ref().map(|namespace| format!("in {namespace}")),
            identity.map(str::to_owned),
            wanted.managed_by.map(ManagedBy::as_str).map(|by| format!("by {by}")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() { "yes".to_owned() } else { parts.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::fleet::kind::DEPLOYMENTS;
    use crate::fleet::workload::Workload;
    use crate::fleet::{ProblemKind, Row as _};
    use crate::ui::test_cluster::TestCluster;
    use crate::ui::view::View as _;
    use crate::ui::views::test_bench::{Bench, object};

    fn deployment(name: &str, image: &str) -> Json {
        json!({"kind": "Deployment", "metadata": {"name": name, "namespace": "kube-system"}, "spec": {"replicas": 1, "template": {"spec":
            {"containers": [{"name": "c", "image": image}]}}}, "status": {"readyReplicas": 1, "updatedReplicas": 1, "replicas": 1}})
    }

    fn page(name: &str, deployments: &[Json]) -> Bench<PageView<ComponentPage>> {
        let picture =
            TestCluster::new().with::<Workload>(&DEPLOYMENTS, deployments).looking_at(&COMPONENTS).picture();
        let table = picture.table::<Component>(&COMPONENTS).unwrap();
        let (_, row) = table.iter().find(|(_, row)| row.known.id == name).unwrap();
        let about = object(&picture, COMPONENTS, row.namespace(), row.name());
        Bench::new(ComponentPage::open(&about), vec![picture])
    }

    const AUTOSCALER_IMAGE: &str = "registry.k8s.io/autoscaling/cluster-autoscaler:v1.36.0";

    #[test]
    fn what_cluster_autoscaler_says_of_its_node_groups_is_shown_where_it_runs() {
        let autoscaler = deployment("cluster-autoscaler", AUTOSCALER_IMAGE);
        let mut bench = page("cluster-autoscaler", std::slice::from_ref(&autoscaler));
        let asked = bench.asks();
        let [Effect::Fetch(status)] = asked.as_slice() else { panic!("{asked:?}") };
        assert_eq!((status.namespace.as_deref(), &*status.name), (Some("kube-system"), autoscaler::STATUS));
        assert_eq!(bench.asks(), [], "once");
        let said = "time: 2026-11-21 10:00:00 +0000 UTC\nautoscalerStatus: Running\nclusterWide:\n  health:\n    status: Healthy\n\
            nodeGroups:\n- name: eks-apps-1\n  health:\n    status: Healthy\n    cloudProviderTarget: 3\n    minSize: 1\n    maxSize: 3\n  \
            scaleUp:\n    status: Needed\n  scaleDown:\n    status: NoCandidates\n";
        bench.view.fetched(status, &Ok(Arc::new(json!({"data": {"status": said}}))));
        let screen = bench.screen(140, 30).join("\n");
        let line = screen.lines().find(|line| line.contains("eks-apps-1")).unwrap();
        for part in ["✖", "3", "1", "Needed", "NoCandidates", "at its maximum, and more is needed"] {
            assert!(line.contains(part), "{part}: {screen}");
        }
        assert!(
            screen.contains("Running at 2026-11-21 10:00:00") && !screen.contains("Karpenter"),
            "{screen}"
        );
        let refused = Problem::new(ProblemKind::Forbidden, "forbidden: get configmaps");
        bench.view.fetched(status, &Err(refused));
        assert!(bench.screen(140, 30).join("\n").contains("forbidden: get configmaps"));
        bench.view.fetched(status, &Ok(Arc::new(json!({"data": {"status": "hello"}}))));
        assert!(bench.screen(140, 30).join("\n").contains("in no form that is known"));
        let karpenter = deployment("karpenter", "public.ecr.aws/karpenter/controller:1.14.0");
        let mut both = page("cluster-autoscaler", &[autoscaler, karpenter.clone()]);
        assert!(both.screen(140, 30).join("\n").contains("Karpenter makes nodes here too"));
        assert_eq!(page("karpenter", &[karpenter]).asks(), [], "nobody else writes one");
    }
}
