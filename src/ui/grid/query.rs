//! What a filter line means.
//!
//! Terms are separated by blanks and must all hold: `text` (any shown column contains it; a regular expression where
//! it has the signs of one), `~fuzzy`, `-l app=web,tier in (a, b)` (labels, as kubectl reads them), `restarts>3` or
//! `-f restarts>3,age<2h` (columns, by their type), and `!` before a term for its opposite. Quotes keep blanks.

use std::cmp::Ordering;

use memchr::memmem::Finder;
use regex::{Regex, RegexBuilder};

use super::selector::Selector;
use super::texts::SEPARATOR;
use crate::fleet::quantity::{cpu_millis, whole};
use crate::fleet::{Timestamp, Verdict};
use crate::ui::fuzzy::Fuzzy;
use crate::ui::toml_text::nearest;
use crate::ui::value::Value;

/// A filter that was understood.
#[derive(Debug, Default)]
pub(super) struct Query {
    terms: Vec<Term>,
}

#[derive(Debug)]
struct Term {
    negated: bool,
    written: String,
    test: Test,
}

#[derive(Debug)]
enum Test {
    /// In small letters.
    Text(String, Box<Finder<'static>>),
    Regex(Regex),
    Fuzzy(Fuzzy),
    Labels(Selector),
    Field {
        column: usize,
        op: Op,
        wanted: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Equal,
    NotEqual,
    Less,
    AtMost,
    More,
    AtLeast,
}

const OPS: [(&str, Op); 7] = [
    ("!=", Op::NotEqual),
    (">=", Op::AtLeast),
    ("<=", Op::AtMost),
    ("==", Op::Equal),
    ("=", Op::Equal),
    (">", Op::More),
    ("<", Op::Less),
];

/// Whether a text could be a number as the screen shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbers {
    /// It could: `12`, `0/1`, `250m`.
    Maybe,
    /// It could not.
    Never,
}

impl Numbers {
    fn of(needle: &str) -> Self {
        let starts = needle.starts_with(|c: char| c.is_ascii_digit() || c == '/');
        let may = |c: char| c.is_ascii_digit() || "/.,%mkgtpi".contains(c);
        if starts && needle.chars().all(may) { Self::Maybe } else { Self::Never }
    }
}

/// What a query looks at.
pub(super) trait Probe {
    /// Asks the test about each shown number until it says yes; says whether it did.
    fn any_number(&self, test: &mut dyn FnMut(&str) -> bool) -> bool;
    /// A column's value.
    fn value(&self, column: usize) -> Value<'_>;
    /// A label's value.
    fn label(&self, key: &str) -> Option<&str>;
    /// The present moment.
    fn now(&self) -> Timestamp;
}

impl Query {
    /// Reads a filter line. `columns` are ids; `None` when there is nothing to filter by.
    pub(super) fn parse(line: &str, columns: &[&str]) -> Result<Option<Self>, String> {
        let mut terms = Vec::new();
        let mut words = words(line).into_iter().peekable();
        while let Some((word, quoted)) = words.next() {
            let (negated, word) = match word.strip_prefix('!').filter(|_| !quoted) {
                // A lone `!` is a term that is still being typed.
                Some("") => continue,
                Some(rest) => (true, rest.to_owned()),
                None => (false, word),
            };
            let mut push =
                |written: &str, test| terms.push(Term { negated, written: written.to_owned(), test });
            match word.as_str() {
                "-l" if !quoted => {
                    let Some((mut selector, _)) = words.next() else { continue };
                    // `app in (a, b)` has blanks: it goes on while it is open or a set word follows.
                    while let Some((next, _)) = words.peek() {
                        let open = selector.matches('(').count() > selector.matches(')').count();
                        let is_set = matches!(next.as_str(), "in" | "notin") || next.starts_with('(');
                        if !open && !is_set {
                            break;
                        }
                        selector.push(' ');
                        selector.push_str(next);
                        words.next();
                    }
                    push(&selector, Test::Labels(Selector::parse(&selector)?));
                }
                "-f" if !quoted => {
                    let Some((fields, _)) = words.next() else { continue };
                    for field in fields.split(',').filter(|field| !field.is_empty()) {
                        match field_of(field, columns) {
                            Some(Ok(test)) => push(field, test),
                            Some(Err(name)) => return Err(unknown_column(&name, columns)),
                            None => {
                                return Err(format!(
                                    "\"{field}\" is no comparison; write for example age<2h"
                                ));
                            }
                        }
                    }
                }
                word if !quoted && word.starts_with('~') => {
                    let letters = word.trim_start_matches('~');
                    if !letters.is_empty() {
                        push(word, Test::Fuzzy(Fuzzy::new(&letters.to_lowercase())));
                    }
                }
                word => match field_of(word, columns).filter(|_| !quoted) {
                    Some(Ok(test)) => push(word, test),
                    _ => push(word, text_test(word, quoted)),
                },
            }
        }
        Ok((!terms.is_empty()).then_some(Self { terms }))
    }

