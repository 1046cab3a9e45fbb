//! What every table can do: filter, sort, columns, marks, the mouse.

use pilothouse::app::stage::Outward;
use pilothouse::ui::input::MouseAction;

use crate::harness::screen::Screen;
use crate::harness::stage::{Journey, Plan};

/// The rows of a table on the screen, without head, rules and bottom line.
fn rows(screen: &Screen) -> Vec<String> {
    let lines = screen.lines();
    let head = lines.iter().position(|line| line.contains(" AGE")).expect("a head with AGE");
    let rows = lines.iter().skip(head + 1).take_while(|line| !line.starts_with(['─', '━']));
    rows.filter(|line| !line.trim().is_empty()).map(|line| (*line).to_owned()).collect()
}

fn names(screen: &Screen) -> Vec<String> {
    let lines = screen.lines();
    let head = lines.iter().find(|line| line.contains(" NAME")).expect("a head with NAME");
    let at = head.find(" NAME ").or(head.find(" NAME↑")).or(head.find(" NAME↓")).expect("NAME") + 1;
    let at = head[..at].chars().count();
    rows(screen).iter().map(|row| row.chars().skip(at).take_while(|c| *c != ' ').collect()).collect()
}

#[test]
fn a_text_filter_narrows_with_every_letter_and_escape_takes_it_away() {
    let mut journey = Journey::at("pods production");
    let all = journey.screen();
    journey.press("/");
    let some = journey.type_text("wor");
    assert!(
        rows(&some).len() < rows(&all).len() && rows(&some).iter().all(|row| row.contains("wor")),
        "{some:?}"
    );
    assert!(some.top().contains("2 of "), "the title counts what is left{some:?}");
    let none = journey.type_text("ld of nobody");
    assert!(none.shows("hides"), "an empty table says what hides its rows{none:?}");
    journey.press("enter");
    let screen = journey.press("esc");
    assert_eq!(screen.text(), all.text(), "Esc takes the filter away and leaves the view");
}

#[test]
fn filters_by_not_label_field_and_fuzzy_say_what_they_say() {
    let mut journey = Journey::at("pods production");
    let screen = journey.filter("!api");
    assert!(!rows(&screen).is_empty() && rows(&screen).iter().all(|row| !row.contains("api")), "{screen:?}");
    journey.press("esc");
    let screen = journey.filter("-l app.kubernetes.io/name=worker");
    assert!(
        rows(&screen).len() == 2 && rows(&screen).iter().all(|row| row.contains("worker-")),
        "{screen:?}"
    );
    journey.press("esc");
    let screen = journey.filter("-l app.kubernetes.io/name in (web, worker)");
    assert!(rows(&screen).len() > 2, "{screen:?}");
    assert!(rows(&screen).iter().all(|row| row.contains("worker-") || row.contains("web-")), "{screen:?}");
    journey.press("esc");
    let screen = journey.filter("-f status=Running,name!=worker");
    assert!(
        !rows(&screen).is_empty() && rows(&screen).iter().all(|row| row.contains("Running")),
        "{screen:?}"
    );
    journey.press("esc");
    let screen = journey.filter("restarts>1000");
    assert!(screen.shows("hides"), "{screen:?}");
    journey.press("esc");
    let screen = journey.filter("~wrkr");
    assert!(
        !rows(&screen).is_empty() && rows(&screen).iter().all(|row| row.contains("worker")),
        "{screen:?}"
    );
    journey.press("esc");
    let screen = journey.filter("^web- !nothing");
    assert!(!rows(&screen).is_empty() && rows(&screen).iter().all(|row| row.contains("web-")), "{screen:?}");
}

#[test]
fn a_filter_that_makes_no_sense_is_refused_in_words_and_the_old_one_stays() {
    let mut journey = Journey::at("pods production");
    journey.press("/");
    let screen = journey.type_text("-l app in (");
    assert!(screen.shows("is no label selector; write for example"), "{screen:?}");
    let screen = journey.press("esc");
    assert!(!screen.top().contains("-l app"), "{screen:?}");
    journey.press("/");
    let screen = journey.type_text("-f restrats>3");
    assert!(screen.shows("restarts"), "the nearest column is named{screen:?}");
}

#[test]
fn a_letter_sorts_and_the_same_letter_reverses() {
    let mut journey = Journey::at("pods production");
    let screen = journey.press("N");
    let (first, mut sorted) = (names(&screen), names(&screen));
    sorted.sort();
    assert_eq!(first, sorted, "{screen:?}");
    assert!(screen.shows("NAME↑"), "{screen:?}");
    let screen = journey.press("N");
    sorted.reverse();
    assert_eq!(names(&screen), sorted, "{screen:?}");
    assert!(screen.shows("NAME↓"), "{screen:?}");
    let screen = journey.press("~");
    assert_eq!(names(&screen), first, "{screen:?}");
}

#[test]
fn sorting_keeps_the_cursor_on_its_object() {
    let mut journey = Journey::at("pods production");
    journey.go_to("worker-");
    let before = names_of(&journey.selected());
    journey.press("N");
    journey.press("N");
    assert_eq!(names_of(&journey.selected()), before);
    journey.press("A");
    assert_eq!(names_of(&journey.selected()), before);
}

