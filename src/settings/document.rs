//! Reading TOML with the place of everything.
//!
//! [`read`] hands a [`Section`] to a function that asks for the keys it knows. Whatever is of the wrong type, out of
//! range, or was never asked for becomes a [`Mistake`]; the reading goes on, so that one run names them all. The result
//! is only given out when there was none.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::fmt::Write as _;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::spelling::nearest;
use crate::fleet::{Problem, ProblemKind};

/// A place in a text file. Lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as the user would name it.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Place {
    /// The place of a byte offset; past the end of the text it is the end.
    pub fn of(file: &Arc<str>, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            file: Arc::clone(file),
            line: before.bytes().filter(|&byte| byte == b'\n').count() + 1,
            column: before.get(line_start..).map_or(0, |line| line.chars().count()) + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One thing that is wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// Where.
    pub place: Place,
    /// What, as a lowercase fragment.
    pub message: String,
    /// What would be right, when that is known: the nearest valid name, or the valid ones.
    pub hint: Option<String>,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// All that is wrong in a file, in the order of the file. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// Collects them; nothing when there are none.
    pub fn collect(mut mistakes: Vec<Mistake>) -> Result<(), Self> {
        mistakes.sort();
        mistakes.dedup();
        if mistakes.is_empty() { Ok(()) } else { Err(Self(mistakes)) }
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.0.iter()
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

impl From<Mistakes> for Problem {
    /// The first mistake says it; the others, and what would be right, are hints.
    fn from(mistakes: Mistakes) -> Self {
        let mut all = mistakes.0.into_iter();
        let Some(first) = all.next() else { return Self::new(ProblemKind::Bug, "an empty list of mistakes") };
        let mut problem = Self::new(ProblemKind::User, first.to_string());
        if let Some(hint) = first.hint {
            problem = problem.with_hint(hint);
        }
        all.fold(problem, |problem, mistake| problem.with_hint(format!("also {mistake}")))
    }
}

/// A value and where it was set; nowhere when it is a default or a flag.
#[derive(Clone, Debug)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it was set.
    pub place: Option<Place>,
}

impl<T> Located<T> {
    /// A value that no file set.
    pub fn nowhere(value: T) -> Self {
        Self { value, place: None }
    }
}

impl<T> Located<T> {
    /// What is wrong with the value, for checks that only others can make: names of themes, views, columns. At its
    /// place when a file set it.
    pub fn wrong(&self, message: &str, hint: Option<String>) -> Problem {
        let place = self.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        let problem = Problem::new(ProblemKind::User, format!("{place}{message}"));
        hint.into_iter().fold(problem, Problem::with_hint)
    }
}

impl<T: PartialEq> PartialEq for Located<T> {
    /// Two settings are equal when their values are: moving a line in a file changes nothing.
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Located<T> {}

/// Reads a document with a function that asks for what it knows. All mistakes are reported together, and then nothing
/// of the document is given out.
pub fn read<T>(file: &str, text: &str, read: impl FnOnce(&Section<'_>) -> T) -> Result<T, Mistakes> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let sheet = Sheet { file: file.into(), text, mistakes: RefCell::default(), asked: RefCell::default() };
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let span = error.span().unwrap_or(text.len()..text.len());
        sheet.mistake(&span, syntax(error.message()), None);
    }
    // What could be parsed around a syntax error is not worth judging: its keys may sit in the wrong table.
    Mistakes::collect(sheet.mistakes.take())?;
    let section = Section::new(root.get_ref(), String::new(), &sheet);
    let value = read(&section);
    section.report_unknown();
    Mistakes::collect(sheet.mistakes.take())?;
    Ok(value)
}

/// The parser's words as one lowercase line.
fn syntax(message: &str) -> String {
    let line = message.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ");
    if line.is_empty() { "this is not TOML".to_owned() } else { line }
}

/// The text that is being read, and what was found wrong so far.
#[derive(Debug)]
struct Sheet<'t> {
    file: Arc<str>,
    text: &'t str,
    mistakes: RefCell<Vec<Mistake>>,
    asked: RefCell<BTreeSet<String>>,
}

impl Sheet<'_> {
    fn place(&self, span: &Range<usize>) -> Place {
        Place::of(&self.file, self.text, span.start)
    }

    fn mistake(&self, span: &Range<usize>, message: impl Into<String>, hint: Option<String>) {
        let mistake = Mistake { place: self.place(span), message: message.into(), hint };
        self.mistakes.borrow_mut().push(mistake);
    }
}

/// A table of the document.
#[derive(Debug)]
pub struct Section<'r> {
    table: &'r DeTable<'r>,
    path: String,
    sheet: &'r Sheet<'r>,
    asked: RefCell<Vec<String>>,
}

