//! `loadbalancers`: load balancers with what is behind them, and a load balancer at a glance.

use super::dns::{absent, until};
use crate::fleet::aws::acm_certificate::AcmCertificate;
use crate::fleet::aws::kind::{ACM_CERTIFICATES, LISTENERS, TARGET_GROUPS};
use crate::fleet::aws::listener::{Action, Listener, Rule};
use crate::fleet::aws::target_group::TargetGroup;
use crate::fleet::{ClusterId, ObjectRef, ResourceType, Verdict};
use crate::planes::dns::load_balancer::{BALANCERS, Balancer};
use crate::snapshot::ClusterSnapshot;
use crate::ui::columns;
use crate::ui::describe;
use crate::ui::join;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::page::{self, FACTS, Line, Page, PageView, fact};
use crate::ui::role::Role;
use crate::ui::text::escape;
use crate::ui::value::Value;
use crate::ui::view::{ViewAbout, World};
use crate::ui::widgets::sheet::{self, Head, SheetLine};

/// Load balancers.
#[derive(Clone, Copy, Debug, Default)]
pub struct LoadBalancers;

static ABOUT: ViewAbout = ViewAbout {
    name: "loadbalancers",
    aliases: &["lb", "loadbalancer", "alb", "nlb"],
    help: "Load balancers: listeners, healthy targets, certificates, what they were made for, names that lead to them",
};

static RESOURCES: [ResourceType; 1] = [BALANCERS];

static COLUMNS: [Column<Balancer>; 13] = [
    columns::name(),
    Column::<Balancer>::new("type", "TYPE", "application, network, gateway or classic", |row, _| {
        Value::text(&*row.balancer.kind).into()
    })
    .fit(7, 11)
    .drop_at(5)
    .sorts_by('T'),
    Column::<Balancer>::new("scheme", "SCHEME", "Who can reach it", |row, _| {
        Value::text(&*row.balancer.scheme).as_role(Role::Dim)
    })
    .fit(8, 15)
    .drop_at(7),
    Column::<Balancer>::new("state", "STATE", "What it says of itself", |row, _| {
        Value::text(&*row.balancer.state).into()
    })
    .fit(6, 16)
    .drop_at(1)
    .sorts_by('S'),
    Column::<Balancer>::new("listeners", "LISTENERS", "Protocols and ports", |row, _| match &row.listeners {
        Some(listeners) => Value::text(listeners.join(", ")).into(),
        None => Value::Unknown.into(),
    })
    .fit(8, 30)
    .drop_at(4)
    .sorts_by('L'),
    Column::<Balancer>::new("targets", "TARGETS", "Healthy targets behind it, of all", |row, _| {
        match row.targets {
            Some((have, want)) => Value::Ratio { have, want }.into(),
            None => Value::Unknown.into(),
        }
    })
    .fit(3, 7)
    .drop_at(1)
    .sorts_by('R'),
    Column::<Balancer>::new(
        "certificate",
        "CERT",
        "How long its first certificate to end lasts",
        |row, context| match row.expires.known() {
            Some(end) => Value::Duration(context.now.seconds_before(end).max(0)).into(),
            None => Value::Nothing.into(),
        },
    )
    .fit(4, 6)
    .drop_at(3)
    .sorts_by('E'),
    Column::<Balancer>::new("source", "FOR", "What it was made for", |row, _| match &row.source {
        Some(source) => Value::text(source.to_string()).into(),
        None => Value::Nothing.into(),
    })
    .fit(8, 44)
    .drop_at(2)
    .sorts_by('F'),
    Column::<Balancer>::new("names", "NAMES", "How many names lead to it", |row, _| match &row.names {
        Some(names) => Value::Count(names.len() as u64).into(),
        None => Value::Unknown.into(),
    })
    .fit(3, 5)
    .drop_at(6)
    .sorts_by('H'),
    Column::<Balancer>::new("zones", "ZONES", "Zones that it is in", |row, _| {
        Value::Count(row.balancer.zones.len() as u64).into()
    })
    .fit(3, 5)
    .drop_at(8),
    Column::<Balancer>::new("host", "HOST", "The name that records lead to", |row, _| {
        Value::text(&*row.balancer.host).as_role(Role::Dim)
    })
    .fit(8, 80)
    .drop_at(9)
    .wide(),
    columns::labels(),
    columns::age(|row, _| Value::Age(row.balancer.created).into()),
];

impl Listing for LoadBalancers {
    type Row = Balancer;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn columns(&self) -> &[Column<Balancer>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, row: &'a Balancer, context: &RowContext<'a>) -> Judged<'a> {
        let (verdict, why) = row.judge(context.now);
        Judged::because(verdict, why)
    }
    fn shown_by<'r>(&self, row: &'r Balancer) -> Option<&'r ClusterId> {
        row.shown_by.as_ref()
    }
}

