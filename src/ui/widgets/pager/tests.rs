use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::*;
use crate::ui::role::Role;
use crate::ui::view::Look;

#[derive(Debug)]
struct Plain;

impl crate::ui::view::Styles for Plain {
    fn of(&self, role: Role) -> Style {
        match role {
            Role::Selection => Style::new().add_modifier(Modifier::REVERSED),
            Role::Match => Style::new().add_modifier(Modifier::UNDERLINED),
            _ => Style::new(),
        }
    }
}

const LOOK: Look<'static> = Look { style: &Plain, ascii: true, now: crate::fleet::Timestamp::NEVER };

fn outline(lines: &[(u16, &str)]) -> Document {
    let mut document = Document::default();
    for (depth, line) in lines {
        document.begin(*depth);
        document.push(line, Role::Text);
        document.folds_as(FoldKey::default().child(line));
    }
    document.finished()
}

fn numbers(count: usize) -> Document {
    let lines: Vec<String> = (0..count).map(|n| format!("line {n}")).collect();
    outline(&lines.iter().map(|line| (0, line.as_str())).collect::<Vec<_>>())
}

fn screen(pager: &mut Pager, width: u16, height: u16) -> Vec<String> {
    pager.prepare(Size::new(width, height));
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    pager.render(area, &mut buffer, &LOOK);
    (0..height)
        .map(|y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned())
        .collect()
}

fn search(pager: &mut Pager, text: &str) {
    assert!(pager.command("search"));
    text.chars().for_each(|c| pager.key(Key::char(c)));
    pager.key(Key::plain(crate::ui::input::KeyCode::Enter));
}

#[test]
fn the_cursor_stays_on_the_screen() {
    let mut pager = Pager::default();
    pager.set_document(numbers(100));
    assert_eq!(screen(&mut pager, 20, 5)[0], "  line 0");
    for _ in 0..10 {
        pager.command("down");
    }
    let shown = screen(&mut pager, 20, 5);
    assert!(shown.contains(&"  line 10".to_owned()), "{shown:?}");
    pager.command("bottom");
    assert_eq!(screen(&mut pager, 20, 5)[4], "  line 99");
    pager.command("page-up");
    pager.command("top");
    assert_eq!(screen(&mut pager, 20, 5)[0], "  line 0");
}

#[test]
fn folding_hides_what_is_deeper_and_says_how_much() {
    let mut pager = Pager::default();
    pager.set_document(outline(&[(0, "a"), (1, "b"), (2, "c"), (0, "d")]));
    screen(&mut pager, 20, 5);
    pager.command("down");
    pager.command("down");
    pager.command("fold");
    assert_eq!(screen(&mut pager, 20, 5)[..3], ["  a", "+ b ... 1 line", "  d"]);
    assert_eq!(pager.line(), Some(1), "the cursor goes to what was folded");
    pager.command("fold-all");
    assert_eq!(screen(&mut pager, 20, 5)[..2], ["+ a ... 2 lines", "  d"]);
    assert_eq!(pager.line(), Some(0));
    pager.command("unfold-all");
    assert_eq!(screen(&mut pager, 20, 5)[2], "  c");
}

#[test]
fn what_was_folded_stays_folded_in_a_newer_document() {
    let mut pager = Pager::default();
    pager.set_document(outline(&[(0, "a"), (1, "b"), (0, "d")]));
    pager.command("fold");
    pager.command("bottom");
    pager.set_document(outline(&[(0, "new"), (0, "a"), (1, "b"), (1, "c"), (0, "d")]));
    assert_eq!(screen(&mut pager, 20, 5)[..3], ["  new", "+ a ... 2 lines", "  d"]);
    assert_eq!(pager.value(), Some("d"), "the cursor stays on its line");
}

