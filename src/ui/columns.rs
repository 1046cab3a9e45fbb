//! Columns that tables have in common, so that they look and sort alike everywhere.

use super::listing::{Column, RowContext};
use super::role::Role;
use super::value::{Cell, Value};
use crate::fleet::Row;

/// `namespace`
pub const fn namespace<R: Row>() -> Column<R> {
    Column::new("namespace", "NAMESPACE", "Namespace", namespace_of::<R>).fit(4, 24).drop_at(2).sorts_by('P')
}

/// `name`
pub const fn name<R: Row>() -> Column<R> {
    Column::new("name", "NAME", "Name", name_of::<R>).fit(12, 56).drop_at(0).sorts_by('N')
}

/// `age`
pub const fn age<R: Row>(cell: for<'a> fn(&'a R, &RowContext<'a>) -> Cell<'a>) -> Column<R> {
    Column::new("age", "AGE", "Since it was created", cell).fit(4, 7).drop_at(4).sorts_by('A')
}

/// `labels`
pub const fn labels<R: Row>() -> Column<R> {
    Column::new("labels", "LABELS", "Labels", labels_of::<R>).fit(8, 60).drop_at(9).wide()
}

fn namespace_of<'a, R: Row>(row: &'a R, _: &RowContext<'a>) -> Cell<'a> {
    Value::maybe(row.namespace()).into()
}

fn name_of<'a, R: Row>(row: &'a R, _: &RowContext<'a>) -> Cell<'a> {
    Value::text(row.name()).as_role(Role::Strong)
}

fn labels_of<'a, R: Row>(row: &'a R, _: &RowContext<'a>) -> Cell<'a> {
    let labels: Vec<String> = row.labels().map(|(key, value)| format!("{key}={value}")).collect();
    Value::text(labels.join(",")).into()
}
