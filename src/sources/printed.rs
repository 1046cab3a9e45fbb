//! Kinds of which nothing is known here, as the API server prints them for `kubectl get`.

use serde_json::{Value, json};

use super::decode::{Decode, Event, PageHead, Unreadable};
use super::packed::EventWire;
use crate::fleet::kind::SECRETS;
use crate::fleet::printed::{Printed, PrintedShared, TableWire};
use crate::fleet::{ResourceType, Timestamp};
use crate::gateway::Request;
use crate::gateway::body::Form;

/// A Table, or plain JSON from a server that cannot print.
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
/// A Table or nothing: plain JSON of a Secret would carry its data.
const ONLY_TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";

/// Reads Tables into printed rows.
#[derive(Debug, Default)]
pub(super) struct PrintedDecoder {
    shared: PrintedShared,
}

impl Decode for PrintedDecoder {
    type Row = Printed;

    fn ask(request: Request, resource: &ResourceType) -> Request {
        let form = if resource.is_same_kind(&SECRETS) { ONLY_TABLE } else { TABLE };
        request.accept(form).query("includeObject", "Metadata")
    }

    fn page(
        &mut self,
        _: Form,
        page: &[u8],
        now: Timestamp,
        head: &mut dyn FnMut(&PageHead),
        row: &mut dyn FnMut(Printed),
    ) -> Result<(), Unreadable> {
        let kind: KindWire = serde_json::from_slice(page)?;
        let printed_here;
        let text = if kind.kind == "Table" {
            page
        } else {
            printed_here = printed(serde_json::from_slice(page)?).to_string();
            printed_here.as_bytes()
        };
        let table: TableWire<'_> = serde_json::from_slice(text)?;
        head(&PageHead {
            revision: table.revision().to_owned(),
            next: table.continue_token().unwrap_or_default().to_owned(),
            remaining: table.remaining(),
        });
        self.shared.pack(table, now).into_iter().for_each(row);
        Ok(())
    }

    fn event(&mut self, line: &[u8], now: Timestamp) -> Result<Event<Printed>, serde_json::Error> {
        let event: EventWire<'_> = serde_json::from_slice(line)?;
        let object = event.object.get();
        if event.kind == "ERROR" {
            return Ok(Event::Error(serde_json::from_str(object)?));
        }
        let kind: KindWire = serde_json::from_str(object)?;
        let printed_here;
        let text = if kind.kind == "Table" {
            object
        } else {
            printed_here = printed(json!({"items": [serde_json::from_str::<Value>(object)?]})).to_string();
            &printed_here
        };
        let table: TableWire<'_> = serde_json::from_str(text)?;
        let revision = table.revision().to_owned();
        let row = self.shared.pack(table, now).pop();
        Ok(match (event.kind.as_ref(), row) {
            ("BOOKMARK", _) => Event::Bookmark { revision },
            ("ADDED" | "MODIFIED", Some(row)) => Event::Upserted { row, revision },
            ("DELETED", Some(row)) => Event::Removed { row, revision },
            _ => Event::Unknown,
        })
    }

    fn named(&mut self, name: &str) -> Option<Printed> {
        let table = printed(json!({"items": [{"metadata": {"name": name}}]})).to_string();
        let table: TableWire<'_> = serde_json::from_str(&table).ok()?;
        self.shared.pack(table, Timestamp::NEVER).pop()
    }
}

#[derive(serde::Deserialize)]
struct KindWire {
    #[serde(default)]
    kind: String,
}

/// What a server that cannot print would have printed: name and age, which every object has.
fn printed(mut list: Value) -> Value {
    let items = list.get_mut("items").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
    let rows: Vec<Value> = items
        .into_iter()
        .map(|mut item| {
            let metadata = item.get_mut("metadata").map(Value::take).unwrap_or_default();
            let cell = |field: &str| metadata.get(field).cloned().unwrap_or_default();
            json!({"cells": [cell("name"), cell("creationTimestamp")], "object": {"metadata": metadata}})
        })
        .collect();
    json!({
        "kind": "Table",
        "metadata": list.get_mut("metadata").map(Value::take).unwrap_or_default(),
        "columnDefinitions": [
            {"name": "Name", "type": "string", "format": "name"},
            {"name": "Age", "type": "date", "format": ""},
        ],
        "rows": rows,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::Row as _;

    const COLUMNS: &str = r#"[{"name":"Name","type":"string","format":"name","priority":0},{"name":"Ready","type":"string","priority":0}]"#;

    fn table(columns: &str, revision: &str) -> String {
        format!(
            r#"{{"kind":"Table","metadata":{{"resourceVersion":"{revision}","continue":"t","remainingItemCount":4}},"columnDefinitions":{columns},
            "rows":[{{"cells":["a","True"],"object":{{"metadata":{{"name":"a","namespace":"web","resourceVersion":"3"}}}}}}]}}"#
        )
    }

    fn page(decoder: &mut PrintedDecoder, text: &str) -> (Vec<PageHead>, Vec<Printed>) {
        let (mut heads, mut rows) = (Vec::new(), Vec::new());
        let now = Timestamp::parse("2026-11-21T10:00:00Z");
        decoder
            .page(Form::Json, text.as_bytes(), now, &mut |h| heads.push(h.clone()), &mut |r| rows.push(r))
            .unwrap();
        (heads, rows)
    }

    #[test]
    fn a_table_becomes_rows_with_its_columns() {
        let (heads, rows) = page(&mut PrintedDecoder::default(), &table(COLUMNS, "9"));
        assert_eq!(heads, [PageHead { revision: "9".into(), next: "t".into(), remaining: Some(4) }]);
        assert_eq!((rows[0].name(), rows[0].namespace()), ("a", Some("web")));
        assert_eq!(rows[0].columns.len(), 2);
    }

    #[test]
    fn events_of_a_watch_use_the_columns_of_its_first_one() {
        let mut decoder = PrintedDecoder::default();
        page(&mut decoder, &table(COLUMNS, "9"));
        let mut event = |kind: &str, object: &str| {
            let line = format!(r#"{{"type":"{kind}","object":{object}}}"#).replace('\n', "");
            decoder.event(line.as_bytes(), Timestamp::NEVER).unwrap()
        };
        let Event::Upserted { row, revision } = event("MODIFIED", &table("null", "12")) else { panic!() };
        assert_eq!((row.columns.len(), revision.as_str()), (2, "12"));
        assert!(
            matches!(event("DELETED", &table("null", "13")), Event::Removed { row, .. } if row.name() == "a")
        );
        assert!(
            matches!(event("BOOKMARK", &table("null", "14")), Event::Bookmark { revision } if revision == "14")
        );
        assert!(matches!(event("ERROR", r#"{"kind":"Status","code":410}"#), Event::Error(_)));
    }

    #[test]
    fn a_server_that_cannot_print_still_gives_names_and_ages() {
        let text = r#"{"kind":"OddList","metadata":{"resourceVersion":"5"},"items":[{"kind":"Odd",
            "metadata":{"name":"x","creationTimestamp":"2026-11-21T09:00:00Z"},"spec":{"a":1}}]}"#;
        let (heads, rows) = page(&mut PrintedDecoder::default(), text);
        assert_eq!(heads[0].revision, "5");
        assert_eq!(rows[0].name(), "x");
        let names: Vec<&str> = rows[0].columns.iter().map(|column| &*column.name).collect();
        assert_eq!(names, ["Name", "Age"]);
    }

    #[test]
    fn secrets_are_asked_for_as_a_table_or_not_at_all() {
        assert!(!ONLY_TABLE.contains(','));
    }
}
