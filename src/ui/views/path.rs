//! `path HOSTNAME`: where a hostname leads, hop by hop; without one, every hostname there is.

use crate::fleet::kind::{INGRESSES, SERVICES};
use crate::fleet::node::host;
use crate::fleet::{ObjectRef, ResourceType, Verdict};
use crate::planes::path::{self, Hop, Named, Path, Stage, Unread};
use crate::snapshot::ClusterSnapshot;
use crate::ui::describe::glyph;
use crate::ui::export::{self, Export, ExportUnknown};
use crate::ui::join;
use crate::ui::page::{Lead, Page, PageView, clusters};
use crate::ui::role::Role;
use crate::ui::text::escape;
use crate::ui::value::Value;
use crate::ui::view::{View, ViewAbout, World};
use crate::ui::views::OpenContext;
use crate::ui::widgets::sheet::{self, Head, Part, SheetLine};

/// Name and help.
pub const ABOUT: ViewAbout = ViewAbout {
    name: "path",
    aliases: &["paths", "hosts"],
    help: "where a hostname leads, hop by hop: path HOSTNAME; without one, every hostname",
};

const HOPS: &[Head] =
    &[Head::words("", 1, 0), Head::words("", 20, 0), Head::words("", 64, 0), Head::words("", 240, 0)];
const HOSTS: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("HOSTNAME", 64, 0),
    Head::words("CLUSTER", 24, 2),
    Head::words("BY", 44, 1),
    Head::words("WHY", 240, 0),
];

/// Pods of a service that are as they should be and are shown, each on a line.
const WELL: usize = 3;

/// Where a hostname leads, or which hostnames there are.
#[derive(Debug)]
pub struct PathAnswer {
    hostname: Option<String>,
    /// Only the names of this Ingress or Service.
    of: Option<ObjectRef>,
}

/// Every hostname.
pub fn open_all() -> Box<dyn View> {
    Box::new(PageView::new(PathAnswer { hostname: None, of: None }))
}

/// Where a hostname leads.
pub fn open(words: &[String]) -> Result<Box<dyn View>, String> {
    match words {
        [one] => {
            let hostname = path::hostname(one);
            let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '*');
            if hostname.is_empty() || !hostname.chars().all(is_name) {
                return Err(format!("{one} is no hostname"));
            }
            Ok(Box::new(PageView::new(PathAnswer { hostname: Some(hostname), of: None })))
        }
        _ => Err("path is about one hostname: path HOSTNAME".to_owned()),
    }
}

/// Whether an object has hostnames that could be followed.
pub fn takes(object: &ObjectRef) -> Result<(), &'static str> {
    match object.resource == INGRESSES || object.resource == SERVICES {
        true => Ok(()),
        false => Err("only ingresses and services have hostnames"),
    }
}

/// Where the hostname of an object leads; all of its names where it has several, or none that is known yet.
pub fn open_object(object: &ObjectRef, context: &OpenContext<'_>) -> Box<dyn View> {
    let cluster = context.world.snapshot.cluster(&object.cluster);
    let names = cluster.map(|cluster| path::hostnames(&[cluster], context.world.now)).unwrap_or_default();
    let mut own: Vec<&Named> = names.iter().filter(|name| name.is_of(object)).collect();
    own.dedup_by_key(|name| &name.hostname);
    let hostname = match own.as_slice() {
        [one] if !one.hostname.is_empty() => Some(one.hostname.to_string()),
        _ => None,
    };
    Box::new(PageView::new(PathAnswer { of: Some(object.clone()).filter(|_| hostname.is_none()), hostname }))
}

