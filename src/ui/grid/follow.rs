//! Following the tables: what changed moves, the rest stays.

use std::sync::Arc;

use super::filter::Typing;
use super::order::{Entry, Slots, Sort, SortBy, arrange, merge};
use super::{Grid, Reach, Source};
use crate::fleet::{ObjectRef, ResourceType, Row, Timestamp};
use crate::snapshot::{Changes, Slot, Table};
use crate::ui::listing::Listing;
use crate::ui::view::World;

/// Rows whose allocation proves that a table is the one it was.
const WITNESSES: usize = 8;
/// Up to this many rows are sorted anew at once when what they are sorted by comes from another table.
const RESORT_AT_ONCE: usize = 5000;
/// Seconds between two such sorts of a larger table, and between two looks at a filter that compares ages.
const RESORT_EVERY: i64 = 10;

/// What changed in one source.
pub(super) enum Touched {
    Nothing,
    Slots(Vec<Slot>),
    All,
}

impl<L: Listing> Grid<L> {
    /// Catches up with the world.
    pub fn follow(&mut self, world: &World<'_>) {
        let previous = self.now;
        self.now = world.now;
        let is_back = std::mem::take(&mut self.is_away);
        let anew = self.meet_sources(world) | std::mem::take(&mut self.is_outdated);
        let touched: Vec<Touched> =
            self.sources.iter().map(|source| if anew { Touched::All } else { source.touched() }).collect();
        let moved = anew || touched.iter().any(|touched| !matches!(touched, Touched::Nothing));
        if moved {
            self.finish_filter();
            self.typing.iter_mut().for_each(|typing| typing.forget_touched(&touched));
            self.take_out(&touched);
            self.put_in(&touched);
        }
        self.sources.iter_mut().for_each(Source::remember);
        let resorted = self.resort_joined(previous);
        let is_due = self.filtered_at.seconds_before(self.now) >= RESORT_EVERY;
        let refiltered = is_due && self.query.as_ref().is_some_and(super::Query::looks_at_fields);
        if refiltered {
            self.refilter();
        }
        if is_back || moved || resorted || refiltered {
            self.fold();
        }
        if is_back || moved || resorted || refiltered || self.cursor.wanted.is_some() {
            self.relocate();
        }
    }

    /// Makes the sources those of the scope. True when they are others than before, or another namespace is shown.
    fn meet_sources(&mut self, world: &World<'_>) -> bool {
        let clusters = world.snapshot.clusters.iter().filter(|cluster| world.scope.includes(&cluster.id));
        let resources = self.listing.resources();
        let wanted: Vec<_> = clusters
            .enumerate()
            .flat_map(|(rank, cluster)| resources.iter().map(move |resource| (rank, cluster, resource)))
            .collect();
        let are_same = self.sources.len() == wanted.len()
            && self.sources.iter().zip(&wanted).all(|(source, (_, cluster, resource))| {
                source.cluster == cluster.id && source.resource == **resource
            });
        if !are_same {
            self.sources = wanted
                .iter()
                .map(|(rank, cluster, resource)| Source {
                    cluster: cluster.id.clone(),
                    cluster_rank: u16::try_from(*rank).unwrap_or(u16::MAX),
                    resource: ResourceType::clone(resource),
                    picture: None,
                    seen: 0,
                    witnesses: Vec::new(),
                })
                .collect();
            self.widths.forget();
            let sources = &self.sources;
            let is_in_sight = |mark: &ObjectRef| sources.iter().any(|source| source.cluster == mark.cluster);
            self.marks.retain(is_in_sight);
        }
        for (source, (_, cluster, _)) in self.sources.iter_mut().zip(&wanted) {
            source.picture = Some(Arc::clone(cluster));
        }
        let is_elsewhere = self.namespace != world.scope.namespace;
        if is_elsewhere {
            self.namespace.clone_from(&world.scope.namespace);
            self.marks.retain(|mark| self.namespace.is_none() || mark.namespace == self.namespace);
            self.widths.forget();
        }
        !are_same || is_elsewhere
    }

    /// Takes the rows that changed out of the order.
    fn take_out(&mut self, touched: &[Touched]) {
        let sets: Vec<Option<Slots>> = touched
            .iter()
            .map(|touched| match touched {
                Touched::Slots(slots) => {
                    let mut set = Slots::default();
                    slots.iter().for_each(|slot| set.insert(*slot));
                    Some(set)
                }
                _ => None,
            })
            .collect();
        let stays = |entry: &Entry| match touched.get(usize::from(entry.source)) {
            Some(Touched::Nothing) => true,
            Some(Touched::Slots(_)) => {
                let set = sets.get(usize::from(entry.source)).and_then(Option::as_ref);
                set.is_some_and(|set| !set.contains(entry.slot))
            }
            Some(Touched::All) | None => false,
        };
        self.order.retain(stays);
        self.shown.retain(stays);
    }

