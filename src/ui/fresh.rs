//! How fresh what is on the screen is, in the five pictures: loading, forbidden, stale, unavailable, and live.

use crate::fleet::{Problem, ResourceType, Timestamp};
use crate::snapshot::{ClusterSnapshot, Freshness, Link};

use super::grid::cell::verdict_glyph;
use super::role::Role;
use crate::fleet::Verdict;

/// How one table of one cluster is, as the screen says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picture {
    /// On its way, with the number of rows to expect where the server says it.
    Loading(Option<u64>),
    /// Complete, and every change arrives.
    Live,
    /// Complete, and read again every so many seconds.
    Polled(u32),
    /// True at that time; the connection was lost since.
    Stale(Timestamp, Problem),
    /// Not allowed to be read.
    Forbidden(Problem),
    /// Never read, and not for lack of rights.
    Unavailable(Problem),
}

impl Picture {
    /// How a table is. A list that cannot even begin because the connection is down is not *loading*.
    pub fn of(cluster: &ClusterSnapshot, resource: &ResourceType) -> Self {
        let table = cluster.any_table(resource);
        let is_empty = table.is_none_or(|table| table.is_empty());
        match (table.map(|table| table.freshness()), &cluster.link) {
            (None | Some(Freshness::NotWatched | Freshness::Loading { .. }), Link::Down(problem))
                if is_empty =>
            {
                Self::Unavailable(problem.clone())
            }
            (None | Some(Freshness::NotWatched), _) => Self::Loading(None),
            (Some(Freshness::Loading { expected, .. }), _) => Self::Loading(*expected),
            (Some(Freshness::Live), _) => Self::Live,
            (Some(Freshness::Polled { every, .. }), _) => Self::Polled(*every),
            (Some(Freshness::Stale { as_of, problem }), _) => Self::Stale(*as_of, problem.clone()),
            (Some(Freshness::Forbidden { problem }), _) => Self::Forbidden(problem.clone()),
            (Some(Freshness::Unavailable { problem }), _) => Self::Unavailable(problem.clone()),
        }
    }

    /// How each of these tables of a cluster is.
    pub fn each(cluster: &ClusterSnapshot, resources: &[ResourceType]) -> Vec<Self> {
        resources.iter().map(|resource| Self::of(cluster, resource)).collect()
    }

    /// Its glyph.
    pub fn glyph(&self, ascii: bool) -> &'static str {
        match (self, ascii) {
            (Self::Loading(_), false) => "◌",
            (Self::Loading(_), true) => ".",
            (Self::Live, _) => verdict_glyph(Verdict::Ok, ascii),
            (Self::Polled(_) | Self::Stale(..), _) => "~",
            (Self::Forbidden(_), false) => "⊘",
            (Self::Forbidden(_), true) => "#",
            (Self::Unavailable(_), _) => verdict_glyph(Verdict::Unknown, ascii),
        }
    }

    /// One word for the top line.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Loading(_) => "loading",
            Self::Live => "live",
            Self::Polled(_) => "polled",
            Self::Stale(..) => "stale",
            Self::Forbidden(_) => "forbidden",
            Self::Unavailable(_) => "unavailable",
        }
    }

    /// What its colour means.
    pub fn role(&self) -> Role {
        match self {
            Self::Loading(_) => Role::Progressing,
            Self::Live => Role::Good,
            Self::Polled(_) | Self::Stale(..) => Role::Stale,
            Self::Forbidden(_) => Role::Forbidden,
            Self::Unavailable(_) => Role::Unknown,
        }
    }

    /// What keeps the rows from being complete and current.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Stale(_, problem) | Self::Forbidden(problem) | Self::Unavailable(problem) => Some(problem),
            Self::Loading(_) | Self::Live | Self::Polled(_) => None,
        }
    }

    /// Why what is printed is not the whole and present truth, in words; `None` when it is.
    pub fn unknown(&self) -> Option<String> {
        if let Self::Loading(_) = self {
            return Some("not complete yet".to_owned());
        }
        let message = self.problem()?.message();
        // Most messages say it themselves.
        Some(match message.strip_prefix(self.word()) {
            Some(_) => message.to_owned(),
            None => format!("{}: {message}", self.word()),
        })
    }

    /// Sorts the picture that a summary of several should show first.
    pub fn gravity(&self) -> u8 {
        match self {
            Self::Live => 0,
            Self::Polled(_) => 1,
            Self::Loading(_) => 2,
            Self::Forbidden(_) => 3,
            Self::Stale(..) => 4,
            Self::Unavailable(_) => 5,
        }
    }
}
