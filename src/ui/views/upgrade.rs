//! `upgrade`: what has to happen before each cluster gets its next minor, in order.

use crate::fleet::aws::kind::EKS_CLUSTERS;
use crate::fleet::{ObjectRef, ResourceType, Verdict};
use crate::planes::path::unread;
use crate::planes::upgrade::{self, Phase, Plan, State, Step};
use crate::snapshot::ClusterSnapshot;
use crate::ui::describe::glyph;
use crate::ui::export::{self, Export, ExportUnknown};
use crate::ui::join;
use crate::ui::page::{Lead, Page, PageView, clusters};
use crate::ui::role::Role;
use crate::ui::text::{escape, width, wrap};
use crate::ui::value::Value;
use crate::ui::view::{View, ViewAbout, World};
use crate::ui::widgets::sheet::{self, Head, SheetLine};

/// Name and help.
pub const ABOUT: ViewAbout = ViewAbout {
    name: "upgrade",
    aliases: &["upgrades"],
    help: "the next minor of Kubernetes: what has to happen first, in order, for each cluster",
};

const HEADS: &[Head] = &[
    Head::words("", 1, 0),
    Head::number("", 2, 0),
    Head::words("STEP", 52, 0),
    Head::words("STATE", 8, 0),
    Head::words("WHY", 240, 0),
];

/// How far details stand from the left.
const INDENT: &str = "         ";

/// A line of the plan; choosing it leads to where its step can be looked at.
type Line = SheetLine<Lead>;

/// What has to happen before each cluster gets its next minor.
#[derive(Debug, Default)]
pub struct Upgrade;

/// The plans of all clusters that are looked at.
pub fn open_all() -> Box<dyn View> {
    Box::new(PageView::new(Upgrade))
}

impl Upgrade {
    fn unknown(world: &World<'_>) -> Vec<ExportUnknown> {
        let kinds: Vec<ResourceType> = upgrade::NEEDS.iter().chain(&upgrade::HELPS).cloned().collect();
        clusters(world)
            .flat_map(|cluster| unread(cluster, &kinds))
            .map(|unread| ExportUnknown {
                cluster: unread.cluster.name().to_owned(),
                what: unread.what,
                why: unread.why,
            })
            .collect()
    }
}

impl Page for Upgrade {
    type Target = Lead;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn needs(&self) -> &[ResourceType] {
        &upgrade::NEEDS
    }
    fn helps(&self) -> &[ResourceType] {
        &upgrade::HELPS
    }
    fn lines(&self, world: &World<'_>, width: u16) -> Vec<Line> {
        let mut lines = Vec::new();
        for cluster in clusters(world) {
            if !lines.is_empty() {
                lines.push(SheetLine::blank());
            }
            let plan = upgrade::plan(cluster, world.now);
            lines.push(title(cluster, &plan));
            lines.extend(steps(cluster, &plan, width));
        }
        lines
    }
    fn export(&self, world: &World<'_>) -> Option<Export> {
        let heads = [
            ("number", "#"),
            ("phase", "PHASE"),
            ("step", "STEP"),
            ("state", "STATE"),
            ("blocks", "BLOCKS"),
            ("from", "FROM"),
            ("to", "TO"),
            ("details", "DETAILS"),
        ];
        let mut rows = Vec::new();
        for cluster in clusters(world) {
            let plan = upgrade::plan(cluster, world.now);
            for (at, step) in plan.steps.iter().enumerate() {
                rows.push(export::Line {
                    object: object(cluster),
                    verdict: step.verdict,
                    why: step.why.clone(),
                    values: vec![
                        Value::Count(at as u64 + 1),
                        Value::text(step.phase.as_str()),
                        Value::text(step.what.clone()),
                        Value::text(step.state.as_str()),
                        Value::Flag(step.blocks),
                        Value::text(plan.from.clone()),
                        Value::text(plan.to.clone().unwrap_or_default()),
                        Value::text(step.details.join("; ")),
                    ],
                });
            }
        }
        let mut export = Export::of(&heads, rows, world.now);
        export.unknown = Self::unknown(world);
        Some(export)
    }
}

fn object(cluster: &ClusterSnapshot) -> ObjectRef {
    ObjectRef {
        cluster: cluster.id.clone(),
        resource: EKS_CLUSTERS,
        namespace: None,
        name: cluster.id.name().into(),
    }
}

