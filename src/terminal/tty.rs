//! The terminal itself: stdin and stdout as file descriptors, and the modes that must be undone.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::layout::Size;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::termios::{QueueSelector, tcflush, tcgetwinsize};

use crate::fleet::{Problem, ProblemKind};

/// Alternate screen, cursor hidden, pasted text marked as such.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?2004h";
/// All of it undone, a frame that was cut off included.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[0m\x1b[?1006l\x1b[?1000l\x1b[?2004l\x1b[?25h\x1b[?1049l";
/// What colour is the background? Answered like a key press, if at all; decoded with them.
const ASK_BACKGROUND: &[u8] = b"\x1b]11;?\x1b\\";

/// Whether the terminal is ours at the moment. Shared with the panic hook and the signal thread, which restore it.
#[derive(Debug, Default)]
pub(super) struct Tty {
    is_entered: AtomicBool,
}

impl Tty {
    /// Refuses when there is no terminal to enter, and names what works without one.
    pub(super) fn check(variable: &dyn Fn(&str) -> Option<String>) -> Result<(), Problem> {
        let without = "`pilothouse get VIEW` and `pilothouse screenshot VIEW` print without a terminal";
        let lacks = |what: &str| {
            Problem::new(ProblemKind::User, format!("{what}: the cockpit needs a terminal"))
                .with_hint(without)
        };
        if !io::stdout().is_terminal() {
            return Err(lacks("stdout is not a terminal"));
        }
        if !io::stdin().is_terminal() {
            return Err(lacks("stdin is not a terminal"));
        }
        if variable("TERM").is_some_and(|term| term == "dumb") {
            return Err(lacks("TERM=dumb can move no cursor"));
        }
        Ok(())
    }

    pub(super) fn enter(&self, mouse: Mouse, question: Question) -> io::Result<()> {
        // Twice, because crossterm enables nothing when it thinks that it has: a shell that continues us after SIGSTOP
        // has set the modes of the line as it likes them.
        crossterm::terminal::disable_raw_mode()?;
        crossterm::terminal::enable_raw_mode()?;
        self.is_entered.store(true, Ordering::SeqCst);
        let mut sequence = ENTER.to_vec();
        if mouse == Mouse::On {
            sequence.extend_from_slice(mouse.sequence().as_bytes());
        }
        if question == Question::Background {
            sequence.extend_from_slice(ASK_BACKGROUND);
        }
        Stdout.write_all(&sequence)
    }

    /// True while the terminal is ours.
    pub(super) fn is_entered(&self) -> bool {
        self.is_entered.load(Ordering::SeqCst)
    }

    /// Gives the terminal back as it was; nothing when it is not ours.
    pub(super) fn leave(&self) -> io::Result<()> {
        if !self.is_entered.swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        let written = Stdout.write_all(LEAVE);
        // Keys and answers that nobody read yet would end up in the shell's command line.
        let flushed = tcflush(rustix::stdio::stdin(), QueueSelector::IFlush);
        // The modes of the line matter most: a terminal that shows no echo looks broken.
        crossterm::terminal::disable_raw_mode()?;
        written.and(flushed.map_err(io::Error::from))
    }
}

/// Gives the terminal back without knowing whether it is ours: the last thing before the process ends.
pub(super) fn leave_in_any_case() {
    let written = Stdout.write_all(LEAVE);
    let restored = crossterm::terminal::disable_raw_mode();
    if let Err(error) = written.and(restored) {
        tracing::warn!(%error, "leaving the terminal");
    }
}

/// Whether mouse events are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mouse {
    On,
    Off,
}

impl Mouse {
    /// Clicks and the wheel with coordinates beyond 223, but no motion: moving the mouse wakes nobody.
    pub(super) fn sequence(self) -> &'static str {
        match self {
            Self::On => "\x1b[?1000h\x1b[?1006h",
            Self::Off => "\x1b[?1006l\x1b[?1000l",
        }
    }
}

/// What the terminal is asked when it is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    None,
    Background,
}

/// How large the screen is. One system call; a terminal that does not know is taken for 80×24.
pub(super) fn size() -> Size {
    match tcgetwinsize(rustix::stdio::stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => Size { width: size.ws_col, height: size.ws_row },
        Ok(_) | Err(_) => Size { width: 80, height: 24 },
    }
}

/// Stdout without the line buffer of the standard library, which would cut frames at every line feed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stdout;

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match rustix::io::write(rustix::stdio::stdout(), bytes) {
                Err(rustix::io::Errno::INTR) => {}
                // Somebody who shares the terminal made it non-blocking: wait for room.
                Err(rustix::io::Errno::AGAIN) => {
                    let stdout = rustix::stdio::stdout();
                    poll(&mut [PollFd::new(&stdout, PollFlags::OUT)], None)?;
                }
                result => return Ok(result?),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
