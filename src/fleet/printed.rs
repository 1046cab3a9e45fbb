//! Rows that the API server prints: any kind of which nothing else is known here.
//!
//! With `Accept: application/json;as=Table;v=v1;g=meta.k8s.io` and `includeObject=Metadata` a list, and every event of a
//! watch, is a `Table`: the columns of the kind (a custom resource's `additionalPrinterColumns`), the cells, and the
//! metadata of each object. A watch sends the column definitions with its first event only.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::container_status::shortened;
use super::intern::Interner;
use super::meta::{Meta, MetaWire, row_with_meta};
use super::time::Timestamp;
use super::wire::{Items, List, Number, Object, Text};

/// A row that the API server printed.
#[derive(Clone, Debug, PartialEq)]
pub struct Printed {
    /// `metadata`
    pub meta: Meta,
    /// The cells, one for each column.
    pub cells: Box<[PrintedCell]>,
    /// The columns; the same for all rows of a list.
    pub columns: Arc<[PrintedColumn]>,
}

/// A column that the API server prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedColumn {
    /// Its header as the server spells it, for example `Schedule`.
    pub name: Box<str>,
    /// What it means, when the server says so.
    pub help: Box<str>,
    /// What its cells are.
    pub kind: ColumnKind,
    /// Only in wide mode (`priority` above 0).
    pub is_wide: bool,
}

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    /// The object's name.
    Name,
    /// Words.
    Text,
    /// Numbers.
    Number,
    /// Yes or no.
    Flag,
    /// The object's age.
    Created,
    /// Some other instant. The server prints it as an age, and is taken at its word at the moment of the answer.
    Instant,
}

/// Columns of built-in kinds that are ages although they are declared as texts.
const AGES: [&str; 3] = ["Last Schedule", "Last Seen", "First Seen"];

/// A cell that the API server printed.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum PrintedCell {
    /// Nothing: `null`, an empty text, `<none>`, `<unset>`.
    #[default]
    Nothing,
    /// `<unknown>`
    Unknown,
    /// Words.
    Text(Arc<str>),
    /// A whole number.
    Integer(i64),
    /// Another number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// An instant, as exact as the age that was printed.
    Instant(Timestamp),
}

/// A `Table` as it is read: a page of a list, or the object of a watch event.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TableWire<'a> {
    #[serde(borrow)]
    metadata: Object<ListMetaWire<'a>>,
    #[serde(borrow)]
    column_definitions: List<ColumnWire<'a>>,
    #[serde(borrow)]
    rows: List<RowWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ListMetaWire<'a> {
    #[serde(borrow)]
    resource_version: Text<'a>,
    #[serde(borrow, rename = "continue")]
    continue_token: Text<'a>,
    remaining_item_count: Number,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ColumnWire<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    format: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    priority: Number,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RowWire<'a> {
    #[serde(borrow)]
    cells: Items<CellWire<'a>>,
    #[serde(borrow)]
    object: Object<ObjectWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ObjectWire<'a> {
    #[serde(borrow)]
    metadata: Object<MetaWire<'a>>,
}

impl TableWire<'_> {
    /// `metadata.resourceVersion` of the list; of a watch event, that of its only row.
    pub fn revision(&self) -> &str {
        let list = self.metadata.0.as_ref().and_then(|meta| meta.resource_version.known());
        let row = || Some(&*self.rows.first()?.object.0.as_ref()?.metadata.0.as_ref()?.resource_version);
        list.or_else(row).unwrap_or("")
    }

    /// `metadata.continue`: the token of the next page.
    pub fn continue_token(&self) -> Option<&str> {
        self.metadata.0.as_ref()?.continue_token.known()
    }

    /// `metadata.remainingItemCount`
    pub fn remaining(&self) -> Option<u64> {
        self.metadata.0.as_ref()?.remaining_item_count.0.and_then(|count| u64::try_from(count).ok())
    }
}

/// What the rows of one printed table share: strings and columns. One per source.
#[derive(Debug, Default)]
pub struct PrintedShared {
    interner: Interner,
    columns: Arc<[PrintedColumn]>,
}

impl PrintedShared {
    /// The columns that were last announced.
    pub fn columns(&self) -> &Arc<[PrintedColumn]> {
        &self.columns
    }

