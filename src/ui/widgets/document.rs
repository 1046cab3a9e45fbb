//! A text of many lines that was made once: what each part means, what folds under what, where a line leads.
//!
//! A large object is fifty thousand lines. They are kept as one string with offsets, so that a document is built in one
//! pass and only what is visible is ever looked at again.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use crate::fleet::ObjectRef;
use crate::ui::role::Role;
use crate::ui::text;

/// Lines that fold.
#[derive(Clone, Debug, Default)]
pub struct Document {
    text: String,
    lines: Vec<Line>,
    spans: Vec<Span>,
    /// Where lines lead, and whether the line stands for that object.
    links: Vec<(ObjectRef, Meant)>,
    /// What copying a line gives, where it is not what is drawn.
    values: HashMap<u32, Box<str>>,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    start: u32,
    spans: u32,
    /// Where the value begins, as a byte of the document; the line's start when it has none.
    value: u32,
    /// The last line that folds under this one; itself when none does.
    last: u32,
    depth: u16,
    link: u32,
    fold: FoldKey,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    role: Role,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meant {
    Named,
    Itself,
}

const NO_LINK: u32 = u32::MAX;

/// Names what folds, so that it stays folded when the document is made anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FoldKey(u64);

impl FoldKey {
    /// The key of a part of this part.
    #[must_use]
    pub fn child(self, name: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        name.hash(&mut hasher);
        Self(hasher.finish().max(1))
    }
}

impl Document {
    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// True without lines.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Begins a line. A line folds under the nearest one before it with a smaller depth, if that one has a key.
    pub fn begin(&mut self, depth: u16) {
        let start = self.end();
        self.lines.push(Line {
            start,
            spans: u32::try_from(self.spans.len()).unwrap_or(u32::MAX),
            value: start,
            last: 0,
            depth,
            link: NO_LINK,
            fold: FoldKey::default(),
        });
    }

    /// Adds to the line that was begun last, escaped.
    pub fn push(&mut self, part: &str, role: Role) {
        let start = self.end();
        self.spans.push(Span { start, role });
        self.text.push_str(&text::escape(part));
    }

    /// Adds blanks until the line is so many cells wide.
    pub fn pad_to(&mut self, cells: u16) {
        let start = self.lines.last().map_or(0, |line| line.start as usize);
        let wide = text::width(self.text.get(start..).unwrap_or_default());
        self.blanks(usize::from(cells.saturating_sub(wide)));
    }

    /// Adds so many blanks.
    pub fn blanks(&mut self, count: usize) {
        if count > 0 {
            let start = self.end();
            self.spans.push(Span { start, role: Role::Text });
            self.text.extend(std::iter::repeat_n(' ', count));
        }
    }

    /// What is added from now on is the value of the line: what copying gives.
    pub fn value_begins(&mut self) {
        let at = self.end();
        if let Some(line) = self.lines.last_mut() {
            line.value = at;
        }
    }

    /// Copying the last line gives this, not what is drawn.
    pub fn copies(&mut self, value: &str) {
        if let Some(at) = self.lines.len().checked_sub(1).and_then(|at| u32::try_from(at).ok()) {
            self.values.insert(at, value.into());
        }
    }

    /// What follows deeper can be folded under the last line.
    pub fn folds_as(&mut self, key: FoldKey) {
        if let Some(line) = self.lines.last_mut() {
            line.fold = key;
        }
    }

    /// The last line leads to an object that it names.
    pub fn leads_to(&mut self, object: ObjectRef) {
        self.link_last(object, Meant::Named);
    }

    /// The last line is about an object of its own: a row.
    pub fn stands_for(&mut self, object: ObjectRef) {
        self.link_last(object, Meant::Itself);
    }

    fn link_last(&mut self, object: ObjectRef, meant: Meant) {
        if let (Some(line), Ok(link)) = (self.lines.last_mut(), u32::try_from(self.links.len())) {
            line.link = link;
            self.links.push((object, meant));
        }
    }

    /// Ends the making: says what folds under what.
    #[must_use]
    pub fn finished(mut self) -> Self {
        let mut open: Vec<usize> = Vec::new();
        let mut last_of: Vec<usize> = (0..self.lines.len()).collect();
        for (at, line) in self.lines.iter().enumerate() {
            while let Some(&above) = open.last() {
                if self.lines.get(above).is_some_and(|above| above.depth >= line.depth) {
                    open.pop();
                } else {
                    break;
                }
            }
            // Every open line contains this one; only the innermost is told, the outer ones learn it below.
            if let Some(last) = open.last().and_then(|&above| last_of.get_mut(above)) {
                *last = at;
            }
            open.push(at);
        }
        for at in (0..self.lines.len()).rev() {
            let mut last = last_of.get(at).copied().unwrap_or(at);
            while let Some(&deeper) = last_of.get(last).filter(|&&deeper| deeper > last) {
                last = deeper;
            }
            if let Some(slot) = last_of.get_mut(at) {
                *slot = last;
            }
            if let Some(line) = self.lines.get_mut(at) {
                line.last = u32::try_from(last).unwrap_or(u32::MAX);
            }
        }
        self
    }

