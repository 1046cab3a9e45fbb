//! `netpol`: what may come in and go out of the pods of every namespace, and what is wrong with it.

use crate::fleet::kind::NETWORK_POLICIES;
use crate::fleet::{ResourceType, Verdict};
use crate::planes::path::unread;
use crate::planes::policy::{self, Enforcer, Standing};
use crate::snapshot::ClusterSnapshot;
use crate::ui::describe::glyph;
use crate::ui::export::{self, Export, ExportUnknown};
use crate::ui::join;
use crate::ui::page::{Lead, Page, PageView, clusters};
use crate::ui::role::Role;
use crate::ui::text::escape;
use crate::ui::value::Value;
use crate::ui::view::{View, ViewAbout, World};
use crate::ui::widgets::sheet::{self, Head, Part, SheetLine};

/// Name and help.
pub const ABOUT: ViewAbout = ViewAbout {
    name: "netpol",
    aliases: &["netpols", "policies"],
    help: "network policies: what may come in and go out of every workload, and who enforces it",
};

const HEADS: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("NAMESPACE", 32, 0),
    Head::words("PODS OF", 44, 0),
    Head::number("PODS", 6, 4),
    Head::words("MAY COME IN", 64, 2),
    Head::words("MAY GO OUT", 64, 1),
    Head::words("BY", 48, 5),
    Head::words("WHY", 240, 0),
];

/// What network policies mean.
#[derive(Debug)]
pub struct NetworkPolicies;

/// What network policies mean.
pub fn open_all() -> Box<dyn View> {
    Box::new(PageView::new(NetworkPolicies))
}

fn standings(cluster: &ClusterSnapshot, world: &World<'_>) -> Vec<Standing> {
    let mut standings = policy::survey(cluster);
    if let Some(namespace) = world.scope.namespace.as_deref() {
        standings.retain(|standing| *standing.namespace == *namespace);
    }
    standings
}

fn has_policies(cluster: &ClusterSnapshot) -> bool {
    cluster.any_table(&NETWORK_POLICIES).is_some_and(|table| !table.is_empty())
}

impl Page for NetworkPolicies {
    type Target = Lead;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn needs(&self) -> &[ResourceType] {
        &policy::NEEDS
    }
    fn helps(&self) -> &[ResourceType] {
        &policy::HELPS
    }
    fn lines(&self, world: &World<'_>, width: u16) -> Vec<SheetLine<Lead>> {
        let mut lines: Vec<SheetLine<Lead>> = Vec::new();
        for cluster in clusters(world) {
            if !lines.is_empty() {
                lines.push(SheetLine::blank());
            }
            let is_coming = policy::NEEDS.iter().any(|kind| !cluster.freshness(kind).is_settled())
                && !matches!(cluster.link, crate::snapshot::Link::Down(_));
            let (verdict, words) = match has_policies(cluster) {
                _ if is_coming => (Verdict::Progressing, String::new()),
                true => Enforcer::of(cluster).judge(),
                false => (Verdict::Ok, String::new()),
            };
            let (sign, role) = glyph(verdict, false);
            lines.push(SheetLine::of(vec![
                (format!(" {sign}  "), role),
                (escape(cluster.id.name()).into_owned(), Role::Strong),
                (format!("  {words}"), join::role(verdict)),
            ]));
            let standings = standings(cluster, world);
            if is_coming {
                lines.push(SheetLine::of(vec![(" ◌ loading…".to_owned(), Role::Dim)]));
            }
            lines.extend(sheet::table(HEADS, standings.iter().map(row).collect(), width));
            for unread in unread(cluster, &policy::NEEDS).into_iter().filter(|_| !is_coming) {
                let (sign, role) = glyph(Verdict::Unknown, false);
                let words = format!("{}  {}", unread.what, unread.why);
                lines.push(SheetLine::of(vec![
                    (format!(" {sign}  "), role),
                    (escape(&words).into_owned(), Role::Unknown),
                ]));
            }
        }
        lines
    }
    fn export(&self, world: &World<'_>) -> Option<Export> {
        let heads = [
            ("in-namespace", "NAMESPACE"),
            ("pods-of", "PODS OF"),
            ("in-cluster", "CLUSTER"),
            ("pods", "PODS"),
            ("in", "MAY COME IN"),
            ("out", "MAY GO OUT"),
            ("policies", "BY"),
            ("enforced", "ENFORCED"),
        ];
        let mut lines = Vec::new();
        let mut unknown = Vec::new();
        for cluster in clusters(world) {
            let enforcer = Enforcer::of(cluster);
            let enforced = match enforcer {
                Enforcer::By(_) => Value::Flag(true),
                Enforcer::Off => Value::Flag(false),
                Enforcer::Unsaid | Enforcer::Unknown => Value::Unknown,
            };
            for standing in standings(cluster, world) {
                lines.push(export::Line {
                    verdict: standing.verdict,
                    why: standing.why,
                    values: vec![
                        Value::text(standing.namespace.to_string()),
                        Value::text(standing.name),
                        Value::text(standing.cluster.name().to_owned()),
                        Value::Count(u64::from(standing.pods)),
                        Value::text(standing.incoming),
                        Value::text(standing.outgoing),
                        Value::text(standing.policies.join(",")),
                        enforced.clone(),
                    ],
                    object: standing.object,
                });
            }
            let unread = unread(cluster, &policy::NEEDS);
            unknown.extend(unread.into_iter().map(|unread| ExportUnknown {
                cluster: unread.cluster.name().to_owned(),
                what: unread.what,
                why: unread.why,
            }));
        }
        let mut export = Export::of(&heads, lines, world.now);
        export.unknown = unknown;
        Some(export)
    }
}

fn row(standing: &Standing) -> sheet::Row<Lead> {
    let sign = glyph(standing.verdict, false);
    let pods = if standing.pods == 0 { String::new() } else { standing.pods.to_string() };
    let said = |text: &str| if text.is_empty() { "–".to_owned() } else { escape(text).into_owned() };
    let cells: Vec<Part> = vec![
        (sign.0.to_owned(), sign.1),
        (escape(&standing.namespace).into_owned(), Role::Text),
        (escape(&standing.name).into_owned(), Role::Strong),
        (pods, Role::Text),
        (said(&standing.incoming), Role::Text),
        (said(&standing.outgoing), Role::Text),
        (said(&standing.policies.join(",")), Role::Dim),
        (said(&standing.why), join::role(standing.verdict)),
    ];
    (cells, Some(Lead::Object(standing.object.clone())))
}