impl Page for PathAnswer {
    type Target = Lead;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn subject(&self) -> Option<String> {
        match (&self.hostname, &self.of) {
            (Some(hostname), _) => Some(hostname.clone()),
            (None, Some(object)) => Some(object.name.to_string()),
            (None, None) => None,
        }
    }
    fn needs(&self) -> &[ResourceType] {
        if self.hostname.is_some() { &path::NEEDS } else { &path::NAMES_NEED }
    }
    fn helps(&self) -> &[ResourceType] {
        if self.hostname.is_some() { &path::HELPS } else { &path::NAMES_HELP }
    }
    fn lines(&self, world: &World<'_>, width: u16) -> Vec<SheetLine<Lead>> {
        self.lines_and_start(world, width).0
    }
    fn lines_and_start(&self, world: &World<'_>, width: u16) -> (Vec<SheetLine<Lead>>, Option<usize>) {
        let clusters: Vec<&ClusterSnapshot> = clusters(world).collect();
        match &self.hostname {
            Some(hostname) => {
                let path = path::follow(&clusters, hostname, world.now);
                let is_coming = clusters.iter().any(|cluster| is_coming(cluster));
                hops(&path, is_coming, clusters.len() > 1, width)
            }
            None => (self.hosts(world, width), None),
        }
    }
    fn export(&self, world: &World<'_>) -> Option<Export> {
        let clusters: Vec<&ClusterSnapshot> = clusters(world).collect();
        Some(match &self.hostname {
            Some(hostname) => printed(&path::follow(&clusters, hostname, world.now), world),
            None => self.printed_hosts(world),
        })
    }
}

fn is_coming(cluster: &ClusterSnapshot) -> bool {
    let is_down = matches!(cluster.link, crate::snapshot::Link::Down(_));
    !is_down && [INGRESSES, SERVICES].iter().any(|kind| !cluster.freshness(kind).is_settled())
}

fn hops(
    path: &Path,
    is_coming: bool,
    has_several: bool,
    width: u16,
) -> (Vec<SheetLine<Lead>>, Option<usize>) {
    if path.leads_nowhere() {
        let words = match (is_coming, path.unknown.is_empty()) {
            (true, _) => " ◌ loading…".to_owned(),
            (false, true) => format!("   no Ingress and no Service answers to {}", path.hostname),
            (false, false) => format!("   nothing that could be read answers to {}", path.hostname),
        };
        let mut lines = vec![SheetLine::blank(), SheetLine::of(vec![(words, Role::Dim)])];
        lines.extend(unread(&path.unknown));
        return (lines, None);
    }
    let broken = path.broken();
    let mut lines = vec![summary(path, broken), SheetLine::blank()];
    let mut rows: Vec<(sheet::Row<Lead>, bool)> = Vec::new();
    let mut cluster = None;
    let mut at = 0;
    let mut well = 0;
    while let Some(hop) = path.hops.get(at) {
        if has_several && cluster != Some(&hop.cluster) {
            cluster = Some(&hop.cluster);
            let name = (escape(hop.cluster.name()).into_owned(), Role::Header);
            rows.push(((vec![(String::new(), Role::Text), name], None), false));
        }
        let below = path.hops.iter().skip(at + 1).take_while(|next| next.depth > hop.depth.max(1)).count();
        let under = path.hops.get(at + 1..at + 1 + below).unwrap_or_default();
        let is_well = hop.stage == Stage::Pod
            && hop.verdict == Verdict::Ok
            && under.iter().all(|h| h.verdict == Verdict::Ok);
        if hop.depth == 0 {
            well = 0;
        }
        if is_well {
            // A pod that is well stands on one line with what it stands on.
            well += 1;
            if well <= WELL {
                let on: Vec<String> = under.iter().map(stands_on).collect();
                let said = Hop { statement: format!("{}  {}", hop.statement, on.join("  ")), ..hop.clone() };
                rows.push((row(&said, false), false));
            }
            at += 1 + below;
            let is_last = path.hops.get(at).is_none_or(|next| next.stage != Stage::Pod);
            if is_last && well > WELL {
                let words = (format!("  and {} more that are well", well - WELL), Role::Dim);
                let glyph = glyph(Verdict::Ok, false);
                rows.push((
                    (vec![(glyph.0.to_owned(), glyph.1), (String::new(), Role::Dim), words], None),
                    false,
                ));
            }
            continue;
        }
        let is_broken = broken == Some(at);
        rows.push((row(hop, is_broken), is_broken));
        at += 1;
    }
    let start = rows.iter().position(|(_, is_broken)| *is_broken);
    let rows: Vec<sheet::Row<Lead>> = rows.into_iter().map(|(row, _)| row).collect();
    let before = lines.len();
    // Its heads have no titles: the line of titles is left out.
    lines.extend(sheet::table(HOPS, rows, width).into_iter().skip(1));
    lines.extend(unread(&path.unknown));
    (lines, start.map(|start| start + before))
}