    /// Packs the rows of a table that was received at `now`. A table without columns has those of the one before it.
    pub fn pack(&mut self, table: TableWire<'_>, now: Timestamp) -> Vec<Printed> {
        if !table.column_definitions.is_empty() {
            let columns: Arc<[PrintedColumn]> =
                table.column_definitions.iter().map(PrintedColumn::read).collect();
            if columns != self.columns {
                self.columns = columns;
            }
        }
        table.rows.0.into_iter().map(|row| self.row(row, now)).collect()
    }

    fn row(&mut self, row: RowWire<'_>, now: Timestamp) -> Printed {
        let meta = row.object.or_default().metadata.or_default();
        let meta = Meta::pack(&meta, &mut self.interner);
        let cells = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| match column.kind {
                ColumnKind::Created if !meta.created.is_never() => PrintedCell::Instant(meta.created),
                kind => row
                    .cells
                    .0
                    .get(at)
                    .map_or(PrintedCell::Nothing, |cell| cell.pack(kind, now, &mut self.interner)),
            })
            .collect();
        Printed { meta, cells, columns: Arc::clone(&self.columns) }
    }
}

impl PrintedColumn {
    /// Its name in JSON, filters and the configuration: `kebab-case`, for example `last-schedule`. Two columns of a
    /// custom resource may have the same one.
    pub fn id(&self) -> String {
        let mut id = String::with_capacity(self.name.len());
        for word in self.name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            if !id.is_empty() {
                id.push('-');
            }
            id.extend(word.chars().flat_map(char::to_lowercase));
        }
        id
    }

    fn read(wire: &ColumnWire<'_>) -> Self {
        let kind = match (&*wire.kind, &*wire.format) {
            (_, "name") => ColumnKind::Name,
            // Built-in kinds declare their age as a text, custom ones as a date.
            ("string" | "date", _) if wire.name.eq_ignore_ascii_case("age") => ColumnKind::Created,
            ("date", _) | (_, "date-time") => ColumnKind::Instant,
            ("string", _) if AGES.iter().any(|name| wire.name.eq_ignore_ascii_case(name)) => {
                ColumnKind::Instant
            }
            ("integer" | "number", _) => ColumnKind::Number,
            ("boolean", _) => ColumnKind::Flag,
            _ => ColumnKind::Text,
        };
        Self {
            name: (*wire.name).into(),
            help: wire.description.lines().next().unwrap_or("").into(),
            kind,
            is_wide: wire.priority.0.is_some_and(|priority| priority > 0),
        }
    }
}

row_with_meta!(Printed);

/// A cell as it is read.
#[derive(Debug)]
enum CellWire<'a> {
    Nothing,
    Text(Text<'a>),
    Integer(i64),
    Number(f64),
    Flag(bool),
}

impl CellWire<'_> {
    fn pack(&self, kind: ColumnKind, now: Timestamp, interner: &mut Interner) -> PrintedCell {
        let text = match self {
            Self::Nothing => return PrintedCell::Nothing,
            Self::Integer(number) => return PrintedCell::Integer(*number),
            Self::Number(number) => return PrintedCell::Number(*number),
            Self::Flag(flag) => return PrintedCell::Flag(*flag),
            Self::Text(text) => text.trim(),
        };
        match (kind, text) {
            (_, "" | "<none>" | "<unset>") => PrintedCell::Nothing,
            (_, "<unknown>") => PrintedCell::Unknown,
            // Custom resources' numbers and flags arrive as texts where the schema says so.
            (ColumnKind::Number, _) if text.parse::<i64>().is_ok() => {
                text.parse().map_or(PrintedCell::Nothing, PrintedCell::Integer)
            }
            (ColumnKind::Flag, "true" | "True") => PrintedCell::Flag(true),
            (ColumnKind::Flag, "false" | "False") => PrintedCell::Flag(false),
            (ColumnKind::Instant | ColumnKind::Created, _) => match age_seconds(text) {
                Some(seconds) => PrintedCell::Instant(Timestamp::from_seconds(now.seconds() - seconds)),
                None => match Timestamp::parse(text) {
                    at if at.is_never() => PrintedCell::Text(interner.get(shortened(text))),
                    at => PrintedCell::Instant(at),
                },
            },
            _ => PrintedCell::Text(interner.get(shortened(text))),
        }
    }
}

