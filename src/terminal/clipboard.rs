//! The clipboard by OSC 52, which reaches the user's own machine through ssh.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::fleet::{Problem, ProblemKind};

/// What terminals take: 100,000 bytes of sequence, of which base64 leaves three quarters (xterm's and hterm's limit).
const LARGEST: usize = 74_994;

/// The sequence that puts a text on the clipboard. Inside tmux it is sent twice, plainly and as a passthrough: which of
/// the two tmux hands on depends on its `set-clipboard` and `allow-passthrough`.
pub(super) fn copy_sequence(text: &str, inside_tmux: Multiplexer) -> Result<String, Problem> {
    if text.len() > LARGEST {
        let message = format!("{} bytes are more than the {LARGEST} that terminals take at once", text.len());
        return Err(Problem::new(ProblemKind::User, message).with_hint("save it to a file instead"));
    }
    let plain = format!("\x1b]52;c;{}\x07", STANDARD.encode(text));
    Ok(match inside_tmux {
        Multiplexer::None => plain,
        Multiplexer::Tmux => format!("{plain}\x1bPtmux;\x1b{plain}\x1b\\"),
    })
}

/// What stands between us and the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Multiplexer {
    /// Nothing that is known.
    None,
    /// tmux
    Tmux,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_encoded_whole() {
        assert_eq!(copy_sequence("pod/ä", Multiplexer::None).unwrap(), "\x1b]52;c;cG9kL8Ok\x07");
    }

    #[test]
    fn tmux_gets_it_plainly_and_passed_through_with_doubled_escapes() {
        let sequence = copy_sequence("a", Multiplexer::Tmux).unwrap();
        assert_eq!(sequence, "\x1b]52;c;YQ==\x07\x1bPtmux;\x1b\x1b]52;c;YQ==\x07\x1b\\");
    }

    #[test]
    fn what_terminals_would_drop_is_refused() {
        assert!(copy_sequence(&"x".repeat(LARGEST), Multiplexer::None).unwrap().len() <= 100_000);
        let problem = copy_sequence(&"x".repeat(LARGEST + 1), Multiplexer::None).unwrap_err();
        assert_eq!(problem.hints(), ["save it to a file instead"]);
    }
}
