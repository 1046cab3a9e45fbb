//! `who-can VERB RESOURCE`: everybody whom roles and bindings allow it, in every cluster that is looked at.

use crate::fleet::aws::kind::ACCESS_ENTRIES;
use crate::fleet::kind::{CLUSTER_ROLE_BINDINGS, SERVICE_ACCOUNTS};
use crate::fleet::{ObjectRef, ResourceType, Verdict};
use crate::planes::path::unread;
use crate::planes::rights::{self, Grant, Question, With, entry};
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
    name: "who-can",
    aliases: &["whocan"],
    help: "who may do something: who-can VERB RESOURCE [NAME] [-n NAMESPACE]; alone: who may do everything",
};

const HEADS: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("WHO", 72, 0),
    Head::words("KIND", 14, 3),
    Head::words("CLUSTER", 24, 1),
    Head::words("WHERE", 32, 0),
    Head::words("BY", 48, 2),
    Head::words("WHY", 240, 0),
];

/// Who comes in as a group is known where EKS tells.
static HELPS: [ResourceType; 1] = [ACCESS_ENTRIES];

/// Who may do something.
#[derive(Debug)]
pub struct WhoCan {
    question: Question,
    is_asked: bool,
}

/// Who may do everything.
pub fn open_all() -> Box<dyn View> {
    let question = Question::read(&[]).unwrap_or(Question {
        verb: "*".to_owned(),
        with: With::Url("*".to_owned()),
        namespace: None,
    });
    Box::new(PageView::new(WhoCan { question, is_asked: false }))
}

/// Who may do this.
pub fn open(words: &[String]) -> Result<Box<dyn View>, String> {
    Ok(Box::new(PageView::new(WhoCan { question: Question::read(words)?, is_asked: true })))
}

impl WhoCan {
    fn grants(&self, world: &World<'_>) -> Vec<Grant> {
        let mut question = self.question.clone();
        // Whoever looks at one namespace asks about it.
        if question.namespace.is_none() {
            question.namespace = world.scope.namespace.as_deref().map(str::to_owned);
        }
        clusters(world).flat_map(|cluster| rights::who_can(cluster, &question)).collect()
    }

    fn unknown(&self, world: &World<'_>) -> Vec<ExportUnknown> {
        let unread = clusters(world).flat_map(|cluster| unread(cluster, &rights::NEEDS));
        unread
            .map(|unread| ExportUnknown {
                cluster: unread.cluster.name().to_owned(),
                what: unread.what,
                why: unread.why,
            })
            .collect()
    }
}

impl Page for WhoCan {
    type Target = Lead;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn subject(&self) -> Option<String> {
        self.is_asked.then(|| self.question.to_string())
    }
    fn needs(&self) -> &[ResourceType] {
        &rights::NEEDS
    }
    fn helps(&self) -> &[ResourceType] {
        &HELPS
    }
    fn lines(&self, world: &World<'_>, width: u16) -> Vec<SheetLine<Lead>> {
        let grants = self.grants(world);
        let is_coming = clusters(world)
            .any(|cluster| rights::NEEDS.iter().any(|kind| !cluster.freshness(kind).is_settled()));
        let everything = if self.question.is_everything() { "everything" } else { "" };
        let asked = if everything.is_empty() { self.question.to_string() } else { everything.to_owned() };
        let title = format!("   who can do {asked}: {} by roles and bindings", grants.len());
        let mut lines = vec![SheetLine::of(vec![(escape(&title).into_owned(), Role::Header)])];
        let hint = "   who-can VERB RESOURCE [NAME] [-n NAMESPACE] asks for less";
        lines.push(SheetLine::of(vec![(hint.to_owned(), Role::Dim)]));
        lines.push(SheetLine::blank());
        if grants.is_empty() {
            let words = if is_coming { " ◌ loading…" } else { "   nobody, as far as could be read" };
            lines.push(SheetLine::of(vec![(words.to_owned(), Role::Dim)]));
        }
        let rows = grants.iter().map(|grant| row(grant, &members(grant, world))).collect();
        lines.extend(sheet::table(HEADS, rows, width));
        lines.extend(by_policy(world));
        for cluster in clusters(world).filter(|_| self.question.is_everything()) {
            for (group, role) in rights::unbound_groups(cluster) {
                let (sign, role_of) = glyph(Verdict::Warning, false);
                let words = format!(
                    "{}: the blueprint binds group {group} to {role}, and nothing does",
                    cluster.id.name()
                );
                lines.push(SheetLine::of(vec![
                    (format!(" {sign}  "), role_of),
                    (escape(&words).into_owned(), Role::Warning),
                ]));
            }
        }
        for unknown in self.unknown(world).into_iter().filter(|_| !is_coming) {
            let (sign, role) = glyph(Verdict::Unknown, false);
            let words = format!("{}  {}  {}", unknown.cluster, unknown.what, unknown.why);
            lines.push(SheetLine::of(vec![
                (format!(" {sign}  "), role),
                (escape(&words).into_owned(), Role::Unknown),
            ]));
        }
        lines
    }
    fn export(&self, world: &World<'_>) -> Option<Export> {
        let heads = [
            ("who", "WHO"),
            ("kind", "KIND"),
            ("in-cluster", "CLUSTER"),
            ("where", "WHERE"),
            ("binding", "BINDING"),
            ("role", "ROLE"),
            ("only", "ONLY"),
            ("members", "MEMBERS"),
        ];
        let grants = self.grants(world);
        let line = |grant: &Grant| export::Line {
            object: grant.binding.clone(),
            verdict: grant.verdict,
            why: grant.why.clone(),
            values: vec![
                Value::text(who(grant)),
                Value::text(grant.subject.kind.to_string()),
                Value::text(grant.cluster.name().to_owned()),
                Value::text(place(grant)),
                Value::text(grant.binding.name.to_string()),
                Value::text(grant.role.clone()),
                Value::text(grant.only.join(",")),
                Value::text(members(grant, world).join(",")),
            ],
        };
        let mut export = Export::of(&heads, grants.iter().map(line).collect(), world.now);
        export.unknown = self.unknown(world);
        Some(export)
    }
}

