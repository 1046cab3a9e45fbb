//! Reading objects as they come: every field may be absent, `null`, or of another type than its schema says.
//!
//! A table must not lose a row because one controller wrote a number where a text belongs. These types take what fits
//! and fall back to the default for what does not, while they borrow from the bytes that were received. They work with
//! JSON, and with whatever gives itself out as JSON.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::time::Timestamp;

/// A text. Numbers and booleans are spelt out, `null` and everything else is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<'a>(pub Cow<'a, str>);

impl Text<'_> {
    /// The text, `None` when it is empty: the API means the same by both.
    pub fn known(&self) -> Option<&str> {
        Some(&**self).filter(|text| !text.is_empty())
    }

    /// The instant that an RFC 3339 text names; *never* for anything else.
    pub fn instant(&self) -> Timestamp {
        if self.0.is_empty() { Timestamp::NEVER } else { Timestamp::parse(&self.0) }
    }
}

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor(PhantomData))
    }
}

struct TextVisitor<'a>(PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for TextVisitor<'a> {
    type Value = Text<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }
    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'a>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Text<'a>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }
    fn visit_bool<E: Error>(self, flag: bool) -> Result<Text<'a>, E> {
        Ok(Text(Cow::Borrowed(if flag { "true" } else { "false" })))
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<Text<'a>, E> {
        Ok(Text(Cow::Owned(number.to_string())))
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<Text<'a>, E> {
        Ok(Text(Cow::Owned(number.to_string())))
    }
    fn visit_f64<E: Error>(self, number: f64) -> Result<Text<'a>, E> {
        Ok(Text(Cow::Owned(number.to_string())))
    }
    fn visit_unit<E: Error>(self) -> Result<Text<'a>, E> {
        Ok(Text::default())
    }
    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Text<'a>, M::Error> {
        drain_map(map)
    }
    fn visit_seq<S: SeqAccess<'de>>(self, seq: S) -> Result<Text<'a>, S::Error> {
        drain_seq(seq)
    }
}

/// A whole number. `None` for `null` and everything that is no whole number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Number(pub Option<i64>);

impl Number {
    /// As a count; absent and negative numbers are 0, absurdly large ones the largest there is.
    pub fn count(self) -> u32 {
        self.count_or(0)
    }

    /// As a count with the API's default for an absent field.
    pub fn count_or(self, default: u32) -> u32 {
        self.0.map_or(default, |number| u32::try_from(number.max(0)).unwrap_or(u32::MAX))
    }

    /// As a signed 32-bit number, which is what exit codes and signals are; absent and impossible ones are 0.
    pub fn int(self) -> i32 {
        self.0.and_then(|number| i32::try_from(number).ok()).unwrap_or(0)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl<'de> Visitor<'de> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<Number, E> {
        Ok(Number(Some(number)))
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<Number, E> {
        Ok(Number(Some(i64::try_from(number).unwrap_or(i64::MAX))))
    }
    fn visit_f64<E: Error>(self, number: f64) -> Result<Number, E> {
        Ok(Number((number.is_finite() && number.fract() == 0.0).then_some(number as i64)))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
        Ok(Number(text.parse().ok()))
    }
    fn visit_bool<E: Error>(self, _: bool) -> Result<Number, E> {
        Ok(Number::default())
    }
    fn visit_unit<E: Error>(self) -> Result<Number, E> {
        Ok(Number::default())
    }
    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Number, M::Error> {
        drain_map(map)
    }
    fn visit_seq<S: SeqAccess<'de>>(self, seq: S) -> Result<Number, S::Error> {
        drain_seq(seq)
    }
}

/// Yes or no. `None` for `null` and everything that is neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flag(pub Option<bool>);

impl Flag {
    /// True only when the object says so.
    pub fn is_true(self) -> bool {
        self.0 == Some(true)
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FlagVisitor)
    }
}

struct FlagVisitor;

