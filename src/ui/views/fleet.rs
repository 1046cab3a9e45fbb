//! `fleet`: a row for each cluster, and under them what is wrong now in any of them.

mod aws;
mod platform;
mod printed;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use crate::fleet::aws::kind::{CALLERS, EKS_CLUSTERS, EKS_VERSIONS, TERRAFORM_STATES, UPDATES};
use crate::fleet::event::Event;
use crate::fleet::kind::{
    CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, EVENTS, JOBS, NAMESPACES, NODES, PODS, STATEFUL_SETS,
};
use crate::fleet::node::{Node, host};
use crate::fleet::pod::Pod;
use crate::fleet::{ClusterId, Interest, ObjectRef, ResourceType, Tier, Timestamp, Verdict};
use crate::planes::alarm::KNOWN_ALARMS;
use crate::planes::argo::MISSING_APPLICATIONS;
use crate::planes::component::COMPONENTS;
use crate::planes::cost::COSTS;
use crate::planes::dns::{DNS_RECORDS, DnsRecord};
use crate::planes::karpenter::POOLS;
use crate::planes::namespace::{NAMESPACE_SUMS, NamespaceSum};
use crate::planes::pending::PENDING;
use crate::snapshot::{ClusterSnapshot, Extent, Freshness, Link};
use crate::ui::describe;
use crate::ui::export::Export;
use crate::ui::fresh::{Picture, in_namespaces};
use crate::ui::input::Mouse;
use crate::ui::join;
use crate::ui::judge::{self, Trouble};
use crate::ui::role::Role;
use crate::ui::text;
use crate::ui::view::{Handled, Look, Offer, View, ViewAbout, World};
use crate::ui::widgets::sheet::{self, Head, Part, Sheet, SheetLine};

/// Name and help.
pub const ABOUT: ViewAbout = ViewAbout {
    name: "fleet",
    aliases: &["home"],
    help: "every cluster: environment, guard, connection, nodes, pods, warnings, and what is wrong now",
};

/// The commands of this view besides those that move.
pub const COMMANDS: &[&str] = &["open", "wide"];

/// The tables that a cluster's row is made of.
const TABLES: &[ResourceType] =
    &[NODES, PODS, NAMESPACES, DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS, JOBS, CRON_JOBS, EVENTS];

/// What the platform consists of, what belongs to its namespaces, and what makes its nodes. Asked for when the tables
/// above are there: they are what a person waits for.
const PLATFORM: &[ResourceType] = &[COMPONENTS, NAMESPACE_SUMS, MISSING_APPLICATIONS, POOLS];

/// Who waits for a node pool; only asked where there is one.
const WAITING: &[ResourceType] = &[PENDING];

/// What AWS says of the cluster: its version, what EKS is doing, alarms. Asked for with the platform, and waited for by
/// nobody: many have no way into AWS.
const AWS: &[ResourceType] = &[EKS_CLUSTERS, EKS_VERSIONS, UPDATES, KNOWN_ALARMS, TERRAFORM_STATES];

/// What AWS has of it. Asked for last: it comes from elsewhere, and nobody waits for it.
const AROUND: &[ResourceType] = &[DNS_RECORDS];

/// What it costs. Asked for in wide mode alone: it rests on machines, volumes and gateways, which nothing else here does.
const PRICED: &[ResourceType] = &[COSTS];

/// Whether AWS can be asked at all. Asked for as late.
const BEHIND: &[ResourceType] = &[CALLERS];

const HEADS: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("ENV", 12, 0),
    Head::words("CLUSTER", 32, 0),
    Head::words("GUARD", 7, 4),
    Head::words("VERSION", 20, 6),
    Head::number("API", 10, 5),
    Head::number("NODES", 9, 1),
    Head::number("PODS", 15, 1),
    Head::number("ADD-ONS", 9, 2),
    Head::words("APPS", 18, 3),
    Head::number("ALARMS", 7, 8),
    Head::number("CERTS", 7, 7),
    Head::number("SECRETS", 9, 7),
    Head::number("DNS", 5, 8),
    Head::number("NAMESPACES", 10, 9),
    Head::number("WARNINGS", 8, 8),
    Head::words("WORST", 200, 0),
];

