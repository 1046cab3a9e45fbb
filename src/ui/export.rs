//! A table's rows as data: what `get VIEW` prints.

use serde_json::{Map, Value as Json, json};

use super::text::{self, Align};
use crate::fleet::ObjectRef;

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

impl Export {
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
