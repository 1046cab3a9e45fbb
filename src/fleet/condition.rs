//! Conditions (`metav1.Condition` and its older siblings): what a controller says about its object.

use std::borrow::Cow;
use std::sync::Arc;

use super::intern::Interner;
use super::time::Timestamp;
use super::wire::{List, Number, Text, wire_structs};
use super::word::open_words;

/// Messages are cut at this length, in bytes: some controllers put whole manifests into them.
const MESSAGE_BYTES: usize = 1024;

open_words! {
    /// `status` of a condition.
    pub enum Status {
        /// It holds.
        True = "True",
        /// It does not hold.
        False = "False",
        /// The controller cannot tell, or has not yet.
        Unknown = "Unknown",
    }
}

/// A condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// `type`, for example `Ready`.
    pub kind: Arc<str>,
    /// Whether it holds.
    pub status: Status,
    /// `reason`: one word for programs.
    pub reason: Arc<str>,
    /// `message`: a sentence for people, of at most 1 KiB.
    pub message: Arc<str>,
    /// `lastTransitionTime`: since when the status is what it is.
    pub since: Timestamp,
    /// `observedGeneration`: the generation of the spec that it speaks of; 0 where it is not said.
    pub observed_generation: u32,
}

/// The conditions of an object, in the order of its controller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions(Box<[Condition]>);

wire_structs! {
    /// A condition as it is read.
    pub struct ConditionWire<'a> {
        #[serde(rename = "type")]
        kind: Text<'a>,
        status: Text<'a>,
        reason: Text<'a>,
        message: Text<'a>,
        last_transition_time: Text<'a>,
        last_update_time: Text<'a>,
        observed_generation: Number,
    }
}

impl Condition {
    /// True when it holds.
    pub fn is_true(&self) -> bool {
        self.status == Status::True
    }

    /// Keeps what was read.
    pub fn pack(wire: &ConditionWire<'_>, interner: &mut Interner) -> Self {
        let since = wire.last_transition_time.instant();
        Self {
            kind: interner.get(&wire.kind),
            status: Status::read(&wire.status, interner),
            reason: interner.get(&wire.reason),
            message: interner.get(&bounded(&wire.message)),
            // Sealed Secrets of older releases only say when they last looked.
            since: if since.is_never() { wire.last_update_time.instant() } else { since },
            observed_generation: wire.observed_generation.count(),
        }
    }
}

impl Conditions {
    /// Keeps what was read.
    pub fn pack(wire: &List<ConditionWire<'_>>, interner: &mut Interner) -> Self {
        Self(wire.iter().map(|condition| Condition::pack(condition, interner)).collect())
    }

    /// The first condition of a type.
    pub fn get(&self, kind: &str) -> Option<&Condition> {
        self.0.iter().find(|condition| &*condition.kind == kind)
    }

    /// True when there is such a condition and it holds.
    pub fn is_true(&self, kind: &str) -> bool {
        self.get(kind).is_some_and(Condition::is_true)
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Condition> {
        self.0.iter()
    }

    /// True when the controller has said nothing yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for &'a Conditions {
    type Item = &'a Condition;
    type IntoIter = std::slice::Iter<'a, Condition>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A message without the space around it, of at most 1 KiB: what is cut ends in `…`.
pub fn bounded(message: &str) -> Cow<'_, str> {
    let message = message.trim();
    if message.len() <= MESSAGE_BYTES {
        return Cow::Borrowed(message);
    }
    let end = message.floor_char_boundary(MESSAGE_BYTES - '…'.len_utf8());
    Cow::Owned(format!("{}…", message.get(..end).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(json: &str) -> Conditions {
        Conditions::pack(&serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    #[test]
    fn conditions_are_found_by_type_and_keep_what_they_say() {
        let conditions = conditions(
            r#"[{"type":"Ready","status":"False","reason":"NodeClassNotReady","message":" m ","observedGeneration":3,
                "lastTransitionTime":"2026-11-21T12:00:00Z"},{"type":"Drifted","status":"Maybe"},{"type":"Ready","status":"True"},7]"#,
        );
        let ready = conditions.get("Ready").unwrap();
        assert_eq!(
            (ready.status.clone(), &*ready.reason, &*ready.message),
            (Status::False, "NodeClassNotReady", "m")
        );
        assert_eq!((ready.since.rfc3339().as_str(), ready.observed_generation), ("2026-11-21T12:00:00Z", 3));
        assert_eq!(conditions.get("Drifted").unwrap().status, Status::Other("Maybe".into()));
        assert!(
            !conditions.is_true("Ready") && !conditions.is_true("Drifted") && !conditions.is_true("Gone")
        );
        assert_eq!(conditions.iter().count(), 3);
    }

    #[test]
    fn a_long_message_is_cut_at_a_character() {
        let long = "ü".repeat(5000);
        let cut = bounded(&long);
        assert!(
            cut.len() <= MESSAGE_BYTES && cut.len() > MESSAGE_BYTES - 4 && cut.ends_with("ü…"),
            "{}",
            cut.len()
        );
        let fits = "x".repeat(MESSAGE_BYTES);
        assert_eq!(bounded(&fits), fits);
    }
}