const WRONG: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("ENV", 12, 2),
    Head::words("OBJECT", 60, 0),
    Head::words("WHY", 240, 0),
];

/// The most objects that are listed as wrong; the tables have them all.
const MOST: usize = 50;
/// How long the list of what is wrong may stand still while rows change, in seconds.
const PATIENCE: i64 = 2;
/// How long a verdict stands when no row changes, in seconds: what starts for too long becomes a warning.
const AGES: i64 = 30;

/// What a line stands for.
#[derive(Clone, Debug, PartialEq)]
enum Target {
    Cluster(ClusterId),
    Object(ObjectRef),
}

/// The clusters at a glance.
#[derive(Debug, Default)]
pub struct Fleet {
    sheet: Sheet<Target>,
    is_wide: bool,
    judged: Vec<Judgement>,
    pictures: Vec<Picture>,
}

/// What is wrong in a cluster, as of some versions of its tables.
#[derive(Debug)]
struct Judgement {
    cluster: ClusterId,
    versions: Vec<Option<u64>>,
    /// Which of its tables were complete.
    complete: Vec<bool>,
    at: Timestamp,
    /// Rows have changed since.
    is_behind: bool,
    /// What belongs to its namespaces.
    sum: Option<NamespaceSum>,
    troubles: Vec<Trouble>,
}

impl Fleet {
    /// Judging a large cluster takes milliseconds: only when its rows changed, and not more often than people read.
    fn judge(&mut self, cluster: &ClusterSnapshot, now: Timestamp) {
        let all = || TABLES.iter().chain(PLATFORM).chain(WAITING).chain(AWS).chain(PRICED);
        let versions: Vec<Option<u64>> =
            all().map(|table| cluster.any_table(table).map(|table| table.version())).collect();
        let complete: Vec<bool> = all().map(|table| cluster.freshness(table).is_current()).collect();
        if let Some(known) = self.judged.iter_mut().find(|judged| judged.cluster == cluster.id) {
            let age = known.at.seconds_before(now);
            known.is_behind = known.versions != versions;
            // A table that has just become complete is judged at once: until then it could not say what is wrong.
            let may_wait = known.complete == complete && (0..PATIENCE).contains(&age);
            if may_wait || (!known.is_behind && known.complete == complete && (0..AGES).contains(&age)) {
                return;
            }
        }
        let sum = platform::sum(cluster, now);
        let mut troubles = judge::troubles(cluster, None, now);
        platform::add_troubles(&mut troubles, cluster, sum.as_ref(), now);
        let cluster = cluster.id.clone();
        let judgement = Judgement { cluster, versions, complete, at: now, is_behind: false, sum, troubles };
        match self.judged.iter_mut().find(|judged| judged.cluster == judgement.cluster) {
            Some(known) => *known = judgement,
            None => self.judged.push(judgement),
        }
    }

    fn judged(&self, cluster: &ClusterId) -> Option<&Judgement> {
        self.judged.iter().find(|judged| judged.cluster == *cluster)
    }

    fn troubles_of(&self, cluster: &ClusterId) -> &[Trouble] {
        self.judged(cluster).map_or(&[], |judged| &judged.troubles)
    }

    /// What belongs to all namespaces of a cluster, together.
    fn sum_of(&self, cluster: &ClusterId) -> Option<&NamespaceSum> {
        self.judged(cluster)?.sum.as_ref()
    }

