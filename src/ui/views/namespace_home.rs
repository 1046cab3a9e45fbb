//! The home of a namespace: a developer's first screen. What runs, what is not well and why, how it is reached, what
//! its quota leaves, and what happened last. What may not be read says so, and the rest is shown.

mod parts;
mod printed;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use crate::fleet::kind::{
    CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, ENDPOINT_SLICES, EVENTS, INGRESSES, JOBS, NAMESPACES, POD_METRICS,
    PODS, RESOURCE_QUOTAS, SERVICES, STATEFUL_SETS,
};
use crate::fleet::{ClusterId, Interest, ObjectRef, ResourceType, Timestamp};
use crate::snapshot::ClusterSnapshot;
use crate::ui::export::Export;
use crate::ui::fresh::Picture;
use crate::ui::input::{Mouse, MouseAction};
use crate::ui::view::{Handled, Look, Offer, View, ViewAbout, World};
use crate::ui::widgets::sheet::{self, Sheet};

/// Name and help.
pub const ABOUT: ViewAbout = ViewAbout {
    name: "namespace-home",
    aliases: &[],
    help: "a namespace at a glance: workloads, what is wrong, hosts, services, quota, events",
};

/// The commands of this view besides those that move.
pub const COMMANDS: &[&str] = &["open"];

/// The tables it is made of.
const TABLES: &[ResourceType] = &[
    NAMESPACES,
    DEPLOYMENTS,
    STATEFUL_SETS,
    DAEMON_SETS,
    CRON_JOBS,
    JOBS,
    PODS,
    INGRESSES,
    SERVICES,
    ENDPOINT_SLICES,
    RESOURCE_QUOTAS,
    EVENTS,
    POD_METRICS,
];

/// Usage and quotas are extras: without them the home is complete.
fn needed() -> Vec<ResourceType> {
    TABLES.iter().filter(|table| ![POD_METRICS, RESOURCE_QUOTAS].contains(table)).cloned().collect()
}

/// How long the screen may stand still, in seconds: while rows change, and at all.
const PATIENCE: i64 = 1;
const AGES: i64 = 10;

/// One namespace at a glance.
#[derive(Debug)]
pub struct NamespaceHome {
    namespace: ObjectRef,
    sheet: Sheet<ObjectRef>,
    made: Option<(u16, Timestamp, Vec<Option<u64>>)>,
    pictures: Vec<Picture>,
    /// Rows have changed since it was made.
    is_behind: bool,
}

impl NamespaceHome {
    /// The home of a namespace.
    pub fn open(namespace: &ObjectRef) -> Self {
        Self {
            namespace: namespace.clone(),
            sheet: Sheet::default(),
            made: None,
            pictures: Vec::new(),
            is_behind: false,
        }
    }

    /// How fresh this namespace's part of each table is.
    fn fresh(&self, cluster: &ClusterSnapshot) -> Vec<Picture> {
        needed().iter().map(|table| Picture::within(cluster, table, Some(&self.namespace.name))).collect()
    }

    fn make(&mut self, width: u16, world: &World<'_>) {
        let Some(cluster) = world.snapshot.cluster(&self.namespace.cluster) else { return };
        let pictures = self.fresh(cluster);
        let words = |pictures: &[Picture]| pictures.iter().map(Picture::word).collect::<Vec<_>>();
        // A table that has just become complete is shown at once.
        let has_settled = words(&pictures) != words(&self.pictures);
        self.pictures = pictures;
        let versions: Vec<Option<u64>> =
            TABLES.iter().map(|table| cluster.any_table(table).map(|table| table.version())).collect();
        let is_same = self.made.as_ref().is_some_and(|(made_width, at, made_of)| {
            let age = at.seconds_before(world.now);
            self.is_behind = *made_of != versions;
            !has_settled
                && *made_width == width
                && ((*made_of == versions && age < AGES) || (0..PATIENCE).contains(&age))
        });
        if is_same {
            return;
        }
        let home = parts::Home { cluster, namespace: &self.namespace.name, now: world.now, width };
        self.sheet.set(home.lines());
        self.made = Some((width, world.now, versions));
        self.is_behind = false;
    }
}

impl View for NamespaceHome {
    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }

    fn subject(&self) -> Option<String> {
        Some(self.namespace.name.to_string())
    }

    fn cluster(&self) -> Option<&ClusterId> {
        Some(&self.namespace.cluster)
    }

    fn pictures(&self) -> Vec<Picture> {
        self.pictures.clone()
    }

    fn interests(&self, _: &World<'_>) -> Vec<Interest> {
        let cluster = &self.namespace.cluster;
        let table =
            |resource: &ResourceType| Interest { cluster: cluster.clone(), resource: resource.clone() };
        TABLES.iter().map(table).collect()
    }

    fn commands(&self, _: &World<'_>) -> Vec<Offer> {
        let nothing = self.sheet.current().is_none().then(|| "there is nothing to open".to_owned());
        let disabled = |id: &str| if id == "open" { nothing.clone() } else { None };
        let all = COMMANDS.iter().chain(sheet::COMMANDS);
        all.map(|&id| Offer { id, disabled: disabled(id) }).collect()
    }

    fn command(&mut self, id: &'static str, _: &World<'_>) -> Handled {
        match id {
            "open" => match self.sheet.current() {
                Some(object) => Handled::Open(super::open_object(object)),
                None => Handled::Done(Vec::new()),
            },
            id if self.sheet.command(id) => Handled::Done(Vec::new()),
            _ => Handled::Ignored,
        }
    }

    fn mouse(&mut self, mouse: Mouse, world: &World<'_>) -> Handled {
        match mouse.action {
            MouseAction::WheelUp => self.sheet.step(-1),
            MouseAction::WheelDown => self.sheet.step(1),
            MouseAction::Click | MouseAction::RightClick => {
                self.sheet.click(mouse.row);
            }
            MouseAction::DoubleClick if self.sheet.click(mouse.row) => return self.command("open", world),
            MouseAction::DoubleClick => {}
        }
        Handled::Done(Vec::new())
    }

    fn prepare(&mut self, size: Size, world: &World<'_>) {
        self.make(size.width, world);
        self.sheet.prepare(size.height);
    }

    fn render(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        self.sheet.render(area, buffer, look);
    }

    fn next_wake(&self, now: Timestamp) -> Option<Timestamp> {
        let (_, at, _) = self.made.as_ref()?;
        let wait = if self.is_behind { PATIENCE } else { AGES };
        Some(Timestamp::from_seconds((at.seconds() + wait).max(now.seconds() + 1)))
    }

    fn selected(&self) -> Vec<ObjectRef> {
        vec![self.sheet.current().unwrap_or(&self.namespace).clone()]
    }

    fn leave(&mut self) {
        self.made = None;
    }

    fn export(&self, world: &World<'_>) -> Option<Export> {
        self.printed(world)
    }
}

#[cfg(test)]
mod tests;