impl<'r> Section<'r> {
    fn new(table: &'r DeTable<'r>, path: String, sheet: &'r Sheet<'r>) -> Self {
        Self { table, path, sheet, asked: RefCell::default() }
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The value of a key that is known here.
    pub fn get(&self, key: &str) -> Option<Entry<'r>> {
        self.asked.borrow_mut().push(key.to_owned());
        self.sheet.asked.borrow_mut().insert(self.path_of(key));
        let value = self.table.get(key)?;
        Some(Entry { value, path: self.path_of(key), sheet: self.sheet })
    }

    /// Reports that a key is missing without which the rest means nothing.
    pub fn lacks(&self, key: &str, hint: &str) {
        let start = self.table.keys().map(|key| key.span().start).min().unwrap_or(0);
        let message = format!("`{}` is missing", self.path_of(key));
        self.sheet.mistake(&(start..start), message, Some(hint.to_owned()));
    }

    /// Every key and its value, in the order of the file: for tables whose keys are names that the user chooses.
    pub fn entries(&self) -> Vec<(Located<String>, Entry<'r>)> {
        let mut entries: Vec<_> = self.table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        self.asked.borrow_mut().extend(entries.iter().map(|(key, _)| key.get_ref().to_string()));
        entries
            .into_iter()
            .map(|(key, value)| {
                let name = key.get_ref().to_string();
                let path = self.path_of(&name);
                let place = Some(self.sheet.place(&key.span()));
                (Located { value: name, place }, Entry { value, path, sheet: self.sheet })
            })
            .collect()
    }

    /// Reads a table under a key, when there is one.
    pub fn within(&self, key: &str, read: impl FnOnce(&Section<'r>)) {
        if let Some(entry) = self.get(key) {
            entry.section(read);
        }
    }

    /// Sets `to` when the key is there and true or false.
    pub fn flag(&self, key: &str, to: &mut bool) {
        set(to, self.get(key).and_then(|entry| entry.flag()));
    }

    /// Sets `to` when the key is there and a text.
    pub fn text(&self, key: &str, to: &mut Located<String>) {
        set(to, self.get(key).and_then(|entry| entry.text()));
    }

    /// Sets `to` when the key is there and a list of texts.
    pub fn texts(&self, key: &str, to: &mut Vec<Located<String>>) {
        set(to, self.get(key).and_then(|entry| entry.texts()));
    }

    /// Sets `to` when the key is there and one of these words.
    pub fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)], to: &mut T) {
        set(to, self.get(key).and_then(|entry| entry.choice(choices)));
    }

    /// Sets `to` when the key is there and a whole number in the range.
    pub fn whole(&self, key: &str, range: RangeInclusive<u64>, to: &mut u64) {
        set(to, self.get(key).and_then(|entry| entry.whole(range)));
    }

    /// Sets `to` when the key is there and a duration in the range, for example `"30s"`.
    pub fn duration(&self, key: &str, range: RangeInclusive<Duration>, to: &mut Duration) {
        set(to, self.get(key).and_then(|entry| entry.duration(range)));
    }

    /// Sets `to` when the key is there and a number of bytes in the range, for example `"8MiB"`.
    pub fn bytes(&self, key: &str, range: RangeInclusive<u64>, to: &mut u64) {
        set(to, self.get(key).and_then(|entry| entry.bytes(range)));
    }

    fn report_unknown(&self) {
        let asked = self.asked.borrow();
        for key in self.table.keys().filter(|key| !asked.iter().any(|known| known == key.get_ref())) {
            let hint = match nearest(key.get_ref(), asked.iter().map(String::as_str)) {
                Some(near) => Some(format!("did you mean `{near}`?")),
                None if asked.is_empty() => None,
                None => Some(format!("known here: {}", asked.join(", "))),
            };
            let message = format!("unknown key `{}`", self.path_of(key.get_ref()));
            self.sheet.mistake(&key.span(), message, hint);
        }
    }
}

fn set<T>(to: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *to = value;
    }
}

/// A value of the document. Its methods read it as a type; what does not fit is reported and reads as nothing.
#[derive(Clone, Debug)]
pub struct Entry<'r> {
    value: &'r Spanned<DeValue<'r>>,
    path: String,
    sheet: &'r Sheet<'r>,
}

impl<'r> Entry<'r> {
    /// Where the value stands.
    pub fn place(&self) -> Place {
        self.sheet.place(&self.value.span())
    }

    /// Reports that the value is wrong, for reasons that only the caller knows.
    pub fn wrong(&self, message: impl fmt::Display, hint: Option<String>) {
        self.sheet.mistake(&self.value.span(), format!("`{}` {message}", self.path), hint);
    }

    fn wrong_type<T>(&self, wanted: &str) -> Option<T> {
        let found = match self.value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.wrong(format_args!("must be {wanted}, not {found}"), None);
        None
    }

    /// True or false.
    pub fn flag(&self) -> Option<bool> {
        self.value.get_ref().as_bool().or_else(|| self.wrong_type("true or false"))
    }

    /// A text.
    pub fn text(&self) -> Option<Located<String>> {
        match self.value.get_ref().as_str() {
            Some(text) => Some(Located { value: text.to_owned(), place: Some(self.place()) }),
            None => self.wrong_type("a text"),
        }
    }