    fn lines(&self, width: u16, world: &World<'_>) -> Vec<SheetLine<Target>> {
        let clusters = || world.snapshot.clusters.iter().filter(|cluster| world.scope.includes(&cluster.id));
        let rows = clusters()
            .map(|cluster| (self.row(cluster, world), Some(Target::Cluster(cluster.id.clone()))))
            .collect();
        let mut lines = sheet::table(&self.heads(), rows, width);
        let mut wrong: Vec<&Trouble> = clusters().flat_map(|cluster| self.troubles_of(&cluster.id)).collect();
        wrong.sort_by_key(|trouble| std::cmp::Reverse(trouble.verdict));
        let behind = clusters().filter_map(|cluster| Some((cluster, aws::trouble(cluster)?)));
        let behind: Vec<_> = behind.map(|(cluster, why)| not_known(cluster, why, world)).collect();
        lines.push(SheetLine::blank());
        if wrong.is_empty() {
            let (words, verdict) = if clusters().any(|cluster| is_loading(cluster)) {
                ("still loading; nothing known to be wrong so far", Verdict::Progressing)
            } else if clusters().all(|cluster| is_complete(cluster)) {
                ("nothing is wrong", Verdict::Ok)
            } else if clusters().any(|cluster| is_partly_unread(cluster)) {
                ("nothing known to be wrong; what could not be read is not judged", Verdict::Unknown)
            } else {
                ("still loading; nothing known to be wrong so far", Verdict::Progressing)
            };
            let (glyph, role) = describe::glyph(verdict, false);
            let said = (words.to_owned(), join::role(verdict));
            lines.push(SheetLine::of(vec![(format!(" {glyph}"), role), ("  ".to_owned(), Role::Text), said]));
            lines.extend(sheet::table(WRONG, behind, width).into_iter().skip(1));
            return lines;
        }
        let all = wrong.len();
        lines.push(SheetLine::title(&format!("WRONG NOW  {all}")));
        let rows = wrong.into_iter().take(MOST);
        let rows = rows
            .map(|trouble| {
                let (glyph, role) = describe::glyph(trouble.verdict, false);
                let object = called(&trouble.object);
                let cells = vec![
                    (glyph.to_owned(), role),
                    badge(&trouble.object.cluster, world),
                    (text::escape(&object).into_owned(), Role::Strong),
                    (text::escape(&trouble.why).into_owned(), join::role(trouble.verdict)),
                ];
                (cells, Some(Target::Object(trouble.object.clone())))
            })
            .chain(behind)
            .collect();
        lines.extend(sheet::table(WRONG, rows, width).into_iter().skip(1));
        if all > MOST {
            lines.push(SheetLine::of(vec![(format!("   and {} more", all - MOST), Role::Dim)]));
        }
        lines
    }

    fn heads(&self) -> Vec<Head> {
        let mut heads = HEADS.to_vec();
        if self.is_wide {
            heads.insert(heads.len().saturating_sub(1), Head::number("$/MONTH", 9, 10));
        }
        heads
    }

    fn row(&self, cluster: &ClusterSnapshot, world: &World<'_>) -> Vec<Part> {
        let environment = world.environments.iter().find(|e| e.name == *cluster.id.environment());
        let (verdict, said) = self.said(cluster);
        let (version, api) = match &cluster.link {
            Link::Up(info) => {
                let slow = if info.latency_ms > 500 { Role::Warning } else { Role::Text };
                (platform::version(cluster, world.now), (format!("{} ms", info.latency_ms), slow))
            }
            Link::Connecting => (platform::version(cluster, world.now), ("◌".to_owned(), Role::Progressing)),
            Link::Down(_) => (platform::version(cluster, world.now), ("down".to_owned(), Role::Critical)),
        };
        let nodes = counted(cluster, &NODES, |cluster| {
            let tally = cluster.table::<Node>(&NODES)?.tally();
            Some((format!("{}/{}", tally.ready, tally.nodes), tally.ready < tally.nodes))
        });
        let pods = counted(cluster, &PODS, |cluster| {
            let total = cluster.table::<Pod>(&PODS)?.tally().total();
            let (ok, all) = (text::thousands(total.ok.into()), text::thousands(total.pods.into()));
            Some((format!("{ok}/{all}"), total.failing > 0))
        });
        let platform = platform::Sums::of(cluster, self.sum_of(&cluster.id), world.now);
        let namespaces = counted(cluster, &NAMESPACES, |cluster| {
            Some((text::thousands(cluster.any_table(&NAMESPACES)?.len() as u64), false))
        });
        let drift = counted(cluster, &DNS_RECORDS, |cluster| {
            let drift = cluster.table::<DnsRecord>(&DNS_RECORDS)?.tally().drift;
            Some((drift.to_string(), drift > 0))
        });
        let warnings = counted(cluster, &EVENTS, |cluster| {
            let warnings = cluster.table::<Event>(&EVENTS)?.tally().warnings;
            Some((text::thousands(warnings.into()), warnings > 0))
        });
        let (glyph, role) = describe::glyph(verdict, false);
        let guard = environment.map(|environment| environment.guard.as_str()).unwrap_or_default();
        let mut cells = vec![
            (glyph.to_owned(), role),
            badge(&cluster.id, world),
            (text::escape(cluster.id.name()).into_owned(), Role::Strong),
            (guard.to_owned(), Role::Text),
            (text::escape(&version.0).into_owned(), version.1),
            api,
            nodes,
            pods,
            platform.components,
            platform.applications,
            platform::alarms(cluster),
            platform.certificates,
            platform.secrets,
            drift,
            namespaces,
            warnings,
        ];
        if self.is_wide {
            cells.push(platform::cost(cluster, world.now));
        }
        cells.push((text::escape(&said.0).into_owned(), said.1));
        cells
    }

