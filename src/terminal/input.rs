//! Two threads that listen for the user: one reads the terminal, one waits for signals. Both sleep until something
//! happens; both hand what happened to a bounded queue of the caller's own messages.

use std::io::{PipeReader, PipeWriter, Write, pipe};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGWINCH};
use signal_hook::iterator::{Handle, Signals};

use super::capability::Background;
use super::decode::{Decoder, ESCAPE_TIMEOUT};
use super::tty;
use crate::fleet::{Problem, ProblemKind};
use crate::ui::input::{Key, Mouse};

/// What a user, a terminal or an operating system may say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputEvent {
    /// A key was pressed.
    Key(Key),
    /// The mouse did something.
    Mouse(Mouse),
    /// Text was pasted, with plain line feeds.
    Paste(String),
    /// The screen has this many columns and rows now.
    Resize(u16, u16),
    /// The terminal said what its background is.
    Background(Background),
    /// The program was stopped and goes on (`SIGCONT`): take the terminal again with `Screen::resume`.
    Continued,
    /// End now.
    End(Ending),
}

/// Why to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// `SIGINT`, which a terminal in raw mode does not send: somebody else did.
    Interrupted,
    /// `SIGTERM`
    Terminated,
    /// `SIGHUP`, or the terminal was closed.
    TerminalClosed,
}

/// The reading thread and the signal thread. Both end when this is stopped or dropped.
#[derive(Debug)]
pub struct InputThread {
    wake: PipeWriter,
    finished: Receiver<()>,
    signals: Handle,
}

/// How long to wait for a thread to end. It is at most one system call away from it.
const PATIENCE: Duration = Duration::from_millis(200);
/// How long to wait for room in a full queue before looking again.
const FULL: Duration = Duration::from_millis(2);

/// Starts to listen. `wrap` makes the caller's message of an event. When the queue is full, input waits in the kernel:
/// no key is lost.
pub fn spawn_input<M: Send + 'static>(
    sender: SyncSender<M>,
    wrap: fn(InputEvent) -> M,
) -> Result<InputThread, Problem> {
    let failed =
        |error: std::io::Error| Problem::new(ProblemKind::Bug, format!("listening to keys: {error}"));
    let (woken, wake) = pipe().map_err(failed)?;
    let (done, finished) = sync_channel(1);
    let mut signals = Signals::new([SIGWINCH, SIGCONT, SIGINT, SIGTERM, SIGHUP]).map_err(failed)?;
    let handle = signals.handle();
    let outlet = Arc::new(Outlet { sender, wrap });
    let signal_outlet = Arc::clone(&outlet);
    thread::Builder::new()
        .name("input".to_owned())
        .spawn(move || {
            read_terminal(&woken, &*outlet);
            // Whoever waits for this has stopped waiting when it is gone.
            drop(done);
        })
        .map_err(failed)?;
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            let mut has_asked_to_end = false;
            for signal in signals.forever() {
                let event = event_of(signal);
                if !matches!(event, InputEvent::End(_)) {
                    if signal_outlet.put_waiting(event).is_err() {
                        return;
                    }
                } else if has_asked_to_end || !put_beside(&signal_outlet, event) {
                    end_at_once(signal);
                } else {
                    has_asked_to_end = true;
                }
            }
        })
        .map_err(failed)?;
    Ok(InputThread { wake, finished, signals: handle })
}

impl InputThread {
    /// Stops listening, so that another program can have the terminal. What was typed so far has been delivered.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for InputThread {
    fn drop(&mut self) {
        self.signals.close();
        // A reader that ended by itself has closed its end, which is what we want.
        if self.wake.write_all(b"x").is_ok() {
            // Disconnected is the answer; a reader that does not end in time reads one more key at worst.
            let ended = self.finished.recv_timeout(PATIENCE);
            tracing::trace!(?ended, "the input thread was stopped");
        }
    }
}

/// Delivers from a thread of its own, so that a queue that stays full does not keep the next signal from being heard.
fn put_beside<M: Send + 'static>(outlet: &Arc<Outlet<M>>, event: InputEvent) -> bool {
    let outlet = Arc::clone(outlet);
    // Nobody listens: then the program is ending already.
    let deliver = move || drop(outlet.put_waiting(event));
    thread::Builder::new().name("last-signal".to_owned()).spawn(deliver).is_ok()
}