/// The seconds of an age as the server prints it: `45s`, `3m10s`, `2y40d`; of `<invalid>` and everything else none.
fn age_seconds(text: &str) -> Option<i64> {
    let mut total: i64 = 0;
    let mut digits = 0_i64;
    let mut has_digits = false;
    for c in text.chars() {
        match c {
            '0'..='9' => {
                digits = digits.checked_mul(10)?.checked_add(i64::from(c as u32 - '0' as u32))?;
                has_digits = true;
            }
            'y' | 'd' | 'h' | 'm' | 's' if has_digits => {
                let unit = match c {
                    'y' => 365 * 86_400,
                    'd' => 86_400,
                    'h' => 3600,
                    'm' => 60,
                    _ => 1,
                };
                total = total.checked_add(digits.checked_mul(unit)?)?;
                (digits, has_digits) = (0, false);
            }
            _ => return None,
        }
    }
    (!has_digits && !text.is_empty()).then_some(total)
}

impl<'de: 'a, 'a> Deserialize<'de> for CellWire<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CellVisitor(std::marker::PhantomData))
    }
}

struct CellVisitor<'a>(std::marker::PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for CellVisitor<'a> {
    type Value = CellWire<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a cell")
    }
    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<CellWire<'a>, E> {
        Ok(CellWire::Text(Text(text.into())))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<CellWire<'a>, E> {
        Ok(CellWire::Text(Text(text.to_owned().into())))
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<CellWire<'a>, E> {
        Ok(CellWire::Integer(number))
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<CellWire<'a>, E> {
        Ok(CellWire::Integer(i64::try_from(number).unwrap_or(i64::MAX)))
    }
    fn visit_f64<E: Error>(self, number: f64) -> Result<CellWire<'a>, E> {
        Ok(CellWire::Number(number))
    }
    fn visit_bool<E: Error>(self, flag: bool) -> Result<CellWire<'a>, E> {
        Ok(CellWire::Flag(flag))
    }
    fn visit_unit<E: Error>(self) -> Result<CellWire<'a>, E> {
        Ok(CellWire::Nothing)
    }
    /// A cell of a custom resource may be any JSON. Lists are shown by their simple elements, as kubectl does.
    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<CellWire<'a>, S::Error> {
        let mut words = Vec::new();
        while let Some(word) = seq.next_element::<Text<'a>>()? {
            words.push(word.to_string());
        }
        Ok(CellWire::Text(Text(words.join(",").into())))
    }
    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<CellWire<'a>, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(CellWire::Nothing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::Row;

    const NOW: &str = "2026-11-21T13:00:00Z";

    fn pack(shared: &mut PrintedShared, json: &str) -> Vec<Printed> {
        shared.pack(serde_json::from_str(json).unwrap(), Timestamp::parse(NOW))
    }

    const LIST: &str = r#"{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"77","continue":"c",
        "remainingItemCount":3},"columnDefinitions":[
        {"name":"Name","type":"string","format":"name","description":"Name must be unique.\nMore.","priority":0},
        {"name":"Ready","type":"string","format":"","description":"","priority":0},
        {"name":"Weight","type":"integer","format":"","description":"","priority":1},
        {"name":"Renewal","type":"date","format":"","description":"","priority":0},
        {"name":"Age","type":"date","format":"","description":"","priority":0}],
        "rows":[{"cells":["web-tls","True","10","59d","3d2h"],"object":{"kind":"PartialObjectMetadata","metadata":
        {"name":"web-tls","namespace":"staging","uid":"00000000-0000-0000-0000-000000000001","resourceVersion":"70",
        "creationTimestamp":"2026-11-18T10:00:00Z","labels":{"a":"b"}}}},
        {"cells":["bare",null,null,"<none>","<unknown>"],"object":null},{"cells":null}]}"#;

    #[test]
    fn a_page_of_a_list_is_read() {
        let mut shared = PrintedShared::default();
        let wire: TableWire<'_> = serde_json::from_str(LIST).unwrap();
        assert_eq!((wire.revision(), wire.continue_token(), wire.remaining()), ("77", Some("c"), Some(3)));
        let rows = shared.pack(wire, Timestamp::parse(NOW));
        assert_eq!(rows.len(), 3);
        let first = &rows[0];
        assert_eq!((first.namespace(), first.name()), (Some("staging"), "web-tls"));
        assert_eq!(
            first.columns.iter().map(|c| c.kind).collect::<Vec<_>>(),
            [
                ColumnKind::Name,
                ColumnKind::Text,
                ColumnKind::Number,
                ColumnKind::Instant,
                ColumnKind::Created
            ]
        );
        assert!(first.columns[2].is_wide);
        assert_eq!(&*first.columns[0].help, "Name must be unique.");
        assert_eq!(first.cells[2], PrintedCell::Integer(10));
        assert_eq!(first.cells[3], PrintedCell::Instant(Timestamp::parse("2026-09-23T13:00:00Z")));
        assert_eq!(first.cells[4], PrintedCell::Instant(Timestamp::parse("2026-11-18T10:00:00Z")));
        assert_eq!(
            rows[1].cells[1..],
            [PrintedCell::Nothing, PrintedCell::Nothing, PrintedCell::Nothing, PrintedCell::Unknown]
        );
    }

    #[test]
    fn a_watch_event_without_columns_has_those_of_the_list() {
        let mut shared = PrintedShared::default();
        let listed = pack(&mut shared, LIST);
        let event = r#"{"kind":"Table","metadata":{},"columnDefinitions":null,"rows":[{"cells":["x","False",2.5,"1h"],
            "object":{"metadata":{"name":"x","resourceVersion":"80"}}}]}"#;
        assert_eq!(serde_json::from_str::<TableWire<'_>>(event).unwrap().revision(), "80");
        let rows = pack(&mut shared, event);
        assert!(Arc::ptr_eq(&rows[0].columns, &listed[0].columns));
        assert_eq!(rows[0].cells[2], PrintedCell::Number(2.5));
        assert_eq!(rows[0].cells.len(), 5);
    }

    #[test]
    fn ages_that_are_declared_as_texts_are_instants_too() {
        let mut shared = PrintedShared::default();
        let table = r#"{"columnDefinitions":[{"name":"Name","type":"string","format":"name"},
            {"name":"Timezone","type":"string"},{"name":"Suspend","type":"boolean"},{"name":"Last Schedule","type":"string"},
            {"name":"Age","type":"string"}],"rows":[{"cells":["report","<none>","False","38m","61m"],
            "object":{"metadata":{"name":"report"}}}]}"#;
        let rows = pack(&mut shared, table);
        assert_eq!(
            rows[0].cells[1..],
            [
                PrintedCell::Nothing,
                PrintedCell::Flag(false),
                PrintedCell::Instant(Timestamp::parse("2026-11-21T12:22:00Z")),
                PrintedCell::Instant(Timestamp::parse("2026-11-21T11:59:00Z"))
            ]
        );
    }

    #[test]
    fn a_column_has_an_id_for_json() {
        let id = |name: &str| {
            PrintedColumn { name: name.into(), help: "".into(), kind: ColumnKind::Text, is_wide: false }.id()
        };
        assert_eq!(id("Last Schedule"), "last-schedule");
        assert_eq!(id("CLUSTER-IP"), "cluster-ip");
        assert_eq!(id("Port(s)"), "port-s");
        assert_eq!(id("…"), "");
    }

    #[test]
    fn cells_may_be_any_json() {
        let mut shared = PrintedShared::default();
        let table = r#"{"columnDefinitions":[{"name":"A","type":"string"},{"name":"B","type":"boolean"},{"name":"C"},{}],
            "rows":[{"cells":[["a","b"],"True",{"x":1},18446744073709551615]}]}"#;
        let rows = pack(&mut shared, table);
        assert_eq!(
            *rows[0].cells,
            [
                PrintedCell::Text("a,b".into()),
                PrintedCell::Flag(true),
                PrintedCell::Nothing,
                PrintedCell::Integer(i64::MAX)
            ]
        );
    }

    #[test]
    fn ages_read_back_as_they_are_printed() {
        for seconds in
            [0, 45, 190, 600, 7 * 3600 + 300, 4 * 86_400 + 3 * 3600, 3 * 365 * 86_400 + 40 * 86_400]
        {
            assert_eq!(age_seconds(&crate::fleet::time::human_duration(seconds)), Some(seconds));
        }
        for text in ["", "<invalid>", "5", "m", "99999999999999999999d", "9999999999999999d"] {
            assert_eq!(age_seconds(text), None, "{text}");
        }
    }
}
