//! Filter patterns: all words, any of those with `?`, none of those with `-`, and one comparison of a JSON field
//! (CloudWatch Logs user guide, "Filter pattern syntax").

use serde_json::Value;

use super::invalid;
use crate::simulator::aws::failure::Failure;
use crate::simulator::world::field;

/// A pattern, read.
#[derive(Debug, PartialEq)]
pub(super) enum Pattern {
    /// Words that must be there, that may be, that must not be.
    Words { all: Vec<String>, any: Vec<String>, none: Vec<String> },
    /// A field of a JSON line has a value, or has not.
    Field { path: String, equals: bool, value: String },
}

/// Reads a pattern; an empty one meets everything.
///
/// # Errors
/// When it is of a form that is not read here.
pub(super) fn read(text: &str) -> Result<Pattern, Failure> {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        return comparison(inner);
    }
    if text.starts_with('{') {
        return Err(invalid("Invalid filter pattern"));
    }
    if text.starts_with(['[', '%']) {
        return Err(Failure::not_built("a filter pattern of columns or a regular expression"));
    }
    let (mut all, mut any, mut none) = (Vec::new(), Vec::new(), Vec::new());
    for word in words(text) {
        match (word.strip_prefix('?'), word.strip_prefix('-')) {
            (Some(word), _) => any.push(term(word)?),
            (None, Some(word)) => none.push(term(word)?),
            (None, None) => all.push(term(&word)?),
        }
    }
    Ok(Pattern::Words { all, any, none })
}

fn comparison(inner: &str) -> Result<Pattern, Failure> {
    let found = ["!=", "="].iter().find_map(|sign| Some((*sign, inner.split_once(sign)?)));
    let Some((sign, (path, value))) = found else { return Err(invalid("Invalid filter pattern")) };
    let path = path.trim().strip_prefix("$.").ok_or_else(|| invalid("Invalid filter pattern"))?;
    if inner.contains("&&") || inner.contains("||") {
        return Err(Failure::not_built("a filter pattern with more than one comparison"));
    }
    Ok(Pattern::Field { path: path.to_owned(), equals: sign == "=", value: bare(value.trim()) })
}

/// The words of a pattern; what stands in quotes is one.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for letter in text.chars() {
        quoted ^= letter == '"';
        if letter.is_whitespace() && !quoted {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        } else {
            word.push(letter);
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// A term: what is no letter, digit or underscore has to stand in quotes.
fn term(word: &str) -> Result<String, Failure> {
    let quoted = word.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match quoted {
        Some(inner) => Ok(inner.to_owned()),
        None if !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_') => {
            Ok(word.to_owned())
        }
        None => Err(invalid(&format!("Invalid character(s) in term '{word}'"))),
    }
}

fn bare(word: &str) -> String {
    word.trim_matches('"').to_owned()
}

impl Pattern {
    /// Whether a line fits.
    pub(super) fn meets(&self, message: &str) -> bool {
        match self {
            Self::Words { all, any, none } => {
                all.iter().all(|word| message.contains(word.as_str()))
                    && (any.is_empty() || any.iter().any(|word| message.contains(word.as_str())))
                    && !none.iter().any(|word| message.contains(word.as_str()))
            }
            Self::Field { path, equals, value } => {
                let Ok(line) = message.parse::<Value>() else { return false };
                let own = match field::at(&line, path) {
                    Value::Null => return false,
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                let fits = match value.split_once('*') {
                    Some((before, after)) => own.starts_with(before) && own.ends_with(after),
                    None => own == *value,
                };
                fits == *equals
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_all_any_or_none_and_quotes_hold_them_together() {
        let pattern = read("ERROR \"slow query\" -health ?api ?web").unwrap();
        assert!(pattern.meets("ERROR api slow query"));
        assert!(!pattern.meets("ERROR slow query"), "neither api nor web");
        assert!(!pattern.meets("ERROR api query slow"));
        assert!(!pattern.meets("ERROR api slow query health"));
        assert!(read("").unwrap().meets("anything"));
    }

    #[test]
    fn a_term_that_is_not_quoted_where_it_must_be_is_refused() {
        for pattern in ["GET /healthz", "\"open", "a-b", "{ $.x = 1", "?"] {
            assert_eq!(read(pattern).unwrap_err().code, "InvalidParameterException", "{pattern}");
        }
        assert!(read("\"GET /healthz\"").unwrap().meets("GET /healthz 200"));
    }

    #[test]
    fn a_field_of_a_json_line_is_compared() {
        let pattern = read("{ $.kubernetes.namespace_name = \"prod*\" }").unwrap();
        assert!(pattern.meets("{\"kubernetes\":{\"namespace_name\":\"production\"}}"));
        assert!(!pattern.meets("{\"kubernetes\":{\"namespace_name\":\"staging\"}}"));
        assert!(!pattern.meets("production"));
        assert!(read("{ $.code != 200 }").unwrap().meets("{\"code\":500}"));
        assert_eq!(read("{ nonsense }").unwrap_err().code, "InvalidParameterException");
    }
}
