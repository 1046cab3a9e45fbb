//! What messages mean: which field of JSON each number is, and what it holds. Only fields that something reads are here;
//! all others are skipped by their length.
//!
//! Fields and numbers are from the `generated.proto` of each API group (k8s.io/api and k8s.io/apimachinery 0.36); whether
//! JSON leaves a zero out is from the `json` tags in `types.go` beside it.

mod batch;
mod core;
mod meta;

/// A message.
#[derive(Debug)]
pub(super) struct Message {
    /// Its name in the API, for errors.
    pub(super) name: &'static str,
    /// Sorted by their numbers.
    pub(super) fields: &'static [Field],
}

/// A field of a message.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) number: u32,
    /// Its name in JSON.
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) arity: Arity,
    /// JSON leaves it out when it is empty, 0 or false (`omitempty`); protobuf has it all the same.
    pub(super) omits_zero: bool,
}

/// What a field holds, or each of many.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    Text,
    Bool,
    Int,
    /// `metav1.Time`: seconds and nanoseconds here, a text in JSON, and `null` for none.
    Time,
    /// `metav1.MicroTime`: the same with fractions.
    MicroTime,
    /// `resource.Quantity`: a text in JSON.
    Quantity,
    Message(&'static Message),
    /// A message whose fields are those of the outer one in JSON.
    Inline(&'static Message),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arity {
    One,
    /// `repeated`
    Many,
    /// `map<string, …>`
    Map,
}

impl Message {
    /// The field with a number. `from` is where the one before it was: encoders write them in ascending order.
    pub(super) fn field(&self, number: u32, from: &mut usize) -> Option<&'static Field> {
        let rest = self.fields.get(*from..).unwrap_or_default();
        let passed = rest.iter().take_while(|field| field.number < number).count();
        *from += passed;
        if let Some(field) = rest.get(passed).filter(|field| field.number == number) {
            return Some(field);
        }
        // Not in ascending order, then, or not known.
        let at = self.fields.binary_search_by_key(&number, |field| field.number).ok()?;
        self.fields.get(at)
    }
}

impl Field {
    const fn new(number: u32, name: &'static str, shape: Shape) -> Self {
        Self { number, name, shape, arity: Arity::One, omits_zero: true }
    }
    const fn text(number: u32, name: &'static str) -> Self {
        Self::new(number, name, Shape::Text)
    }
    const fn texts(number: u32, name: &'static str) -> Self {
        Self { arity: Arity::Many, ..Self::text(number, name) }
    }
    /// `map<string, string>`
    const fn pairs(number: u32, name: &'static str) -> Self {
        Self { arity: Arity::Map, ..Self::text(number, name) }
    }
    /// `map<string, Quantity>`
    const fn quantities(number: u32, name: &'static str) -> Self {
        Self { arity: Arity::Map, ..Self::new(number, name, Shape::Quantity) }
    }
    const fn int(number: u32, name: &'static str) -> Self {
        Self::new(number, name, Shape::Int)
    }
    const fn bool(number: u32, name: &'static str) -> Self {
        Self::new(number, name, Shape::Bool)
    }
    const fn time(number: u32, name: &'static str) -> Self {
        Self::new(number, name, Shape::Time)
    }
    const fn micro_time(number: u32, name: &'static str) -> Self {
        Self::new(number, name, Shape::MicroTime)
    }
    const fn one(number: u32, name: &'static str, message: &'static Message) -> Self {
        Self::new(number, name, Shape::Message(message))
    }
    const fn many(number: u32, name: &'static str, message: &'static Message) -> Self {
        Self { arity: Arity::Many, ..Self::one(number, name, message) }
    }
    const fn inline(number: u32, message: &'static Message) -> Self {
        Self::new(number, "", Shape::Inline(message))
    }
    /// JSON has it even when it is empty, 0 or false: it is required, or a pointer that is absent when it is unset.
    const fn kept(self) -> Self {
        Self { omits_zero: false, ..self }
    }
}

/// A list of objects of a kind.
macro_rules! list {
    ($name:literal, $item:path) => {
        Message {
            name: $name,
            fields: &[
                Field::one(1, "metadata", &crate::gateway::protobuf::schema::meta::LIST_META),
                Field::many(2, "items", &$item),
            ],
        }
    };
}
use list;

/// Messages that may be a whole answer, by `apiVersion` and `kind`.
pub(super) static ANSWERS: &[(&str, &str, &Message)] = &[
    ("apps/v1", "ReplicaSetList", &batch::REPLICA_SETS),
    ("batch/v1", "JobList", &batch::JOBS),
    ("discovery.k8s.io/v1", "EndpointSliceList", &core::ENDPOINT_SLICES),
    ("v1", "EventList", &core::EVENTS),
    ("v1", "PodList", &core::PODS),
    ("v1", "Status", &meta::STATUS),
];

/// The message of an answer.
pub(super) fn answer(api_version: &str, kind: &str) -> Option<&'static Message> {
    let found = ANSWERS.iter().find(|(version, name, _)| *version == api_version && *name == kind);
    found.map(|(.., message)| *message)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every message that can be reached, each once.
    fn all() -> Vec<&'static Message> {
        let mut found: Vec<&'static Message> = ANSWERS.iter().map(|(.., message)| *message).collect();
        let mut next = 0;
        while let Some(message) = found.get(next).copied() {
            next += 1;
            for field in message.fields {
                if let Shape::Message(inner) | Shape::Inline(inner) = field.shape
                    && !found.iter().any(|known| std::ptr::eq(*known, inner))
                {
                    found.push(inner);
                }
            }
            assert!(found.len() < 500, "{}", message.name);
        }
        found
    }

    #[test]
    fn fields_are_sorted_and_no_number_or_name_is_there_twice() {
        for message in all() {
            assert!(message.fields.is_sorted_by(|a, b| a.number < b.number), "{}", message.name);
            let mut names = BTreeSet::new();
            for field in message.fields {
                let inner = match field.shape {
                    Shape::Inline(inner) => inner.fields.iter().map(|field| field.name).collect(),
                    _ => vec![field.name],
                };
                assert!(inner.into_iter().all(|name| names.insert(name)), "{}.{}", message.name, field.name);
            }
        }
    }

    #[test]
    fn an_inlined_message_is_one_and_inlines_no_other() {
        for message in all() {
            for field in message.fields {
                let Shape::Inline(inner) = field.shape else { continue };
                assert_eq!(field.arity, Arity::One, "{}", message.name);
                assert!(!inner.fields.iter().any(|field| matches!(field.shape, Shape::Inline(_))));
            }
        }
    }

    #[test]
    fn no_message_holds_itself_so_that_nothing_is_nested_without_end() {
        fn depth(message: &'static Message, above: &mut Vec<*const Message>) {
            assert!(!above.contains(&std::ptr::from_ref(message)), "{}", message.name);
            above.push(message);
            for field in message.fields {
                if let Shape::Message(inner) | Shape::Inline(inner) = field.shape {
                    depth(inner, above);
                }
            }
            above.pop();
        }
        for (.., message) in ANSWERS {
            depth(message, &mut Vec::new());
        }
    }

    #[test]
    fn a_field_is_found_in_any_order() {
        let mut from = 0;
        for number in [1, 11, 6, 6, 14, 1, 99, 8] {
            let found = meta::OBJECT_META.field(number, &mut from).map(|field| field.number);
            assert_eq!(found, (number != 99).then_some(number));
        }
        assert!(meta::OBJECT_META.field(17, &mut from).is_none(), "managedFields are skipped");
    }
}
