//! Owning the terminal: raw mode, input, frames, restore. All of crossterm is here.
//!
//! [`Screen`] enters and leaves; it draws a buffer by writing what differs from the last one, once, and writes nothing
//! when nothing differs. [`spawn_input`] reads keys and signals on threads of their own, which sleep until something
//! happens and can be stopped, so that an editor or a shell gets the terminal for itself.
//!
//! Input is read here and not by crossterm: its reader cannot be stopped, spins for ever when the terminal goes away
//! (the end of the file is not an event to it), and keeps back what is left of a burst larger than its buffer until the
//! next key. [`decode`] is a pure function of bytes instead, with the whole table of keys in its tests.

pub mod capability;
mod clipboard;
pub mod decode;
mod input;
mod paint;
mod screen;
mod tty;

pub use capability::{Background, depth_of_output, depth_of_terminal};
pub use input::{Ending, InputEvent, InputThread, spawn_input};
pub use paint::Painter;
pub use screen::{Options, Screen};

#[cfg(test)]
mod tests;
