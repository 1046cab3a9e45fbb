//! The real binary on a real pseudo-terminal, for what only a terminal shows.

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

use super::cli::Home;

/// How long anything may take before the test fails and shows the screen.
const PATIENCE: Duration = Duration::from_secs(60);

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap()
}

/// False between the beginning and the end of a synchronised update.
fn is_whole(written: &[u8]) -> bool {
    let last = |mark: &[u8]| written.windows(mark.len()).rposition(|bytes| bytes == mark);
    last(b"\x1b[?2026h") <= last(b"\x1b[?2026l")
}

struct Shared {
    screen: vt100::Parser,
    /// The screen as it was when a frame was last whole.
    frame: String,
    /// Every byte the program wrote, for what is not on the screen: modes and restores.
    written: Vec<u8>,
    ended: bool,
}

/// A program on a pseudo-terminal.
pub(crate) struct Pty {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    master: Box<dyn MasterPty + Send>,
    shared: Arc<(Mutex<Shared>, Condvar)>,
}

impl Pty {
    /// Starts `pilothouse` with these arguments and environment on a screen of this size.
    pub(crate) fn start(arguments: &[&str], environment: &[(&str, &str)], columns: u16, rows: u16) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_pilothouse"));
        command.args(arguments);
        command.env_clear();
        for name in ["PATH", "TMPDIR"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("TERM", "xterm-256color");
        for (name, value) in environment {
            command.env(name, value);
        }
        Self::spawn(command, columns, rows)
    }

    /// Starts `pilothouse` in this home.
    pub(crate) fn at_home(home: &Home, line: &str, columns: u16, rows: u16) -> Self {
        Self::at_home_with(home, line, &[], columns, rows)
    }

    /// Starts `pilothouse` in this home, with more variables.
    pub(crate) fn at_home_with(
        home: &Home,
        line: &str,
        more: &[(&str, &str)],
        columns: u16,
        rows: u16,
    ) -> Self {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let variables = home.variables();
        let mut environment: Vec<(&str, &str)> =
            variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        environment.extend(more);
        Self::start(&arguments, &environment, columns, rows)
    }

    /// Starts a script of the shell's with job control, in which `$PILOTHOUSE` is the program.
    pub(crate) fn in_shell(home: &Home, script: &str, columns: u16, rows: u16) -> Self {
        let mut command = CommandBuilder::new("bash");
        command.args(["--norc", "-c", script]);
        command.env_clear();
        for name in ["PATH", "TMPDIR"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("TERM", "xterm-256color");
        command.env("PILOTHOUSE", env!("CARGO_BIN_EXE_pilothouse"));
        for (name, value) in home.variables() {
            command.env(name, value);
        }
        Self::spawn(command, columns, rows)
    }

    /// Starts any program.
    pub(crate) fn spawn(command: CommandBuilder, columns: u16, rows: u16) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().unwrap();
        let keyboard = pair.master.take_writer().unwrap();
        let shared = Arc::new((
            Mutex::new(Shared {
                screen: vt100::Parser::new(cells(rows), cells(columns), 0),
                frame: String::new(),
                written: Vec::new(),
                ended: false,
            }),
            Condvar::new(),
        ));
        let reader = Arc::clone(&shared);
        std::thread::spawn(move || {
            let mut buffer = [0; 65_536];
            loop {
                let count = output.read(&mut buffer).unwrap_or(0);
                let (lock, changed) = &*reader;
                let mut shared = lock.lock().unwrap();
                if count == 0 {
                    shared.ended = true;
                } else {
                    shared.screen.process(&buffer[..count]);
                    shared.written.extend_from_slice(&buffer[..count]);
                    if is_whole(&shared.written) {
                        shared.frame = shared.screen.screen().contents();
                    }
                }
                changed.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        Self { child, keyboard, master: pair.master, shared }
    }

    /// Types these bytes.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Gives the screen another size.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        self.shared.0.lock().unwrap().screen.screen_mut().set_size(cells(rows), cells(columns));
        self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    /// The screen as text.
    pub(crate) fn screen(&self) -> String {
        self.shared.0.lock().unwrap().frame.clone()
    }

    /// Every byte written so far.
    pub(crate) fn written(&self) -> Vec<u8> {
        self.shared.0.lock().unwrap().written.clone()
    }

    /// Waits until the screen fulfils `wanted`; fails with the screen.
    pub(crate) fn until(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        self.wait(what, |shared| wanted(&shared.frame));
        self.screen()
    }

    /// Waits until the screen fulfils `wanted`, for longer than usual.
    pub(crate) fn until_within(
        &self,
        patience: Duration,
        what: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> String {
        self.wait_for(patience, what, |shared| wanted(&shared.frame));
        self.screen()
    }

    /// The background of a cell, counted from 0.
    pub(crate) fn background(&self, row: u16, column: u16) -> vt100::Color {
        self.shared.0.lock().unwrap().screen.screen().cell(row, column).unwrap().bgcolor()
    }

    /// Waits until the screen shows a text.
    pub(crate) fn until_shows(&self, text: &str) -> String {
        self.until(text, |screen| screen.contains(text))
    }

    /// Waits until the bytes written contain these.
    pub(crate) fn until_writes(&self, bytes: &[u8]) {
        self.until_writes_after(0, bytes);
    }

    /// Waits until what is written after so many bytes contains these.
    pub(crate) fn until_writes_after(&self, start: usize, bytes: &[u8]) {
        self.wait(&format!("{:?}", String::from_utf8_lossy(bytes)), |shared| {
            shared.written[start..].windows(bytes.len()).any(|window| window == bytes)
        });
    }

    /// Waits until the program ends.
    pub(crate) fn until_ended(&mut self) -> ExitStatus {
        self.wait("the end", |shared| shared.ended);
        self.child.wait().unwrap()
    }

    /// Every byte written from now on, for so long.
    pub(crate) fn written_within(&self, time: Duration) -> Vec<u8> {
        let (lock, changed) = &*self.shared;
        let mut shared = lock.lock().unwrap();
        let before = shared.written.len();
        let deadline = Instant::now() + time;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || shared.ended {
                return shared.written[before..].to_vec();
            }
            shared = changed.wait_timeout(shared, left).unwrap().0;
        }
    }

    /// Waits until nothing was written for a while: what was going on is over.
    pub(crate) fn until_quiet(&self, quiet: Duration) {
        let deadline = Instant::now() + PATIENCE;
        while !self.written_within(quiet).is_empty() {
            assert!(Instant::now() < deadline, "it never falls silent:\n{}", self.screen());
        }
    }

    /// True while the program shows the other screen, which the shell's is not.
    pub(crate) fn is_on_alternate_screen(&self) -> bool {
        self.shared.0.lock().unwrap().screen.screen().alternate_screen()
    }

    /// Sends the program a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.pid()).unwrap()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// The process number.
    pub(crate) fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    fn wait(&self, what: &str, fulfilled: impl Fn(&Shared) -> bool) {
        self.wait_for(PATIENCE, what, fulfilled);
    }

    fn wait_for(&self, patience: Duration, what: &str, fulfilled: impl Fn(&Shared) -> bool) {
        let (lock, changed) = &*self.shared;
        let deadline = Instant::now() + patience;
        let mut shared = lock.lock().unwrap();
        while !fulfilled(&shared) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "waited for {what}, and saw\n{}", shared.screen.screen().contents());
            shared = changed.wait_timeout(shared, left).unwrap().0;
        }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // The program may have ended by itself, which is what most tests want.
        drop(self.child.kill());
    }
}
