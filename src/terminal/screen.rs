//! The screen: entered once, left in every way a program can end.

use std::io;
use std::panic;
use std::sync::Arc;
use std::thread;

use ratatui::buffer::Buffer;
use ratatui::layout::Size;
use rustix::process::{Signal, kill_current_process_group};

use super::clipboard::{Multiplexer, copy_sequence};
use super::paint::Painter;
use super::tty::{self, Mouse, Question, Stdout, Tty};
use crate::fleet::{Problem, ProblemKind};

/// How to enter.
pub struct Options<'a> {
    /// Take clicks and the wheel; the terminal's own selection then needs Shift.
    pub mouse: bool,
    /// Ask the terminal for its background; the answer comes as an input event, if at all, and delays nothing.
    pub ask_background: bool,
    /// Looks up an environment variable that is not empty.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Options(mouse: {}, ask_background: {})", self.mouse, self.ask_background)
    }
}

/// The terminal, while it is ours. Dropping it gives it back; so does a panic of the thread that entered.
#[derive(Debug)]
pub struct Screen {
    tty: Arc<Tty>,
    painter: Painter<Stdout>,
    mouse: Mouse,
    multiplexer: Multiplexer,
}

impl Screen {
    /// Takes the terminal: raw mode, alternate screen, hidden cursor.
    pub fn enter(options: &Options<'_>) -> Result<Self, Problem> {
        Tty::check(options.variable)?;
        let tty = Arc::<Tty>::default();
        restore_on_panic(&tty);
        // The theme decides about colours, and it has asked the environment already.
        crossterm::style::force_color_output(true);
        let asks = options.ask_background && (options.variable)("TERM").is_none_or(|term| term != "linux");
        let mouse = if options.mouse { Mouse::On } else { Mouse::Off };
        let question = if asks { Question::Background } else { Question::None };
        let multiplexer =
            if (options.variable)("TMUX").is_some() { Multiplexer::Tmux } else { Multiplexer::None };
        let screen = Self { painter: Painter::new(Stdout, tty::size()), tty, mouse, multiplexer };
        screen.tty.enter(mouse, question).map_err(|error| gone(&error))?;
        Ok(screen)
    }

    /// How large the screen is: as it was when it was entered, resumed, or said to be by [`Screen::resize`].
    pub fn size(&self) -> Size {
        self.painter.size()
    }

    /// The screen has this size now; the next frame is drawn whole.
    pub fn resize(&mut self, size: Size) {
        self.painter.resize(size);
    }

    /// Draws a frame: `draw` fills an empty buffer of the screen's size. Says whether anything had to be written.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Buffer)) -> Result<bool, Problem> {
        self.painter.draw(draw).map_err(|error| gone(&error))
    }

    /// Puts a text on the user's clipboard.
    pub fn copy(&mut self, text: &str) -> Result<(), Problem> {
        let sequence = copy_sequence(text, self.multiplexer)?;
        self.painter.send(&sequence).map_err(|error| gone(&error))
    }

    /// Takes clicks and the wheel from now on, or leaves them to the terminal: for settings that changed.
    pub fn set_mouse(&mut self, is_wanted: bool) -> Result<(), Problem> {
        let wanted = if is_wanted { Mouse::On } else { Mouse::Off };
        if wanted == self.mouse {
            return Ok(());
        }
        self.mouse = wanted;
        self.painter.send(wanted.sequence()).map_err(|error| gone(&error))
    }

    /// Stops this program and whoever was started with it, as Ctrl-Z does, until `fg`. The terminal is the shell's
    /// meanwhile; afterwards the next frame is drawn whole.
    pub fn suspend(&mut self) -> Result<(), Problem> {
        self.release()?;
        // The whole group, as the terminal would: a wrapper script that waits for us has to stop with us.
        let stopped = kill_current_process_group(Signal::TSTP);
        self.resume()?;
        stopped.map_err(|error| gone(&error.into()))
    }

    /// Gives the terminal to another program, such as an editor, until [`Screen::resume`]. Stop the input thread first.
    pub fn release(&mut self) -> Result<(), Problem> {
        self.tty.leave().map_err(|error| gone(&error))
    }

    /// Takes the terminal again, also when somebody continued us who had stopped us without asking.
    pub fn resume(&mut self) -> Result<(), Problem> {
        self.tty.enter(self.mouse, Question::None).map_err(|error| gone(&error))?;
        self.painter.resize(tty::size());
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if let Err(error) = self.tty.leave() {
            // Most likely the terminal is gone, and then there is nothing to restore.
            tracing::warn!(%error, "leaving the terminal");
        }
    }
}

fn gone(error: &io::Error) -> Problem {
    Problem::new(ProblemKind::Unreachable, format!("the terminal: {error}"))
}

/// A panic of the thread that owns the screen gives the terminal back and is then told as usual. A panic of any other
/// thread must not write over the frame: it goes to the log, and whoever waits for that thread notices.
fn restore_on_panic(tty: &Arc<Tty>) {
    let tty = Arc::clone(tty);
    let owner = thread::current().id();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        tracing::error!(panic = %info, thread = thread::current().name().unwrap_or("unnamed"));
        if thread::current().id() == owner || !tty.is_entered() {
            if let Err(error) = tty.leave() {
                tracing::warn!(%error, "leaving the terminal in a panic");
            }
            before(info);
        }
    }));
}
