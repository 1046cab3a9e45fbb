//! The lines of a log that are kept: bounded by bytes, never losing a line silently, filtered as they arrive.

use std::collections::VecDeque;
use std::sync::Arc;

use super::ansi;
use super::pattern::Pattern;
use crate::fleet::Timestamp;
use crate::ui::message::LogLine;

/// Lines of a log, oldest first. Every entry has a number that stays its own until it is dropped.
#[derive(Debug)]
pub struct LogRing {
    entries: VecDeque<Entry>,
    /// The number of the oldest entry.
    first: u64,
    bytes: usize,
    limit: usize,
    keep: Keep,
    lost: Lost,
    filter: Option<Pattern>,
    /// The numbers of the entries that pass the filter.
    shown: VecDeque<u64>,
    source: Option<Arc<str>>,
    /// Lines of several containers are put in the order of time; those of one stay as they came.
    several: bool,
}

/// What is kept when there is no room for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// The newest lines; the oldest are dropped.
    #[default]
    Newest,
    /// The oldest lines; newer ones are not taken any more.
    Oldest,
}

/// What had no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// How many lines.
    pub lines: u64,
    /// How many bytes of text they had.
    pub bytes: u64,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When the line was written; for a note, the time of the line before it.
    pub at: Timestamp,
    /// Which container wrote it; empty for a note.
    pub source: Arc<str>,
    /// What it says, unescaped.
    pub text: Box<str>,
    /// What it is.
    pub kind: EntryKind,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A line of the log.
    Line,
    /// Something about the log: an end, a restart.
    Note,
    /// A mark that the reader made.
    Mark,
}

impl LogRing {
    /// An empty ring of so many bytes, the overhead of each line included.
    pub fn new(limit: usize, keep: Keep) -> Self {
        Self {
            entries: VecDeque::new(),
            first: 0,
            bytes: 0,
            limit,
            keep,
            lost: Lost::default(),
            filter: None,
            shown: VecDeque::new(),
            source: None,
            several: false,
        }
    }

    /// Adds lines that arrived.
    pub fn append(&mut self, mut lines: Vec<LogLine>) {
        for line in &lines {
            match &self.source {
                Some(source) if *source != line.container => self.several = true,
                Some(_) => {}
                None => self.source = Some(Arc::clone(&line.container)),
            }
        }
        if self.several {
            lines.sort_by_key(|line| line.at);
            self.merge(lines);
        } else {
            for line in lines {
                self.push(line.into());
            }
        }
    }

    /// Adds a note about the log.
    pub fn note(&mut self, text: impl Into<Box<str>>) {
        self.push_remark(EntryKind::Note, text.into());
    }

    /// Adds a mark of the reader.
    pub fn mark(&mut self, text: impl Into<Box<str>>) {
        self.push_remark(EntryKind::Mark, text.into());
    }

    /// Forgets all lines. What was lost before is forgotten too: the reader asked for it.
    pub fn clear(&mut self) {
        self.first += self.entries.len() as u64;
        self.entries.clear();
        self.shown.clear();
        (self.bytes, self.lost) = (0, Lost::default());
    }

