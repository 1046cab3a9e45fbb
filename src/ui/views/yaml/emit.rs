//! JSON as YAML, as `kubectl get -o yaml` lays it out, with a meaning for each part.
//!
//! Written in block style; a text is plain where no reader of YAML 1.1 or 1.2 could take it for anything else, a
//! literal block where it has lines, and quoted otherwise. What cannot be drawn is always quoted and escaped.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::ui::role::Role;
use crate::ui::text;
use crate::ui::widgets::document::{Document, FoldKey};

/// The object as lines that fold.
pub fn document(value: &Value) -> Document {
    let mut lines = Lines::default();
    root(&mut lines, value);
    lines.0.finished()
}

/// The object as a text for files and the clipboard.
pub fn to_text(value: &Value) -> String {
    let mut text = Plain::default();
    root(&mut text, value);
    text.0.push('\n');
    text.0
}

/// Where the parts of lines go.
trait Sink {
    fn begin(&mut self, depth: u16, indent: usize, fold: FoldKey);
    fn push(&mut self, part: &str, role: Role);
    /// A value begins, which copies as this.
    fn value(&mut self, copies: Option<&str>);
}

#[derive(Default)]
struct Lines(Document);

impl Sink for Lines {
    fn begin(&mut self, depth: u16, indent: usize, fold: FoldKey) {
        self.0.begin(depth);
        self.0.folds_as(fold);
        self.0.blanks(indent);
    }

    fn push(&mut self, part: &str, role: Role) {
        if part.contains('\t') {
            self.0.push(&part.replace('\t', "    "), role);
        } else {
            self.0.push(part, role);
        }
    }

    fn value(&mut self, copies: Option<&str>) {
        self.0.value_begins();
        if let Some(copies) = copies {
            self.0.copies(copies);
        }
    }
}

#[derive(Default)]
struct Plain(String);

impl Sink for Plain {
    fn begin(&mut self, _: u16, indent: usize, _: FoldKey) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.extend(std::iter::repeat_n(' ', indent));
    }

    fn push(&mut self, part: &str, _: Role) {
        self.0.push_str(part);
    }

    fn value(&mut self, _: Option<&str>) {}
}

/// Where a node stands.
#[derive(Clone, Copy)]
struct Place {
    depth: u16,
    indent: usize,
    key: FoldKey,
}

impl Place {
    fn deeper(self, indent: usize) -> Self {
        Self { depth: self.depth.saturating_add(1), indent, ..self }
    }
}

fn root(sink: &mut impl Sink, value: &Value) {
    let place = Place { depth: 0, indent: 0, key: FoldKey::default().child("") };
    match value {
        Value::Object(map) if !map.is_empty() => entries(sink, map, place, false),
        Value::Array(list) if !list.is_empty() => items(sink, list, place, false),
        scalar => {
            sink.begin(0, 0, FoldKey::default());
            put_scalar(sink, scalar, place);
        }
    }
}

/// The entries of a map. `inline` puts the first one on the line that was begun already.
fn entries(sink: &mut impl Sink, map: &Map<String, Value>, place: Place, mut inline: bool) {
    for (name, value) in map {
        let key = place.key.child(name);
        if !std::mem::take(&mut inline) {
            sink.begin(place.depth, place.indent, key);
        }
        sink.push(&quoted(name), Role::YamlKey);
        sink.push(":", Role::Dim);
        let place = Place { key, ..place };
        match value {
            Value::Object(map) if !map.is_empty() => {
                entries(sink, map, place.deeper(place.indent + 2), false)
            }
            Value::Array(list) if !list.is_empty() => items(sink, list, place.deeper(place.indent), false),
            scalar => {
                sink.push(" ", Role::Text);
                put_scalar(sink, scalar, place);
            }
        }
    }
}

fn items(sink: &mut impl Sink, list: &[Value], place: Place, mut inline: bool) {
    for (at, value) in list.iter().enumerate() {
        let key = place.key.child(at);
        if !std::mem::take(&mut inline) {
            sink.begin(place.depth, place.indent, key);
        }
        sink.push("- ", Role::Dim);
        let place = Place { key, ..place };
        match value {
            Value::Object(map) if !map.is_empty() => entries(sink, map, place.deeper(place.indent + 2), true),
            Value::Array(list) if !list.is_empty() => items(sink, list, place.deeper(place.indent + 2), true),
            scalar => put_scalar(sink, scalar, place),
        }
    }
}

