use ratatui::layout::Rect;
use ratatui::style::Style;

use super::super::theme::Depth;
use super::*;

fn frame() -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 3));
    buffer.set_string(0, 0, "● ok <b>&", Style::new().fg(Color::Rgb(1, 2, 3)));
    buffer.set_string(0, 1, "日本 x", Style::new().fg(Color::LightRed).add_modifier(Modifier::BOLD));
    buffer.set_style(Rect::new(0, 1, 12, 1), Style::new().bg(Color::Indexed(17)));
    buffer
}

#[test]
fn text_keeps_columns_and_drops_blank_ends() {
    assert_eq!(as_text(&frame()), "● ok <b>&\n日本 x\n\n");
}

#[test]
fn ansi_shows_in_a_terminal_what_the_buffer_holds() {
    let ansi = as_ansi(&frame());
    let mut terminal = vt100::Parser::new(4.try_into().unwrap(), 12.try_into().unwrap(), 0);
    terminal.process(ansi.replace('\n', "\r\n").as_bytes());
    let screen = terminal.screen();
    assert_eq!(screen.contents().lines().next(), Some("● ok <b>&"));
    let cell = screen.cell(1, 0).unwrap();
    assert_eq!(cell.contents(), "日");
    assert!(cell.bold() && cell.is_wide());
    assert_eq!(cell.fgcolor(), vt100::Color::Idx(9));
    assert_eq!(cell.bgcolor(), vt100::Color::Idx(17));
    assert_eq!(screen.cell(1, 11).unwrap().bgcolor(), vt100::Color::Idx(17), "the ground goes to the edge");
    assert_eq!(screen.cell(0, 0).unwrap().fgcolor(), vt100::Color::Rgb(1, 2, 3));
    assert!(ansi.lines().all(|line| !line.contains('\x1b') || line.ends_with("\x1b[0m")));
}

#[test]
fn plain_cells_need_no_sequences() {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 1));
    buffer.set_string(0, 0, "plain", Style::new());
    assert_eq!(as_ansi(&buffer), "plain\n");
}

#[test]
fn svg_is_escaped_deterministic_and_on_the_grid() {
    let svg = as_svg(&frame(), Paper::DARK, "pods & <more>");
    assert_eq!(svg, as_svg(&frame(), Paper::DARK, "pods & <more>"));
    assert!(
        svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"132\" height=\"81\""),
        "{svg}"
    );
    assert!(svg.contains("<title>pods &amp; &lt;more&gt;</title>"), "{svg}");
    assert!(svg.contains(">&lt;b&gt;&amp;</text>"), "{svg}");
    // The dot alone in one cell, "ok" from the third column on, the wide characters in two cells each.
    assert!(svg.contains("<text x=\"12\" y=\"26\" textLength=\"9\" "), "{svg}");
    assert!(svg.contains("<text x=\"30\" y=\"26\" textLength=\"18\" "), "{svg}");
    assert!(svg.contains("<text x=\"12\" y=\"45\" textLength=\"18\" "), "{svg}");
    assert!(svg.contains("<text x=\"30\" y=\"45\" textLength=\"18\" "), "{svg}");
    assert!(svg.contains("font-weight=\"bold\">日</text>"), "{svg}");
    assert!(svg.contains("<rect x=\"12\" y=\"31\" width=\"108\" height=\"19\" fill=\"#00005f\"/>"), "{svg}");
    let opened = svg.matches("<text ").count();
    assert_eq!(opened, svg.matches("</text>").count());
}

#[test]
fn reverse_and_dim_are_colours_and_hidden_is_a_blank() {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 1));
    buffer.set_string(0, 0, "ab", Style::new().add_modifier(Modifier::REVERSED));
    buffer.set_string(2, 0, "cd", Style::new().add_modifier(Modifier::DIM | Modifier::UNDERLINED));
    buffer.set_string(4, 0, "ef", Style::new().add_modifier(Modifier::HIDDEN));
    let paper = Paper { ink: (200, 200, 200), ground: (0, 0, 0) };
    let svg = as_svg(&buffer, paper, "");
    assert!(svg.contains("fill=\"#c8c8c8\"/>\n<text"), "{svg}");
    assert!(svg.contains("fill=\"#000000\">ab</text>"), "{svg}");
    assert!(svg.contains("fill=\"#646464\" text-decoration=\"underline\">cd</text>"), "{svg}");
    assert!(!svg.contains("ef"), "{svg}");
    assert_eq!(as_text(&buffer), "abcd\n");
}

#[test]
fn rules_and_bars_are_one_piece_and_other_glyphs_stand_alone() {
    let pieces = |text: &str| {
        let run = Run { x: 3, width: 0, text: text.to_owned(), look: Look::default() };
        run.pieces(false).iter().map(|(x, width, text)| format!("{x}+{width} {text}")).collect::<Vec<_>>()
    };
    assert_eq!(pieces("────ok──"), ["3+4 ────", "7+2 ok", "9+2 ──"]);
    assert_eq!(pieces("██░ a-b  c"), ["3+2 ██", "5+1 ░", "7+3 a-b", "12+1 c"]);
    assert_eq!(pieces("日日本"), ["3+4 日日", "7+2 本"]);
    assert_eq!(pieces("   "), [] as [&str; 0]);
}

#[test]
fn characters_that_xml_cannot_hold_are_replaced() {
    assert_eq!(escaped("a\u{1b}\u{0}\u{ffff}\u{9f}\"b"), "a\u{fffd}\u{fffd}\u{fffd}\u{fffd}&quot;b");
}

#[test]
fn every_colour_has_a_code_and_a_value() {
    let named = [(Color::Black, (0, 0, 0)), (Color::Red, (205, 0, 0)), (Color::Gray, (229, 229, 229))];
    let bright = [(Color::DarkGray, (127, 127, 127)), (Color::LightBlue, (92, 92, 255))];
    for (code, index, (colour, value)) in [30, 31, 37, 90, 94]
        .into_iter()
        .zip([0, 1, 7, 8, 12])
        .zip(named.into_iter().chain(bright))
        .map(|((code, index), pair)| (code, index, pair))
    {
        assert_eq!(rgb(colour), Some(value));
        assert_eq!(rgb(Color::Indexed(index)), Some(value));
        assert_eq!(colour_code(colour, 30), Some(format!("{code}")));
    }
    assert_eq!(rgb(Color::Indexed(231)), Some((255, 255, 255)));
    assert_eq!(rgb(Color::Indexed(255)), Some((238, 238, 238)));
    assert_eq!(colour_code(Color::Reset, 30), None);
    assert_eq!(colour_code(Color::Rgb(1, 2, 3), 40).unwrap(), "48;2;1;2;3");
}

#[test]
fn paper_suits_every_shipped_theme() {
    for (name, _) in super::super::theme::THEMES {
        let theme = Theme::shipped(name, Depth::True).unwrap();
        let paper = Paper::of(&theme);
        let brightness = |(r, g, b): (u8, u8, u8)| u32::from(r) + u32::from(g) + u32::from(b);
        assert_eq!(brightness(paper.ground) > brightness(paper.ink), theme.is_light, "{name}: {paper:?}");
    }
}

#[test]
fn a_frame_of_no_cells_is_an_empty_picture() {
    let buffer = Buffer::empty(Rect::new(0, 0, 0, 0));
    assert_eq!(as_text(&buffer), "");
    assert!(as_svg(&buffer, Paper::LIGHT, "").ends_with("</svg>\n"));
}
