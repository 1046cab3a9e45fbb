//! Any kind at all, by the columns that the API server prints.

use std::borrow::Cow;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use crate::fleet::printed::{ColumnKind, Printed, PrintedCell, PrintedColumn};
use crate::fleet::{Interest, ObjectRef, ResourceType, Row, Timestamp};
use crate::ui::fresh::Picture;
use crate::ui::input::{Key, Mouse};
use crate::ui::listing::{CellOf, Column, Judged, Listing, RowContext, Shown, Width};
use crate::ui::role::Role;
use crate::ui::table_view::{Glyphs, TableView};
use crate::ui::value::{Cell, Value};
use crate::ui::view::{Handled, Look, Offer, Tabular, View, ViewAbout, World};

/// The name of its section in the keymap; each kind's own name is [`Listing::name`].
static ABOUT: ViewAbout =
    ViewAbout { name: "kind", aliases: &[], help: "Any kind, by the columns that the API server prints" };

/// A kind by its printed columns. They come with the rows, so that the first frame knows only name and namespace.
pub struct PrintedListing {
    name: String,
    resources: [ResourceType; 1],
    printed: Option<Arc<[PrintedColumn]>>,
    columns: Vec<Column<Printed>>,
}

impl PrintedListing {
    /// The listing of a kind whose columns are not known yet.
    pub fn new(resource: &ResourceType) -> Self {
        Self {
            name: resource.qualified(),
            resources: [resource.printed()],
            printed: None,
            columns: columns(resource, &[]),
        }
    }
}

fn columns(resource: &ResourceType, printed: &[PrintedColumn]) -> Vec<Column<Printed>> {
    let mut columns = Vec::with_capacity(printed.len() + 2);
    if resource.namespaced {
        columns.push(Column::new("namespace", "NAMESPACE", "the namespace", namespace).fit(9, 30).drop_at(2));
    }
    columns.push(Column::new("name", "NAME", "the name", name).grow(16).drop_at(0).sorts_by('N'));
    for (at, column) in printed.iter().enumerate() {
        if column.kind == ColumnKind::Name {
            continue;
        }
        let id: String = column
            .name
            .chars()
            .map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
            .collect();
        if columns.iter().any(|known| known.id == id) {
            continue;
        }
        let is_age = column.kind == ColumnKind::Created;
        columns.push(Column {
            id: Cow::Owned(id),
            title: Cow::Owned(column.name.to_uppercase()),
            help: Cow::Owned(column.help.to_string()),
            width: Width::Fit { min: 3, max: 40 },
            // The server names the important ones first.
            drop: if is_age { 2 } else { u8::try_from(at + 2).unwrap_or(u8::MAX) },
            shown: if column.is_wide { Shown::Wide } else { Shown::Always },
            sort: is_age.then_some('A'),
            short: None,
            cell: CellOf::Printed(at, cell),
        });
    }
    columns
}

fn namespace<'a>(row: &'a Printed, _: &RowContext<'a>) -> Cell<'a> {
    Value::maybe(row.namespace()).into()
}

fn name<'a>(row: &'a Printed, _: &RowContext<'a>) -> Cell<'a> {
    Value::text(row.name()).as_role(Role::Strong)
}

fn cell<'a>(at: usize, row: &'a Printed, _: &RowContext<'a>) -> Cell<'a> {
    let is_created = row.columns.get(at).is_some_and(|column| column.kind == ColumnKind::Created);
    if is_created {
        return Value::Age(row.meta.created).into();
    }
    let value = match row.cells.get(at) {
        None | Some(PrintedCell::Nothing) => Value::Nothing,
        Some(PrintedCell::Unknown) => Value::Unknown,
        Some(PrintedCell::Text(text)) => Value::text(text.as_ref()),
        Some(PrintedCell::Integer(number)) => match u64::try_from(*number) {
            Ok(number) => Value::Count(number),
            Err(_) => Value::text(number.to_string()),
        },
        Some(PrintedCell::Number(number)) => Value::text(number.to_string()),
        Some(PrintedCell::Flag(flag)) => Value::Flag(*flag),
        Some(PrintedCell::Instant(at)) => Value::Age(*at),
    };
    value.into()
}