fn title(cluster: &ClusterSnapshot, plan: &Plan) -> Line {
    let versions = match (plan.from.as_str(), &plan.to) {
        ("", _) => "version not known".to_owned(),
        (from, Some(to)) => format!("{from} → {to}"),
        (from, None) => format!("{from}, EKS has nothing newer"),
    };
    let open = plan.steps.iter().filter(|step| !matches!(step.state, State::Done) && step.blocks).count();
    let words = match open {
        0 => String::new(),
        1 => "   1 step stands before the control plane".to_owned(),
        many => format!("   {many} steps stand before the control plane"),
    };
    SheetLine::of(vec![
        (format!("   {}", escape(cluster.id.name())), Role::Header),
        (format!("   {}", escape(&versions)), Role::Strong),
        (words, Role::Dim),
    ])
}

fn steps(cluster: &ClusterSnapshot, plan: &Plan, cells: u16) -> Vec<Line> {
    let target = |step: &Step| {
        let view = match step.phase {
            Phase::AddonsBefore | Phase::AddonsAfter | Phase::OwnComponents => "addons",
            Phase::NodesBefore => "nodegroups",
            Phase::NodesAfter => "nodes",
            Phase::Support | Phase::Health | Phase::Insights | Phase::ControlPlane => ABOUT.name,
        };
        // Its words are what is copied.
        let object = ObjectRef { name: step.what.as_str().into(), ..object(cluster) };
        Lead::Line(format!("{view} @{}", cluster.id.name()), object)
    };
    let row = |(at, step): (usize, &Step), why: String| {
        let (sign, sign_role) = sign(step);
        let cells = vec![
            (sign.to_owned(), sign_role),
            ((at + 1).to_string(), Role::Dim),
            (escape(&step.what).into_owned(), Role::Text),
            (step.state.as_str().to_owned(), state_role(step)),
            (why, join::role(step.verdict)),
        ];
        (cells, Some(target(step)))
    };
    let table = |whys: Vec<String>| {
        let rows = plan.steps.iter().enumerate().zip(whys).map(|(step, why)| row(step, why));
        sheet::table(HEADS, rows.collect(), cells)
    };
    let whys: Vec<String> = plan.steps.iter().map(|step| escape(&step.why).into_owned()).collect();
    // Reasons are read whole: what does not fit goes on under its own column.
    let head = table(whys.clone());
    let indent: u16 = head
        .first()
        .map(|line| line.parts.iter().rev().skip(1).map(|(part, _)| width(part)).fold(0, u16::saturating_add))
        .unwrap_or_default();
    let pieces: Vec<Vec<String>> =
        whys.iter().map(|why| wrap(why, cells.saturating_sub(indent + 1).max(16))).collect();
    let first = |pieces: &Vec<String>| match pieces.first() {
        Some(piece) if !piece.is_empty() => piece.clone(),
        _ => "–".to_owned(),
    };
    let mut table = table(pieces.iter().map(first).collect()).into_iter();
    let mut lines: Vec<Line> = table.next().into_iter().collect();
    for ((line, step), pieces) in table.zip(&plan.steps).zip(&pieces) {
        lines.push(line);
        for piece in pieces.iter().skip(1) {
            let blank = " ".repeat(usize::from(indent));
            lines.push(SheetLine::of(vec![(format!("{blank}{piece}"), join::role(step.verdict))]));
        }
        for detail in step.details.iter().filter(|_| step.state != State::Done) {
            for part in wrap(&escape(detail), cells.saturating_sub(10)) {
                lines.push(SheetLine::of(vec![(format!("{INDENT}{part}"), Role::Dim)]));
            }
        }
    }
    lines
}

/// What is wrong has the sign of its verdict; of the rest, what is done is good, and what is to come is nothing yet.
fn sign(step: &Step) -> (&'static str, Role) {
    match (step.verdict, step.state) {
        (Verdict::Ok, State::Done) => glyph(Verdict::Ok, false),
        (Verdict::Ok, _) => ("–", Role::Dim),
        (verdict, _) => glyph(verdict, false),
    }
}

fn state_role(step: &Step) -> Role {
    match step.state {
        State::Done => Role::Dim,
        State::Running => Role::Progressing,
        State::ToDo | State::Check => Role::Strong,
        State::Blocked => Role::Text,
        State::Unknown => Role::Unknown,
    }
}