fn put_scalar(sink: &mut impl Sink, value: &Value, place: Place) {
    match value {
        Value::String(text) => put_text(sink, text, place),
        Value::Object(_) => sink.push("{}", Role::YamlScalar),
        Value::Array(_) => sink.push("[]", Role::YamlScalar),
        other => {
            sink.value(None);
            sink.push(&other.to_string(), Role::YamlScalar);
        }
    }
}

fn put_text(sink: &mut impl Sink, text: &str, place: Place) {
    if is_literal(text) {
        let body = text.trim_end_matches('\n');
        let chomping = match text.len() - body.len() {
            0 => "|-",
            1 => "|",
            _ => "|+",
        };
        sink.value(Some(text));
        sink.push(chomping, Role::Dim);
        let lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
        for line in lines {
            let indent = if line.is_empty() { 0 } else { place.indent + 2 };
            sink.begin(place.depth.saturating_add(1), indent, FoldKey::default());
            sink.push(line, Role::YamlString);
        }
        return;
    }
    let written = quoted(text);
    sink.value(matches!(written, Cow::Owned(_)).then_some(text));
    sink.push(&written, Role::YamlString);
}

/// True for texts of several lines that can stand in a literal block.
fn is_literal(text: &str) -> bool {
    text.contains('\n')
        // A block whose first line is empty or indented would need an indicator.
        && !text.starts_with([' ', '\t', '\n'])
        && text.split(['\n', '\t']).all(is_drawable)
}

fn is_drawable(text: &str) -> bool {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return true;
    }
    text::escape(text) == text && text.chars().all(|c| matches!(c, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}'))
}

/// As YAML spells a text on one line.
fn quoted(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let all_ascii = !is_drawable(&text.replace(|c: char| c.is_ascii_control(), ""));
    let mut out = String::with_capacity(text.len() + 8);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            ' '..='~' => out.push(c),
            c if c.is_ascii_control() || (all_ascii && (c as u32) < 0x100) => {
                push_escape(&mut out, 'x', 2, c)
            }
            c if all_ascii && (c as u32) < 0x1_0000 => push_escape(&mut out, 'u', 4, c),
            c if all_ascii => push_escape(&mut out, 'U', 8, c),
            c => out.push(c),
        }
    }
    out.push('"');
    Cow::Owned(out)
}

fn push_escape(out: &mut String, letter: char, digits: usize, c: char) {
    // Writing to a String does not fail.
    write!(out, "\\{letter}{:0digits$x}", c as u32).unwrap_or_default();
}

