//! `screenshot` and `themes`: what is drawn, and with which colours.

use crate::harness::cli::{Home, finish};

#[test]
fn a_picture_has_the_size_that_was_asked_for_in_every_format() {
    let home = Home::new();
    for (columns, rows) in [(80, 24), (20, 5), (120, 40)] {
        let text = home.run(&format!("screenshot pods --demo --size {columns}x{rows}")).printed();
        assert_eq!(text.lines().count(), rows, "{text}");
        for line in text.lines() {
            let width = unicode_width::UnicodeWidthStr::width(line);
            assert!(width <= columns, "{width} cells: {line}");
        }
        assert!(!text.contains('\u{1b}'));
    }
    let svg = home.run("screenshot pods --demo --size 80x24 -o svg").printed();
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"), "{svg}");
    assert!(svg.contains("myapp-prod") && !svg.contains('\u{1b}'));
}

#[test]
fn the_same_world_gives_the_same_picture_every_time() {
    let home = Home::new();
    // The fleet shows how fast the API answered, which is measured even here.
    for view in ["pods", "nodes", "workloads", "events"] {
        let line = format!("screenshot {view} --demo --size 120x40 -o svg");
        assert_eq!(home.run(&line).printed(), home.run(&line).printed(), "{view}");
    }
}

#[test]
fn colours_go_into_a_picture_unless_they_are_not_wanted() {
    let home = Home::new();
    let picture = |name: &str, value: &str| {
        let mut command = home.command(&["screenshot", "pods", "--demo", "--size", "80x24", "-o", "ansi"]);
        command.env(name, value);
        finish(command.spawn().unwrap(), "screenshot").printed()
    };
    let coloured = picture("COLORTERM", "truecolor");
    assert!(coloured.contains("\u{1b}[") && coloured.contains("38;2;"), "{coloured}");
    let plain = picture("NO_COLOR", "1");
    for code in ["38;", "48;", "\u{1b}[3", "\u{1b}[4", "\u{1b}[9", "\u{1b}[10"] {
        // 3 is italics and 4 is an underline; both are followed by `m` or `;` and not by a second digit.
        let colour = plain
            .split(code)
            .skip(1)
            .any(|after| code.starts_with(['3', '4']) || after.starts_with(|c: char| c.is_ascii_digit()));
        assert!(!colour, "{code:?} in {plain:?}");
    }
}

#[test]
fn themes_are_listed_and_previewed() {
    let home = Home::new();
    let listed = home.run("themes list").printed();
    for name in ["dark", "light", "high-contrast", "colour-blind"] {
        assert!(listed.lines().any(|line| line.starts_with(name)), "{listed}");
        let preview = home.run(&format!("themes preview {name}")).printed();
        assert!(preview.contains("PROD") && preview.contains("CrashLoopBackOff"), "{preview}");
    }
    home.write("config/pilothouse/themes/mine.toml", "inherits = \"dark\"\n");
    assert!(home.run("themes list").printed().lines().any(|line| line.starts_with("mine")));
    home.run("screenshot pods --demo --theme mine --size 80x24 -o svg").printed();
}

#[test]
fn a_dumb_terminal_gets_text_from_the_commands_that_print() {
    let home = Home::new();
    for words in [vec!["get", "pods", "--demo"], vec!["themes", "preview", "dark"]] {
        let mut command = home.command(&words);
        command.env("TERM", "dumb");
        let printed = finish(command.spawn().unwrap(), "on a dumb terminal").printed();
        assert!(!printed.contains("38;") && !printed.contains("48;"), "{printed}");
    }
}
