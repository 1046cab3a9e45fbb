//! Selectors: which labels an object must have (`metav1.LabelSelector`, and the requirements of nodes that use the same
//! operators).

use std::sync::Arc;

use super::intern::Interner;
use super::meta::{self, Labels};
use super::wire::{List, Object, Pairs, Text, Texts, wire_structs};
use super::word::open_words;

open_words! {
    /// How an expression compares.
    pub enum Operator {
        /// The label's value is one of the values.
        In = "In",
        /// The label is absent, or its value is none of the values.
        NotIn = "NotIn",
        /// The label is there.
        Exists = "Exists",
        /// The label is not there.
        DoesNotExist = "DoesNotExist",
        /// The label's value is a larger number (nodes only).
        Gt = "Gt",
        /// The label's value is a smaller number (nodes only).
        Lt = "Lt",
        /// The label's value is this number or a larger one (Karpenter only).
        Gte = "Gte",
        /// The label's value is this number or a smaller one (Karpenter only).
        Lte = "Lte",
    }
}

/// One thing that a selector asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Expression {
    /// The label.
    pub key: Arc<str>,
    /// How it compares.
    pub operator: Operator,
    /// With what; empty for `Exists` and `DoesNotExist`.
    pub values: Box<[Arc<str>]>,
}

/// Which labels an object must have. An empty selector takes everything; a selector that is absent takes nothing, and
/// rows keep it as `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LabelSelector {
    /// `matchLabels`
    pub labels: Labels,
    /// `matchExpressions`
    pub expressions: Box<[Expression]>,
}

wire_structs! {
    /// A selector as it is read.
    pub struct SelectorWire<'a> {
        match_labels: Pairs<'a>,
        match_expressions: List<ExpressionWire<'a>>,
    }
    /// An expression as it is read.
    pub struct ExpressionWire<'a> {
        key: Text<'a>,
        operator: Text<'a>,
        values: Texts<'a>,
    }
}

impl Expression {
    /// Keeps what was read.
    pub fn pack(wire: &ExpressionWire<'_>, interner: &mut Interner) -> Self {
        Self::read(&wire.key, &wire.operator, &wire.values, interner)
    }

    /// Keeps what was read as parts of something larger.
    pub fn read(key: &str, operator: &str, values: &Texts<'_>, interner: &mut Interner) -> Self {
        Self {
            key: interner.get(key),
            operator: Operator::read(operator, interner),
            values: interner.all(values),
        }
    }

    /// Whether a label with this value meets it; `None` means that the label is absent. An operator that is not known
    /// is never met.
    pub fn admits(&self, value: Option<&str>) -> bool {
        let is_listed = |value: &str| self.values.iter().any(|known| **known == *value);
        let compared = |holds: fn(i64, i64) -> bool| {
            let bound = self.values.first().and_then(|bound| bound.parse().ok());
            let number = value.and_then(|value| value.parse().ok());
            number.zip(bound).is_some_and(|(number, bound)| holds(number, bound))
        };
        match &self.operator {
            Operator::In => value.is_some_and(is_listed),
            Operator::NotIn => !value.is_some_and(is_listed),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::Gt => compared(|number, bound| number > bound),
            Operator::Lt => compared(|number, bound| number < bound),
            Operator::Gte => compared(|number, bound| number >= bound),
            Operator::Lte => compared(|number, bound| number <= bound),
            Operator::Other(_) => false,
        }
    }
}

impl LabelSelector {
    /// Keeps what was read.
    pub fn pack(wire: &SelectorWire<'_>, interner: &mut Interner) -> Self {
        Self {
            labels: meta::pairs(&wire.match_labels, interner),
            expressions: wire.match_expressions.iter().map(|e| Expression::pack(e, interner)).collect(),
        }
    }

    /// Keeps a selector that may be absent.
    pub fn pack_some(wire: &Object<SelectorWire<'_>>, interner: &mut Interner) -> Option<Self> {
        wire.get().map(|wire| Self::pack(wire, interner))
    }

    /// True when it takes everything.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.expressions.is_empty()
    }

    /// Whether an object with these labels is taken.
    pub fn matches<'l>(&self, labels: impl IntoIterator<Item = (&'l str, &'l str)>) -> bool {
        if self.is_empty() {
            return true;
        }
        let labels: Vec<(&str, &str)> = labels.into_iter().collect();
        self.takes(|key| labels.iter().find(|(known, _)| *known == key).map(|(_, value)| *value))
    }

    /// The same for an object that finds its labels itself.
    pub fn takes<'l>(&self, label: impl Fn(&str) -> Option<&'l str>) -> bool {
        self.labels.iter().all(|(key, wanted)| label(key) == Some(&**wanted))
            && self.expressions.iter().all(|expression| expression.admits(label(&expression.key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selector(json: &str) -> LabelSelector {
        LabelSelector::pack(&serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    #[test]
    fn a_selector_takes_what_meets_all_it_asks_for() {
        let selector = selector(
            r#"{"matchLabels":{"app":"api"},"matchExpressions":[{"key":"tier","operator":"In","values":["a","b"]},
                {"key":"canary","operator":"DoesNotExist"},{"key":"track","operator":"NotIn","values":["old"]}]}"#,
        );
        assert!(selector.matches([("app", "api"), ("tier", "b")]));
        assert!(selector.matches([("app", "api"), ("tier", "a"), ("track", "new")]));
        for labels in [
            &[("app", "api")][..],
            &[("tier", "a")],
            &[("app", "web"), ("tier", "a")],
            &[("app", "api"), ("tier", "c")],
            &[("app", "api"), ("tier", "a"), ("canary", "")],
            &[("app", "api"), ("tier", "a"), ("track", "old")],
        ] {
            assert!(!selector.matches(labels.iter().copied()), "{labels:?}");
        }
    }

    #[test]
    fn an_empty_selector_takes_everything_and_an_unknown_operator_nothing() {
        assert!(selector("{}").matches([]) && selector("{}").matches([("a", "b")]));
        let unknown = selector(r#"{"matchExpressions":[{"key":"a","operator":"Like","values":["b"]}]}"#);
        assert!(!unknown.matches([("a", "b")]) && !unknown.is_empty());
    }

    #[test]
    fn numbers_compare_as_numbers() {
        let admits = |operator: &str, value: Option<&str>| {
            let json = format!(r#"{{"key":"cpu","operator":"{operator}","values":["4"]}}"#);
            let wire: ExpressionWire<'_> = serde_json::from_str(&json).unwrap();
            Expression::pack(&wire, &mut Interner::default()).admits(value)
        };
        assert!(admits("Gt", Some("16")) && !admits("Gt", Some("4")) && admits("Gte", Some("4")));
        assert!(admits("Lt", Some("2")) && !admits("Lt", Some("16")) && admits("Lte", Some("4")));
        assert!(!admits("Gt", None) && !admits("Lt", Some("many")));
    }
}