fn who(grant: &Grant) -> String {
    let subject = &grant.subject;
    if subject.namespace.is_empty() {
        subject.name.to_string()
    } else {
        format!("{}/{}", subject.namespace, subject.name)
    }
}

/// With those who come in as it.
fn named(grant: &Grant, members: &[&str]) -> String {
    match members {
        [] => who(grant),
        members => format!("{} ({})", who(grant), members.join(", ")),
    }
}

fn place(grant: &Grant) -> String {
    grant.namespace.as_deref().unwrap_or("everywhere").to_owned()
}

/// Who of AWS comes in as the group, by access entries.
fn members<'a>(grant: &Grant, world: &World<'a>) -> Vec<&'a str> {
    if &*grant.subject.kind != "Group" {
        return Vec::new();
    }
    let cluster = clusters(world).find(|cluster| cluster.id == grant.cluster);
    cluster.map(|cluster| entry::members(cluster, &grant.subject.name)).unwrap_or_default()
}

/// Those whose rights come from access policies of EKS: RBAC does not know of them, and they may do what is asked too.
fn by_policy(world: &World<'_>) -> Vec<SheetLine<Lead>> {
    let mut lines = Vec::new();
    for cluster in clusters(world) {
        for (who, policy) in entry::by_policy(cluster) {
            let words =
                format!("   {}  {} by EKS policy {}", cluster.id.name(), who.called(), policy.words());
            lines.push(SheetLine::of(vec![(escape(&words).into_owned(), Role::Text)]));
        }
    }
    if !lines.is_empty() {
        let title = "ALSO BY ACCESS POLICIES OF EKS, WHICH ARE NO ROLES";
        lines.splice(0..0, [SheetLine::blank(), SheetLine::title(title)]);
    }
    lines
}

fn row(grant: &Grant, members: &[&str]) -> sheet::Row<Lead> {
    let sign = glyph(grant.verdict, false);
    let only = if grant.only.is_empty() { String::new() } else { format!("only {}", grant.only.join(", ")) };
    let why = match (grant.why.as_str(), only.as_str()) {
        ("", "") => "–".to_owned(),
        ("", only) => only.to_owned(),
        (why, "") => why.to_owned(),
        (why, only) => format!("{why}, {only}"),
    };
    let binding = if grant.binding.resource == CLUSTER_ROLE_BINDINGS { "" } else { "binding " };
    let cells: Vec<Part> = vec![
        (sign.0.to_owned(), sign.1),
        (escape(&named(grant, members)).into_owned(), Role::Strong),
        (escape(&grant.subject.kind).into_owned(), Role::Dim),
        (escape(grant.cluster.name()).into_owned(), Role::Dim),
        (escape(&place(grant)).into_owned(), Role::Text),
        (escape(&format!("{binding}{} → {}", grant.binding.name, grant.role)).into_owned(), Role::Text),
        (escape(&why).into_owned(), join::role(grant.verdict)),
    ];
    // A service account is somebody one can look at; of people and groups only the binding is there.
    let object = match &*grant.subject.kind {
        "ServiceAccount" => ObjectRef {
            cluster: grant.cluster.clone(),
            resource: SERVICE_ACCOUNTS,
            namespace: Some(grant.subject.namespace.clone()),
            name: grant.subject.name.as_ref().into(),
        },
        _ => grant.binding.clone(),
    };
    (cells, Some(Lead::Object(object)))
}
