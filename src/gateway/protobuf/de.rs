//! Messages as serde sees them: exactly as it would see their JSON, so that one type reads both.

use std::borrow::Cow;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::schema::{Arity, Field, Message, Shape};
use super::wire::{Payload, Reader};
use super::{Error, Fault, transcode};
use crate::fleet::wire::Unread;

/// A message, as a map of the fields that are known.
#[derive(Clone, Copy, Debug)]
pub struct Object<'de> {
    pub(super) reader: Reader<'de>,
    pub(super) message: &'static Message,
}

impl<'de> Deserializer<'de> for Object<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(Fields::of(self))
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// The fields of a message, one after the other.
struct Fields<'de> {
    object: Object<'de>,
    /// Where in the message's fields the last one was.
    from: usize,
    /// What is left of the message that the present one is inlined in.
    outer: Option<(Object<'de>, usize)>,
    found: Option<(&'static Field, Payload<'de>)>,
}

impl<'de> Fields<'de> {
    fn of(object: Object<'de>) -> Self {
        Self { object, from: 0, outer: None, found: None }
    }
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        loop {
            let Some((number, payload)) = self.object.reader.next()? else {
                let Some((outer, from)) = self.outer.take() else { return Ok(None) };
                (self.object, self.from) = (outer, from);
                continue;
            };
            let Some(field) = self.object.message.field(number, &mut self.from) else { continue };
            if let (Shape::Inline(message), Payload::Bytes(reader)) = (field.shape, payload) {
                let inner = Object { reader, message };
                self.outer = Some((std::mem::replace(&mut self.object, inner), self.from));
                self.from = 0;
                continue;
            }
            if field.omits_zero && field.arity == Arity::One && is_zero(field.shape, payload) {
                continue;
            }
            self.found = Some((field, payload));
            return seed.deserialize(BorrowedStrDeserializer::new(field.name)).map(Some);
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let at = self.object.reader.at();
        let Some((field, payload)) = self.found.take() else { return Err(Error::new(Fault::Shape, at)) };
        let Field { number, shape, arity, .. } = *field;
        let read = if arity == Arity::One {
            seed.deserialize(Single { shape, payload })
        } else {
            let mut run = Run { rest: self.object.reader, number, shape, next: Some(payload) };
            let read = match arity {
                Arity::Map => seed.deserialize(Entries { run: &mut run, value: None }),
                Arity::One | Arity::Many => seed.deserialize(Elements(&mut run)),
            };
            read.and_then(|value| {
                // Whoever did not want them all did not read them all.
                while run.next()?.is_some() {}
                self.object.reader = run.rest;
                Ok(value)
            })
        };
        read.map_err(|error| error.within(self.object.message.name, field.name, at))
    }
}

/// Whether JSON's `omitempty` would leave it out. A message is never empty to it, and neither is a time.
fn is_zero(shape: Shape, payload: Payload<'_>) -> bool {
    match (shape, payload) {
        (Shape::Bool | Shape::Int, Payload::Varint(value)) => value == 0,
        (Shape::Text, Payload::Bytes(reader)) => reader.rest().is_empty(),
        _ => false,
    }
}

/// Fields of one number that follow each other: a list or a map. Encoders write them together.
struct Run<'de> {
    rest: Reader<'de>,
    number: u32,
    shape: Shape,
    next: Option<Payload<'de>>,
}

impl<'de> Run<'de> {
    fn next(&mut self) -> Result<Option<Payload<'de>>, Error> {
        if let Some(payload) = self.next.take() {
            return Ok(Some(payload));
        }
        let mut after = self.rest;
        match after.next()? {
            Some((number, payload)) if number == self.number => {
                self.rest = after;
                Ok(Some(payload))
            }
            _ => Ok(None),
        }
    }
}

/// The elements of a list.
struct Elements<'r, 'de>(&'r mut Run<'de>);

impl<'de> Deserializer<'de> for Elements<'_, 'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(self)
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == Unread::FORM {
            return visitor.visit_string(transcode::json(self)?);
        }
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct enum identifier
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Some(payload) = self.0.next()? else { return Ok(None) };
        seed.deserialize(Single { shape: self.0.shape, payload }).map(Some)
    }
}

/// The entries of a map: messages of a key and a value.
struct Entries<'r, 'de> {
    run: &'r mut Run<'de>,
    value: Option<Payload<'de>>,
}

