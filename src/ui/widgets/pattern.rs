//! What a person types to find or to filter lines.

use std::ops::Range;

use regex::{Regex, RegexBuilder};

/// A search or a line filter: plain text, `/expression/` for a regular expression, a leading `!` for *not*. Capitals
/// make it care about case.
#[derive(Clone, Debug)]
pub struct Pattern {
    typed: String,
    expression: Regex,
    negated: bool,
}

/// The most memory that a compiled expression may take: an absurd `{1000}{1000}` is refused, not compiled.
const SIZE_LIMIT: usize = 1 << 20;

impl Pattern {
    /// Reads what was typed. `None` when it says nothing; an error in words when it is no expression.
    pub fn parse(typed: &str) -> Result<Option<Self>, String> {
        let (negated, wanted) = match typed.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, typed),
        };
        if wanted.is_empty() || wanted == "/" {
            return Ok(None);
        }
        let source = match wanted.strip_prefix('/') {
            Some(expression) => expression.strip_suffix('/').unwrap_or(expression).to_owned(),
            None => regex::escape(wanted),
        };
        // An escape such as `\S` is no wish for capitals.
        let mut escaped = false;
        let cares = wanted.chars().any(|c| {
            let counts = c.is_uppercase() && !escaped;
            escaped = c == '\\' && !escaped;
            counts
        });
        RegexBuilder::new(&source)
            .case_insensitive(!cares)
            .size_limit(SIZE_LIMIT)
            .build()
            .map(|expression| Some(Self { typed: typed.to_owned(), expression, negated }))
            .map_err(|error| reason(&error))
    }

    /// What was typed.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// True when a line is meant.
    pub fn accepts(&self, line: &str) -> bool {
        self.expression.is_match(line) != self.negated
    }

    /// Where in a line it matches, for highlighting; nowhere for a *not*.
    pub fn matches<'l>(&'l self, line: &'l str) -> impl Iterator<Item = Range<usize>> + 'l {
        let found = (!self.negated).then(|| self.expression.find_iter(line));
        found.into_iter().flatten().map(|m| m.range()).filter(|range| !range.is_empty())
    }
}

/// The last line of a regex error says what is wrong; those before it draw the expression.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or("not an expression").trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(typed: &str) -> Pattern {
        Pattern::parse(typed).unwrap().unwrap()
    }

    #[test]
    fn plain_text_is_taken_literally_and_without_case() {
        assert!(pattern("10.1.3").accepts("GET 10.1.3 ok"));
        assert!(!pattern("10.1.3").accepts("10x1x3"));
        assert!(pattern("error").accepts("an ERROR"));
        assert!(!pattern("Error").accepts("an error"));
    }

    #[test]
    fn slashes_make_an_expression_and_a_bang_turns_it_around() {
        assert!(pattern("/ 5\\d\\d /").accepts("GET / 503 1ms"));
        assert!(!pattern("!/ 5\\d\\d /").accepts("GET / 503 1ms"));
        assert!(pattern("!debug").accepts("info"));
        assert!(pattern("/\\S+rror").accepts("ERROR"));
        assert_eq!(pattern("!debug").matches("debug").count(), 0);
    }

    #[test]
    fn nonsense_says_what_is_wrong() {
        assert!(Pattern::parse("/(/").unwrap_err().contains("unclosed"));
        assert!(Pattern::parse("/a{9999}{9999}/").is_err());
        assert!(Pattern::parse("").unwrap().is_none());
        assert!(Pattern::parse("!").unwrap().is_none());
        assert!(Pattern::parse("/").unwrap().is_none());
    }

    #[test]
    fn matches_are_where_they_are() {
        let found: Vec<_> = pattern("a").matches("banana").collect();
        assert_eq!(found, [1..2, 3..4, 5..6]);
        assert_eq!(pattern("/x*/").matches("yxy").map(|found| found.start).collect::<Vec<_>>(), [1]);
    }
}