    /// True when whatever this lets through, `older` lets through too: the rows that passed `older` are enough to
    /// look at.
    pub(super) fn narrows(&self, older: &Self) -> bool {
        let implies = |new: &Term, old: &Term| {
            if new.negated != old.negated {
                return false;
            }
            match (&new.test, &old.test) {
                // `!ab` lets more through than `!a`.
                (Test::Text(longer, _), Test::Text(shorter, _)) => {
                    longer == shorter || (!new.negated && longer.contains(shorter.as_str()))
                }
                (Test::Fuzzy(_), Test::Fuzzy(_)) if !new.negated => new.written.starts_with(&old.written),
                (Test::Labels(_), Test::Labels(_))
                | (Test::Field { .. }, Test::Field { .. })
                | (Test::Regex(_), Test::Regex(_)) => new.written == old.written,
                _ => false,
            }
        };
        older.terms.iter().all(|old| self.terms.iter().any(|new| implies(new, old)))
    }

    /// Whether a row passes. `text` is what it says in words, in small letters and with [`SEPARATOR`] between the parts.
    /// Numbers are asked about only where they could match: making them costs look-ups in other tables.
    pub(super) fn matches(&mut self, text: &str, probe: &dyn Probe) -> bool {
        self.terms.iter_mut().all(|term| {
            let holds = match &mut term.test {
                Test::Text(needle, finder) => {
                    finder.find(text.as_bytes()).is_some()
                        || Numbers::of(needle) == Numbers::Maybe
                            && probe.any_number(&mut |number| find(number, needle).is_some())
                }
                Test::Regex(regex) => {
                    text.split(SEPARATOR).any(|part| regex.is_match(part))
                        || probe.any_number(&mut |number| regex.is_match(number))
                }
                Test::Fuzzy(fuzzy) => text.split(SEPARATOR).any(|part| fuzzy.matches(part)),
                Test::Labels(selector) => selector.matches(|key| probe.label(key)),
                Test::Field { column, op, wanted } => {
                    compare(&probe.value(*column), *op, wanted, probe.now())
                }
            };
            holds != term.negated
        })
    }

    /// What asking it about a row costs, as a multiple of a plain text: texts stand side by side, rows do not.
    pub(super) fn weight(&self) -> usize {
        let weight = |term: &Term| match &term.test {
            Test::Text(needle, _) if Numbers::of(needle) == Numbers::Maybe => 8,
            Test::Regex(_) => 12,
            Test::Fuzzy(_) => 3,
            Test::Labels(_) | Test::Field { .. } => 2,
            Test::Text(..) => 1,
        };
        self.terms.iter().map(weight).sum()
    }

    /// True when it looks at what rows say in words.
    pub(super) fn reads_text(&self) -> bool {
        let reads = |test: &Test| matches!(test, Test::Text(..) | Test::Regex(_) | Test::Fuzzy(_));
        self.terms.iter().any(|term| reads(&term.test))
    }

    /// Where a shown text matched, in bytes; for drawing.
    pub(super) fn hit(&self, text: &str) -> Option<(usize, usize)> {
        self.terms.iter().filter(|term| !term.negated).find_map(|term| match &term.test {
            Test::Text(needle, _) => find(text, needle).map(|at| (at, at + needle.len())),
            Test::Regex(regex) => regex.find(text).map(|found| (found.start(), found.end())),
            _ => None,
        })
    }

