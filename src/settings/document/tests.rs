use super::*;

fn told<T: fmt::Debug>(text: &str, ask: impl FnOnce(&Section<'_>) -> T) -> Vec<String> {
    read("f.toml", text, ask).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn a_syntax_error_is_told_with_its_place_and_nothing_else_is_judged() {
    let told = told("a = 1\nb = = 2\nunknown = 3\n", |_| ());
    assert!(told[0].starts_with("f.toml:2:5: "), "{told:?}");
    assert!(told.iter().all(|line| !line.contains("unknown")), "{told:?}");
}

#[test]
fn several_syntax_errors_are_told_together() {
    let told = told("a = \nb = ]\n", |_| ());
    assert!(told.len() >= 2, "{told:?}");
    assert!(told[0].starts_with("f.toml:1:"), "{told:?}");
    assert!(told[1].starts_with("f.toml:2:"), "{told:?}");
}

#[test]
fn a_key_that_is_set_twice_is_told() {
    let told = told("a = 1\na = 2\n", |section| {
        section.get("a");
    });
    assert!(told[0].starts_with("f.toml:2:1: "), "{told:?}");
    assert!(told[0].contains("duplicate"), "{told:?}");
}

#[test]
fn columns_count_characters() {
    let told = told("\"größe\" = 1\nx = { \"ä\" = 1, y = 2 }\n", |section| {
        section.get("größe");
        section.within("x", |x| {
            x.get("ä");
        });
    });
    assert_eq!(told, ["f.toml:2:16: unknown key `x.y`"]);
}

#[test]
fn a_hint_names_what_is_known_when_nothing_is_near() {
    let mistakes = read("f.toml", "zebra = 1", |section| {
        section.get("theme");
        section.get("mouse");
    })
    .unwrap_err();
    assert_eq!(mistakes.iter().next().unwrap().hint.as_deref(), Some("known here: theme, mouse"));
}

#[test]
fn a_scalar_where_a_table_belongs_is_told() {
    assert_eq!(
        told("logs = 1", |s| s.within("logs", |_| ())),
        ["f.toml:1:8: `logs` must be a table, not a whole number"]
    );
}

#[test]
fn lists_name_the_item_that_is_wrong() {
    let mut names = Vec::new();
    assert_eq!(
        told("names = [\"a\",\n  2]", |s| s.texts("names", &mut names)),
        ["f.toml:2:3: `names[1]` must be a text, not a whole number"]
    );
    assert!(names.is_empty(), "nothing is half-applied");
}

#[test]
fn durations_and_bytes_read_their_units() {
    for (text, expected) in [
        ("500ms", Some(500)),
        ("30s", Some(30_000)),
        ("5 m", Some(300_000)),
        ("2h", Some(7_200_000)),
        ("30", None),
        ("s", None),
        ("-1s", None),
        ("1d", None),
        ("99999999999999999999s", None),
    ] {
        assert_eq!(
            parse_duration(text).map(|d| d.as_millis()),
            expected.map(u128::from as fn(u32) -> u128),
            "{text}"
        );
    }
    for (text, expected) in [
        ("65_536", Some(65_536)),
        ("1KiB", Some(1024)),
        ("8 MiB", Some(8 << 20)),
        ("1GiB", Some(1 << 30)),
        ("8MB", None),
        ("17179869184GiB", None),
    ] {
        assert_eq!(parse_bytes(text), expected, "{text}");
    }
}

#[test]
fn numbers_read_in_every_notation_of_toml() {
    for (text, expected) in [("0x10", 16), ("1_000", 1000), ("+7", 7), ("0b101", 5)] {
        let value =
            read("f", &format!("n = {text}"), |s| s.get("n").and_then(|e| e.whole(0..=5000))).unwrap();
        assert_eq!(value, Some(expected), "{text}");
    }
    assert_eq!(told("n = 99999999999999999999999", |s| s.get("n").and_then(|e| e.whole(0..=5))).len(), 1);
}

#[test]
fn mistakes_become_one_problem_with_hints() {
    let mistakes = read("f.toml", "tehme = 1\nx = 2", |s| {
        s.get("theme");
    })
    .unwrap_err();
    let problem = Problem::from(mistakes);
    assert_eq!(problem.kind(), ProblemKind::User);
    assert_eq!(problem.message(), "f.toml:1:1: unknown key `tehme`");
    assert_eq!(problem.hints(), ["did you mean `theme`?", "also f.toml:2:1: unknown key `x`"]);
}

proptest::proptest! {
    #[test]
    fn no_text_panics_and_every_place_is_in_the_text(text in "\\PC{0,80}(\n\\PC{0,40}){0,6}") {
        check_places(&text);
    }

    #[test]
    fn a_damaged_default_file_never_panics(at in 0usize..4000, cut in 0usize..60, put in "[\\[\\]=\"'#\n.{},a0 ]{0,6}") {
        let text = crate::settings::cockpit::DEFAULTS;
        let begin = text.floor_char_boundary(at);
        let end = text.floor_char_boundary(begin + cut);
        check_places(&format!("{}{put}{}", &text[..begin], &text[end..]));
    }
}

fn check_places(text: &str) {
    let Err(mistakes) = crate::settings::Cockpit::read("f", text) else { return };
    let lines: Vec<&str> = text.split('\n').collect();
    for mistake in mistakes.iter() {
        let line =
            lines.get(mistake.place.line - 1).unwrap_or_else(|| panic!("{mistake} is not in {text:?}"));
        assert!(mistake.place.column <= line.chars().count() + 1, "{mistake} is not in {text:?}");
        assert!(!mistake.message.is_empty() && !mistake.message.contains('\n'), "{mistake:?}");
    }
}
