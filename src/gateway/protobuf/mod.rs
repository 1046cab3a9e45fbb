//! Lists as API servers write them fastest: in protobuf.
//!
//! An API server's CPU is what large lists wait for. Writing protobuf costs it less than writing JSON, and nearly half of
//! the bytes are `managedFields`, which are skipped here by their length. So kinds with many objects are asked for in this
//! form *or* in JSON ([`ACCEPT`]), and the answer says which it is: the embedded world and aggregated servers answer JSON.
//!
//! There is one set of types for both forms. A schema says which field of JSON each number is (`schema.rs`), and a message
//! is given to serde exactly as its JSON would be ([`Object`]): the same names, the same texts for times and quantities,
//! nothing that JSON would leave out. What reads pods need not know which form they came in, and cannot come to differ.
//!
//! An answer is `k8s\0`, then a `runtime.Unknown` (k8s.io/apimachinery/pkg/runtime/generated.proto): its `typeMeta` says
//! what the answer is, its `raw` is the answer itself.

mod de;
mod schema;
mod transcode;
mod wire;

#[cfg(test)]
pub(crate) mod test_encoder;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::Deserialize;

use super::failure::StatusAnswer;
use crate::fleet::ResourceType;
use wire::{Payload, Reader};

pub use de::Object;

/// Asks for protobuf, or for JSON from whoever has none.
pub const ACCEPT: &str = "application/vnd.kubernetes.protobuf, application/json";
/// The type of an answer in protobuf, without parameters.
pub(super) const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";
/// What every answer begins with.
const MAGIC: &[u8] = b"k8s\0";
/// `runtime.Unknown.typeMeta`, and `raw`.
const TYPE_META: u32 = 1;
const RAW: u32 = 2;

/// Whether lists of a kind can be read in this form.
pub fn reads(resource: &ResourceType) -> bool {
    let list = format!("{}List", resource.kind);
    let version = match &*resource.group {
        "" => resource.version.to_string(),
        group => format!("{group}/{}", resource.version),
    };
    schema::answer(&version, &list).is_some()
}

/// An answer, ready to be deserialized as its JSON would be. Nothing of it was read yet.
pub fn answer(bytes: &[u8]) -> Result<Object<'_>, Error> {
    open(bytes, false)
}

/// The same, of which only the first bytes are there: what they cut is an error when it is come to.
pub fn beginning(bytes: &[u8]) -> Result<Object<'_>, Error> {
    open(bytes, true)
}

/// A refusal, in this form because its request asked for it.
pub(super) fn status(bytes: &[u8]) -> Result<StatusAnswer, Error> {
    StatusAnswer::deserialize(answer(bytes)?)
}

fn open(bytes: &[u8], may_be_cut: bool) -> Result<Object<'_>, Error> {
    let unknown = bytes.strip_prefix(MAGIC).ok_or(Error::new(Fault::Magic, 0))?;
    let mut unknown = Reader::new(unknown, MAGIC.len());
    let (mut message, mut raw) = (None, None);
    loop {
        let before = unknown;
        match unknown.next() {
            Ok(None) => break,
            Ok(Some((TYPE_META, Payload::Bytes(meta)))) => message = Some(type_meta(meta)?),
            Ok(Some((RAW, Payload::Bytes(reader)))) => raw = Some(reader),
            Ok(Some(_)) => {}
            Err(_) if may_be_cut => {
                raw = raw.or(before.cut(RAW));
                break;
            }
            Err(error) => return Err(error),
        }
    }
    let at = unknown.at();
    let message = message.ok_or(Error::new(Fault::Kind, at))?;
    // What is missing was cut off: an answer without contents is no answer, least of all an empty list.
    let reader = raw.ok_or(Error::new(Fault::Length, at))?;
    Ok(Object { reader, message })
}

fn type_meta(mut meta: Reader<'_>) -> Result<&'static schema::Message, Error> {
    let at = meta.at();
    let (mut api_version, mut kind): (&[u8], &[u8]) = (b"", b"");
    while let Some((number, payload)) = meta.next()? {
        match (number, payload) {
            (1, Payload::Bytes(text)) => api_version = text.rest(),
            (2, Payload::Bytes(text)) => kind = text.rest(),
            _ => {}
        }
    }
    schema::answer(&de::utf8(api_version), &de::utf8(kind)).ok_or(Error::new(Fault::Kind, at))
}

/// Why an answer cannot be understood: what is wrong and where, and nothing of what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    fault: Fault,
    /// Bytes of the answer before it.
    at: Option<usize>,
    /// The message and its field in JSON.
    field: Option<(&'static str, &'static str)>,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Magic,
    Kind,
    Tag,
    Number,
    Length,
    Type,
    Shape,
}

impl Error {
    fn new(fault: Fault, at: usize) -> Self {
        Self { fault, at: Some(at), field: None }
    }

    /// Where it is will be known further out.
    fn unplaced(fault: Fault) -> Self {
        Self { fault, at: None, field: None }
    }

    /// Adds where it is, as far as that is not known more exactly.
    fn within(self, message: &'static str, field: &'static str, at: usize) -> Self {
        Self { at: self.at.or(Some(at)), field: self.field.or(Some((message, field))), ..self }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.fault {
            Fault::Magic => "it is no protobuf of Kubernetes",
            Fault::Kind => "it is of a kind that nobody asked for,",
            Fault::Tag => "no field begins",
            Fault::Number => "a number without an end",
            Fault::Length => "it ends in the middle,",
            Fault::Type => "a field of another type",
            Fault::Shape => "something of another shape",
        })?;
        if let Some(at) = self.at {
            write!(f, " at byte {at}")?;
        }
        if let Some((message, field)) = self.field {
            write!(f, " ({message}.{field})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    /// serde's text may quote what it read, and that may be anything.
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::unplaced(Fault::Shape)
    }
}