    /// Keeps so many bytes from now on. What has no room any more is dropped and counted.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
        self.make_room();
    }

    /// Shows only the lines that are meant; notes and marks always.
    pub fn set_filter(&mut self, filter: Option<Pattern>) {
        self.filter = filter;
        let filter = self.filter.as_ref();
        let first = self.first;
        self.shown = (first..)
            .zip(&self.entries)
            .filter_map(|(number, entry)| passes(filter, entry).then_some(number))
            .collect();
    }

    /// What is filtered by.
    pub fn filter(&self) -> Option<&Pattern> {
        self.filter.as_ref()
    }

    /// How many entries there are, and how many pass the filter.
    pub fn counts(&self) -> (usize, usize) {
        (self.entries.len(), self.shown.len())
    }

    /// How many bytes are held.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// What had no room.
    pub fn lost(&self) -> Lost {
        self.lost
    }

    /// What is kept when there is no room for all.
    pub fn keep(&self) -> Keep {
        self.keep
    }

    /// The number of the nth entry that passes the filter.
    pub fn nth(&self, nth: usize) -> Option<u64> {
        self.shown.get(nth).copied()
    }

    /// Which of the entries that pass the filter this is, or the one after it.
    pub fn place_of(&self, number: u64) -> usize {
        self.shown.partition_point(|&shown| shown < number)
    }

    /// The entry with this number.
    pub fn get(&self, number: u64) -> Option<&Entry> {
        self.entries.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// The entries that pass the filter, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.shown.iter().filter_map(|&number| self.get(number))
    }

    /// The newest lines of a container that were written at this second or later, newest first.
    pub fn newest_of<'r>(&'r self, source: &'r str, since: Timestamp) -> impl Iterator<Item = &'r Entry> {
        self.entries
            .iter()
            .rev()
            .take_while(move |entry| entry.at >= since)
            .filter(move |entry| entry.kind == EntryKind::Line && &*entry.source == source)
    }

    fn push_remark(&mut self, kind: EntryKind, text: Box<str>) {
        let at = self.entries.back().map_or(Timestamp::NEVER, |last| last.at);
        self.push(Entry { at, source: Arc::from(""), text, kind });
    }

    fn push(&mut self, entry: Entry) {
        let cost = cost(&entry);
        let is_full = self.keep == Keep::Oldest && self.bytes + cost > self.limit;
        if is_full && entry.kind == EntryKind::Line {
            self.lost.lines += 1;
            self.lost.bytes += entry.text.len() as u64;
            return;
        }
        if passes(self.filter.as_ref(), &entry) {
            self.shown.push_back(self.first + self.entries.len() as u64);
        }
        self.bytes += cost;
        self.entries.push_back(entry);
        self.make_room();
    }

    fn make_room(&mut self) {
        while self.keep == Keep::Newest && self.bytes > self.limit && self.entries.len() > 1 {
            self.drop_oldest();
        }
    }

    /// Adds lines in the order of time among those that are there. Only what is newer than the first of them moves.
    fn merge(&mut self, lines: Vec<LogLine>) {
        let Some(earliest) = lines.first().map(|line| line.at) else { return };
        let from = self.entries.partition_point(|entry| entry.at <= earliest);
        if from == self.entries.len() {
            lines.into_iter().for_each(|line| self.push(line.into()));
            return;
        }
        let later = self.entries.split_off(from);
        let end = self.first + from as u64;
        while self.shown.back().is_some_and(|&number| number >= end) {
            self.shown.pop_back();
        }
        self.bytes -= later.iter().map(cost).sum::<usize>();
        let mut later = later.into_iter().peekable();
        for line in lines {
            while let Some(entry) = later.next_if(|entry| entry.at <= line.at) {
                self.push(entry);
            }
            self.push(line.into());
        }
        later.for_each(|entry| self.push(entry));
    }

    fn drop_oldest(&mut self) {
        let Some(oldest) = self.entries.pop_front() else { return };
        self.bytes -= cost(&oldest);
        if self.shown.front() == Some(&self.first) {
            self.shown.pop_front();
        }
        self.first += 1;
        if oldest.kind == EntryKind::Line {
            self.lost.lines += 1;
            self.lost.bytes += oldest.text.len() as u64;
        }
    }
}

impl From<LogLine> for Entry {
    fn from(line: LogLine) -> Self {
        Self { at: line.at, source: line.container, text: line.text, kind: EntryKind::Line }
    }
}

fn passes(filter: Option<&Pattern>, entry: &Entry) -> bool {
    entry.kind != EntryKind::Line || filter.is_none_or(|filter| filter.accepts(&ansi::strip(&entry.text)))
}