fn names_of(line: &str) -> String {
    line.split_whitespace().find(|word| word.starts_with("worker-")).unwrap_or_default().to_owned()
}

#[test]
fn columns_are_chosen_and_wide_shows_more() {
    let mut journey = Plan::in_trouble("").view("pods production").size(200, 60).open();
    journey.settle();
    assert!(journey.screen().shows("RESTARTS") && !journey.screen().shows(" QOS"));
    let screen = journey.press("ctrl-o");
    assert!(screen.shows("columns   Space shows or hides, Esc closes"), "{screen:?}");
    for _ in 0..40 {
        let line = journey.selected();
        if line.contains("] restarts") {
            break;
        }
        journey.press("j");
    }
    let screen = journey.press("space");
    assert!(screen.shows("[ ] restarts"), "{screen:?}");
    let screen = journey.press("esc");
    assert!(!screen.shows("RESTARTS"), "{screen:?}");
    assert!(screen.top().contains("pods"), "Esc closes the chooser and not the view{screen:?}");
    let narrow = journey.screen();
    let wide = journey.press("ctrl-w");
    assert_ne!(narrow.lines()[2], wide.lines()[2], "wide mode has other columns{wide:?}");
    let screen = journey.press("ctrl-w");
    assert_eq!(screen.text(), narrow.text());
}

#[test]
fn marked_rows_are_copied_together_and_let_go_by_escape() {
    let mut journey = Journey::at("pods production");
    journey.filter("worker");
    journey.press("space");
    let screen = journey.press("space");
    assert_eq!(
        screen.lines_with("worker-").iter().filter(|line| line.starts_with('*')).count(),
        2,
        "{screen:?}"
    );
    journey.press("c");
    let outward = journey.outward();
    let [Outward::Copy(text)] = outward.as_slice() else { panic!("{outward:?}") };
    assert!(text.lines().count() == 2 && text.lines().all(|name| name.starts_with("worker-")), "{text}");
    assert!(journey.screen().bottom().contains("copied 2 lines"));
    // One thing at a time: the filter, then the marks, then the view.
    journey.press("esc");
    let screen = journey.press("esc");
    assert!(!screen.lines().iter().any(|line| line.starts_with('*')), "{screen:?}");
    assert!(screen.top().contains("pods"), "{screen:?}");
}

#[test]
fn a_range_is_marked_from_the_last_mark_to_the_cursor() {
    let mut journey = Journey::at("pods production");
    journey.press("space");
    journey.press("j");
    journey.press("j");
    let screen = journey.press("ctrl-space");
    let marked = screen.lines().iter().filter(|line| line.starts_with('*') || line.starts_with("▸*")).count();
    assert!(marked >= 3, "{marked}{screen:?}");
    let screen = journey.press("ctrl-\\");
    assert_eq!(screen.lines().iter().filter(|line| line.starts_with('*')).count(), 0, "{screen:?}");
}

#[test]
fn the_mouse_selects_opens_scrolls_and_sorts() {
    let mut journey = Journey::at("pods");
    let (x, y) = journey.screen().find("cert-manager-cain").unwrap();
    journey.mouse((x, y), MouseAction::Click);
    assert!(journey.selected().contains("cert-manager-cain"), "{}", journey.selected());
    let before = journey.screen();
    let screen = journey.mouse((x, y), MouseAction::WheelDown);
    assert_ne!(before.text(), screen.text(), "the wheel scrolls");
    let screen = journey.mouse((x, y), MouseAction::WheelUp);
    assert_eq!(rows(&before), rows(&screen), "and back");
    let (x, y) = screen.find("AGE").unwrap();
    let screen = journey.mouse((x, y), MouseAction::Click);
    assert!(screen.shows("AGE↑") || screen.shows("AGE↓"), "{screen:?}");
    journey.mouse((x, y), MouseAction::Click);
    let (x, y) = journey.screen().find("Running").unwrap();
    journey.mouse((x, y), MouseAction::DoubleClick);
    let screen = journey.settle();
    assert!(screen.top().contains("detail"), "{screen:?}");
}

/// A table that is opened when all of its rows are there. Columns only grow while one looks at them, so that those of a
/// table that fills depend on what came first; on a screen of another size they begin anew.
fn opened(view: &str, (width, height): (u16, u16)) -> Screen {
    let mut journey = Plan::in_trouble("").view(view).size(width + 1, height).open();
    journey.settle();
    journey.resize(width, height)
}

#[test]
fn a_node_can_be_told_from_its_neighbour_at_every_width() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let screen = opened("nodes", (width, height));
        for address in ["ip-10-0-11-40", "ip-10-1-13-60"] {
            assert!(screen.shows(address), "{address} at {width}{screen:?}");
        }
    }
}

#[test]
fn a_table_of_all_namespaces_says_which_namespace() {
    for (width, height) in [(120, 40), (200, 60)] {
        for view in ["pods", "workloads", "services"] {
            let mut journey = Plan::in_trouble("").view(view).size(width, height).open();
            let screen = journey.settle();
            assert!(screen.shows("NAMESPACE"), "{view} at {width}{screen:?}");
        }
    }
}

#[test]
fn events_say_what_happened_at_every_width() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let screen = opened("events", (width, height));
        assert!(screen.shows("secret upd"), "at {width}{screen:?}");
    }
}
