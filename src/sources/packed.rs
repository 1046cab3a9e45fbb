//! Objects as JSON or protobuf, packed into rows while they are parsed.

use std::borrow::Cow;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeSeed as _, SeqAccess};
use serde_json::value::RawValue;

use super::decode::{Decode, Event, Objects, PageHead, PageSeed, Unreadable};
use crate::fleet::{Packed, ResourceType, Timestamp};
use crate::gateway::body::Form;
use crate::gateway::{Request, protobuf};

/// The metadata of objects, one by one; no plain JSON beside it, which would carry the rest.
const METADATA: &str = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
/// The same as a list: API servers tell the two apart.
const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";

/// Packs objects into rows of one kind.
#[derive(Debug)]
pub(super) struct PackedDecoder<R: Packed> {
    shared: R::Shared,
}

impl<R: Packed> Default for PackedDecoder<R> {
    fn default() -> Self {
        Self { shared: R::Shared::default() }
    }
}

impl<R: Packed> Decode for PackedDecoder<R> {
    type Row = R;

    fn ask(request: Request, _: &ResourceType) -> Request {
        let request = match R::FIELDS {
            Some(fields) => request.query("fieldSelector", fields),
            None => request,
        };
        match (R::METADATA_ONLY, request.is_watch()) {
            (false, _) => request,
            (true, true) => request.accept(METADATA),
            (true, false) => request.accept(METADATA_LIST),
        }
    }

    fn takes_protobuf(resource: &ResourceType) -> bool {
        !R::METADATA_ONLY && protobuf::reads(resource)
    }

    fn page(
        &mut self,
        form: Form,
        page: &[u8],
        _: Timestamp,
        head: &mut dyn FnMut(&PageHead),
        row: &mut dyn FnMut(R),
    ) -> Result<(), Unreadable> {
        let objects = Strict::<R> { shared: &mut self.shared, row, kind: PhantomData };
        if form == Form::Protobuf {
            // The schema is the shape of every object: where one does not fit, nothing that follows can be trusted.
            let seed = PageSeed { head, each: objects, always_lists: false };
            return Ok(seed.deserialize(protobuf::answer(page)?)?);
        }
        match read(page, head, objects) {
            // One object that is not shaped as its kind must not cost the others: each on its own, then.
            Err(error) if error.is_data() => {
                read(page, &mut |_| {}, Tolerant::<R> { shared: &mut self.shared, row, kind: PhantomData })?;
            }
            result => result?,
        }
        Ok(())
    }

    fn event(&mut self, line: &[u8], _: Timestamp) -> Result<Event<R>, serde_json::Error> {
        let event: EventWire<'_> = serde_json::from_slice(line)?;
        let object = event.object.get();
        match event.kind.as_ref() {
            "ADDED" | "MODIFIED" => {
                let (row, revision) = self.packed(object)?;
                Ok(Event::Upserted { row, revision })
            }
            "DELETED" => {
                let (row, revision) = self.packed(object)?;
                Ok(Event::Removed { row, revision })
            }
            "BOOKMARK" => {
                let bookmark: Bookmark = serde_json::from_str(object)?;
                Ok(Event::Bookmark { revision: bookmark.metadata.revision })
            }
            "ERROR" => Ok(Event::Error(serde_json::from_str(object)?)),
            _ => Ok(Event::Unknown),
        }
    }

    fn named(&mut self, name: &str) -> Option<R> {
        let object = serde_json::json!({"metadata": {"name": name}}).to_string();
        self.packed(&object).ok().map(|(row, _)| row)
    }
}

impl<R: Packed> PackedDecoder<R> {
    fn packed(&mut self, object: &str) -> Result<(R, String), serde_json::Error> {
        let wire: R::Wire<'_> = serde_json::from_str(object)?;
        let revision = R::revision(&wire).to_owned();
        Ok((R::pack(wire, &mut self.shared), revision))
    }
}

fn read<'de, F: Objects<'de>>(
    page: &'de [u8],
    head: &mut dyn FnMut(&PageHead),
    each: F,
) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(page);
    PageSeed { head, each, always_lists: true }.deserialize(&mut deserializer)?;
    deserializer.end()
}

/// One line of a watch, its object still unread.
#[derive(Deserialize)]
pub(super) struct EventWire<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) object: &'a RawValue,
}

/// The object of a BOOKMARK has a resource version and nothing else.
#[derive(Deserialize)]
pub(super) struct Bookmark {
    #[serde(default)]
    pub(super) metadata: PageHead,
}

struct Strict<'a, R: Packed> {
    shared: &'a mut R::Shared,
    row: &'a mut dyn FnMut(R),
    kind: PhantomData<R>,
}

impl<'de, R: Packed> Objects<'de> for Strict<'_, R> {
    fn next<A: SeqAccess<'de>>(&mut self, seq: &mut A) -> Result<bool, A::Error> {
        let Some(wire) = seq.next_element::<R::Wire<'de>>()? else { return Ok(false) };
        (self.row)(R::pack(wire, self.shared));
        Ok(true)
    }
}