    /// A list of texts.
    pub fn texts(&self) -> Option<Vec<Located<String>>> {
        let Some(array) = self.value.get_ref().as_array() else { return self.wrong_type("a list of texts") };
        let items: Vec<_> = array
            .iter()
            .enumerate()
            .map(|(index, value)| {
                Entry { value, path: format!("{}[{index}]", self.path), sheet: self.sheet }.text()
            })
            .collect();
        items.into_iter().collect()
    }

    /// One of these words.
    pub fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text()?.value;
        if let Some((_, value)) = choices.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let hint = match nearest(&text, words.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("it is one of {}", words.join(", ")),
        };
        self.wrong(format_args!("cannot be \"{text}\""), Some(hint));
        None
    }

    /// A whole number in the range.
    pub fn whole(&self, range: RangeInclusive<u64>) -> Option<u64> {
        let Some(integer) = self.value.get_ref().as_integer() else {
            return self.wrong_type("a whole number");
        };
        let digits = integer.as_str().replace('_', "");
        let number = u64::from_str_radix(digits.trim_start_matches('+'), integer.radix()).ok();
        let bounds = format!("from {} to {}", range.start(), range.end());
        self.in_range(number, &range, &digits, &bounds)
    }

    /// A duration such as `"500ms"`, `"30s"`, `"5m"`, `"2h"`, in the range.
    pub fn duration(&self, range: RangeInclusive<Duration>) -> Option<Duration> {
        let Some(text) = self.value.get_ref().as_str() else {
            return self.wrong_type("a duration in quotes, for example \"30s\"");
        };
        let Some(duration) = parse_duration(text) else {
            let hint = "a number with ms, s, m or h, for example \"30s\"".to_owned();
            self.wrong(format_args!("cannot be \"{text}\""), Some(hint));
            return None;
        };
        let bounds = format!("from {:?} to {:?}", range.start(), range.end());
        self.in_range(Some(duration), &range, text, &bounds)
    }

    /// A number of bytes such as `65536` or `"8MiB"`, in the range.
    pub fn bytes(&self, range: RangeInclusive<u64>) -> Option<u64> {
        let text = match self.value.get_ref() {
            DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().to_owned(),
            DeValue::String(text) => text.to_string(),
            _ => return self.wrong_type("a number of bytes, for example \"8MiB\""),
        };
        let Some(bytes) = parse_bytes(&text) else {
            let hint = "a number with B, KiB, MiB or GiB, for example \"8MiB\"".to_owned();
            self.wrong(format_args!("cannot be \"{text}\""), Some(hint));
            return None;
        };
        let bounds = format!("from {} to {} bytes", range.start(), range.end());
        self.in_range(Some(bytes), &range, &text, &bounds)
    }

    fn in_range<T: PartialOrd>(
        &self,
        value: Option<T>,
        range: &RangeInclusive<T>,
        said: &str,
        bounds: &str,
    ) -> Option<T> {
        let value = value.filter(|value| range.contains(value));
        if value.is_none() {
            self.wrong(format_args!("cannot be {said}"), Some(format!("it goes {bounds}")));
        }
        value
    }

    /// Reads the value as a table.
    pub fn section(&self, read: impl FnOnce(&Section<'r>)) {
        let Some(table) = self.value.get_ref().as_table() else {
            self.wrong_type::<()>("a table");
            return;
        };
        let section = Section::new(table, self.path.clone(), self.sheet);
        read(&section);
        section.report_unknown();
    }
}

/// Reads `500ms`, `30s`, `5m`, `2h`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = number_and_unit(text)?;
    let seconds = |factor: u64| number.checked_mul(factor).map(Duration::from_secs);
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(3600),
        _ => None,
    }
}

/// `65536`, `512KiB`, `8MiB`, `1GiB`.
fn parse_bytes(text: &str) -> Option<u64> {
    let (number, unit) = number_and_unit(text)?;
    let shift = match unit {
        "" | "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        _ => return None,
    };
    number.checked_mul(1 << shift)
}

fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    Some((digits.replace('_', "").parse().ok()?, unit.trim_start()))
}

/// Every key that a reading function asked for, whether or not it was there: for the test that all are documented.
/// A TOML basic string. Everything that is not plain is escaped, so that printing settings commands no terminal.
pub fn quoted(value: &str) -> String {
    let mut quoted = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() || !c.is_ascii() && !c.is_alphanumeric() => {
                // Writing to a text cannot fail.
                let _infallible = write!(quoted, "\\U{:08X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
pub(super) fn asked(text: &str, read: impl FnOnce(&Section<'_>)) -> BTreeSet<String> {
    let sheet = Sheet { file: "test".into(), text, mistakes: RefCell::default(), asked: RefCell::default() };
    let (root, _) = DeTable::parse_recoverable(text);
    read(&Section::new(root.get_ref(), String::new(), &sheet));
    sheet.asked.take()
}

#[cfg(test)]
#[path = "document/tests.rs"]
mod tests;