    /// Puts the rows that changed, and are still there, where they belong now.
    fn put_in(&mut self, touched: &[Touched]) {
        let mut found: Vec<(u16, Slot, u32)> = Vec::new();
        for ((number, source), touched) in (0u16..).zip(&self.sources).zip(touched) {
            let Some(table) = source.table() else { continue };
            let namespace = self.namespace.as_deref();
            let mut meet = |slot: Slot, row: &L::Row| {
                // Cluster-scoped rows are in every namespace's scope.
                let is_in = namespace.is_none_or(|wanted| row.namespace().is_none_or(|is| is == wanted));
                let other = self.listing.shown_by(row);
                let is_told = other.is_some_and(|other| self.sources.iter().any(|s| s.cluster == *other));
                if is_in && !is_told {
                    found.push((number, slot, self.spaces.number(row.namespace())));
                }
            };
            match touched {
                Touched::Nothing => {}
                Touched::All => table.iter().for_each(|(slot, row)| meet(slot, row)),
                Touched::Slots(slots) => {
                    slots
                        .iter()
                        .filter_map(|slot| Some((*slot, table.get(*slot)?)))
                        .for_each(|(s, r)| meet(s, r));
                }
            }
        }
        self.spaces.rank();
        let reach = Reach::new(&self.listing, &self.sources, &self.spaces, self.now);
        let mut fresh: Vec<Entry> = found
            .into_iter()
            .filter_map(|(source, slot, space)| {
                let row = reach.table(source)?.get(slot)?;
                Some(reach.entry(source, slot, space, row, self.sort))
            })
            .collect();
        arrange(&mut fresh, &|a, b| reach.compare(a, b, self.sort));
        merge(&mut self.order, &fresh, &|a, b| reach.compare(a, b, self.sort));
        if self.query.is_some() {
            self.sift_fresh(&mut fresh);
            let reach = Reach::new(&self.listing, &self.sources, &self.spaces, self.now);
            merge(&mut self.shown, &fresh, &|a, b| reach.compare(a, b, self.sort));
        }
    }

    /// Sorts all rows.
    pub(super) fn resort(&mut self, sort: Sort) {
        self.finish_filter();
        self.sort = sort;
        self.typing.iter_mut().for_each(Typing::forget_shorter);
        if self.is_away {
            self.is_outdated = true;
            return;
        }
        let reach = Reach::new(&self.listing, &self.sources, &self.spaces, self.now);
        for list in [&mut self.order, &mut self.shown] {
            for entry in list.iter_mut() {
                *entry = reach.rekeyed(entry, sort);
            }
            arrange(list, &|a, b| reach.compare(a, b, sort));
        }
        self.fold();
        self.relocate();
    }

    /// What rows are sorted by may come from a table that they only look at, and from the time. Those sorts are made
    /// anew: at once when the table is small, else now and then.
    fn resort_joined(&mut self, previous: Timestamp) -> bool {
        if !matches!(self.sort.by, SortBy::Column(_) | SortBy::Verdict | SortBy::Why) {
            return false;
        }
        let versions = self.joined_versions();
        if versions == self.joined {
            return false;
        }
        let is_due = previous.seconds() / RESORT_EVERY != self.now.seconds() / RESORT_EVERY;
        if self.order.len() > RESORT_AT_ONCE && !is_due {
            return false;
        }
        self.joined = versions;
        self.resort(self.sort);
        true
    }

    /// Changes whenever a table changes that rows look at.
    pub(super) fn joined_versions(&self) -> u64 {
        let joins = self.listing.joins();
        self.sources
            .iter()
            .filter_map(|source| source.picture.as_deref())
            .flat_map(|cluster| joins.iter().filter_map(|join| cluster.any_table(join)))
            .map(|table| table.version())
            .sum()
    }

