//! A component at a glance: what is wanted and what runs, its workloads, who leads, who it is to AWS, and what answers
//! for it.

use crate::blueprint::{ManagedBy, WantedComponent, WantedIdentity};
use crate::fleet::kind::{LEASES, PODS, SERVICE_ACCOUNTS, SERVICES};
use crate::fleet::time::human_duration;
use crate::fleet::{ObjectRef, ResourceType, Verdict, image};
use crate::planes::component::{COMPONENTS, Component, PartState, Runs, verdict};
use crate::snapshot::ClusterSnapshot;
use crate::ui::describe;
use crate::ui::join;
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

/// A component at a glance.
#[derive(Debug)]
pub struct ComponentPage {
    object: ObjectRef,
}

impl ComponentPage {
    /// The page of a component.
    pub fn open(object: &ObjectRef) -> PageView<Self> {
        PageView::new(Self { object: object.clone() })
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
    fn lines(&self, world: &World<'_>, width: u16) -> Vec<Line> {
        let Some(cluster) = world.snapshot.cluster(&self.object.cluster) else { return Vec::new() };
        let found = cluster.table::<Component>(&COMPONENTS);
        let found = found.and_then(|table| table.find(self.object.namespace.as_deref(), &self.object.name));
        match found {
            Some((_, component)) => {
                let wanted = cluster.wanted.as_ref().and_then(|wanted| wanted.component(component.known.id));
                Sheet { cluster, component, wanted, world, width }.lines()
            }
            None => page::absent(cluster, &COMPONENTS),
        }
    }
}

struct Sheet<'a> {
    cluster: &'a ClusterSnapshot,
    component: &'a Component,
    wanted: Option<&'a WantedComponent>,
    world: &'a World<'a>,
    width: u16,
}

type Row = sheet::Row<ObjectRef>;

impl Sheet<'_> {
    fn lines(&self) -> Vec<Line> {
        let (verdict, why) = verdict::of(self.component, self.wanted, self.world.now);
        let known = self.component.known;
        let mut lines = page::head(verdict, known.id, known.purpose, &why, self.width);
        if let Some(standing) = known.standing {
            lines.push(SheetLine::of(vec![(format!("   {standing}"), Role::Warning)]));
        }
        lines.push(SheetLine::blank());
        let workloads: Vec<Row> = self.component.parts.iter().map(|part| self.workload(part)).collect();
        lines.extend(sheet::table(WORKLOADS, workloads, self.width));
        let facts = self.facts();
        if !facts.is_empty() {
            lines.push(SheetLine::blank());
            lines.extend(sheet::table(FACTS, facts, self.width).into_iter().skip(1));
        }
        lines
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