impl<'de> Visitor<'de> for FlagVisitor {
    type Value = Flag;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true or false")
    }
    fn visit_bool<E: Error>(self, flag: bool) -> Result<Flag, E> {
        Ok(Flag(Some(flag)))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Flag, E> {
        Ok(Flag(text.parse().ok()))
    }
    fn visit_i64<E: Error>(self, _: i64) -> Result<Flag, E> {
        Ok(Flag::default())
    }
    fn visit_u64<E: Error>(self, _: u64) -> Result<Flag, E> {
        Ok(Flag::default())
    }
    fn visit_f64<E: Error>(self, _: f64) -> Result<Flag, E> {
        Ok(Flag::default())
    }
    fn visit_unit<E: Error>(self) -> Result<Flag, E> {
        Ok(Flag::default())
    }
    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Flag, M::Error> {
        drain_map(map)
    }
    fn visit_seq<S: SeqAccess<'de>>(self, seq: S) -> Result<Flag, S::Error> {
        drain_seq(seq)
    }
}

/// An object. `None` for `null` and everything that is no object; an empty object is one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Object<T>(pub Option<T>);

impl<T> Default for Object<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Object<T> {
    /// What it holds, when it is there.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

impl<T: Default> Object<T> {
    /// What it holds; the defaults when it is not there.
    pub fn or_default(self) -> T {
        self.0.unwrap_or_default()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Object<T>, M::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|value| Object(Some(value)))
    }
    fn visit_seq<S: SeqAccess<'de>>(self, seq: S) -> Result<Object<T>, S::Error> {
        drain_seq(seq)
    }
    fn visit_str<E: Error>(self, _: &str) -> Result<Object<T>, E> {
        Ok(Object(None))
    }
    fn visit_bool<E: Error>(self, _: bool) -> Result<Object<T>, E> {
        Ok(Object(None))
    }
    fn visit_i64<E: Error>(self, _: i64) -> Result<Object<T>, E> {
        Ok(Object(None))
    }
    fn visit_u64<E: Error>(self, _: u64) -> Result<Object<T>, E> {
        Ok(Object(None))
    }
    fn visit_f64<E: Error>(self, _: f64) -> Result<Object<T>, E> {
        Ok(Object(None))
    }
    fn visit_unit<E: Error>(self) -> Result<Object<T>, E> {
        Ok(Object(None))
    }
}

/// A list of objects. Elements that are no objects are left out; `null` and everything that is no list is empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> std::ops::Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_any(SeqVisitor::<Object<T>>(PhantomData))
            .map(|objects| Self(objects.into_iter().filter_map(|object| object.0).collect()))
    }
}

/// A list of anything that is itself read without fuss; `null` and everything that is no list is empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Items<T>(pub Vec<T>);

/// A list of texts.
pub type Texts<'a> = Items<Text<'a>>;

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SeqVisitor::<T>(PhantomData)).map(Self)
    }
}

struct SeqVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for SeqVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }
    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Vec<T>, S::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(values)
    }
    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Vec<T>, M::Error> {
        drain_map(map)
    }
    fn visit_str<E: Error>(self, _: &str) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
    fn visit_bool<E: Error>(self, _: bool) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
    fn visit_i64<E: Error>(self, _: i64) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
    fn visit_u64<E: Error>(self, _: u64) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
    fn visit_f64<E: Error>(self, _: f64) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
    fn visit_unit<E: Error>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
}

/// A map of texts in the order of the object: labels, selectors, quantities. `null` and everything that is no map is
/// empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pairs<'a>(pub Vec<(Text<'a>, Text<'a>)>);

impl Pairs<'_> {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| &**known == key).map(|(_, value)| &**value)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PairsVisitor(PhantomData))
    }
}