    /// Finds the cursor's object again after rows moved.
    pub(super) fn relocate(&mut self) {
        let wanted = self.cursor.wanted.as_ref().and_then(|wanted| self.position(wanted));
        if let Some(row) = wanted {
            self.cursor.wanted = None;
            self.cursor.has_moved = true;
            self.cursor.row = row;
        } else if self.cursor.has_moved {
            // Complete tables without it: it is not there.
            if self.sources.iter().all(Source::is_settled) {
                self.cursor.wanted = None;
            }
            if let Some(row) = self.find_again() {
                // The row keeps its place on the screen.
                let offset = self.cursor.row.saturating_sub(self.cursor.top);
                self.cursor.row = row;
                self.cursor.top = row.saturating_sub(offset);
            } else if self.is_filter_partial() {
                // It may be among those that have not been looked at.
                self.cursor.row = self.cursor.row.min(self.len().saturating_sub(1));
                return self.scroll_into_view();
            }
        }
        let last = self.len().saturating_sub(1);
        self.cursor.row = if self.cursor.has_moved { self.cursor.row.min(last) } else { 0 };
        self.adopt();
        self.scroll_into_view();
    }

    fn position(&self, object: &ObjectRef) -> Option<usize> {
        let reach = self.reach();
        self.visible().iter().position(|entry| reach.is(entry, object))
    }

    fn find_again(&self) -> Option<usize> {
        let object = self.cursor.object.as_ref()?;
        let (source, slot) = self.cursor.at?;
        let rows = self.visible();
        let reach = self.reach();
        let there = rows.iter().position(|entry| entry.slot == slot && entry.source == source);
        let still = there.filter(|row| rows.get(*row).is_some_and(|entry| reach.is(entry, object)));
        // Deleted and made again under the same name, it sits in another slot.
        still.or_else(|| rows.iter().position(|entry| reach.is(entry, object)))
    }

    /// Takes the object of the cursor's row for its own.
    pub(super) fn adopt(&mut self) {
        if self.is_away {
            return;
        }
        let found = self.visible().get(self.cursor.row).copied();
        let object = found.as_ref().and_then(|entry| self.reach().object(entry));
        // Nothing that is not on the screen may be selected; but while rows are still coming, it is gone back to.
        let is_waiting = self.is_empty() && !self.sources.iter().all(Source::is_settled);
        if is_waiting && self.cursor.has_moved && self.cursor.wanted.is_none() {
            self.cursor.wanted = self.cursor.object.take();
        }
        self.cursor.at = found.map(|entry| (entry.source, entry.slot));
        self.cursor.object = object;
    }

    pub(super) fn scroll_into_view(&mut self) {
        let (row, page) = (self.cursor.row, self.cursor.page.max(1));
        let top = self.cursor.top.clamp((row + 1).saturating_sub(page), row);
        self.cursor.top = top.min(self.len().saturating_sub(page));
    }
}

impl<R: Row> Source<R> {
    fn table(&self) -> Option<&Table<R>> {
        self.picture.as_deref()?.table(&self.resource)
    }

    fn touched(&self) -> Touched {
        let Some(table) = self.table() else {
            return if self.seen == 0 { Touched::Nothing } else { Touched::All };
        };
        // It was empty when it was seen: what is there now is all new.
        if self.witnesses.is_empty() {
            return if table.is_empty() { Touched::Nothing } else { Touched::All };
        }
        match table.changes_since(self.seen) {
            Changes::Everything => Touched::All,
            Changes::Slots(slots) => {
                let mut unchanged =
                    self.witnesses.iter().filter(|(slot, _)| slots.binary_search(slot).is_err()).peekable();
                let is_proven = unchanged.peek().is_some();
                let is_same =
                    unchanged.all(|(slot, row)| table.get(*slot).is_some_and(|now| Arc::ptr_eq(now, row)));
                match slots {
                    _ if !(is_proven && is_same) => Touched::All,
                    slots if slots.is_empty() => Touched::Nothing,
                    slots => Touched::Slots(slots),
                }
            }
        }
    }

    /// True when asking again could not bring more rows right now.
    fn is_settled(&self) -> bool {
        self.table().is_some_and(|table| table.freshness().is_settled())
    }

    fn remember(&mut self) {
        let Some(table) = self.picture.as_deref().and_then(|p| p.table::<R>(&self.resource)) else {
            self.seen = 0;
            self.witnesses.clear();
            return;
        };
        if self.seen == table.version() && !self.witnesses.is_empty() {
            return;
        }
        self.seen = table.version();
        let step = (table.slots() / WITNESSES).max(1);
        let witnesses = (0..table.slots())
            .step_by(step)
            .filter_map(|slot| Slot::try_from(slot).ok())
            // Slots of rows that went are empty: the next filled one will do.
            .filter_map(|slot| {
                (slot..slot.saturating_add(64)).find_map(|slot| Some((slot, table.get(slot)?)))
            })
            .map(|(slot, row)| (slot, Arc::clone(row)))
            .take(WITNESSES)
            .collect();
        self.witnesses = witnesses;
    }
}