struct Tolerant<'a, R: Packed> {
    shared: &'a mut R::Shared,
    row: &'a mut dyn FnMut(R),
    kind: PhantomData<R>,
}

impl<'de, R: Packed> Objects<'de> for Tolerant<'_, R> {
    fn next<A: SeqAccess<'de>>(&mut self, seq: &mut A) -> Result<bool, A::Error> {
        let Some(object) = seq.next_element::<&'de RawValue>()? else { return Ok(false) };
        match serde_json::from_str::<R::Wire<'de>>(object.get()) {
            Ok(wire) => (self.row)(R::pack(wire, self.shared)),
            // The position, not the text: serde may quote what it read.
            Err(error) => {
                tracing::warn!(column = error.column(), "an object that cannot be read was left out")
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Thing;
    use super::*;

    #[test]
    fn rows_of_metadata_ask_for_nothing_else() {
        use crate::fleet::kind::SECRETS;
        use crate::fleet::secrets::secret_meta::SecretMeta;
        use crate::gateway::Intent;
        let get =
            || Request::get("/api/v1/secrets", Intent::on("list", &SECRETS, None)).query("limit", "500");
        let asked = |request| format!("{:?}", PackedDecoder::<SecretMeta>::ask(request, &SECRETS));
        assert!(asked(get()).contains(METADATA_LIST) && !asked(get()).contains("json,"));
        assert!(asked(get().query("watch", "1")).contains(METADATA));
        let plain = format!("{:?}", PackedDecoder::<Thing>::ask(get(), &SECRETS));
        assert!(!plain.contains("PartialObjectMetadata"));
    }

    fn page(text: &str) -> (Result<(), Unreadable>, Vec<PageHead>, Vec<String>) {
        let (mut heads, mut names) = (Vec::new(), Vec::new());
        let result = PackedDecoder::<Thing>::default().page(
            Form::Json,
            text.as_bytes(),
            Timestamp::NEVER,
            &mut |head| heads.push(head.clone()),
            &mut |thing| names.push(format!("{}={}", thing.name, thing.number)),
        );
        (result, heads, names)
    }

    #[test]
    fn rows_come_straight_from_the_page_and_its_head_before_them() {
        let text = r#"{"kind":"List","metadata":{"resourceVersion":"7","continue":"abc","remainingItemCount":3},
            "items":[{"metadata":{"name":"a"},"number":1},{"metadata":{"name":"b"},"extra":[{}]}]}"#;
        let (result, heads, names) = page(text);
        result.unwrap();
        assert_eq!(heads, [PageHead { revision: "7".into(), next: "abc".into(), remaining: Some(3) }]);
        assert_eq!(names, ["a=1", "b=0"]);
    }

    #[test]
    fn null_items_are_an_empty_list_and_missing_items_are_no_list() {
        let (result, _, names) = page(r#"{"metadata":{"resourceVersion":"7"},"items":null}"#);
        assert!(result.is_ok() && names.is_empty());
        assert!(page(r#"{"metadata":null}"#).0.is_err());
        assert!(page("[]").0.is_err());
    }

    #[test]
    fn one_object_of_the_wrong_shape_costs_only_itself() {
        let (result, heads, names) = page(
            r#"{"metadata":{},"items":[{"metadata":{"name":"a"}},{"metadata":7},null,{"metadata":{"name":"c"}}]}"#,
        );
        result.unwrap();
        assert_eq!(heads.len(), 1);
        assert!(names.contains(&"a=0".to_owned()) && names.contains(&"c=0".to_owned()), "{names:?}");
    }

    #[test]
    fn a_page_that_is_cut_keeps_what_came_and_is_an_error() {
        let (result, _, names) = page(r#"{"metadata":{},"items":[{"metadata":{"name":"a"}},{"meta"#);
        assert!(matches!(result.unwrap_err(), Unreadable::Json(error) if error.is_eof()));
        assert_eq!(names, ["a=0"]);
    }

    #[test]
    fn events_are_read_by_their_type() {
        let mut decoder = PackedDecoder::<Thing>::default();
        let mut event = |text: &str| decoder.event(text.as_bytes(), Timestamp::NEVER).unwrap();
        let object = r#"{"metadata":{"name":"a","resourceVersion":"9"}}"#;
        let line = |kind: &str| format!(r#"{{"type":"{kind}","object":{object}}}"#);
        assert!(matches!(event(&line("ADDED")), Event::Upserted { revision, .. } if revision == "9"));
        assert!(matches!(event(&line("MODIFIED")), Event::Upserted { .. }));
        assert!(matches!(event(&line("DELETED")), Event::Removed { row, .. } if row.name == "a"));
        assert!(matches!(event(&line("BOOKMARK")), Event::Bookmark { revision } if revision == "9"));
        assert!(matches!(event(&line("SOMETHING")), Event::Unknown));
        assert!(matches!(
            event(r#"{"type":"ERROR","object":{"kind":"Status","code":410}}"#),
            Event::Error(_)
        ));
        assert!(decoder.event(b"{\"type\":\"ADDED\"", Timestamp::NEVER).is_err());
    }
}
