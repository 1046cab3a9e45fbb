//! All rows as data, for `get VIEW`.

use serde_json::{Map, Value as Json};

use super::{Grid, cell};
use crate::fleet::{Row, Timestamp};
use crate::ui::export::{Export, ExportColumn, ExportRow, ExportUnknown};
use crate::ui::listing::{Listing, RowContext};
use crate::ui::text::{Align, escape};

impl<L: Listing> Grid<L> {
    /// Every row that passes the filter, with every column, as of `now`.
    pub fn export(&self, now: Timestamp) -> Export {
        let reach = self.reach();
        let columns = self.listing.columns();
        let several = self.sources.windows(2).any(|pair| match pair {
            [a, b] => a.cluster != b.cluster,
            _ => false,
        });
        let shown = self.shown_columns();
        let mut export = Export { unknown: self.unknown(), ..Export::default() };
        let mut aligns = vec![None; shown.len()];
        for entry in self.unfolded() {
            let (Some(row), Some(context), Some(object)) =
                (reach.row(entry), reach.context(entry.source), reach.object(entry))
            else {
                continue;
            };
            let context = RowContext { now, ..*context };
            let judged = self.listing.verdict(row, &context);
            let mut json = Map::new();
            json.insert("cluster".into(), Json::from(object.cluster.name()));
            // The row's own: what it stands for may have another name, and says it in a column.
            json.insert("namespace".into(), row.namespace().map_or(Json::Null, Json::from));
            json.insert("name".into(), Json::from(row.name()));
            let mut cells = vec![cell::verdict_glyph(judged.verdict, false).to_owned()];
            if several {
                cells.push(escape(object.cluster.name()).into_owned());
            }
            let mut texts = vec![String::new(); shown.len()];
            for (at, column) in columns.iter().enumerate() {
                let value = column.of(row, &context).value;
                if let Some(place) = shown.iter().position(|shown| *shown == at) {
                    if let Some(text) = texts.get_mut(place) {
                        cell::write(&value, now, false, text);
                    }
                    if let Some(align) = aligns.get_mut(place) {
                        *align = align.or_else(|| cell::align(&value));
                    }
                }
                json.entry(column.id.as_ref()).or_insert_with(|| cell::json(&value));
            }
            cells.append(&mut texts);
            json.insert("verdict".into(), Json::from(judged.verdict.as_str()));
            let why = if judged.why.is_empty() { Json::Null } else { Json::from(judged.why.as_ref()) };
            json.insert("why".into(), why);
            cells.push(match judged.why.as_ref() {
                "" => cell::nothing(false).to_owned(),
                why => escape(why).into_owned(),
            });
            export.rows.push(ExportRow { object, cells, json });
        }
        let column =
            |id: &str, title: &str, align| ExportColumn { id: id.into(), title: title.into(), align };
        export.columns.push(column("verdict", "", Align::Left));
        if several {
            export.columns.push(column("cluster", "CLUSTER", Align::Left));
        }
        for (at, align) in shown.iter().zip(aligns) {
            if let Some(c) = columns.get(*at) {
                export.columns.push(column(&c.id, &c.title, align.unwrap_or(Align::Left)));
            }
        }
        export.columns.push(column("why", "WHY", Align::Left));
        export
    }

    /// What keeps the rows from being complete and current.
    fn unknown(&self) -> Vec<ExportUnknown> {
        let pictures = self.pictures();
        let unknown = pictures.iter().filter_map(|(at, picture)| {
            let source = self.sources.get(*at)?;
            let why = picture.unknown()?;
            let what = source.resource.qualified();
            Some(ExportUnknown { cluster: source.cluster.name().to_owned(), what, why })
        });
        unknown.collect()
    }
}