/// Name and help of a load balancer's page.
pub const PAGE: ViewAbout = ViewAbout {
    name: "load-balancer",
    aliases: &[],
    help: "a load balancer at a glance: listeners with rules and certificates, target groups with their targets",
};

static NEEDS: [ResourceType; 1] = [BALANCERS];
static HELPS: [ResourceType; 3] = [LISTENERS, TARGET_GROUPS, ACM_CERTIFICATES];

const RULES: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("LISTENER", 12, 0),
    Head::words("RULE", 8, 1),
    Head::words("TAKES", 60, 0),
    Head::words("DOES", 240, 0),
];
const TARGETS: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("TARGET GROUP", 34, 0),
    Head::words("TARGET", 48, 0),
    Head::number("PORT", 5, 1),
    Head::words("ZONE", 14, 2),
    Head::words("HEALTH", 240, 0),
];

/// A load balancer at a glance.
#[derive(Debug)]
pub struct BalancerPage {
    object: ObjectRef,
}

impl BalancerPage {
    /// The page of a load balancer.
    pub fn open(object: &ObjectRef) -> PageView<Self> {
        PageView::new(Self { object: object.clone() })
    }
}

fn sorted<'a, R: crate::fleet::Row>(cluster: &'a ClusterSnapshot, kind: &ResourceType) -> Vec<&'a R> {
    let table = cluster.table::<R>(kind);
    let mut rows: Vec<&R> =
        table.into_iter().flat_map(|table| table.iter()).map(|(_, row)| row.as_ref()).collect();
    rows.sort_by_key(|row| row.name());
    rows
}

/// What a rule takes, in words.
fn takes(rule: &Rule) -> String {
    let part = |what: &str, all: &[std::sync::Arc<str>]| {
        if all.is_empty() { None } else { Some(format!("{what} {}", all.join(" or "))) }
    };
    let parts = [part("host", &rule.hosts), part("path", &rule.paths), part("and by", &rule.others)];
    let said: Vec<String> = parts.into_iter().flatten().collect();
    if said.is_empty() { "everything".to_owned() } else { said.join("  ") }
}

/// What a rule does, in words.
fn does(action: &Action, groups: &[&TargetGroup]) -> String {
    match action {
        Action::Forward(to) => {
            let called = |arn: &str| {
                let found = groups.iter().find(|group| *group.arn == *arn);
                found.map_or_else(|| arn.rsplit(':').next().unwrap_or(arn).to_owned(), |g| g.name.to_string())
            };
            let names: Vec<String> = match &**to {
                [(arn, _)] => vec![called(arn)],
                several => {
                    several.iter().map(|(arn, weight)| format!("{} ({weight})", called(arn))).collect()
                }
            };
            format!("forwards to {}", names.join(", "))
        }
        Action::Redirect(to) => format!("redirects: {to}"),
        Action::Fixed(status) => format!("answers {status} itself"),
        Action::Other(kind) => format!("does {kind}"),
    }
}

impl Page for BalancerPage {
    type Target = ObjectRef;

    fn about(&self) -> &'static ViewAbout {
        &PAGE
    }
    fn object(&self) -> Option<&ObjectRef> {
        Some(&self.object)
    }
    fn needs(&self) -> &[ResourceType] {
        &NEEDS
    }
    fn helps(&self) -> &[ResourceType] {
        &HELPS
    }
    fn lines(&self, world: &World<'_>, width: u16) -> Vec<Line> {
        let Some(cluster) = world.snapshot.cluster(&self.object.cluster) else { return Vec::new() };
        let table = cluster.table::<Balancer>(&BALANCERS);
        let Some((_, row)) = table.and_then(|table| table.find(None, &self.object.name)) else {
            return absent(cluster.freshness(&BALANCERS).is_settled());
        };
        let balancer = &row.balancer;
        let (verdict, why) = row.judge(world.now);
        let what = format!("{} {} {}", balancer.kind, balancer.scheme, balancer.state);
        let mut lines = page::head(verdict, &balancer.name, &what, &why, width);
        lines.push(SheetLine::blank());
        let mut facts = vec![
            fact(None, "host", &balancer.host, None),
            fact(None, "zones", &balancer.zones.join(", "), None),
            fact(None, "VPC", &balancer.vpc, None),
            fact(None, "security", &balancer.security_groups.join(", "), None),
        ];
        if let Some(source) = &row.source {
            facts.push(fact(
                None,
                "for",
                &format!("{source} of {}", source.cluster.name()),
                Some(source.clone()),
            ));
        }
        match &row.names {
            Some(names) if names.is_empty() => facts.push(fact(None, "names", "no record leads to it", None)),
            Some(names) => facts.push(fact(None, "names", &names.join(", "), None)),
            None => facts.push(fact(Some(Verdict::Unknown), "names", "records cannot be read", None)),
        }
        lines.extend(sheet::table(FACTS, facts, width).into_iter().skip(1));
        let groups: Vec<&TargetGroup> = sorted::<TargetGroup>(cluster, &TARGET_GROUPS)
            .into_iter()
            .filter(|group| group.load_balancers.contains(&balancer.arn))
            .chain(balancer.classic.as_ref().map(|classic| &classic.group))
            .collect();
        if let Some(classic) = &balancer.classic {
            let certificates = classic.certificates.iter().map(|arn| format!("with {arn}"));
            let listeners = classic.listeners.iter().map(ToString::to_string).chain(certificates);
            let words = listeners.collect::<Vec<_>>().join(", ");
            let listens = sheet::table(FACTS, vec![fact(None, "listens", &words, None)], width);
            lines.extend(listens.into_iter().skip(1));
        }
        lines.push(SheetLine::blank());
        lines.extend(sheet::table(RULES, self.rules(cluster, row, &groups, world), width));
        lines.push(SheetLine::blank());
        lines.extend(sheet::table(TARGETS, targets(&groups), width));
        lines
    }
}