/// What an entry takes in memory: itself, its text, and what an allocator adds to a small block.
fn cost(entry: &Entry) -> usize {
    size_of::<Entry>() + entry.text.len().next_multiple_of(16) + 16
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(container: &str, at: i64, text: &str) -> LogLine {
        LogLine { container: container.into(), at: Timestamp::from_seconds(at), text: text.into() }
    }

    fn texts(ring: &LogRing) -> Vec<&str> {
        ring.iter().map(|entry| &*entry.text).collect()
    }

    #[test]
    fn a_full_ring_drops_the_oldest_and_counts_them() {
        let mut ring = LogRing::new(1000, Keep::Newest);
        for n in 0..100 {
            ring.append(vec![line("web", n, &n.to_string())]);
        }
        let (kept, shown) = ring.counts();
        assert_eq!(kept, shown);
        assert_eq!(ring.lost().lines + kept as u64, 100);
        assert_eq!(texts(&ring).last(), Some(&"99"));
        assert!(ring.bytes() <= 1000);
    }

    #[test]
    fn the_head_of_a_log_stays_when_the_ring_is_full() {
        let mut ring = LogRing::new(1000, Keep::Oldest);
        ring.append((0..100).map(|n| line("web", n, &n.to_string())).collect());
        assert_eq!(texts(&ring).first(), Some(&"0"));
        assert_eq!(ring.lost().lines + ring.counts().0 as u64, 100);
    }

    #[test]
    fn lines_of_several_containers_are_in_the_order_of_time() {
        let mut ring = LogRing::new(1 << 20, Keep::Newest);
        ring.append(vec![line("a", 1, "a1"), line("a", 5, "a5")]);
        ring.set_filter(Pattern::parse("!skip").unwrap());
        ring.append(vec![line("b", 7, "b7"), line("b", 1, "b1"), line("b", 3, "skip"), line("b", 4, "b4")]);
        assert_eq!(texts(&ring), ["a1", "b1", "b4", "a5", "b7"]);
        ring.set_filter(None);
        assert_eq!(ring.counts(), (6, 6));
    }

    #[test]
    fn a_filter_looks_at_the_words_and_not_at_the_colours_and_keeps_notes() {
        let mut ring = LogRing::new(1 << 20, Keep::Newest);
        ring.set_filter(Pattern::parse("error").unwrap());
        ring.append(vec![line("a", 1, "\u{1b}[31mERR\u{1b}[1mOR\u{1b}[0m"), line("a", 1, "fine 31m")]);
        ring.note("web ended");
        assert_eq!(ring.counts(), (3, 2));
        ring.clear();
        assert_eq!(ring.counts(), (0, 0));
        ring.append(vec![line("a", 2, "error 2")]);
        assert_eq!(ring.nth(0).and_then(|number| ring.get(number)).unwrap().text.as_ref(), "error 2");
    }

    proptest! {
        #[test]
        fn the_ring_holds_what_a_plain_list_would(
            batches in prop::collection::vec(
                prop::collection::vec((0..3usize, 0..20i64, "[a-d]{0,40}"), 0..8), 0..12),
            limit in 200..3000usize,
            filter in prop_oneof![Just(""), Just("a"), Just("!b"), Just("/^c/")],
            late: bool,
        ) {
            let mut ring = LogRing::new(limit, Keep::Newest);
            let filter = Pattern::parse(filter).unwrap();
            if !late {
                ring.set_filter(filter.clone());
            }
            let mut came = 0;
            for batch in batches {
                came += batch.len() as u64;
                ring.append(batch.into_iter().map(|(c, at, text)| line(["x", "y", "z"][c], at, &text)).collect());
            }
            if late {
                ring.set_filter(filter.clone());
            }
            let (kept, shown) = ring.counts();
            prop_assert_eq!(kept as u64 + ring.lost().lines, came);
            prop_assert!(kept <= 1 || ring.bytes() <= limit);
            prop_assert_eq!(ring.bytes(), ring.entries.iter().map(cost).sum::<usize>());
            let expected = ring.entries.iter().filter(|e| passes(filter.as_ref(), e)).count();
            prop_assert_eq!(shown, expected);
            for nth in 0..shown {
                let number = ring.nth(nth).unwrap();
                prop_assert_eq!(ring.place_of(number), nth);
                prop_assert!(ring.get(number).is_some());
            }
        }
    }
}