impl<'de> Deserializer<'de> for Entries<'_, 'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(self)
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == Unread::FORM {
            return visitor.visit_string(transcode::json(self)?);
        }
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct enum identifier
    }
}

impl<'de> MapAccess<'de> for Entries<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some(payload) = self.run.next()? else { return Ok(None) };
        let Payload::Bytes(mut entry) = payload else {
            return Err(Error::new(Fault::Type, self.run.rest.at()));
        };
        let empty = Payload::Bytes(Reader::new(b"", entry.at()));
        let (mut key, mut value) = (empty, empty);
        while let Some((number, payload)) = entry.next()? {
            match number {
                1 => key = payload,
                2 => value = payload,
                _ => {}
            }
        }
        self.value = Some(value);
        seed.deserialize(Single { shape: Shape::Text, payload: key }).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let payload = self.value.take().ok_or(Error::new(Fault::Shape, self.run.rest.at()))?;
        seed.deserialize(Single { shape: self.run.shape, payload })
    }
}

/// One value.
struct Single<'de> {
    shape: Shape,
    payload: Payload<'de>,
}

impl<'de> Deserializer<'de> for Single<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match (self.shape, self.payload) {
            (Shape::Text, Payload::Bytes(reader)) => text(reader, visitor),
            (Shape::Bool, Payload::Varint(value)) => visitor.visit_bool(value != 0),
            // Negative numbers are written as the 64 bits they are.
            (Shape::Int, Payload::Varint(value)) => visitor.visit_i64(value.cast_signed()),
            (Shape::Message(message) | Shape::Inline(message), Payload::Bytes(reader)) => {
                visitor.visit_map(Fields::of(Object { reader, message }))
            }
            (Shape::Quantity, Payload::Bytes(mut reader)) => {
                let mut amount = Reader::new(b"", reader.at());
                while let Some((number, payload)) = reader.next()? {
                    if let (1, Payload::Bytes(text)) = (number, payload) {
                        amount = text;
                    }
                }
                text(amount, visitor)
            }
            (Shape::Time, Payload::Bytes(reader)) => instant(reader, 0, visitor),
            (Shape::MicroTime, Payload::Bytes(reader)) => instant(reader, 6, visitor),
            (_, Payload::Bytes(reader)) => Err(Error::new(Fault::Type, reader.at())),
            (_, Payload::Varint(_) | Payload::Fixed) => Err(Error::unplaced(Fault::Type)),
        }
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match (self.shape, self.payload) {
            (Shape::Time | Shape::MicroTime, Payload::Bytes(reader)) if reader.rest().is_empty() => {
                visitor.visit_none()
            }
            _ => visitor.visit_some(self),
        }
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == Unread::FORM {
            return visitor.visit_string(transcode::json(self)?);
        }
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct enum identifier
    }
}

/// A text. Bytes that are no UTF-8 are marked as Go marks them in JSON: each of them.
pub(super) fn utf8(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut marked = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        marked.push_str(chunk.valid());
        marked.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Cow::Owned(marked)
}

fn text<'de, V: Visitor<'de>>(reader: Reader<'de>, visitor: V) -> Result<V::Value, Error> {
    match utf8(reader.rest()) {
        Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
        Cow::Owned(text) => visitor.visit_string(text),
    }
}

/// An instant as JSON writes it; `null` when there is none.
fn instant<'de, V: Visitor<'de>>(
    mut reader: Reader<'de>,
    digits: usize,
    visitor: V,
) -> Result<V::Value, Error> {
    if reader.rest().is_empty() {
        return visitor.visit_unit();
    }
    let (mut seconds, mut nanos) = (0, 0);
    while let Some((number, payload)) = reader.next()? {
        match (number, payload) {
            (1, Payload::Varint(value)) => seconds = value.cast_signed(),
            (2, Payload::Varint(value)) => nanos = value.cast_signed(),
            _ => {}
        }
    }
    let fraction = if digits == 0 { 0 } else { i32::try_from(nanos).unwrap_or(0) };
    // What is no instant is none in JSON either: Go refuses to write it.
    let Ok(instant) = jiff::Timestamp::new(seconds, fraction) else { return visitor.visit_unit() };
    visitor.visit_string(format!("{instant:.digits$}"))
}