impl Listing for PrintedListing {
    type Row = Printed;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn resources(&self) -> &[ResourceType] {
        &self.resources
    }

    fn columns(&self) -> &[Column<Printed>] {
        &self.columns
    }

    fn verdict<'a>(&self, row: &'a Printed, _: &RowContext<'a>) -> Judged<'a> {
        // What cannot be judged is not called good; but a kind that says nothing of its health is not unknown either.
        if row.meta.deleted.is_never() {
            Judged::ok()
        } else {
            Judged::because(crate::fleet::Verdict::Progressing, "being deleted")
        }
    }
}

/// A table of any kind. It takes up the columns when the first rows bring them.
pub struct PrintedView {
    table: TableView<PrintedListing>,
}

impl PrintedView {
    /// A view of a kind that has seen nothing yet.
    pub fn new(resource: &ResourceType, glyphs: Glyphs) -> Self {
        Self { table: TableView::new(PrintedListing::new(resource), glyphs) }
    }

    fn take_up_columns(&mut self, world: &World<'_>) {
        let listing = &self.table.grid.listing;
        let [resource] = &listing.resources;
        let clusters = world.snapshot.clusters.iter().filter(|cluster| world.scope.includes(&cluster.id));
        let first = clusters
            .filter_map(|cluster| cluster.table::<Printed>(resource))
            .find_map(|table| table.iter().next())
            .map(|(_, row)| Arc::clone(&row.columns));
        let Some(printed) = first else { return };
        if listing.printed.as_deref() == Some(&printed) {
            return;
        }
        let made = columns(resource, &printed);
        self.table.grid.take_up(|listing| {
            listing.columns = made;
            listing.printed = Some(printed);
        });
    }
}

impl View for PrintedView {
    fn about(&self) -> &'static ViewAbout {
        self.table.about()
    }
    fn name(&self) -> &str {
        View::name(&self.table)
    }
    fn interests(&self, world: &World<'_>) -> Vec<Interest> {
        self.table.interests(world)
    }
    fn commands(&self, world: &World<'_>) -> Vec<Offer> {
        self.table.commands(world)
    }
    fn command(&mut self, id: &'static str, world: &World<'_>) -> Handled {
        self.table.command(id, world)
    }
    fn key(&mut self, key: Key, world: &World<'_>) -> Handled {
        self.table.key(key, world)
    }
    fn mouse(&mut self, mouse: Mouse, world: &World<'_>) -> Handled {
        self.table.mouse(mouse, world)
    }
    fn prepare(&mut self, size: Size, world: &World<'_>) {
        self.take_up_columns(world);
        self.table.prepare(size, world);
    }
    fn render(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        self.table.render(area, buffer, look);
    }
    fn next_wake(&self, now: Timestamp) -> Option<Timestamp> {
        self.table.next_wake(now)
    }
    fn family(&self) -> &'static str {
        self.table.family()
    }
    fn takes_text(&self) -> bool {
        self.table.takes_text()
    }
    fn paste(&mut self, text: &str, world: &World<'_>) {
        self.table.paste(text, world);
    }
    fn selected(&self) -> Vec<ObjectRef> {
        self.table.selected()
    }
    fn unwind(&mut self) -> bool {
        self.table.unwind()
    }
    fn take_glyphs(&mut self, glyphs: Glyphs) {
        self.table.take_glyphs(glyphs);
    }
    fn leave(&mut self) {
        self.table.leave();
    }
    fn count(&self) -> Option<String> {
        self.table.count()
    }
    fn filter(&self) -> Option<String> {
        View::filter(&self.table)
    }
    fn pictures(&self) -> Vec<Picture> {
        self.table.pictures()
    }
    fn explain(&self, id: &str) -> Option<String> {
        self.table.explain(id)
    }
    fn current_text(&self, column: &str) -> Option<String> {
        self.table.current_text(column)
    }
    fn as_table(&mut self) -> Option<&mut dyn Tabular> {
        self.table.as_table()
    }
}

#[cfg(test)]
mod tests;
