//! The mouse, pasting and copying.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::harness::cli::Home;
use crate::harness::pty::Pty;

fn nodes(home: &Home) -> Pty {
    let pty = Pty::at_home(home, "demo --view nodes", 180, 40);
    // Rows of both clusters, down to the last: what arrives later moves the rest.
    pty.until("all nodes", |screen| {
        ["nodes  10 ", "ip-10-0-13-40", "ip-10-1-13-60"].iter().all(|part| screen.contains(part))
    });
    pty
}

/// Presses and releases the left button on this cell, both counted from 0.
fn click(pty: &mut Pty, column: usize, row: usize) {
    let (column, row) = (column + 1, row + 1);
    pty.press(&format!("\u{1b}[<0;{column};{row}M\u{1b}[<0;{column};{row}m"));
}

fn row_of(screen: &str, text: &str) -> usize {
    screen.lines().position(|line| line.contains(text)).unwrap_or_else(|| panic!("no {text} in\n{screen}"))
}

#[test]
fn a_click_selects_the_row_under_it() {
    let home = Home::new();
    let mut pty = nodes(&home);
    let wanted = "ip-10-1-11-21";
    let screen = pty.screen();
    assert!(!screen.lines().any(|line| line.contains('▸') && line.contains(wanted)), "{screen}");
    click(&mut pty, 30, row_of(&screen, wanted));
    pty.until("the clicked row is selected", |screen| {
        screen.lines().any(|line| line.contains('▸') && line.contains(wanted))
    });
    // And a click on a header sorts by it.
    let screen = pty.screen();
    let header = row_of(&screen, "NAME ");
    let line = screen.lines().nth(header).unwrap();
    let at = line
        .find("PODS")
        .or_else(|| line.find("VERSION"))
        .map(|bytes| line[..bytes].chars().count())
        .unwrap();
    click(&mut pty, at, header);
    pty.until("an arrow in the header", |screen| {
        screen.lines().nth(header).is_some_and(|line| line.contains(['↓', '↑', '▲', '▼']) && !line.eq(screen))
    });
}

#[test]
fn pasted_text_goes_into_the_filter_and_runs_no_command() {
    let home = Home::new();
    let mut pty = Pty::at_home(&home, "demo --view pods", 120, 40);
    pty.until_shows("argocd-application-controller-0");
    // Outside of a text field a paste is not a row of keys: nothing quits, nothing opens.
    pty.press("\u{1b}[200~:q\r\u{3}\u{1b}[201~");
    pty.press("/\u{1b}[200~grafana\n:q\r\u{1b}[201~");
    pty.until("the pasted filter", |screen| {
        screen.contains("grafana") && !screen.contains("argocd-application")
    });
    pty.press("\u{3}");
    assert!(pty.until_ended().success());
}

#[test]
fn copying_sends_the_name_to_the_terminals_clipboard() {
    let home = Home::new();
    let mut pty = nodes(&home);
    let screen = pty.until("a selected row", |screen| screen.lines().any(|line| line.contains('▸')));
    let line = screen.lines().find(|line| line.contains('▸')).unwrap();
    // Its host is on the screen, its whole name on the clipboard.
    let host = line.split_whitespace().find(|word| word.starts_with("ip-")).unwrap();
    let name = format!("{host}.ec2.internal");
    pty.press("c");
    pty.until_writes(format!("\u{1b}]52;c;{}", STANDARD.encode(&name)).as_bytes());
    pty.until_shows(&format!("copied {name}"));
}

#[test]
fn keys_that_mean_nothing_and_bytes_that_are_no_keys_do_nothing() {
    let home = Home::new();
    let mut pty = nodes(&home);
    for bytes in [
        "\u{1b}[999~",
        "\u{1b}]11;rgb:ffff/ffff/ffff\u{1b}\\",
        "\u{1b}[?1;2c",
        "\u{1b}P1$r0m\u{1b}\\",
        "\u{1b}[<35;5;5M",
        "\u{1b}[I",
        "\u{1b}[O",
        "é漢",
    ] {
        pty.press(bytes);
    }
    pty.press("j");
    pty.until("the second row selected", |screen| {
        screen.lines().filter(|line| line.contains(" ip-10-")).position(|line| line.contains('▸')) == Some(1)
    });
}
