//! Folding: rows that say the same of the same object are shown as one, and what is said of one object stands together.
//!
//! Made anew from the kept order whenever that changes. Only listings whose rows tell of other objects fold (events),
//! and those are few enough for a pass over all of them.

use std::cmp::Reverse;

use hashbrown::HashMap;

use super::order::{Entry, Sort, SortBy, arrange};
use super::{Grid, Reach};
use crate::fleet::Timestamp;
use crate::snapshot::Slot;
use crate::ui::listing::{Folded, Listing, Telling};

/// The rows that stand for others.
#[derive(Debug, Default)]
pub(super) struct Folds {
    /// One entry for each statement, in order.
    pub(super) leaders: Vec<Entry>,
    /// What each of them sums up.
    sums: HashMap<(u16, Slot), Folded>,
}

impl Folds {
    /// What a row sums up; `None` when it stands for itself alone.
    pub(super) fn sum(&self, entry: &Entry) -> Option<Folded> {
        self.sums.get(&(entry.source, entry.slot)).copied()
    }
}

/// All rows that say one thing of one object.
struct Statement {
    leader: Entry,
    /// When the leader first said it: the oldest row leads, so that the cursor does not lose it to every newer one.
    since: Timestamp,
    about: (u16, u64),
    folded: Folded,
}

/// An object that is told of.
#[derive(Clone, Copy, Default)]
struct Subject {
    is_warned: bool,
    last: Timestamp,
}

impl<L: Listing> Grid<L> {
    /// Makes the folded rows anew.
    pub(super) fn fold(&mut self) {
        if !self.listing.folds() || self.is_away {
            return;
        }
        let reach = Reach::new(&self.listing, &self.sources, &self.spaces, self.now);
        let base = if self.query.is_some() { &self.shown } else { &self.order };
        let (mut statements, subjects) = statements(&reach, base);
        if self.sort.by == SortBy::Told {
            // Objects with warnings first, then those that something happened to lately; their warnings first as well.
            let place = |statement: &Statement| {
                let subject = subjects.get(&statement.about).copied().unwrap_or_default();
                let (warned, calm) = (!subject.is_warned, !statement.folded.is_warning);
                let (last, own) = (Reverse(subject.last), Reverse(statement.folded.last));
                (warned, last, statement.about, calm, own)
            };
            if self.sort.descending {
                statements.sort_by_key(|statement| Reverse(place(statement)));
            } else {
                statements.sort_by_key(place);
            }
        }
        let sums = statements.iter().map(|s| ((s.leader.source, s.leader.slot), s.folded)).collect();
        let mut folds = Folds { leaders: statements.into_iter().map(|s| s.leader).collect(), sums };
        if matches!(self.sort.by, SortBy::Column(_)) {
            // A sum may belong elsewhere than each of its rows.
            let sort = self.sort;
            for at in 0..folds.leaders.len() {
                let Some(entry) = folds.leaders.get(at).copied() else { break };
                let rekeyed = reach.rekeyed_as(&entry, sort, folds.sum(&entry));
                if let Some(leader) = folds.leaders.get_mut(at) {
                    *leader = rekeyed;
                }
            }
            arrange(&mut folds.leaders, &|a, b| reach.compare(a, b, sort));
        }
        self.folds = folds;
    }

    /// Sorts by object, or by time again.
    pub fn toggle_by_object(&mut self) {
        let by_time = self.sort_named("last-seen").unwrap_or(SortBy::Told);
        let by = if self.sort.by == SortBy::Told { by_time } else { SortBy::Told };
        self.resort(Sort { by, descending: false });
    }

    /// True when rows about one object stand together.
    pub(super) fn is_by_object(&self) -> bool {
        self.sort.by == SortBy::Told && self.listing.folds()
    }
}

fn statements<L: Listing>(
    reach: &Reach<'_, L>,
    base: &[Entry],
) -> (Vec<Statement>, HashMap<(u16, u64), Subject>) {
    let mut known: HashMap<(u16, u64, u64), usize> = HashMap::new();
    let mut statements: Vec<Statement> = Vec::new();
    let mut subjects: HashMap<(u16, u64), Subject> = HashMap::new();
    for entry in base {
        let Some(row) = reach.row(entry) else { continue };
        let Some(telling) = reach.listing.telling(row) else { continue };
        let Telling { about, says, count, first, last, is_warning } = telling;
        let subject = subjects.entry((entry.source, about)).or_default();
        subject.is_warned |= is_warning;
        subject.last = subject.last.max(last);
        let at = *known.entry((entry.source, about, says)).or_insert(statements.len());
        match statements.get_mut(at) {
            Some(statement) => {
                let folded = &mut statement.folded;
                folded.count += count;
                folded.first = folded.first.min(first);
                folded.last = folded.last.max(last);
                if (first, entry.slot) < (statement.since, statement.leader.slot) {
                    (statement.leader, statement.since) = (*entry, first);
                }
            }
            None => statements.push(Statement {
                leader: *entry,
                since: first,
                about: (entry.source, about),
                folded: Folded { about, count, first, last, is_warning },
            }),
        }
    }
    (statements, subjects)
}