struct PairsVisitor<'a>(PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for PairsVisitor<'a> {
    type Value = Pairs<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of texts")
    }
    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Pairs<'a>, M::Error> {
        let mut pairs = Vec::with_capacity(map.size_hint().unwrap_or(8));
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
    fn visit_seq<S: SeqAccess<'de>>(self, seq: S) -> Result<Pairs<'a>, S::Error> {
        drain_seq(seq)
    }
    fn visit_str<E: Error>(self, _: &str) -> Result<Pairs<'a>, E> {
        Ok(Pairs::default())
    }
    fn visit_bool<E: Error>(self, _: bool) -> Result<Pairs<'a>, E> {
        Ok(Pairs::default())
    }
    fn visit_i64<E: Error>(self, _: i64) -> Result<Pairs<'a>, E> {
        Ok(Pairs::default())
    }
    fn visit_u64<E: Error>(self, _: u64) -> Result<Pairs<'a>, E> {
        Ok(Pairs::default())
    }
    fn visit_f64<E: Error>(self, _: f64) -> Result<Pairs<'a>, E> {
        Ok(Pairs::default())
    }
    fn visit_unit<E: Error>(self) -> Result<Pairs<'a>, E> {
        Ok(Pairs::default())
    }
}

/// The keys of an object, without what they hold: data that must not be kept, or objects whose one key is their kind.
/// `null` and everything that is no object has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Keys<'a>(pub Vec<Text<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Keys<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeysVisitor(PhantomData))
    }
}

struct KeysVisitor<'a>(PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for KeysVisitor<'a> {
    type Value = Keys<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Keys<'a>, M::Error> {
        let mut keys = Vec::new();
        while let Some((key, IgnoredAny)) = map.next_entry()? {
            keys.push(key);
        }
        Ok(Keys(keys))
    }
    fn visit_seq<S: SeqAccess<'de>>(self, seq: S) -> Result<Keys<'a>, S::Error> {
        drain_seq(seq)
    }
    fn visit_str<E: Error>(self, _: &str) -> Result<Keys<'a>, E> {
        Ok(Keys::default())
    }
    fn visit_bool<E: Error>(self, _: bool) -> Result<Keys<'a>, E> {
        Ok(Keys::default())
    }
    fn visit_i64<E: Error>(self, _: i64) -> Result<Keys<'a>, E> {
        Ok(Keys::default())
    }
    fn visit_u64<E: Error>(self, _: u64) -> Result<Keys<'a>, E> {
        Ok(Keys::default())
    }
    fn visit_f64<E: Error>(self, _: f64) -> Result<Keys<'a>, E> {
        Ok(Keys::default())
    }
    fn visit_unit<E: Error>(self) -> Result<Keys<'a>, E> {
        Ok(Keys::default())
    }
}

/// A part whose reading is put off, because most rows do not need it: its JSON, borrowed where JSON was received.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Unread<'a>(Cow<'a, str>);

impl Unread<'_> {
    /// By this name a form that is not JSON knows that it is asked for the JSON of a part, as a text of its own.
    pub const FORM: &'static str = "pilothouse::Unread";

    /// The JSON.
    pub fn json(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Unread<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(Self::FORM, UnreadVisitor(PhantomData))
    }
}

struct UnreadVisitor<'a>(PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for UnreadVisitor<'a> {
    type Value = Unread<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }
    fn visit_newtype_struct<D: Deserializer<'de>>(self, json: D) -> Result<Unread<'a>, D::Error> {
        <&'de RawValue>::deserialize(json).map(|raw| Unread(Cow::Borrowed(raw.get())))
    }
    fn visit_str<E: Error>(self, json: &str) -> Result<Unread<'a>, E> {
        self.visit_string(json.to_owned())
    }
    fn visit_string<E: Error>(self, json: String) -> Result<Unread<'a>, E> {
        Ok(Unread(Cow::Owned(json)))
    }
}

/// Declares what is read of an object: structs whose fields are named as in JSON, may all be absent, and borrow from the
/// bytes that were received.
macro_rules! wire_structs {
    () => {};
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident<$lifetime:lifetime> {
            $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $type:ty,)*
        }
        $($rest:tt)*
    ) => {
        $(#[$meta])*
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
        $vis struct $name<$lifetime> {
            $($(#[$field_meta])* $field_vis $field: $type,)*
        }
        $crate::fleet::wire::wire_structs! { $($rest)* }
    };
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $type:ty,)*
        }
        $($rest:tt)*
    ) => {
        $(#[$meta])*
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $type,)*
        }
        $crate::fleet::wire::wire_structs! { $($rest)* }
    };
}
pub(crate) use wire_structs;

