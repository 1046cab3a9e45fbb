//! The part of kubectl's JSONPath that printer columns use.

use serde_json::Value;

/// A path like `.status.conditions[?(@.type=="Ready")].status`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct JsonPath(Vec<Step>);

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Field(String),
    Index(i64),
    All,
    /// Elements whose value at a path equals, or does not equal, a text.
    Filter {
        path: Vec<String>,
        equal: bool,
        text: String,
    },
}

impl JsonPath {
    /// The path, or `None` when it uses what is not known here; such a column stays empty, as with a real server.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
        let mut rest = text.strip_prefix('$').unwrap_or(text);
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(bracketed) = rest.strip_prefix('[') {
                let end = closing(bracketed)?;
                steps.push(bracket(bracketed.get(..end)?)?);
                rest = bracketed.get(end + 1..)?;
            } else {
                let (name, after) = field(rest.strip_prefix('.').unwrap_or(rest));
                match name.as_str() {
                    "" if after.starts_with('[') => {}
                    "" => return None,
                    "*" => steps.push(Step::All),
                    _ => steps.push(Step::Field(name)),
                }
                rest = after;
            }
        }
        Some(Self(steps))
    }

    /// Every value the path leads to.
    pub(super) fn find<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        let mut found = vec![value];
        for step in &self.0 {
            found = found.into_iter().flat_map(|value| step.from(value)).collect();
        }
        found
    }
}

impl Step {
    fn from<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        let elements = || value.as_array().map(Vec::as_slice).unwrap_or_default();
        match self {
            Self::Field(name) => value.get(name).into_iter().collect(),
            Self::Index(index) => {
                let count = i64::try_from(elements().len()).unwrap_or(i64::MAX);
                let index = if *index < 0 { count + index } else { *index };
                usize::try_from(index).ok().and_then(|index| elements().get(index)).into_iter().collect()
            }
            Self::All => match value {
                Value::Object(fields) => fields.values().collect(),
                _ => elements().iter().collect(),
            },
            Self::Filter { path, equal, text } => {
                let holds = |element: &&Value| {
                    let found = path.iter().try_fold(*element, |value, name| value.get(name));
                    let found =
                        found.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
                    found.is_some_and(|found| (found == *text) == *equal)
                };
                elements().iter().filter(holds).collect()
            }
        }
    }
}

/// A field's name up to the next unescaped `.` or `[`, and what follows.
fn field(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => name.extend(characters.next().map(|(_, escaped)| escaped)),
            '.' | '[' => return (name, text.get(at..).unwrap_or_default()),
            _ => name.push(character),
        }
    }
    (name, "")
}

/// Where the bracket that is open closes, quotes and inner brackets apart.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0_u32, None);
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '[') => depth += 1,
            (None, ']') if depth == 0 => return Some(at),
            (None, ']') => depth -= 1,
            _ => {}
        }
    }
    None
}

fn bracket(text: &str) -> Option<Step> {
    if text == "*" {
        return Some(Step::All);
    }
    if let Some(condition) = text.strip_prefix("?(").and_then(|text| text.strip_suffix(')')) {
        let equal = !condition.contains("!=");
        let (left, right) = condition.split_once(if equal { "==" } else { "!=" })?;
        let left = left.trim().strip_prefix('@')?;
        let path = left.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        return Some(Step::Filter { path, equal, text: unquoted(right.trim()).to_owned() });
    }
    let plain = unquoted(text);
    if plain.len() != text.len() {
        return Some(Step::Field(plain.to_owned()));
    }
    text.parse().ok().map(Step::Index)
}

fn unquoted(text: &str) -> &str {
    let inner = |quote| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn find(path: &str) -> Vec<Value> {
        let value = json!({"metadata": {"labels": {"topology.kubernetes.io/zone": "us-east-1a"}}, "spec": {"weight": 10, "names": ["a", "b"]},
            "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Other", "status": "False"}]}});
        JsonPath::parse(path).unwrap().find(&value).into_iter().cloned().collect()
    }

    #[test]
    fn paths_of_printer_columns_are_followed() {
        assert_eq!(find(".spec.weight"), [json!(10)]);
        assert_eq!(find(".status.conditions[?(@.type==\"Ready\")].status"), [json!("True")]);
        assert_eq!(find(".status.conditions[?(@.type!='Ready')].status"), [json!("False")]);
        assert_eq!(find(r".metadata.labels.topology\.kubernetes\.io/zone"), [json!("us-east-1a")]);
        assert_eq!(find(".metadata.labels['topology.kubernetes.io/zone']"), [json!("us-east-1a")]);
        assert_eq!(find(".spec.names[*]"), [json!("a"), json!("b")]);
        assert_eq!(find("{.spec.names[-1]}"), [json!("b")]);
        assert!(find(".spec.nothing.here").is_empty());
    }

    #[test]
    fn an_unclosed_bracket_is_no_path() {
        assert_eq!(JsonPath::parse(".spec[0"), None);
    }
}