/// Asked for the second time: the program does not end by itself.
fn end_at_once(signal: i32) {
    tty::leave_in_any_case();
    if let Err(error) = signal_hook::low_level::emulate_default_handler(signal) {
        tracing::error!(%error, "ending by signal");
    }
}

fn event_of(signal: i32) -> InputEvent {
    match signal {
        SIGWINCH => {
            let size = tty::size();
            InputEvent::Resize(size.width, size.height)
        }
        SIGCONT => InputEvent::Continued,
        SIGINT => InputEvent::End(Ending::Interrupted),
        SIGHUP => InputEvent::End(Ending::TerminalClosed),
        _ => InputEvent::End(Ending::Terminated),
    }
}

/// Where events go.
struct Outlet<M> {
    sender: SyncSender<M>,
    wrap: fn(InputEvent) -> M,
}

/// Nobody listens any more.
struct Unheard;

impl<M> Outlet<M> {
    /// Waits as long as the queue is full.
    fn put_waiting(&self, event: InputEvent) -> Result<(), Unheard> {
        self.sender.send((self.wrap)(event)).map_err(|_| Unheard)
    }

    /// Waits as long as the queue is full, but not when `woken` says to stop.
    fn put(&self, event: InputEvent, woken: &PipeReader) -> Result<(), Unheard> {
        let mut message = (self.wrap)(event);
        loop {
            match self.sender.try_send(message) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Disconnected(_)) => return Err(Unheard),
                Err(TrySendError::Full(back)) => message = back,
            }
            match wait(woken, None, Some(FULL)) {
                Ok(Ready { is_woken: false, .. }) | Err(Errno::INTR) => {}
                Ok(_) | Err(_) => return Err(Unheard),
            }
        }
    }
}

/// What there is to do after waiting.
#[derive(Debug, Default)]
struct Ready {
    is_woken: bool,
    has_input: bool,
    has_hung_up: bool,
}

fn wait(
    woken: &PipeReader,
    terminal: Option<rustix::fd::BorrowedFd<'_>>,
    timeout: Option<Duration>,
) -> Result<Ready, Errno> {
    let mut fds = vec![PollFd::new(woken, PollFlags::IN)];
    if let Some(terminal) = &terminal {
        fds.push(PollFd::new(terminal, PollFlags::IN));
    }
    let timeout = timeout.map(|timeout| Timespec {
        tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(timeout.subsec_nanos()),
    });
    poll(&mut fds, timeout.as_ref())?;
    let events = |index: usize| fds.get(index).map_or(PollFlags::empty(), PollFd::revents);
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    Ok(Ready {
        is_woken: !events(0).is_empty(),
        has_input: events(1).contains(PollFlags::IN),
        has_hung_up: events(1).intersects(gone),
    })
}

fn read_terminal<M>(woken: &PipeReader, outlet: &Outlet<M>) {
    let stdin = rustix::stdio::stdin();
    let mut decoder = Decoder::default();
    let mut buffer = [0_u8; 4096];
    let mut events = Vec::new();
    loop {
        let timeout = decoder.is_waiting().then_some(ESCAPE_TIMEOUT);
        let ready = match wait(woken, Some(stdin), timeout) {
            Ok(ready) => ready,
            Err(Errno::INTR) => continue,
            Err(error) => {
                tracing::error!(%error, "waiting for input");
                Ready { has_hung_up: true, ..Ready::default() }
            }
        };
        if ready.is_woken {
            return;
        }
        let mut has_ended = false;
        if ready.has_input {
            match rustix::io::read(stdin, &mut buffer[..]) {
                Ok(length @ 1..) => {
                    decoder.feed(buffer.get(..length).unwrap_or_default(), Instant::now(), &mut events);
                }
                Err(Errno::INTR | Errno::AGAIN) => {}
                // The end of the file, or the error that a closed terminal gives.
                Ok(_) | Err(_) => has_ended = true,
            }
        } else if ready.has_hung_up {
            has_ended = true;
        } else {
            decoder.give_up(&mut events);
        }
        if has_ended {
            events.push(InputEvent::End(Ending::TerminalClosed));
        }
        for event in events.drain(..) {
            if outlet.put(event, woken).is_err() {
                return;
            }
        }
        if has_ended {
            return;
        }
    }
}
