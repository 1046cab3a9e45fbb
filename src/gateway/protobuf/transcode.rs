//! Parts whose reading is put off ([`Unread`](crate::fleet::wire::Unread)), as the JSON they would have come as.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Error;

/// The JSON of whatever a deserializer holds.
pub(super) fn json<'de, D: Deserializer<'de, Error = Error>>(deserializer: D) -> Result<String, Error> {
    let mut text = String::new();
    Writer(&mut text).deserialize(deserializer)?;
    Ok(text)
}

struct Writer<'t>(&'t mut String);

impl<'de> DeserializeSeed<'de> for Writer<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Writer<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything that JSON has")
    }
    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.0.push_str(&serde_json::to_string(text).map_err(E::custom)?);
        Ok(())
    }
    fn visit_bool<E>(self, flag: bool) -> Result<(), E> {
        self.0.push_str(if flag { "true" } else { "false" });
        Ok(())
    }
    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.0.push_str(&number.to_string());
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        self.0.push_str("null");
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut before = '[';
        loop {
            let end = self.0.len();
            self.0.push(before);
            if seq.next_element_seed(Writer(self.0))?.is_none() {
                self.0.truncate(end);
                break;
            }
            before = ',';
        }
        self.0.push_str(if before == '[' { "[]" } else { "]" });
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut before = '{';
        loop {
            let end = self.0.len();
            self.0.push(before);
            if map.next_key_seed(Writer(self.0))?.is_none() {
                self.0.truncate(end);
                break;
            }
            self.0.push(':');
            map.next_value_seed(Writer(self.0))?;
            before = ',';
        }
        self.0.push_str(if before == '{' { "{}" } else { "}" });
        Ok(())
    }
}
