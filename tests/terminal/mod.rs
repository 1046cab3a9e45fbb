//! What only a terminal shows: modes entered and left, signals, colours, the mouse, the clipboard.

mod leaving;
mod looks;
mod touch;

use crate::harness::pty::Pty;

/// What leaving the cockpit has to undo: the other screen, a hidden cursor, marked pastes, mouse clicks.
const MODES: [&str; 5] = ["1049", "25", "2004", "1000", "1006"];

/// Fails unless the terminal is as it was before.
fn assert_given_back(pty: &Pty) {
    let written = String::from_utf8_lossy(&pty.written()).into_owned();
    for mode in MODES {
        let on = written.rfind(&format!("\u{1b}[?{mode}h"));
        let off = written.rfind(&format!("\u{1b}[?{mode}l"));
        let is_back = if mode == "25" { on > off } else { off >= on };
        assert!(is_back, "mode {mode} is left on; the last bytes are {:?}", tail(&written));
    }
    assert!(!pty.is_on_alternate_screen());
    assert!(!written.contains("panicked"), "{:?}", tail(&written));
}

fn tail(text: &str) -> String {
    let from = text.char_indices().rev().nth(300).map_or(0, |(at, _)| at);
    text[from..].to_owned()
}