    /// How a cluster is, and why.
    fn said(&self, cluster: &ClusterSnapshot) -> (Verdict, Part) {
        let worst = self.troubles_of(&cluster.id).first();
        let unread = is_partly_unread(cluster);
        match (&cluster.link, worst) {
            (Link::Down(problem), _) => (Verdict::Critical, (problem.to_string(), Role::Critical)),
            (Link::Connecting, _) => (Verdict::Progressing, ("connecting".to_owned(), Role::Progressing)),
            (Link::Up(_), Some(worst)) => {
                let words = format!("{}: {}", called(&worst.object), worst.why);
                (worst.verdict, (words, join::role(worst.verdict)))
            }
            (Link::Up(_), None) if unread => (Verdict::Unknown, (self.unread(cluster), Role::Unknown)),
            (Link::Up(_), None) if is_loading(cluster) => {
                (Verdict::Progressing, ("loading".to_owned(), Role::Progressing))
            }
            (Link::Up(_), None) => match aws::trouble(cluster) {
                // Quieter than anything that Kubernetes says.
                Some(why) => (Verdict::Unknown, (format!("aws: {why}"), Role::Unknown)),
                None => (Verdict::Ok, ("–".to_owned(), Role::Dim)),
            },
        }
    }

    /// What could not be read, when nothing worse is known.
    fn unread(&self, cluster: &ClusterSnapshot) -> String {
        let part = TABLES.iter().find_map(|table| match cluster.extent(table) {
            Extent::Namespaces { names, .. } => Some(format!("only {} may be read", in_namespaces(names))),
            Extent::Everything => None,
        });
        let kinds: Vec<&str> = TABLES
            .iter()
            .filter(|table| {
                matches!(
                    cluster.freshness(table),
                    Freshness::Forbidden { .. } | Freshness::Unavailable { .. }
                )
            })
            .map(|table| table.plural.as_ref())
            .collect();
        let cannot = (!kinds.is_empty()).then(|| format!("{} cannot be read", kinds.join(", ")));
        let said: Vec<String> = part.into_iter().chain(cannot).collect();
        format!("not known: {}", said.join("; "))
    }
}

/// The line of what cannot be read beside a cluster.
fn not_known(cluster: &ClusterSnapshot, why: String, world: &World<'_>) -> (Vec<Part>, Option<Target>) {
    let (glyph, role) = describe::glyph(Verdict::Unknown, false);
    let cells = vec![
        (glyph.to_owned(), role),
        badge(&cluster.id, world),
        (text::escape(&format!("aws of {}", cluster.id.name())).into_owned(), Role::Strong),
        (text::escape(&why).into_owned(), join::role(Verdict::Unknown)),
    ];
    (cells, Some(Target::Cluster(cluster.id.clone())))
}

/// `v1.36.3-eks-0a1b2c3`: the build says nothing here.
fn short_version(version: &str) -> &str {
    version.trim_start_matches('v').split(['-', '+']).next().unwrap_or_default()
}