impl BalancerPage {
    fn rules(
        &self,
        cluster: &ClusterSnapshot,
        row: &Balancer,
        groups: &[&TargetGroup],
        world: &World<'_>,
    ) -> Vec<sheet::Row<ObjectRef>> {
        let mut listeners: Vec<&Listener> = sorted::<Listener>(cluster, &LISTENERS)
            .into_iter()
            .filter(|listener| listener.load_balancer == row.balancer.arn)
            .collect();
        listeners.sort_by_key(|listener| listener.port);
        let certificates = sorted::<AcmCertificate>(cluster, &ACM_CERTIFICATES);
        let mut rows = Vec::new();
        for listener in listeners {
            let called = escape(&format!("{} {}", listener.protocol, listener.port)).into_owned();
            for arn in &listener.certificates {
                let found = certificates.iter().find(|certificate| *certificate.arn == **arn);
                let (verdict, words) = match found {
                    Some(certificate) => {
                        let (verdict, why) = certificate.judge(world.now);
                        let said = format!(
                            "{}  {}",
                            certificate.names.join(", "),
                            until(world.now, certificate.expires)
                        );
                        (verdict, if why.is_empty() { said } else { format!("{why}  ({said})") })
                    }
                    None => (Verdict::Unknown, format!("{arn}: not read")),
                };
                let (glyph, role) = describe::glyph(verdict, false);
                let cells = vec![
                    (glyph.to_owned(), role),
                    (called.clone(), Role::Strong),
                    (String::new(), Role::Text),
                    ("certificate".to_owned(), Role::Dim),
                    (escape(&words).into_owned(), join::role(verdict)),
                ];
                rows.push((cells, None));
            }
            for rule in &listener.rules {
                let priority = rule.priority.map_or("default".to_owned(), |priority| priority.to_string());
                let cells = vec![
                    (String::new(), Role::Text),
                    (called.clone(), Role::Strong),
                    (priority, Role::Text),
                    (escape(&takes(rule)).into_owned(), Role::Text),
                    (escape(&does(&rule.action, groups)).into_owned(), Role::Text),
                ];
                rows.push((cells, None));
            }
        }
        rows
    }
}

fn targets(groups: &[&TargetGroup]) -> Vec<sheet::Row<ObjectRef>> {
    let mut rows = Vec::new();
    for group in groups {
        let (verdict, words) = group.judge();
        let (glyph, role) = describe::glyph(verdict, false);
        let what = format!("{} targets on {}, asked by {}", group.target_type, group.asks, group.check);
        let cells = vec![
            (glyph.to_owned(), role),
            (escape(&group.name).into_owned(), Role::Strong),
            (escape(&what).into_owned(), Role::Dim),
            (String::new(), Role::Text),
            (String::new(), Role::Text),
            (escape(&words).into_owned(), join::role(verdict)),
        ];
        rows.push((cells, None));
        for target in group.targets.iter().flatten() {
            let verdict = match &*target.state {
                _ if target.is_healthy() => Verdict::Ok,
                "unhealthy" => Verdict::Critical,
                "initial" | "draining" | "unhealthy.draining" => Verdict::Progressing,
                "unused" => Verdict::Warning,
                _ => Verdict::Unknown,
            };
            let (glyph, role) = describe::glyph(verdict, false);
            let said = [&*target.state, &*target.reason, &*target.said];
            let said: Vec<&str> = said.into_iter().filter(|part| !part.is_empty()).collect();
            let cells = vec![
                (glyph.to_owned(), role),
                (String::new(), Role::Text),
                (escape(&target.id).into_owned(), Role::Text),
                (target.port.to_string(), Role::Text),
                (escape(&target.zone).into_owned(), Role::Dim),
                (escape(&said.join("  ")).into_owned(), join::role(verdict)),
            ];
            rows.push((cells, None));
        }
    }
    rows
}
