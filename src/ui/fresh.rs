//! How fresh what is on the screen is, in the five pictures: loading, forbidden, stale, unavailable, and live.

use std::sync::Arc;

use crate::fleet::{Problem, ProblemKind, ResourceType, Timestamp};
use crate::snapshot::{ClusterSnapshot, Extent, Freshness, Link};

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
    /// Current, but of these namespaces alone: reading all of them is refused.
    Narrow(Arc<[Arc<str>]>, Problem),
    /// True at that time; the connection was lost since.
    Stale(Timestamp, Problem),
    /// Not allowed to be read.
    Forbidden(Problem),
    /// Never read, and not for lack of rights.
    Unavailable(Problem),
}

impl Picture {
    /// How a table is, looked at as a whole. A list that cannot even begin because the connection is down is not *loading*.
    pub fn of(cluster: &ClusterSnapshot, resource: &ResourceType) -> Self {
        Self::within(cluster, resource, None)
    }

    /// How the part of a table is that is in this namespace; the whole when it is `None`.
    pub fn within(cluster: &ClusterSnapshot, resource: &ResourceType, namespace: Option<&str>) -> Self {
        let fresh = Self::fresh(cluster, resource);
        match (fresh, cluster.extent(resource)) {
            (Self::Live | Self::Polled(_), extent @ Extent::Namespaces { names, refused })
                if !extent.covers(namespace) =>
            {
                match namespace.filter(|_| resource.namespaced) {
                    Some(namespace) => {
                        let message =
                            format!("forbidden: list {} in namespace {namespace}", resource.qualified());
                        let problem = Problem::new(ProblemKind::Forbidden, message);
                        Self::Forbidden(refused.hints().iter().fold(problem, |p, hint| p.with_hint(hint)))
                    }
                    None => Self::Narrow(Arc::clone(names), refused.clone()),
                }
            }
            (fresh, _) => fresh,
        }
    }

    fn fresh(cluster: &ClusterSnapshot, resource: &ResourceType) -> Self {
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
            (Self::Narrow(..), false) => "◐",
            (Self::Narrow(..), true) => "%",
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
            Self::Narrow(..) => "narrow",
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
            Self::Narrow(..) | Self::Forbidden(_) => Role::Forbidden,
            Self::Unavailable(_) => Role::Unknown,
        }
    }

    /// What keeps the rows from being complete and current.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Stale(_, problem) | Self::Forbidden(problem) | Self::Unavailable(problem) => Some(problem),
            Self::Loading(_) | Self::Live | Self::Polled(_) | Self::Narrow(..) => None,
        }
    }

    /// Why what is printed is not the whole and present truth, in words; `None` when it is.
    pub fn unknown(&self) -> Option<String> {
        match self {
            Self::Loading(_) => return Some("not complete yet".to_owned()),
            Self::Narrow(names, refused) => {
                return Some(format!("only {} read; {}", in_namespaces(names), refused.message()));
            }
            _ => {}
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
            Self::Narrow(..) => 2,
            Self::Loading(_) => 3,
            Self::Forbidden(_) => 4,
            Self::Stale(..) => 5,
            Self::Unavailable(_) => 6,
        }
    }
}

/// `namespace staging`, `namespaces dev, staging`, and of many a few with how many there are.
pub fn in_namespaces(names: &[Arc<str>]) -> String {
    const NAMED: usize = 4;
    let named: Vec<&str> = names.iter().take(NAMED).map(AsRef::as_ref).collect();
    match names.len() {
        1 => format!("namespace {}", named.join("")),
        count if count > NAMED => format!("{count} namespaces ({}, …)", named.join(", ")),
        _ => format!("namespaces {}", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::kind::PODS;
    use crate::fleet::pod::Pod;
    use crate::ui::test_cluster::TestCluster;

    #[test]
    fn a_part_of_a_kind_is_live_in_its_namespaces_forbidden_in_others_and_narrow_as_a_whole() {
        let cluster = TestCluster::new().with::<Pod>(&PODS, &[]).narrowed::<Pod>(&PODS, &["dev", "staging"]);
        let picture = cluster.picture();
        assert_eq!(Picture::within(&picture, &PODS, Some("staging")), Picture::Live);
        let elsewhere = Picture::within(&picture, &PODS, Some("production"));
        assert_eq!(elsewhere.unknown().as_deref(), Some("forbidden: list pods in namespace production"));
        let whole = Picture::of(&picture, &PODS);
        assert_eq!(whole.word(), "narrow");
        assert_eq!(
            whole.unknown().as_deref(),
            Some("only namespaces dev, staging read; forbidden: list pods")
        );
    }

    #[test]
    fn many_namespaces_are_told_by_a_few_of_them() {
        let names: Vec<Arc<str>> = ["a", "b", "c", "d", "e"].map(Arc::from).to_vec();
        assert_eq!(in_namespaces(&names), "5 namespaces (a, b, c, d, …)");
        assert_eq!(in_namespaces(names.get(..1).unwrap()), "namespace a");
    }
}