/// True when a text can stand as it is: nothing in it is syntax, and it is no number, truth, nothing or instant.
fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let second = text.chars().nth(1);
    let begins_well = match first {
        '-' | '?' | ':' => second.is_some_and(|c| c != ' ' && c != ':') && !text.starts_with("---"),
        ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`'
        | ' ' | '=' | '<' => false,
        _ => true,
    };
    begins_well
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.starts_with("...")
        && is_drawable(text)
        && !is_another_type(text)
}

/// What a reader of YAML 1.1 or 1.2 would take for a number, an instant, a truth or nothing. Rather too much than too
/// little: kubectl quotes these too.
fn is_another_type(text: &str) -> bool {
    const WORDS: [&str; 11] = ["null", "~", "true", "false", "yes", "no", "on", "off", "y", "n", "nan"];
    let first = text.trim_start_matches(['-', '+']);
    let numeric = first.starts_with(|c: char| c.is_ascii_digit())
        || (first.starts_with('.') && first.chars().nth(1).is_some_and(|c| c.is_ascii_digit()));
    let digits = |text: &str, extra: &str| {
        text.chars().all(|c| c.is_ascii_hexdigit() || "_.:xXoObB+-".contains(c) || extra.contains(c))
    };
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
        || first.eq_ignore_ascii_case(".inf")
        || first.eq_ignore_ascii_case(".nan")
        || first.eq_ignore_ascii_case("inf")
        || first.eq_ignore_ascii_case("infinity")
        || (numeric && digits(first, "TtZz "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn back(value: &Value) -> Value {
        let text = to_text(value);
        serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    #[test]
    fn it_reads_like_kubectl() {
        let value = json!({
            "apiVersion": "v1",
            "metadata": {"labels": {}, "name": "web", "annotations": {"a/b": "true", "v": "1.5"}},
            "spec": {"containers": [{"args": ["--port=80", "-v", "a: b"], "image": "nginx:1.27", "ready": true}]},
            "data": {"run.sh": "#!/bin/sh\n\techo hi\n", "empty": "", "tail": "a\nb"},
        });
        assert_eq!(
            to_text(&value),
            r#"apiVersion: v1
metadata:
  labels: {}
  name: web
  annotations:
    a/b: "true"
    v: "1.5"
spec:
  containers:
  - args:
    - --port=80
    - -v
    - "a: b"
    image: nginx:1.27
    ready: true
data:
  run.sh: |
    #!/bin/sh
    	echo hi
  empty: ""
  tail: |-
    a
    b
"#
        );
        assert_eq!(back(&value), value);
    }

    #[test]
    fn the_lines_are_those_of_the_text_and_fold_at_every_depth() {
        let value =
            json!({"spec": {"containers": [{"image": "a", "env": [{"name": "X"}]}, {"image": "b"}]}, "z": 1});
        let document = document(&value);
        let drawn: Vec<&str> = (0..document.len()).map(|at| document.line(at)).collect();
        assert_eq!(drawn.join("\n") + "\n", to_text(&value));
        assert_eq!(drawn[2], "  - image: a");
        assert_eq!(document.fold(0).unwrap().1, 5);
        assert_eq!(document.fold(2).unwrap().1, 4);
        assert_eq!(document.fold(3).unwrap().1, 4);
        assert!(document.fold(6).is_none());
        assert_eq!(document.value(6), "1");
    }

    #[test]
    fn what_looks_like_something_else_is_quoted() {
        for word in [
            "",
            "yes",
            "Null",
            "~",
            "1",
            "0x1f",
            "1e3",
            "-1.5",
            ".5",
            "1_000",
            "12:30:45",
            "2026-11-21",
            "- a",
            "a: b",
            "a #b",
            "*x",
            "&x",
            "a:",
            " a",
            "=",
            "<<",
            "---",
            "...",
            "y",
            "2026-11-21T10:42:07Z",
            ".inf",
            "%a",
            "@a",
            "|",
            "-",
        ] {
            assert!(quoted(word).starts_with('"'), "{word:?}");
            assert_eq!(back(&json!({ "k": word })), json!({ "k": word }));
        }
        for word in [
            "web",
            "10.0.0.1/16",
            "nginx:1.27",
            "--flag",
            "a-b",
            "arn:aws:iam::1:role/x",
            "/var/run",
            "a#b",
            "1.27-alpine",
            "ümlaut",
        ] {
            assert_eq!(back(&json!({ word: word })), json!({ word: word }), "{word}");
        }
        assert_eq!(quoted("nginx:1.27"), "nginx:1.27");
    }

    #[test]
    fn what_cannot_be_drawn_is_escaped_and_copies_as_it_was() {
        let value = json!({"k": "a\u{1b}[31m\u{202e}b\u{0}"});
        let text = to_text(&value);
        assert_eq!(text, "k: \"a\\x1b[31m\\u202eb\\x00\"\n");
        assert_eq!(back(&value), value);
        assert_eq!(document(&value).value(0), "a\u{1b}[31m\u{202e}b\u{0}");
    }

    fn json_value() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            "[a-z0-9:#\\-?.\"'\\\\ ]{0,8}",
            "[ -~\n\t]{0,16}",
            any::<String>(),
            Just("a\n\n".to_owned()),
            Just("\u{fe0f}x\u{85}\u{2028}".to_owned()),
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            text.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[ -~]{0,6}", inner), 0..4)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn yaml_reads_back_as_what_it_was(value in json_value()) {
            let text = to_text(&value);
            let read: Result<Value, _> = serde_saphyr::from_str(&text);
            match read {
                Ok(read) => prop_assert_eq!(read, value, "{}", text),
                Err(error) => prop_assert!(false, "{error}\n{text}"),
            }
        }
    }
}
