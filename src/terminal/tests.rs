//! The screen and the input threads on a real pseudo terminal: this test binary runs itself as the child.

// Pseudo terminals differ too much elsewhere for one set of expectations.
#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use ratatui::layout::Size;
use ratatui::style::Style;
use rustix::process::{Pid, Signal, kill_process};

use super::*;
use crate::config::variable;
use crate::ui::input::{Key, KeyCode};

/// Long enough for any machine; a test that passes never waits for it.
const PATIENCE: Duration = Duration::from_secs(20);
const CHILD: &str = "PILOTHOUSE_TERMINAL_TEST_CHILD";

/// Not a test by itself: what the others run on their pseudo terminals. Shows each event it is told.
#[test]
fn the_child() {
    if variable(CHILD).is_none() {
        return;
    }
    let options = Options { mouse: true, ask_background: true, variable: &variable };
    let mut screen = Screen::enter(&options).unwrap();
    let (sender, events) = sync_channel(2);
    let mut input = Some(spawn_input(sender.clone(), |event| event).unwrap());
    let mut said = "ready".to_owned();
    for number in 0.. {
        let Size { width, height } = screen.size();
        let line = format!("#{number} {width}x{height} {said}");
        screen
            .draw(|buffer| {
                buffer.set_stringn(0, 0, &line, 80, Style::new());
            })
            .unwrap();
        let event = events.recv().unwrap();
        said = format!("{event:?}");
        match event {
            InputEvent::Resize(width, height) => screen.resize(Size { width, height }),
            InputEvent::Key(Key { code: KeyCode::Char('p'), .. }) => panic!("what went wrong"),
            InputEvent::Key(Key { code: KeyCode::Char('t'), .. }) => {
                let other = thread::spawn(|| panic!("elsewhere")).join();
                said = format!("joined {}", other.is_err());
            }
            InputEvent::Key(Key { code: KeyCode::Char('e'), .. }) => {
                drop(input.take());
                screen.release().unwrap();
                screen.resume().unwrap();
                input = Some(spawn_input(sender.clone(), |event| event).unwrap());
                "back".clone_into(&mut said);
            }
            InputEvent::Key(Key { code: KeyCode::Char('q'), .. }) | InputEvent::End(_) => return,
            _ => {}
        }
    }
}

struct Terminal {
    shown: Arc<(Mutex<vt100::Parser>, Condvar)>,
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    line_modes: String,
    reader: JoinHandle<()>,
    is_closing: Arc<AtomicBool>,
}

impl Terminal {
    fn start() -> Self {
        let size = PtySize { rows: 24, cols: 100, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(["terminal::tests::the_child", "--exact", "--nocapture"]);
        command.env(CHILD, "1");
        command.env("TERM", "xterm-256color");
        command.env("RUST_BACKTRACE", "0");
        let line_modes = line_modes(&*pair.master);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        let parser = vt100::Parser::new(24.try_into().unwrap(), 100.try_into().unwrap(), 0);
        let shown = Arc::new((Mutex::new(parser), Condvar::new()));
        let is_closing = Arc::<AtomicBool>::default();
        let (drawn, closing) = (Arc::clone(&shown), Arc::clone(&is_closing));
        let reader = thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut buffer)
                && !closing.load(Ordering::SeqCst)
            {
                drawn.0.lock().unwrap().process(&buffer[..length]);
                drawn.1.notify_all();
            }
        });
        let (master, writer) = (Some(pair.master), Some(writer));
        let terminal = Self { shown, master, writer, child, line_modes, reader, is_closing };
        terminal.wait("ready");
        terminal
    }

    /// Waits until the screen shows this.
    fn wait(&self, wanted: &str) {
        self.wait_for(wanted, |screen| screen.contents().contains(wanted));
    }

    fn wait_for(&self, what: &str, is_so: impl Fn(&vt100::Screen) -> bool) {
        let parser = self.shown.0.lock().unwrap();
        let (parser, waited) =
            self.shown.1.wait_timeout_while(parser, PATIENCE, |parser| !is_so(parser.screen())).unwrap();
        assert!(!waited.timed_out(), "waited for {what:?}, saw:\n{}", parser.screen().contents());
    }

    fn send(&mut self, bytes: &[u8]) {
        self.writer.as_mut().unwrap().write_all(bytes).unwrap();
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.process_id().unwrap()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// The program has ended and everything it changed is as before.
    fn is_restored(&mut self) {
        self.wait_for("the screen as it was", |screen| {
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
        });
        self.child.wait().unwrap();
        assert_eq!(line_modes(&**self.master.as_ref().unwrap()), self.line_modes);
    }
}

fn line_modes(master: &dyn MasterPty) -> String {
    let modes = master.get_termios().unwrap();
    format!("{:?} {:?} {:?}", modes.input_flags, modes.output_flags, modes.local_flags)
}

