//! A component at a glance: what is wanted and what runs, its workloads, who leads, who it is to AWS, and what answers
//! for it.

use crate::blueprint::{ManagedBy, WantedComponent, WantedIdentity};
use crate::fleet::kind::{LEASES, PODS, SERVICE_ACCOUNTS, SERVICES};
use crate::fleet::time::human_duration;
use crate::fleet::{ObjectRef, ResourceType, Verdict, image};
use crate::planes::component::{COMPONENTS, Component, Managed, PartState, Runs, managed, verdict};
use crate::planes::rights::aws::Fit;
use crate::snapshot::ClusterSnapshot;
use crate::ui::describe;
use crate::ui::join;
use crate::ui::page::{Line, Page, PageView};
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
const FACTS: &[Head] = &[Head::words("", 1, 0), Head::words("", 14, 0), Head::words("", 240, 0)];

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
    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn object(&self) -> &ObjectRef {
        &self.object
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
            None if cluster.freshness(&COMPONENTS).is_settled() => {
                vec![SheetLine::of(vec![("   it is not there any more".to_owned(), Role::Dim)])]
            }
            None => vec![SheetLine::of(vec![("   loading…".to_owned(), Role::Dim)])],
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
        let mut lines = vec![SheetLine::of(vec![
            (format!(" {} ", describe::glyph(verdict, false).0), describe::glyph(verdict, false).1),
            (escape(self.called()).into_owned(), Role::Header),
            (format!("   {}", self.component.known.purpose), Role::Dim),
        ])];
        if !why.is_empty() {
            lines.push(SheetLine::of(vec![(format!("   {}", escape(&why)), join::role(verdict))]));
        }
        if let Some(standing) = self.component.known.standing {
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

    /// By its id; what the catalogue does not know, by its own name.
    fn called(&self) -> &str {
        match self.component.known.id {
            "" => &self.component.name,
            id => id,
        }
    }

    /// What EKS says, and which role of AWS its pods get.
    fn aws(&self, facts: &mut Facts) {
        let component = self.component;
        match &component.managed {
            Managed::Unread => {}
            Managed::Refused(why) => facts.say(Some(Verdict::Unknown), "EKS", why.to_string(), None),
            Managed::No => {
                let words = match &component.newest {
                    Some(newest) => format!("self-managed; EKS has a managed one, {newest}"),
                    None => "not an add-on of EKS".to_owned(),
                };
                facts.say(None, "EKS", words, None);
            }
            Managed::Yes(addon) => {
                let words = format!("{} {}", managed::word(&addon.status), addon.version);
                let is_well = &*addon.status == "ACTIVE" && addon.issues.is_empty();
                let verdict = if is_well { Verdict::Ok } else { Verdict::Warning };
                facts.say(Some(verdict), "EKS", words, None);
                for issue in &addon.issues {
                    let resources = issue.resources.join(", ");
                    let words = match resources.as_str() {
                        "" => issue.words(),
                        resources => format!("{} ({resources})", issue.words()),
                    };
                    facts.say(Some(Verdict::Warning), "EKS finds", words, None);
                }
                for update in &addon.updates {
                    let age = human_duration(update.created.age_at(self.world.now));
                    let failure = update.failure();
                    let words = format!("{} {} {age} ago {failure}", update.kind, update.status);
                    facts.say(None, "update", words.trim_end().to_owned(), None);
                }
                if let Some(newest) = managed::newer(component) {
                    facts.say(None, "newest", newest.to_owned(), None);
                }
                if !addon.configuration.is_empty() {
                    facts.say(None, "configuration", addon.configuration.to_string(), None);
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
            facts.say(Some(verdict), "AWS role", words, None);
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
        let mut facts = Facts { rows: Vec::new() };
        let component = self.component;
        let object = |resource: ResourceType, namespace: Option<&str>, name: &str| ObjectRef {
            cluster: self.cluster.id.clone(),
            resource,
            namespace: namespace.map(Into::into),
            name: name.into(),
        };
        let namespace = component.namespace.as_deref();
        facts.say(None, "wanted", self.wanted_words(), None);
        self.aws(&mut facts);
        if let Some(identity) = &component.identity {
            let words = identity.words().unwrap_or("unknown");
            let role = identity.annotated.as_deref().map(|role| format!(", role {role}")).unwrap_or_default();
            let account = &identity.account;
            let target = object(SERVICE_ACCOUNTS, namespace, account);
            facts.say(
                None,
                "AWS identity",
                format!("{words}, service account {account}{role}"),
                Some(target),
            );
        }
        if let Some(lease) = &component.lease {
            let age = human_duration(lease.renewed.age_at(self.world.now));
            let holder = lease.holder.split('_').next().unwrap_or_default();
            let is_pod = component.parts.iter().any(|part| holder.starts_with(&*part.workload));
            let target = match is_pod {
                true => object(PODS, namespace, holder),
                false => object(LEASES, namespace, &lease.name),
            };
            facts.say(None, "leader", format!("{holder}, said so {age} ago"), Some(target));
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
            facts.say(Some(verdict), "webhook", format!("{}  {words}", hook.name), Some(target));
        }
        if let Some(api) = &component.api {
            let (verdict, words) = match api.is_available {
                Some(true) => (Verdict::Ok, "available".to_owned()),
                Some(false) => (Verdict::Critical, format!("not available: {}", api.reason)),
                None => (Verdict::Critical, "not registered".to_owned()),
            };
            facts.say(Some(verdict), "API", format!("{}  {words}", api.name), None);
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
            facts.say(None, "definitions", words, None);
        }
        for part in &component.parts {
            let nodes = part.pods.iter().flat_map(|pods| &pods.uncovered);
            for node in nodes {
                let target = object(crate::fleet::kind::NODES, None, node);
                facts.say(Some(Verdict::Warning), "not on", node.to_string(), Some(target));
            }
        }
        facts.rows
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

struct Facts {
    rows: Vec<Row>,
}

impl Facts {
    fn say(&mut self, verdict: Option<Verdict>, what: &str, words: String, target: Option<ObjectRef>) {
        let (glyph, role) = match verdict {
            Some(verdict) => (describe::glyph(verdict, false).0.to_owned(), join::role(verdict)),
            None => (String::new(), Role::Text),
        };
        self.rows.push((
            vec![(glyph, role), (what.to_owned(), Role::Dim), (escape(&words).into_owned(), role)],
            target,
        ));
    }
}
