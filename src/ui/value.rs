//! What a cell says. One value is drawn, sorted, filtered and printed as JSON, so that the four never disagree.

use std::borrow::Cow;

use super::role::Role;
use super::widgets::bar::Bar;
use crate::fleet::{Timestamp, Verdict};

/// What a cell says, in its unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value<'a> {
    /// Nothing to say: `–`, JSON `null`, sorts last.
    #[default]
    Nothing,
    /// Not known, because it could not be read: `○`, JSON `null`, sorts last.
    Unknown,
    /// Words.
    Text(Cow<'a, str>),
    /// A number of things.
    Count(u64),
    /// `have/want`, JSON `{"have":1,"want":2}`; sorts by what is missing, then by have.
    Ratio {
        /// How many there are.
        have: u32,
        /// How many there should be.
        want: u32,
    },
    /// Shown as an age (`4d3h`); JSON RFC 3339; sorts youngest first.
    Age(Timestamp),
    /// Shown as a time of day or a date; JSON RFC 3339.
    Instant(Timestamp),
    /// Seconds, shown like an age; JSON number.
    Duration(i64),
    /// Thousandths of a core; JSON cores as a number.
    Cpu(u64),
    /// Bytes; JSON number.
    Bytes(u64),
    /// `used` of `of`, both in the same unit; shown as a bar or a percentage; JSON fraction.
    Share {
        /// How much is used.
        used: u64,
        /// Of how much.
        of: u64,
    },
    /// A verdict: shown as its glyph; JSON `ok`, `warning`, `critical`, `unknown`.
    Verdict(Verdict),
    /// Yes or no.
    Flag(bool),
    /// A number in a unit that has no value of its own, with its words: `0.4 s`; JSON the number.
    Measured {
        /// The number.
        number: f64,
        /// How it is said.
        words: Cow<'a, str>,
    },
    /// How a number went, oldest first, with gaps where nothing was measured: drawn as small bars; JSON an array with
    /// `null` in the gaps; never sorted by.
    Series(&'a [Option<f64>]),
}

impl<'a> Value<'a> {
    /// Words; an empty text is nothing.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Nothing } else { Self::Text(text) }
    }

    /// Words if there are any.
    pub fn maybe(text: Option<&'a str>) -> Self {
        text.map_or(Self::Nothing, Self::text)
    }

    /// With a meaning for its colour.
    pub fn as_role(self, role: Role) -> Cell<'a> {
        Cell { value: self, role, bar: None }
    }
}

/// A value and what its colour means.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell<'a> {
    /// What it says.
    pub value: Value<'a>,
    /// What its colour means.
    pub role: Role,
    /// Drawn in front of it where there is room.
    pub bar: Option<Bar>,
}

impl<'a> From<Value<'a>> for Cell<'a> {
    fn from(value: Value<'a>) -> Self {
        Self { value, role: Role::Text, bar: None }
    }
}