#[test]
fn a_search_goes_to_the_match_also_into_what_is_folded() {
    let mut pager = Pager::default();
    pager.set_document(outline(&[(0, "a"), (1, "needle 1"), (0, "b"), (0, "needle 2")]));
    pager.command("fold-all");
    search(&mut pager, "needle");
    assert_eq!(pager.line(), Some(1));
    pager.command("search-next");
    assert_eq!(pager.line(), Some(3));
    pager.command("search-next");
    assert_eq!(pager.line(), Some(1), "after the last match comes the first");
    pager.command("search-previous");
    assert_eq!(pager.line(), Some(3));
    let shown = screen(&mut pager, 40, 6);
    assert_eq!(shown[5], "/needle  line 2 of 2 that match");
    assert!(pager.unwind());
    assert!(!pager.unwind());
}

#[test]
fn an_abandoned_search_returns_to_where_it_began() {
    let mut pager = Pager::default();
    pager.set_document(numbers(50));
    pager.command("search");
    "line 40".chars().for_each(|c| pager.key(Key::char(c)));
    assert_eq!(pager.line(), Some(40));
    pager.key(Key::plain(crate::ui::input::KeyCode::Esc));
    assert_eq!(pager.line(), Some(0));
    search(&mut pager, "/(");
    assert!(screen(&mut pager, 60, 5)[4].contains("unclosed"));
}

#[test]
fn matches_are_marked_where_they_are_drawn() {
    let mut pager = Pager::default();
    pager.set_document(outline(&[(0, "ä needle"), (0, "x")]));
    search(&mut pager, "needle");
    pager.command("down");
    pager.prepare(Size::new(20, 4));
    let area = Rect::new(0, 0, 20, 4);
    let mut buffer = Buffer::empty(area);
    pager.render(area, &mut buffer, &LOOK);
    let marked: String = (0..20)
        .filter(|&x| buffer[(x, 0)].modifier.contains(Modifier::UNDERLINED))
        .map(|x| buffer[(x, 0)].symbol())
        .collect();
    assert_eq!(marked, "needle");
    assert!(buffer[(19, 1)].modifier.contains(Modifier::REVERSED), "the selection is as wide as the screen");
}

#[test]
fn long_lines_wrap_or_move_sideways() {
    let mut pager = Pager::wrapping(true);
    pager.set_document(outline(&[(0, "0123456789abcdefghij"), (0, "next")]));
    assert_eq!(screen(&mut pager, 12, 4), ["  0123456789", "  abcdefghij", "  next", ""]);
    pager.command("wrap");
    assert_eq!(screen(&mut pager, 12, 4), ["  0123456789", "  next", "", ""]);
    pager.command("right");
    assert_eq!(screen(&mut pager, 12, 4)[0], "  89abcdefgh");
}

#[test]
fn a_wrapped_line_taller_than_the_screen_is_read_to_its_end() {
    let mut pager = Pager::wrapping(true);
    let long: String = (0..8).map(|n| n.to_string().repeat(10)).collect();
    pager.set_document(outline(&[(0, long.as_str()), (0, "end")]));
    assert_eq!(screen(&mut pager, 12, 3)[0], "  0000000000");
    for _ in 0..5 {
        pager.command("down");
        screen(&mut pager, 12, 3);
    }
    assert_eq!(screen(&mut pager, 12, 3), ["  5555555555", "  6666666666", "  7777777777"]);
    pager.command("down");
    assert_eq!(screen(&mut pager, 12, 3)[2], "  end");
}

#[test]
fn a_tiny_screen_and_an_empty_document_do_no_harm() {
    let mut pager = Pager::wrapping(true);
    for id in COMMANDS {
        pager.command(id);
        screen(&mut pager, 3, 1);
    }
    pager.unwind();
    pager.set_document(numbers(3));
    for id in COMMANDS {
        pager.command(id);
        for (width, height) in [(0, 0), (1, 1), (2, 3), (20, 5)] {
            screen(&mut pager, width, height);
        }
        pager.mouse(Mouse { column: 0, row: 0, action: MouseAction::Click });
        pager.mouse(Mouse { column: 1, row: 2, action: MouseAction::WheelDown });
        pager.mouse(Mouse { column: 1, row: 2, action: MouseAction::WheelUp });
    }
}