fn drain_map<'de, M: MapAccess<'de>, T: Default>(mut map: M) -> Result<T, M::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(T::default())
}

fn drain_seq<'de, S: SeqAccess<'de>, T: Default>(mut seq: S) -> Result<T, S::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(T::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Everything<'a> {
        #[serde(borrow)]
        text: Text<'a>,
        number: Number,
        flag: Flag,
        #[serde(borrow)]
        object: Object<Inner<'a>>,
        #[serde(borrow)]
        list: List<Inner<'a>>,
        #[serde(borrow)]
        texts: Texts<'a>,
        #[serde(borrow)]
        pairs: Pairs<'a>,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Inner<'a> {
        #[serde(borrow)]
        name: Text<'a>,
    }

    #[test]
    fn any_field_takes_any_json() {
        for value in
            ["null", "true", "-7", "18446744073709551615", "1.5", "\"t\\n\"", "[1,[2],{}]", "{\"name\":{}}"]
        {
            for field in ["text", "number", "flag", "object", "list", "texts", "pairs"] {
                let json = format!("{{\"{field}\":{value},\"more\":1}}");
                serde_json::from_str::<Everything<'_>>(&json)
                    .unwrap_or_else(|error| panic!("{json}: {error}"));
            }
        }
    }

    #[test]
    fn what_fits_is_read_and_borrowed() {
        let json = r#"{"text":"plain","number":7,"flag":true,"object":{"name":"a"},"list":[null,{"name":"b"},3],
            "texts":["x",null],"pairs":{"k":"v","n":null}}"#;
        let read: Everything<'_> = serde_json::from_str(json).unwrap();
        assert!(matches!(read.text.0, Cow::Borrowed("plain")));
        assert_eq!(read.number.count(), 7);
        assert!(read.flag.is_true());
        assert_eq!(read.object.or_default().name.known(), Some("a"));
        assert_eq!(read.list.len(), 1);
        assert_eq!(read.list.first().and_then(|inner| inner.name.known()), Some("b"));
        assert_eq!(read.texts.0.len(), 2);
        assert_eq!(read.pairs.get("k"), Some("v"));
        assert_eq!(read.pairs.get("n"), Some(""));
    }

    #[test]
    fn what_is_put_off_is_borrowed_as_it_came() {
        #[derive(Deserialize)]
        struct Part<'a> {
            #[serde(borrow)]
            part: Option<Unread<'a>>,
        }
        let read: Part<'_> = serde_json::from_str(r#"{"part": {"a": [1, null]} }"#).unwrap();
        assert!(matches!(read.part, Some(Unread(Cow::Borrowed(r#"{"a": [1, null]}"#)))));
        assert!(serde_json::from_str::<Part<'_>>(r#"{"part":null}"#).unwrap().part.is_none());
    }

    #[test]
    fn keys_are_read_without_what_they_hold() {
        let keys: Keys<'_> = serde_json::from_str(r#"{"a":{"b":[1]},"c":"geheim","\u0064":null}"#).unwrap();
        assert_eq!(keys.0.iter().map(|key| &**key).collect::<Vec<_>>(), ["a", "c", "d"]);
        for json in ["null", "7", "-7", "1.5", "true", "\"a\"", "[{\"a\":1}]"] {
            assert_eq!(serde_json::from_str::<Keys<'_>>(json).unwrap(), Keys::default(), "{json}");
        }
    }

    #[test]
    fn absurd_numbers_are_clamped() {
        assert_eq!(Number(Some(-3)).count(), 0);
        assert_eq!(Number(Some(i64::MAX)).count(), u32::MAX);
        assert_eq!(Number(Some(i64::MAX)).int(), 0);
        assert_eq!(Number(None).count_or(1), 1);
    }
}