fn stands_on(hop: &Hop) -> String {
    match hop.stage {
        Stage::Node => format!("on {}", host(&hop.name)),
        Stage::NodeClaim => format!("claim {}", hop.name),
        Stage::NodePool => format!("pool {}", hop.name),
        other => format!("{} {}", other.words(), hop.name),
    }
}

fn summary(path: &Path, broken: Option<usize>) -> SheetLine<Lead> {
    let at = broken.and_then(|broken| path.hops.get(broken));
    let (verdict, words) = match at {
        Some(hop) => {
            let name = match &hop.namespace {
                Some(namespace) => format!("{namespace}/{}", hop.name),
                None => hop.name.to_string(),
            };
            let how = if hop.verdict == Verdict::Critical { "broken" } else { "wants a look" };
            (hop.verdict, format!("{how} at {} {name} in {}", hop.stage.words(), hop.cluster.name()))
        }
        None if path.unknown.is_empty() => {
            (Verdict::Ok, "is whole inside Kubernetes; what is before it is not read yet".to_owned())
        }
        None => {
            (Verdict::Unknown, "nothing that could be read is broken, but not all could be read".to_owned())
        }
    };
    let (glyph, role) = glyph(verdict, false);
    SheetLine::of(vec![
        (format!(" {glyph}  "), role),
        (path.hostname.clone(), Role::Strong),
        (format!("  {}", escape(&words)), join::role(verdict)),
    ])
}

fn row(hop: &Hop, is_broken: bool) -> sheet::Row<Lead> {
    let role = join::role(hop.verdict);
    let sign = glyph(hop.verdict, false);
    let indent = "  ".repeat(usize::from(hop.depth));
    let name = match &hop.namespace {
        // The pods of a service are in its namespace.
        Some(namespace) if hop.depth == 0 => format!("{namespace}/{}", hop.name),
        _ => hop.name.to_string(),
    };
    let mark = if is_broken { "◀ " } else { "" };
    let cells: Vec<Part> = vec![
        (sign.0.to_owned(), sign.1),
        (format!("{indent}{}", hop.stage.words()), Role::Dim),
        (escape(&name).into_owned(), if hop.depth == 0 { Role::Strong } else { Role::Text }),
        (format!("{mark}{}", escape(&hop.statement)), role),
    ];
    (cells, hop.object().map(Lead::Object))
}

fn unread(unknown: &[Unread]) -> Vec<SheetLine<Lead>> {
    if unknown.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![SheetLine::blank(), SheetLine::title("NOT READ")];
    lines.extend(unknown.iter().map(|unread| {
        let (glyph, role) = glyph(Verdict::Unknown, false);
        let words = format!("{}  {}  {}", unread.cluster.name(), unread.what, unread.why);
        SheetLine::of(vec![(format!(" {glyph}  "), role), (escape(&words).into_owned(), Role::Unknown)])
    }));
    lines
}

fn unknown(path: &[Unread]) -> Vec<ExportUnknown> {
    path.iter()
        .map(|unread| ExportUnknown {
            cluster: unread.cluster.name().to_owned(),
            what: unread.what.clone(),
            why: unread.why.clone(),
        })
        .collect()
}

