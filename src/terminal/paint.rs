//! From buffers to bytes: what differs from the last frame, in one synchronised write.

use std::io::{self, BufWriter, Write};

use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

/// Enough for a whole frame of 200×60 with its colours, so that a frame is one write.
const FRAME: usize = 64 * 1024;
/// The terminal holds back what comes until the end, so that no half frame is seen (mode 2026; others ignore it).
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";
const BLANK: &[u8] = b"\x1b[0m\x1b[2J";

/// Draws frames on a writer.
///
/// Two buffers instead of ratatui's `Terminal`, which hides the cursor and asks for the size again with every frame:
/// here a frame that differs in nothing costs no byte and no system call.
#[derive(Debug)]
pub struct Painter<W: Write> {
    backend: CrosstermBackend<BufWriter<W>>,
    shown: Buffer,
    next: Buffer,
    is_unknown: bool,
}

impl<W: Write> Painter<W> {
    /// A painter that does not know what is on the screen.
    pub fn new(writer: W, size: Size) -> Self {
        let area = Rect::from((ratatui::layout::Position::ORIGIN, size));
        Self {
            backend: CrosstermBackend::new(BufWriter::with_capacity(FRAME, writer)),
            shown: Buffer::empty(area),
            next: Buffer::empty(area),
            is_unknown: true,
        }
    }

    /// How large frames are.
    pub fn size(&self) -> Size {
        self.next.area.as_size()
    }

    /// The screen has this size now; the next frame is drawn whole.
    pub fn resize(&mut self, size: Size) {
        let area = Rect::from((ratatui::layout::Position::ORIGIN, size));
        self.shown = Buffer::empty(area);
        self.next = Buffer::empty(area);
        self.is_unknown = true;
    }

    /// Somebody else wrote on the screen; the next frame is drawn whole.
    pub fn forget(&mut self) {
        self.shown.reset();
        self.is_unknown = true;
    }

    /// Draws a frame: `draw` fills an empty buffer. Says whether anything had to be written.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Buffer)) -> io::Result<bool> {
        self.next.reset();
        draw(&mut self.next);
        let changes = self.shown.diff(&self.next);
        if changes.is_empty() && !self.is_unknown {
            return Ok(false);
        }
        // Should a write fail in the middle, nothing is known about the screen until a whole frame went through.
        let was_unknown = std::mem::replace(&mut self.is_unknown, true);
        self.backend.write_all(BEGIN)?;
        if was_unknown {
            self.backend.write_all(BLANK)?;
        }
        self.backend.draw(changes.into_iter())?;
        self.backend.write_all(END)?;
        Write::flush(&mut self.backend)?;
        std::mem::swap(&mut self.shown, &mut self.next);
        self.is_unknown = false;
        Ok(true)
    }

    /// Sends a sequence that draws nothing, such as one for the clipboard.
    pub fn send(&mut self, sequence: &str) -> io::Result<()> {
        self.backend.write_all(sequence.as_bytes())?;
        Write::flush(&mut self.backend)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use ratatui::style::{Color, Style};

    use super::*;

    /// Remembers each write by itself.
    #[derive(Clone, Debug, Default)]
    struct Writes(Rc<RefCell<Vec<Vec<u8>>>>);

    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().push(bytes.to_vec());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Writes {
        fn take(&self) -> Vec<String> {
            self.0.borrow_mut().drain(..).map(|bytes| String::from_utf8(bytes).unwrap()).collect()
        }
    }

    fn painter(width: u16, height: u16) -> (Painter<Writes>, Writes) {
        let writes = Writes::default();
        (Painter::new(writes.clone(), Size { width, height }), writes)
    }

    fn text(line: &'static str) -> impl Fn(&mut Buffer) {
        move |buffer| {
            buffer.set_string(0, 0, line, Style::new());
        }
    }

    #[test]
    fn a_frame_is_one_synchronised_write() {
        let (mut painter, writes) = painter(200, 60);
        let colourful = |buffer: &mut Buffer| {
            for y in 0..60 {
                for x in 0..200_u16 {
                    let style = Style::new().fg(Color::Indexed((x % 8) as u8));
                    buffer.set_string(x, y, "x", style);
                }
            }
        };
        assert!(painter.draw(colourful).unwrap());
        let written = writes.take();
        let sizes: Vec<usize> = written.iter().map(String::len).collect();
        let whole = written.concat();
        assert!(whole.starts_with("\x1b[?2026h\x1b[0m\x1b[2J") && whole.ends_with("\x1b[?2026l"));
        // Every cell changes colour here, which no real frame does: the buffer overflows, but never cell by cell.
        assert!(sizes.len() <= 4, "{sizes:?}");
        painter.draw(text("hello")).unwrap();
        painter.draw(text("hallo")).unwrap();
        assert_eq!(writes.take().len(), 2, "one write for each frame");
    }

    #[test]
    fn the_same_frame_again_writes_nothing() {
        let (mut painter, writes) = painter(20, 2);
        assert!(painter.draw(text("hello")).unwrap());
        writes.take();
        for _ in 0..10 {
            assert!(!painter.draw(text("hello")).unwrap());
        }
        assert!(writes.take().is_empty());
    }

    #[test]
    fn only_what_changed_is_written() {
        let (mut painter, writes) = painter(20, 2);
        painter.draw(text("hello")).unwrap();
        writes.take();
        assert!(painter.draw(text("hallo")).unwrap());
        let [written] = writes.take().try_into().unwrap();
        assert!(written.contains("\x1b[1;2Ha"), "{written:?}");
        assert!(!written.contains('h') || !written.contains("hallo"), "{written:?}");
        assert!(written.len() < 60, "{written:?}");
    }

    #[test]
    fn after_a_resize_or_a_stranger_the_frame_is_drawn_whole() {
        let (mut painter, writes) = painter(20, 2);
        painter.draw(text("hello")).unwrap();
        writes.take();
        painter.resize(Size { width: 10, height: 3 });
        assert_eq!(painter.size(), Size { width: 10, height: 3 });
        assert!(painter.draw(text("hello")).unwrap());
        assert!(writes.take().concat().contains("\x1b[2J"));
        painter.forget();
        assert!(painter.draw(text("hello")).unwrap());
        let whole = writes.take().concat();
        assert!(whole.contains("\x1b[2J") && whole.contains("hello"), "{whole:?}");
    }

    #[test]
    fn after_a_failed_write_the_next_frame_is_drawn_whole() {
        #[derive(Debug, Default)]
        struct FailsOnce {
            failed: bool,
            written: Rc<RefCell<Vec<u8>>>,
        }
        impl Write for FailsOnce {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                if !std::mem::replace(&mut self.failed, true) {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                self.written.borrow_mut().extend_from_slice(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let written = Rc::default();
        let writer = FailsOnce { failed: false, written: Rc::clone(&written) };
        let mut painter = Painter::new(writer, Size { width: 9, height: 1 });
        assert!(painter.draw(text("hello")).is_err());
        assert!(painter.draw(text("hello")).unwrap());
        let whole = String::from_utf8(written.take()).unwrap();
        assert!(whole.ends_with("\x1b[?2026l") && whole.contains("hello"), "{whole:?}");
    }

    #[test]
    fn wide_characters_take_two_cells() {
        let (mut painter, writes) = painter(10, 1);
        painter.draw(text("日本x")).unwrap();
        let whole = writes.take().concat();
        let mut screen = vt100::Parser::new(1.try_into().unwrap(), 10.try_into().unwrap(), 0);
        screen.process(whole.as_bytes());
        assert_eq!(screen.screen().contents(), "日本x");
    }
}
