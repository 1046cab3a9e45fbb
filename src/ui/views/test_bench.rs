//! A view on a bench: pictures in, screens out.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::style::{Color, Modifier, Style};

use crate::fleet::{Environment, ObjectRef, ResourceType, Timestamp};
use crate::snapshot::{ClusterSnapshot, Snapshot};
use crate::ui::message::Effect;
use crate::ui::role::Role;
use crate::ui::test_cluster::NOW;
use crate::ui::view::{Handled, Look, Scope, Styles, View, World};

/// The selection is reversed, what is critical is red, all else is plain.
#[derive(Debug)]
pub(crate) struct Plain;

impl Styles for Plain {
    fn of(&self, role: Role) -> Style {
        match role {
            Role::Selection => Style::new().add_modifier(Modifier::REVERSED),
            Role::Critical => Style::new().fg(Color::Red),
            _ => Style::new(),
        }
    }
}

/// A view and what it looks at.
pub(crate) struct Bench<V> {
    pub(crate) view: V,
    pub(crate) snapshot: Snapshot,
    pub(crate) now: Timestamp,
    environments: Vec<Environment>,
    scope: Scope,
}

impl<V: View> Bench<V> {
    pub(crate) fn new(view: V, clusters: Vec<Arc<ClusterSnapshot>>) -> Self {
        let environments =
            clusters.iter().map(|cluster| Environment::guessed(cluster.id.environment().as_str())).collect();
        let snapshot = Snapshot { version: 1, clusters };
        Self { view, snapshot, now: Timestamp::parse(NOW), environments, scope: Scope::default() }
    }

    pub(crate) fn with<T>(&mut self, act: impl FnOnce(&mut V, &World<'_>) -> T) -> T {
        let world = World {
            snapshot: &self.snapshot,
            now: self.now,
            environments: &self.environments,
            scope: &self.scope,
        };
        act(&mut self.view, &world)
    }

    pub(crate) fn asks(&mut self) -> Vec<Effect> {
        self.with(|view, world| view.asks(world))
    }

    pub(crate) fn run(&mut self, id: &'static str) -> Handled {
        self.with(|view, world| view.command(id, world))
    }

    pub(crate) fn buffer(&mut self, width: u16, height: u16, ascii: bool) -> Buffer {
        self.with(|view, world| view.prepare(Size::new(width, height), world));
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        self.view.render(area, &mut buffer, &Look { style: &Plain, ascii, now: self.now });
        buffer
    }

    pub(crate) fn screen(&mut self, width: u16, height: u16) -> Vec<String> {
        lines(&self.buffer(width, height, false))
    }
}

/// What a buffer says, without the blanks at the end of its lines.
pub(crate) fn lines(buffer: &Buffer) -> Vec<String> {
    let area = buffer.area;
    let line = |y: u16| (0..area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..area.height).map(|y| line(y).trim_end().to_owned()).collect()
}

/// An object of the test cluster.
pub(crate) fn object(
    cluster: &ClusterSnapshot,
    kind: ResourceType,
    namespace: Option<&str>,
    name: &str,
) -> ObjectRef {
    ObjectRef {
        cluster: cluster.id.clone(),
        resource: kind,
        namespace: namespace.map(Into::into),
        name: name.into(),
    }
}
