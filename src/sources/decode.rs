//! From the bytes of lists and watches to rows. What a list loop and a watch loop need to know of a form of answer.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::fleet::{ResourceType, Row, Timestamp};
use crate::gateway::body::Form;
use crate::gateway::failure::StatusAnswer;
use crate::gateway::{Failure, Request, protobuf};

/// A form in which objects are read.
pub(super) trait Decode: Default + Send + 'static {
    /// What comes out.
    type Row: Row;

    /// Asks for this form.
    fn ask(request: Request, resource: &ResourceType) -> Request;
    /// Whether lists of the kind may come as protobuf too; their request says so, and the answer says what it is.
    fn takes_protobuf(_: &ResourceType) -> bool {
        false
    }
    /// Reads one page that was received at `now`: `head` is called as soon as the page's metadata is known, which is
    /// before its rows are read, and `row` for each row.
    fn page(
        &mut self,
        form: Form,
        page: &[u8],
        now: Timestamp,
        head: &mut dyn FnMut(&PageHead),
        row: &mut dyn FnMut(Self::Row),
    ) -> Result<(), Unreadable>;
    /// Reads one line of a watch that was received at `now`.
    fn event(&mut self, line: &[u8], now: Timestamp) -> Result<Event<Self::Row>, serde_json::Error>;
    /// Makes a row of nothing but a name, where the server does not show the object.
    fn named(&mut self, name: &str) -> Option<Self::Row>;
}

/// Why a page cannot be read.
#[derive(Debug)]
pub(super) enum Unreadable {
    Json(serde_json::Error),
    Protobuf(protobuf::Error),
}

impl Unreadable {
    /// What of it is told.
    pub(super) fn failure(&self, what: &str) -> Failure {
        match self {
            Self::Json(error) => Failure::malformed(what, error),
            Self::Protobuf(error) => Failure::malformed_protobuf(what, error),
        }
    }
}

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl From<protobuf::Error> for Unreadable {
    fn from(error: protobuf::Error) -> Self {
        Self::Protobuf(error)
    }
}

/// `metadata` of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PageHead {
    /// Where a watch goes on.
    #[serde(rename = "resourceVersion", deserialize_with = "null_is_empty")]
    pub(super) revision: String,
    /// Asks for the next page; empty on the last one.
    #[serde(rename = "continue", deserialize_with = "null_is_empty")]
    pub(super) next: String,
    /// How many objects come after this page.
    #[serde(rename = "remainingItemCount")]
    pub(super) remaining: Option<u64>,
}

impl PageHead {
    /// Looks for the metadata in the first bytes of a page. API servers write it before the objects; where it is not
    /// found, it is known when the page is read.
    pub(super) fn peek(form: Form, beginning: &[u8]) -> Option<Self> {
        struct Nothing;
        impl<'de> Objects<'de> for Nothing {
            fn next<A: SeqAccess<'de>>(&mut self, _: &mut A) -> Result<bool, A::Error> {
                Ok(false)
            }
        }
        let mut found = None;
        let mut head = |head: &Self| found = Some(head.clone());
        let seed = PageSeed { head: &mut head, each: Nothing, always_lists: false };
        // It ends in the middle of the page, which is an error as a rule.
        match form {
            Form::Json => {
                let (Ok(()) | Err(_)) =
                    seed.deserialize(&mut serde_json::Deserializer::from_slice(beginning));
            }
            Form::Protobuf => {
                let (Ok(()) | Err(_)) =
                    protobuf::beginning(beginning).and_then(|page| seed.deserialize(page));
            }
        }
        found
    }
}

fn null_is_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// One line of a watch.
#[derive(Debug)]
pub(super) enum Event<R> {
    /// ADDED or MODIFIED.
    Upserted { row: R, revision: String },
    /// DELETED.
    Removed { row: R, revision: String },
    /// BOOKMARK: nothing changed up to here.
    Bookmark { revision: String },
    /// ERROR.
    Error(StatusAnswer),
    /// A kind of event that is not known.
    Unknown,
}

/// A page, taken apart while it is parsed: no object of it is ever held.
pub(super) struct PageSeed<'a, F> {
    pub(super) head: &'a mut dyn FnMut(&PageHead),
    pub(super) each: F,
    /// An empty list is written too, so that whatever has none is no list. In protobuf nothing is what an empty list is.
    pub(super) always_lists: bool,
}

/// Takes the next object out of a list.
pub(super) trait Objects<'de> {
    /// Reads one element; `false` at the end.
    fn next<A: SeqAccess<'de>>(&mut self, seq: &mut A) -> Result<bool, A::Error>;
}

impl<'de, F: Objects<'de>> DeserializeSeed<'de> for PageSeed<'_, F> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, F: Objects<'de>> Visitor<'de> for PageSeed<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list with items")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let (mut headed, mut listed) = (false, false);
        while let Some(key) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            if key == "metadata" {
                headed = true;
                let head: Option<PageHead> = map.next_value()?;
                (self.head)(&head.unwrap_or_default());
            } else if key == "items" {
                listed = true;
                map.next_value_seed(ObjectsSeed(&mut self.each))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if listed || (headed && !self.always_lists) {
            Ok(())
        } else {
            Err(serde::de::Error::missing_field("items"))
        }
    }
}

struct ObjectsSeed<'a, F>(&'a mut F);

impl<'de, F: Objects<'de>> DeserializeSeed<'de> for ObjectsSeed<'_, F> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: Objects<'de>> Visitor<'de> for ObjectsSeed<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or null")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while self.0.next(&mut seq)? {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_found_in_the_first_bytes_of_a_list_and_of_a_table() {
        let head = PageHead { revision: "7".into(), next: "abc".into(), remaining: Some(3) };
        let metadata = r#""metadata":{"resourceVersion":"7","continue":"abc","remainingItemCount":3}"#;
        for rest in [
            r#""items":[{"metadata":{"name":"a"}},{"met"#,
            r#""items":[]}"#,
            r#""items":null}"#,
            r#""columnDefinitions":[{}],"rows":[{"cells":["#,
            "",
        ] {
            let page = format!(r#"{{"kind":"List","apiVersion":"v1",{metadata},{rest}"#);
            assert_eq!(PageHead::peek(Form::Json, page.as_bytes()), Some(head.clone()), "{rest}");
        }
    }

    #[test]
    fn a_head_that_is_cut_or_comes_late_is_not_guessed() {
        for page in [
            r#"{"kind":"List","metadata":{"resourceVersion":"7","conti"#,
            r#"{"items":[{}],"metadata"#,
            "[",
            "",
        ] {
            assert_eq!(PageHead::peek(Form::Json, page.as_bytes()), None, "{page}");
        }
    }
}