#[test]
fn keys_mouse_and_paste_arrive_and_quitting_restores_everything() {
    let mut terminal = Terminal::start();
    terminal.wait_for("the cockpit's modes", |screen| {
        screen.alternate_screen() && screen.hide_cursor() && screen.bracketed_paste()
    });
    assert_ne!(line_modes(&**terminal.master.as_ref().unwrap()), terminal.line_modes, "raw mode");
    terminal.send(b"j");
    terminal.wait("Char('j')");
    terminal.send(b"\x1b");
    terminal.wait("code: Esc");
    terminal.send(b"\x1b[A");
    terminal.wait("code: Up");
    terminal.send(b"\x03");
    terminal.wait("Char('c'), ctrl: true");
    terminal.send(b"\x1b[200~two\rlines\x1b[201~");
    terminal.wait("Paste(\"two\\nlines\")");
    terminal.send(b"\x1b[<0;5;7M");
    terminal.wait("column: 4, row: 6, action: Click");
    terminal.send(b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\");
    terminal.wait("Background(Light)");
    terminal.send(b"q");
    terminal.is_restored();
}

#[test]
fn more_keys_than_the_queue_holds_all_arrive() {
    let mut terminal = Terminal::start();
    terminal.send(&[b'j'; 500]);
    terminal.wait("#500 ");
    terminal.send(b"q");
    terminal.is_restored();
}

#[test]
fn a_resize_is_told_and_drawn_whole() {
    let mut terminal = Terminal::start();
    let size = PtySize { rows: 10, cols: 60, pixel_width: 0, pixel_height: 0 };
    terminal.master.as_ref().unwrap().resize(size).unwrap();
    terminal.wait("60x10 Resize(60, 10)");
    terminal.send(b"q");
    terminal.is_restored();
}

#[test]
fn another_program_can_have_the_terminal_in_between() {
    let mut terminal = Terminal::start();
    terminal.send(b"e");
    terminal.wait("back");
    terminal.send(b"k");
    terminal.wait("Char('k')");
    terminal.send(b"q");
    terminal.is_restored();
}

#[test]
fn a_panic_restores_the_terminal_and_can_be_read() {
    let mut terminal = Terminal::start();
    terminal.send(b"p");
    terminal.wait("what went wrong");
    terminal.is_restored();
}

#[test]
fn a_panic_of_another_thread_leaves_the_screen_alone() {
    let mut terminal = Terminal::start();
    terminal.send(b"t");
    terminal.wait("joined true");
    terminal.wait_for("the cockpit", |screen| {
        screen.alternate_screen() && !screen.contents().contains("elsewhere")
    });
    terminal.send(b"q");
    terminal.is_restored();
}

#[test]
fn signals_that_end_restore_the_terminal() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let mut terminal = Terminal::start();
        terminal.signal(signal);
        terminal.is_restored();
    }
}

#[test]
fn a_terminal_that_is_closed_ends_the_program() {
    let mut terminal = Terminal::start();
    // The reader holds the terminal open as well: one more frame lets it go.
    terminal.is_closing.store(true, Ordering::SeqCst);
    terminal.send(b"j");
    terminal.reader.join().unwrap();
    terminal.writer = None;
    terminal.master = None;
    let (ended, waiting) = sync_channel(1);
    let mut child = terminal.child;
    thread::spawn(move || ended.send(child.wait()));
    assert!(waiting.recv_timeout(PATIENCE).is_ok(), "the program lives on without a terminal");
}

#[test]
fn nothing_happens_while_nothing_happens() {
    let terminal = Terminal::start();
    let pid = terminal.child.process_id().unwrap();
    let switches = || -> u64 {
        let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
        tasks
            .map(|task| std::fs::read_to_string(task.unwrap().path().join("status")).unwrap())
            .flat_map(|status| {
                let counts = status.lines().filter_map(|line| line.split_once("ctxt_switches:"));
                counts.map(|(_, count)| count.trim().parse::<u64>().unwrap()).collect::<Vec<_>>()
            })
            .sum()
    };
    // The threads settle first: two readings alike, at most a few tries apart.
    let quiet = |pause: Duration| {
        let before = switches();
        let parser = terminal.shown.0.lock().unwrap();
        drop(terminal.shown.1.wait_timeout_while(parser, pause, |_| true).unwrap());
        switches() - before
    };
    let settled = (0..20).any(|_| quiet(Duration::from_millis(100)) == 0);
    assert!(settled, "the child never rests");
    assert_eq!(quiet(Duration::from_millis(300)), 0, "wake-ups while idle");
    let mut terminal = terminal;
    terminal.send(b"q");
    terminal.is_restored();
}
