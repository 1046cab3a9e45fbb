//! How fresh a table is. Loading, forbidden, stale and unavailable are data like rows, and are drawn as five different
//! pictures (the fifth is a live table that is really empty).

use std::sync::Arc;

use crate::fleet::{Problem, Timestamp};

/// How fresh the rows of a table are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Freshness {
    /// Nobody asked for these rows.
    #[default]
    NotWatched,
    /// The first list is on its way; rows so far are real but not complete.
    Loading {
        /// When the list began.
        since: Timestamp,
        /// How many rows the server says there are in all (`remainingItemCount`), when it says so.
        expected: Option<u64>,
    },
    /// Complete, and every change arrives.
    Live,
    /// Complete at `as_of`; the kind can be listed but not watched, so it is read again every `every` seconds.
    Polled {
        /// When the last list was complete.
        as_of: Timestamp,
        /// Seconds between two lists.
        every: u32,
    },
    /// Complete at `as_of`; the connection was lost since and is being retried.
    Stale {
        /// When the rows were last known to be true.
        as_of: Timestamp,
        /// What happened.
        problem: Problem,
    },
    /// The API server refuses: the missing verb and resource are in the problem.
    Forbidden {
        /// `list pods in all namespaces`, with the hint that names the rule to ask for.
        problem: Problem,
    },
    /// Never read, and not for lack of rights.
    Unavailable {
        /// What happened.
        problem: Problem,
    },
}

/// Which part of a kind the rows of a table are: freshness says when they were true, this says of what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// All objects of the kind.
    #[default]
    Everything,
    /// What these namespaces hold, because listing the kind in all of them is refused. Of namespaces themselves: these
    /// names, which are known although they may not be listed.
    Namespaces {
        /// The namespaces, each once.
        names: Arc<[Arc<str>]>,
        /// How the whole was refused.
        refused: Problem,
    },
}

impl Extent {
    /// True when nothing of this namespace is missing; of all namespaces when it is `None`.
    pub fn covers(&self, namespace: Option<&str>) -> bool {
        match self {
            Self::Everything => true,
            Self::Namespaces { names, .. } => {
                namespace.is_some_and(|namespace| names.iter().any(|name| **name == *namespace))
            }
        }
    }
}

impl Freshness {
    /// True when the rows are complete and current.
    pub fn is_current(&self) -> bool {
        matches!(self, Self::Live | Self::Polled { .. })
    }

    /// True when the rows are complete, or were when they were last read.
    pub fn is_read(&self) -> bool {
        self.is_current() || matches!(self, Self::Stale { .. })
    }

    /// True once asking again could not bring more right now: current, stale, forbidden or unavailable.
    pub fn is_settled(&self) -> bool {
        !matches!(self, Self::NotWatched | Self::Loading { .. })
    }

    /// What keeps the rows from being current.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Stale { problem, .. } | Self::Forbidden { problem } | Self::Unavailable { problem } => {
                Some(problem)
            }
            Self::NotWatched | Self::Loading { .. } | Self::Live | Self::Polled { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::ProblemKind;

    #[test]
    fn a_part_covers_its_namespaces_and_never_all_of_them() {
        let refused = Problem::new(ProblemKind::Forbidden, "forbidden: list pods");
        let part = Extent::Namespaces { names: ["dev".into(), "staging".into()].into(), refused };
        assert!(part.covers(Some("staging")) && !part.covers(Some("stag")) && !part.covers(None));
        assert!(Extent::Everything.covers(None) && Extent::Everything.covers(Some("staging")));
    }
}
