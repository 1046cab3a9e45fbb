//! Text from a cluster never takes over the terminal, wherever it is shown.

use pilothouse::ui::views::VIEWS;
use unicode_width::UnicodeWidthStr as _;

use crate::harness::screen::Screen;
use crate::harness::stage::{Journey, Plan};

/// Cells hold what a terminal draws in its place and nothing that it obeys.
fn check(screen: &Screen, what: &str) {
    for cell in screen.cells() {
        for c in cell.symbol().chars() {
            let obeyed = c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
            // A joiner within a cell is part of its one character.
            assert!(
                !obeyed || (c == '\u{200d}' && cell.symbol().chars().count() > 1),
                "{c:?} in {what}{screen:?}"
            );
        }
        assert!(cell.symbol().width() <= 2, "{:?} in {what}{screen:?}", cell.symbol());
    }
}

#[test]
fn no_view_draws_a_control_character_or_an_override_of_direction() {
    for (width, height) in [(80, 24), (200, 60)] {
        let mut journey = Plan::in_trouble("hostile-text").size(width, height).open();
        journey.settle();
        for entry in VIEWS {
            let name = entry.about().name;
            check(&journey.run(name), name);
            check(&journey.press("ctrl-w"), name);
            journey.press("ctrl-w");
        }
        check(&journey.run("pods development -l hostile"), "pods");
        for row in 0..8 {
            for key in ["d", "y", "l", "p"] {
                journey.press("g");
                for _ in 0..row {
                    journey.press("j");
                }
                journey.press(key);
                check(&journey.settle(), key);
                journey.press("esc");
            }
            check(&journey.press("c"), "what was copied");
        }
        journey.press(":");
        check(&journey.type_text("hostile"), "the palette");
        journey.press("esc");
        check(&journey.run("ns \u{1b}[31mred"), "a namespace of that name");
        check(&journey.run("no\u{202e}such view"), "a line that is refused");
    }
}

#[test]
fn a_pasted_text_is_drawn_and_not_obeyed() {
    let mut journey = Journey::at("pods");
    for keys in ["/", ":", "alt-n"] {
        journey.press(keys);
        journey.tell(pilothouse::ui::message::Msg::Paste("a\u{1b}[2Jb\nc\u{202e}d".to_owned()));
        check(&journey.screen(), keys);
        journey.press("esc");
        journey.press("esc");
    }
}