    /// A line's text, escaped.
    pub fn line(&self, at: usize) -> &str {
        self.text.get(self.range(at)).unwrap_or_default()
    }

    /// The parts of a line, each with its bytes within the line.
    pub fn spans(&self, at: usize) -> impl Iterator<Item = (Range<usize>, Role)> + '_ {
        let bytes = self.range(at);
        let from = self.lines.get(at).map_or(0, |line| line.spans as usize);
        let to = self.lines.get(at + 1).map_or(self.spans.len(), |line| line.spans as usize);
        let spans = self.spans.get(from..to).unwrap_or_default();
        spans.iter().enumerate().map(move |(nth, span)| {
            let end = spans.get(nth + 1).map_or(bytes.end, |next| next.start as usize);
            (span.start as usize - bytes.start..end - bytes.start, span.role)
        })
    }

    /// What copying the line gives.
    pub fn value(&self, at: usize) -> &str {
        if let Some(value) = u32::try_from(at).ok().and_then(|at| self.values.get(&at)) {
            return value;
        }
        let bytes = self.range(at);
        let start = self.lines.get(at).map_or(bytes.start, |line| line.value as usize);
        self.text.get(start..bytes.end).unwrap_or_default().trim()
    }

    /// Where the line leads.
    pub fn link(&self, at: usize) -> Option<&ObjectRef> {
        self.links.get(self.lines.get(at)?.link as usize).map(|(object, _)| object)
    }

    /// The object that the line stands for.
    pub fn stand_in(&self, at: usize) -> Option<&ObjectRef> {
        let (object, meant) = self.links.get(self.lines.get(at)?.link as usize)?;
        (*meant == Meant::Itself).then_some(object)
    }

    /// The key of what folds under this line, and its last line.
    pub fn fold(&self, at: usize) -> Option<(FoldKey, usize)> {
        let line = self.lines.get(at)?;
        let last = line.last as usize;
        (line.fold != FoldKey::default() && last > at).then_some((line.fold, last))
    }

    /// The nearest line above under which this one folds.
    pub fn parent(&self, at: usize) -> Option<usize> {
        let depth = self.lines.get(at)?.depth;
        let mut depth = depth;
        for above in (0..at).rev() {
            let line = self.lines.get(above)?;
            if line.depth < depth {
                if line.fold != FoldKey::default() {
                    return Some(above);
                }
                depth = line.depth;
            }
        }
        None
    }

    /// How deep the line is.
    pub fn depth(&self, at: usize) -> u16 {
        self.lines.get(at).map_or(0, |line| line.depth)
    }

    fn range(&self, at: usize) -> Range<usize> {
        let start = self.lines.get(at).map_or(self.text.len(), |line| line.start as usize);
        let end = self.lines.get(at + 1).map_or(self.text.len(), |line| line.start as usize);
        start..end
    }

    fn end(&self) -> u32 {
        u32::try_from(self.text.len()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(lines: &[(u16, &str)]) -> Document {
        let mut document = Document::default();
        for (depth, line) in lines {
            document.begin(*depth);
            document.push(line, Role::Text);
            document.folds_as(FoldKey::default().child(line));
        }
        document.finished()
    }

    #[test]
    fn a_line_folds_what_is_deeper_until_something_is_not() {
        let document = outline(&[(0, "a"), (1, "b"), (3, "c"), (2, "d"), (1, "e"), (0, "f"), (1, "g")]);
        let lasts: Vec<usize> = (0..7).map(|at| document.fold(at).map_or(at, |(_, last)| last)).collect();
        assert_eq!(lasts, [4, 3, 2, 3, 4, 6, 6]);
        assert_eq!(document.parent(3), Some(1));
        assert_eq!(document.parent(2), Some(1));
        assert_eq!(document.parent(0), None);
        assert_eq!(document.parent(6), Some(5));
    }

    #[test]
    fn lines_keep_their_parts_their_value_and_where_they_lead() {
        let mut document = Document::default();
        document.begin(0);
        document.push("name: ", Role::YamlKey);
        document.value_begins();
        document.push("web\u{1b}", Role::YamlString);
        document.begin(0);
        document.push("x", Role::Dim);
        document.copies("the whole");
        let document = document.finished();
        assert_eq!(document.line(0), "name: web␛");
        assert_eq!(document.value(0), "web␛");
        assert_eq!(document.value(1), "the whole");
        let spans: Vec<_> = document.spans(0).collect();
        assert_eq!(spans, [(0..6, Role::YamlKey), (6..12, Role::YamlString)]);
        assert_eq!(document.spans(1).count(), 1);
        assert_eq!(document.line(9), "");
    }
}
