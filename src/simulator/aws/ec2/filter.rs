//! Filters of EC2: a name and values, of which one must fit; `*` and `?` stand for anything.

use serde_json::Value;

use crate::simulator::aws::failure::Failure;
use crate::simulator::world::field;

/// One filter of a request.
#[derive(Debug)]
pub(super) struct Filter {
    looks_at: Looks,
    values: Vec<String>,
}

#[derive(Debug)]
enum Looks {
    Field(&'static str),
    Tag(String),
    TagKeys,
}

/// The filters of a request.
///
/// # Errors
/// When a filter is none of those that this kind knows.
pub(super) fn read(
    parameters: &Value,
    known: &[(&'static str, &'static str)],
) -> Result<Vec<Filter>, Failure> {
    let mut filters = Vec::new();
    for one in field::list(parameters, "Filter") {
        let name = field::text(one, "Name");
        let looks_at = match (name.strip_prefix("tag:"), known.iter().find(|(own, _)| *own == name)) {
            (Some(key), _) => Looks::Tag(key.to_owned()),
            (None, Some((_, path))) => Looks::Field(path),
            (None, None) if name == "tag-key" => Looks::TagKeys,
            (None, None) => {
                let message = format!("The filter '{name}' is invalid");
                return Err(Failure::new(400, "InvalidParameterValue", message));
            }
        };
        let values = field::list(one, "Value").iter().filter_map(Value::as_str).map(str::to_owned).collect();
        filters.push(Filter { looks_at, values });
    }
    Ok(filters)
}

impl Filter {
    /// Whether a thing passes.
    pub(super) fn meets(&self, thing: &Value) -> bool {
        let tags = field::list(thing, "tagSet.item");
        let mut found = Vec::new();
        match &self.looks_at {
            Looks::Field(path) => gather(thing, path, &mut found),
            Looks::Tag(key) => found.extend(
                tags.iter()
                    .filter(|tag| field::text(tag, "key") == key)
                    .map(|tag| field::text(tag, "value").to_owned()),
            ),
            Looks::TagKeys => found.extend(tags.iter().map(|tag| field::text(tag, "key").to_owned())),
        }
        found.iter().any(|value| self.values.iter().any(|wanted| fits(wanted, value)))
    }
}

/// Every value at a path, through all items of the lists on the way.
fn gather(value: &Value, path: &str, found: &mut Vec<String>) {
    if let Value::Array(items) = value {
        items.iter().for_each(|item| gather(item, path, found));
        return;
    }
    if path.is_empty() {
        match value {
            Value::Null => {}
            Value::String(text) => found.push(text.clone()),
            other => found.push(other.to_string()),
        }
        return;
    }
    let (step, rest) = path.split_once('.').unwrap_or((path, ""));
    if let Some(next) = value.get(step) {
        gather(next, rest, found);
    }
}

/// Whether a text fits a pattern with `*` and `?`.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once(['*', '?']) {
        None => pattern == text,
        Some((before, after)) => {
            let Some(rest) = text.strip_prefix(before) else { return false };
            if pattern.get(before.len()..).is_some_and(|mark| mark.starts_with('?')) {
                let mut letters = rest.chars();
                return letters.next().is_some() && fits(after, letters.as_str());
            }
            let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
            ends.into_iter().any(|at| rest.get(at..).is_some_and(|rest| fits(after, rest)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_a_shell_has_them() {
        for (pattern, text, wanted) in [
            ("vpc-1", "vpc-1", true),
            ("vpc-*", "vpc-1", true),
            ("*1", "vpc-1", true),
            ("v?c-*", "vpc-1", true),
            ("v?c", "vpc-1", false),
            ("", "vpc", false),
            ("*", "", true),
        ] {
            assert_eq!(fits(pattern, text), wanted, "{pattern} {text}");
        }
    }
}