/// An object as it is called among others: a node by its host.
fn called(object: &ObjectRef) -> String {
    if object.resource == NODES { format!("Node {}", host(&object.name)) } else { object.to_string() }
}

/// True when everything that is judged has been read.
fn is_complete(cluster: &ClusterSnapshot) -> bool {
    let is_whole =
        |table: &ResourceType| cluster.freshness(table).is_current() && cluster.extent(table).covers(None);
    let is_there = |table: &ResourceType| cluster.freshness(table).is_settled();
    matches!(cluster.link, Link::Up(_)) && TABLES.iter().all(is_whole) && PLATFORM.iter().all(is_there)
}

/// True when something that is judged may not or cannot be read.
fn is_partly_unread(cluster: &ClusterSnapshot) -> bool {
    matches!(cluster.link, Link::Down(_))
        || TABLES.iter().any(|table| {
            matches!(cluster.freshness(table), Freshness::Forbidden { .. } | Freshness::Unavailable { .. })
                || !cluster.extent(table).covers(None)
        })
}

/// True when more rows are on their way.
fn is_loading(cluster: &ClusterSnapshot) -> bool {
    let waits = |table: &ResourceType| {
        matches!(cluster.freshness(table), Freshness::Loading { .. } | Freshness::NotWatched)
    };
    let comes =
        |table: &ResourceType| cluster.any_table(table).is_some_and(|of| !of.freshness().is_settled());
    !matches!(cluster.link, Link::Down(_)) && (TABLES.iter().any(waits) || PLATFORM.iter().any(comes))
}

fn nothing() -> Part {
    ("–".to_owned(), Role::Dim)
}

/// The badge of a cluster's environment. Production is in capitals, so that it is told apart without colour.
fn badge(cluster: &ClusterId, world: &World<'_>) -> Part {
    let name = cluster.environment().as_str();
    let tier = world.environments.iter().find(|e| e.name == *cluster.environment()).map(|e| e.tier);
    let name = text::escape(name).into_owned();
    match tier {
        Some(Tier::Production) => (name.to_uppercase(), Role::BadgeProduction),
        Some(Tier::Staging) => (name, Role::BadgeStaging),
        Some(Tier::Development) | None => (name, Role::BadgeDevelopment),
    }
}

/// A number with how true it is: as it is, growing, old, or not known.
fn counted(
    cluster: &ClusterSnapshot,
    resource: &ResourceType,
    count: impl Fn(&ClusterSnapshot) -> Option<(String, bool)>,
) -> Part {
    let (words, is_bad) = count(cluster).unwrap_or_default();
    let role = if is_bad { Role::Warning } else { Role::Text };
    match cluster.freshness(resource) {
        Freshness::Live | Freshness::Polled { .. } if !cluster.extent(resource).covers(None) => {
            (format!("◐{words}"), Role::Forbidden)
        }
        Freshness::Live | Freshness::Polled { .. } => (words, role),
        Freshness::Stale { .. } => (format!("~{words}"), Role::Stale),
        Freshness::Forbidden { .. } => ("⊘".to_owned(), Role::Forbidden),
        Freshness::Unavailable { .. } => ("○".to_owned(), Role::Unknown),
        Freshness::Loading { .. } if !words.is_empty() && !words.starts_with('0') => {
            (format!("{words}…"), Role::Progressing)
        }
        Freshness::Loading { .. } | Freshness::NotWatched => not_yet(cluster),
    }
}

/// What was not read so far: it is on its way, or nobody can know it.
fn not_yet(cluster: &ClusterSnapshot) -> Part {
    match cluster.link {
        Link::Down(_) => ("○".to_owned(), Role::Unknown),
        Link::Connecting | Link::Up(_) => ("◌".to_owned(), Role::Progressing),
    }
}