    /// True when the answer changes by the clock alone.
    pub(super) fn looks_at_fields(&self) -> bool {
        self.terms.iter().any(|term| matches!(term.test, Test::Field { .. }))
    }
}

/// Words, and whether they were quoted.
fn words(line: &str) -> Vec<(String, bool)> {
    let mut words = Vec::new();
    let mut word = String::new();
    let (mut inside, mut quoted) = (false, false);
    for c in line.chars() {
        match c {
            '"' => {
                inside = !inside;
                quoted = true;
            }
            c if c.is_whitespace() && !inside => {
                if !word.is_empty() {
                    words.push((std::mem::take(&mut word), quoted));
                }
                quoted = false;
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push((word, quoted));
    }
    words
}

fn text_test(word: &str, quoted: bool) -> Test {
    let looks_like_one = word.contains(['^', '$', '*', '|', '[', '(', '+', '?', '\\']);
    let regex = (looks_like_one && !quoted)
        .then(|| RegexBuilder::new(word).case_insensitive(true).size_limit(1 << 20).build().ok())
        .flatten();
    match regex {
        Some(regex) => Test::Regex(regex),
        None => {
            let needle = word.to_lowercase();
            let finder = Finder::new(&needle).into_owned();
            Test::Text(needle, Box::new(finder))
        }
    }
}

/// `None` when it is no comparison, `Some(Err(name))` when the column does not exist.
fn field_of(word: &str, columns: &[&str]) -> Option<Result<Test, String>> {
    let at = word
        .find(['=', '<', '>'])
        .map(|at| if word.get(..at)?.ends_with('!') { Some(at - 1) } else { Some(at) })??;
    let (name, rest) = word.split_at_checked(at)?;
    let (sign, op) = OPS.iter().find(|(sign, _)| rest.starts_with(sign))?;
    let wanted = rest.get(sign.len()..)?;
    if name.is_empty() {
        return None;
    }
    let name = name.to_ascii_lowercase();
    Some(match columns.iter().position(|id| *id == name) {
        Some(column) => Ok(Test::Field { column, op: *op, wanted: wanted.to_owned() }),
        None => Err(name),
    })
}

fn unknown_column(name: &str, columns: &[&str]) -> String {
    match nearest(name, columns.iter().copied()) {
        Some(near) => format!("there is no column \"{name}\"; did you mean \"{near}\"?"),
        None => format!("there is no column \"{name}\"; there are {}", columns.join(", ")),
    }
}

/// Where `needle`, which is lowercase, is in `text`, whatever its case.
fn find(text: &str, needle: &str) -> Option<usize> {
    if !needle.is_ascii() {
        return text.to_lowercase().find(needle);
    }
    let (text, needle) = (text.as_bytes(), needle.as_bytes());
    let Some((first, rest)) = needle.split_first() else { return Some(0) };
    let mut from = 0;
    while let Some(candidates) = text.len().checked_sub(needle.len()).and_then(|end| text.get(from..=end)) {
        let step = memchr::memchr2(*first, first.to_ascii_uppercase(), candidates)?;
        let at = from + step;
        if text.get(at + 1..at + needle.len())?.eq_ignore_ascii_case(rest) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

fn compare(value: &Value<'_>, op: Op, wanted: &str, now: Timestamp) -> bool {
    // Something being typed lets everything through.
    if wanted.is_empty() {
        return true;
    }
    let by = |ordering: Option<Ordering>| match (op, ordering) {
        (Op::NotEqual, ordering) => ordering != Some(Ordering::Equal),
        (_, None) => false,
        (Op::Equal, Some(ordering)) => ordering.is_eq(),
        (Op::Less, Some(ordering)) => ordering.is_lt(),
        (Op::AtMost, Some(ordering)) => ordering.is_le(),
        (Op::More, Some(ordering)) => ordering.is_gt(),
        (Op::AtLeast, Some(ordering)) => ordering.is_ge(),
    };
    let number = |is: u64, wanted: Option<u64>| by(wanted.map(|wanted| is.cmp(&wanted)));
    match value {
        Value::Nothing | Value::Unknown => {
            let absent = matches!(wanted, "-" | "–" | "none");
            by(absent.then_some(Ordering::Equal))
        }
        Value::Text(text) if matches!(op, Op::Equal | Op::NotEqual) => {
            by(text.eq_ignore_ascii_case(wanted).then_some(Ordering::Equal))
        }
        Value::Text(text) => by(Some(text.as_ref().cmp(wanted))),
        Value::Count(count) => number(*count, whole(wanted)),
        Value::Cpu(millis) => number(*millis, cpu_millis(wanted)),
        Value::Bytes(bytes) => number(*bytes, whole(wanted)),
        Value::Ratio { have, want } => match wanted.split_once('/') {
            Some((h, w)) => by((h.parse() == Ok(*have) && w.parse() == Ok(*want)).then_some(Ordering::Equal)),
            None => number(u64::from(*have), wanted.parse().ok()),
        },
        Value::Age(at) | Value::Instant(at) => {
            by(at.known().and_then(|at| Some(at.seconds_before(now).cmp(&seconds(wanted)?))))
        }
        Value::Duration(is) => by(seconds(wanted).map(|wanted| is.cmp(&wanted))),
        Value::Share { of: 0, .. } => by(None),
        Value::Share { used, of } => {
            let wanted: Option<f64> = wanted.trim_end_matches('%').trim_end().parse().ok();
            by(wanted.and_then(|wanted| (*used as f64 * 100.0 / *of as f64).partial_cmp(&wanted)))
        }
        Value::Verdict(verdict) => {
            let wanted = [
                ("ok", Verdict::Ok),
                ("unknown", Verdict::Unknown),
                ("progressing", Verdict::Progressing),
                ("warning", Verdict::Warning),
                ("critical", Verdict::Critical),
            ]
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            by(wanted.map(|(_, wanted)| verdict.cmp(&wanted)))
        }
        Value::Flag(flag) => {
            let wanted = match wanted.to_ascii_lowercase().as_str() {
                "yes" | "true" => Some(true),
                "no" | "false" => Some(false),
                _ => None,
            };
            by(wanted.map(|wanted| flag.cmp(&wanted)))
        }
        Value::Measured { number, .. } => {
            by(wanted.parse::<f64>().ok().and_then(|wanted| number.partial_cmp(&wanted)))
        }
        Value::Series(_) => by(None),
    }
}

/// `90s`, `2h`, `1d12h`, or seconds alone.
fn seconds(text: &str) -> Option<i64> {
    let mut total: i64 = 0;
    let mut number: Option<i64> = None;
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(i64::from(digit))?);
            continue;
        }
        let unit = match c {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 7 * 86_400,
            'y' => 365 * 86_400,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    total.checked_add(number.unwrap_or(0))
}

#[cfg(test)]
mod tests;
