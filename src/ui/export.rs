//! A table's rows as data: what `get VIEW` prints.

use serde_json::{Map, Value as Json, json};

use super::grid::cell;
use super::text::{self, Align};
use super::value::Value;
use crate::fleet::{ObjectRef, Timestamp, Verdict};

/// All rows of a table that pass its filter, in the order shown.
#[derive(Clone, Debug, Default)]
pub struct Export {
    /// The shown columns from left to right, verdict and reason included.
    pub columns: Vec<ExportColumn>,
    /// The rows.
    pub rows: Vec<ExportRow>,
    /// What could not be read.
    pub unknown: Vec<ExportUnknown>,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportColumn {
    /// Its id, the key in JSON.
    pub id: String,
    /// Its header, in capitals.
    pub title: String,
    /// Which side its cells are aligned to.
    pub align: Align,
}

/// One row.
#[derive(Clone, Debug)]
pub struct ExportRow {
    /// The object.
    pub object: ObjectRef,
    /// One text for each column, escaped.
    pub cells: Vec<String>,
    /// `cluster`, `namespace`, `name`, every column of the listing by its id, `verdict`, `why`.
    pub json: Map<String, Json>,
}

/// Something that could not be read, or not completely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportUnknown {
    /// Where.
    pub cluster: String,
    /// What: the plural name of the kind.
    pub what: String,
    /// Why not.
    pub why: String,
}

/// A row of a view that is no table: what it is about, how that is, and one value for each column.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// The object.
    pub object: ObjectRef,
    /// How it is.
    pub verdict: Verdict,
    /// Why it is not ok; empty when there is nothing to say.
    pub why: String,
    /// One for each head.
    pub values: Vec<Value<'a>>,
}

impl Export {
    /// The rows of a view that is no table. A head is a column's id and its title; the verdict goes before them, the
    /// reason behind.
    pub fn of(heads: &[(&str, &str)], lines: Vec<Line<'_>>, now: Timestamp) -> Self {
        let mut columns =
            vec![ExportColumn { id: "verdict".into(), title: String::new(), align: Align::Left }];
        for (at, (id, title)) in heads.iter().enumerate() {
            let align = lines.iter().find_map(|line| line.values.get(at).and_then(cell::align));
            let align = align.unwrap_or(Align::Left);
            columns.push(ExportColumn { id: (*id).to_owned(), title: (*title).to_owned(), align });
        }
        columns.push(ExportColumn { id: "why".into(), title: "WHY".into(), align: Align::Left });
        let row = |line: Line<'_>| {
            let mut json = Map::new();
            json.insert("cluster".into(), Json::from(line.object.cluster.name()));
            json.insert("namespace".into(), line.object.namespace.as_deref().map_or(Json::Null, Json::from));
            json.insert("name".into(), Json::from(line.object.name.as_ref()));
            let mut cells = vec![cell::verdict_glyph(line.verdict, false).to_owned()];
            for ((id, _), value) in heads.iter().zip(&line.values) {
                let mut text = String::new();
                cell::write(value, now, false, &mut text);
                cells.push(text);
                json.entry(*id).or_insert_with(|| cell::json(value));
            }
            json.insert("verdict".into(), Json::from(line.verdict.as_str()));
            json.insert(
                "why".into(),
                if line.why.is_empty() { Json::Null } else { Json::from(line.why.as_str()) },
            );
            cells.push(match line.why.as_str() {
                "" => cell::nothing(false).to_owned(),
                why => text::escape(why).into_owned(),
            });
            ExportRow { object: line.object, cells, json }
        };
        Self { columns, rows: lines.into_iter().map(row).collect(), unknown: Vec::new() }
    }

    /// The document of `get VIEW -o json`.
    pub fn to_json(&self, view: &str) -> Json {
        let rows: Vec<Json> = self.rows.iter().map(|row| Json::Object(row.json.clone())).collect();
        let unknown: Vec<Json> = self
            .unknown
            .iter()
            .map(|u| json!({"cluster": u.cluster, "what": u.what, "why": u.why}))
            .collect();
        json!({"version": 1, "view": view, "rows": rows, "unknown": unknown})
    }

    /// Aligned columns, three blanks apart, as kubectl prints them. Lines have no blanks at their end.
    pub fn to_text(&self, with_headers: bool) -> String {
        let mut widths: Vec<u16> =
            self.columns.iter().map(|c| if with_headers { text::width(&c.title) } else { 0 }).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(&row.cells) {
                *width = (*width).max(text::width(cell));
            }
        }
        let mut out = String::new();
        let mut line = |cells: &mut dyn Iterator<Item = &str>| {
            let start = out.len();
            for ((cell, width), column) in cells.zip(&widths).zip(&self.columns) {
                out.push_str(&text::fit(cell, *width, column.align, false));
                out.push_str("   ");
            }
            let kept = out.get(start..).map_or(start, |line| start + line.trim_end().len());
            out.truncate(kept);
            out.push('\n');
        };
        if with_headers {
            line(&mut self.columns.iter().map(|column| column.title.as_str()));
        }
        for row in &self.rows {
            line(&mut row.cells.iter().map(String::as_str));
        }
        out
    }
}