impl View for Fleet {
    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }

    fn pictures(&self) -> Vec<Picture> {
        self.pictures.clone()
    }

    fn interests(&self, world: &World<'_>) -> Vec<Interest> {
        let clusters = world.snapshot.clusters.iter().filter(|cluster| world.scope.includes(&cluster.id));
        clusters
            .flat_map(|cluster| {
                let interest = |resource: &ResourceType| Interest {
                    cluster: cluster.id.clone(),
                    resource: resource.clone(),
                };
                let is_there = |table: &ResourceType| cluster.freshness(table).is_settled();
                let has_tables = TABLES.iter().all(is_there);
                let (platform, aws) = if has_tables { (PLATFORM, AWS) } else { (&[][..], &[][..]) };
                let behind = if has_tables { BEHIND } else { &[] };
                let has_pools = cluster.any_table(&POOLS).is_some_and(|pools| !pools.is_empty());
                let waiting = if has_pools { WAITING } else { &[] };
                let is_all_there = has_tables && PLATFORM.iter().all(is_there);
                let around = if is_all_there { AROUND } else { &[] };
                let priced = if self.is_wide && is_all_there { PRICED } else { &[] };
                let own = TABLES.iter().chain(platform).chain(waiting);
                own.chain(aws).chain(around).chain(behind).chain(priced).map(interest).collect::<Vec<_>>()
            })
            .collect()
    }

    fn widen(&mut self) {
        self.is_wide = true;
    }

    fn commands(&self, _: &World<'_>) -> Vec<Offer> {
        let all = COMMANDS.iter().chain(sheet::COMMANDS);
        all.map(|&id| Offer { id, disabled: None }).collect()
    }

    fn command(&mut self, id: &'static str, _: &World<'_>) -> Handled {
        match id {
            "open" => match self.sheet.current() {
                Some(Target::Cluster(cluster)) => Handled::Line(format!("namespaces @{}", cluster.name())),
                Some(Target::Object(object)) if object.resource == COMPONENTS => {
                    Handled::Open(Box::new(super::component::ComponentPage::open(object)))
                }
                // Its row is all that there is of it, and stands in the plan that it holds up.
                Some(Target::Object(object)) if object.resource == TERRAFORM_STATES => {
                    Handled::Line(format!("upgrade @{}", object.cluster.name()))
                }
                Some(Target::Object(object)) if object.resource == COSTS => {
                    Handled::Line(format!("cost @{}", object.cluster.name()))
                }
                Some(Target::Object(object)) => Handled::Open(super::open_object(object)),
                None => Handled::Done(Vec::new()),
            },
            "wide" => {
                self.is_wide = !self.is_wide;
                Handled::Done(Vec::new())
            }
            id if self.sheet.command(id) => Handled::Done(Vec::new()),
            _ => Handled::Ignored,
        }
    }

    fn mouse(&mut self, mouse: Mouse, world: &World<'_>) -> Handled {
        if self.sheet.mouse(mouse) { self.command("open", world) } else { Handled::Done(Vec::new()) }
    }

    fn prepare(&mut self, size: Size, world: &World<'_>) {
        let clusters: Vec<_> = world
            .snapshot
            .clusters
            .iter()
            .filter(|cluster| world.scope.includes(&cluster.id))
            .cloned()
            .collect();
        for cluster in &clusters {
            self.judge(cluster, world.now);
        }
        self.pictures = clusters.iter().flat_map(|cluster| Picture::each(cluster, TABLES)).collect();
        let lines = self.lines(size.width, world);
        self.sheet.set(lines);
        self.sheet.prepare(size.height);
    }

    fn render(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        self.sheet.render(area, buffer, look);
    }

    fn next_wake(&self, now: Timestamp) -> Option<Timestamp> {
        let wait = |judged: &Judgement| if judged.is_behind { PATIENCE } else { AGES };
        let due = self.judged.iter().map(|judged| judged.at.seconds() + wait(judged)).min()?;
        Some(Timestamp::from_seconds(due.max(now.seconds() + 1)))
    }

    fn selected(&self) -> Vec<ObjectRef> {
        match self.sheet.current() {
            Some(Target::Object(object)) => vec![object.clone()],
            Some(Target::Cluster(_)) | None => Vec::new(),
        }
    }

    fn leave(&mut self) {
        self.judged.clear();
    }

    fn export(&self, world: &World<'_>) -> Option<Export> {
        Some(self.printed(world))
    }
}

#[cfg(test)]
#[path = "fleet/tests.rs"]
mod tests;
