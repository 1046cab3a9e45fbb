use super::*;

struct Pod;

const COLUMNS: [&str; 9] = ["name", "status", "restarts", "age", "cpu", "memory", "ready", "node", "share"];

impl Probe for Pod {
    fn any_number(&self, test: &mut dyn FnMut(&str) -> bool) -> bool {
        ["12", "1/2", "250m"].into_iter().any(test)
    }
    fn value(&self, column: usize) -> Value<'_> {
        match COLUMNS[column] {
            "name" => Value::text("web-7d9c-x2"),
            "status" => Value::text("CrashLoopBackOff"),
            "restarts" => Value::Count(12),
            "age" => Value::Age(Timestamp::from_seconds(1_000_000)),
            "cpu" => Value::Cpu(250),
            "memory" => Value::Bytes(300 << 20),
            "ready" => Value::Ratio { have: 1, want: 2 },
            "share" => Value::Share { used: 41, of: 100 },
            _ => Value::Nothing,
        }
    }
    fn label(&self, key: &str) -> Option<&str> {
        (key == "app").then_some("web")
    }
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(1_000_000 + 5400)
    }
}

fn matches(line: &str) -> bool {
    let text = ["web-7d9c-x2", "production", "crashloopbackoff", "ip-10-1-13-7"].join("\u{1f}");
    Query::parse(line, &COLUMNS).unwrap().is_none_or(|mut query| query.matches(&text, &Pod))
}

#[test]
fn every_kind_of_term_says_yes_and_no() {
    for yes in [
        "",
        "web",
        "WEB",
        "crash",
        "web crash",
        "!api",
        "^web-.*x2$",
        "web|api",
        "~wbx",
        "~WBX",
        "^crash",
        "250",
        "-l app=web",
        "-l app in (web, api) crash",
        "restarts>3",
        "restarts>=12",
        "age<2h",
        "age>1h",
        "cpu>200m",
        "cpu<=0.25",
        "memory>200Mi",
        "status=crashloopbackoff",
        "status!=Running",
        "ready=1/2",
        "ready<2",
        "share>40%",
        "node=none",
        "-f restarts>3,age<2h",
        "!status=Running",
        "restarts>",
    ] {
        assert!(matches(yes), "{yes}");
    }
    for no in [
        "api",
        "web api",
        "!web",
        "~xbw",
        "~x2prod",
        "^back",
        "251",
        "-l app=api",
        "-l !app",
        "restarts>30",
        "age<1h",
        "cpu>500m",
        "status=Running",
        "ready=2/2",
        "node>1",
        "age<tomorrow",
        "\"web crash\"",
    ] {
        assert!(!matches(no), "{no}");
    }
}

#[test]
fn a_comparison_with_an_unknown_column_is_text_or_refused_where_it_was_asked_for() {
    assert!(!matches("restart>3"));
    let refused = Query::parse("-f restart>3", &COLUMNS).unwrap_err();
    assert_eq!(refused, "there is no column \"restart\"; did you mean \"restarts\"?");
    assert!(Query::parse("-f restarts", &COLUMNS).is_err());
    assert!(Query::parse("-l a b=", &COLUMNS).is_ok());
}

#[test]
fn a_longer_text_narrows_and_a_longer_exclusion_does_not() {
    let narrows = |new: &str, old: &str| {
        let parse = |line| Query::parse(line, &COLUMNS).unwrap().unwrap();
        parse(new).narrows(&parse(old))
    };
    assert!(narrows("web", "we"));
    assert!(narrows("web crash", "web"));
    assert!(narrows("~wbx", "~wb"));
    assert!(narrows("web restarts>3", "web"));
    assert!(!narrows("!web", "!we"));
    assert!(!narrows("we", "web"));
    assert!(!narrows("restarts>30", "restarts>3"));
    assert!(!narrows("web", "!we"));
}

#[test]
fn searching_finds_the_place_whatever_the_case() {
    assert_eq!(find("CrashLoopBackOff", "loop"), Some(5));
    assert_eq!(find("aab", "ab"), Some(1));
    assert_eq!(find("ab", "abc"), None);
    assert_eq!(find("abc", ""), Some(0));
    assert_eq!(find("straße", "ß"), Some(4));
}

#[test]
fn durations_read_as_they_are_printed() {
    assert_eq!(seconds("90"), Some(90));
    assert_eq!(seconds("2h"), Some(7200));
    assert_eq!(seconds("1d12h"), Some(129_600));
    assert_eq!(seconds("h"), None);
    assert_eq!(seconds("2x"), None);
    assert_eq!(seconds("99999999999999999999y"), None);
}