fn printed(path: &Path, world: &World<'_>) -> Export {
    let heads = [("stage", "STAGE"), ("object", "OBJECT"), ("statement", "STATEMENT")];
    let line = |hop: &Hop| {
        let is_wrong = matches!(hop.verdict, Verdict::Warning | Verdict::Critical | Verdict::Unknown);
        let name = match &hop.namespace {
            Some(namespace) => format!("{namespace}/{}", hop.name),
            None => hop.name.to_string(),
        };
        export::Line {
            // What AWS has is named by the kind that it will have here.
            object: hop.object().unwrap_or_else(|| ObjectRef {
                cluster: hop.cluster.clone(),
                resource: crate::snapshot::derived::cluster_wide("hops", hop.stage.kind()),
                namespace: None,
                name: hop.name.as_ref().into(),
            }),
            verdict: hop.verdict,
            why: if is_wrong { hop.statement.clone() } else { String::new() },
            values: vec![
                Value::text(hop.stage.kind()),
                Value::text(format!("{}{name}", "  ".repeat(usize::from(hop.depth)))),
                Value::text(hop.statement.clone()),
            ],
        }
    };
    let mut export = Export::of(&heads, path.hops.iter().map(line).collect(), world.now);
    export.unknown = unknown(&path.unknown);
    export
}

impl PathAnswer {
    fn names(&self, world: &World<'_>) -> Vec<Named> {
        let clusters: Vec<&ClusterSnapshot> = clusters(world).collect();
        let mut names = path::hostnames(&clusters, world.now);
        let namespace = world.scope.namespace.as_deref();
        names.retain(|name| match &self.of {
            Some(object) => name.is_of(object),
            None => namespace.is_none_or(|namespace| name.object.namespace.as_deref() == Some(namespace)),
        });
        names
    }

    fn hosts(&self, world: &World<'_>, width: u16) -> Vec<SheetLine<Lead>> {
        let names = self.names(world);
        if names.is_empty() {
            let is_coming = clusters(world).any(is_coming);
            let words = if is_coming { " ◌ loading…" } else { "   no Ingress or Service has a hostname" };
            return vec![SheetLine::blank(), SheetLine::of(vec![(words.to_owned(), Role::Dim)])];
        }
        let row = |name: &Named| {
            let sign = glyph(name.verdict, false);
            let shown = if name.hostname.is_empty() { "*" } else { &*name.hostname };
            let by = format!(
                "{} {}/{}",
                name.object.resource.kind,
                name.object.namespace.as_deref().unwrap_or_default(),
                name.object.name
            );
            let why = if name.why.is_empty() { "–" } else { &name.why };
            let cells: Vec<Part> = vec![
                (sign.0.to_owned(), sign.1),
                (escape(shown).into_owned(), Role::Strong),
                (escape(name.object.cluster.name()).into_owned(), Role::Dim),
                (escape(&by).into_owned(), Role::Text),
                (escape(why).into_owned(), join::role(name.verdict)),
            ];
            let lead = match name.hostname.is_empty() {
                true => Lead::Object(name.object.clone()),
                false => Lead::Line(format!("path {}", name.hostname), name.object.clone()),
            };
            (cells, Some(lead))
        };
        sheet::table(HOSTS, names.iter().map(row).collect(), width)
    }

    fn printed_hosts(&self, world: &World<'_>) -> Export {
        let heads = [("hostname", "HOSTNAME"), ("cluster", "CLUSTER"), ("kind", "KIND"), ("by", "BY")];
        let names = self.names(world);
        let line = |name: &Named| export::Line {
            object: name.object.clone(),
            verdict: name.verdict,
            why: name.why.clone(),
            values: vec![
                Value::text(if name.hostname.is_empty() {
                    "*".to_owned()
                } else {
                    name.hostname.to_string()
                }),
                Value::text(name.object.cluster.name().to_owned()),
                Value::text(name.object.resource.kind.to_string()),
                Value::text(format!(
                    "{}/{}",
                    name.object.namespace.as_deref().unwrap_or_default(),
                    name.object.name
                )),
            ],
        };
        let mut export = Export::of(&heads, names.iter().map(line).collect(), world.now);
        let unread = clusters(world).flat_map(|cluster| path::unread(cluster, &path::NAMES_NEED));
        export.unknown = unknown(&unread.collect::<Vec<_>>());
        export
    }
}
