//! Owning the terminal: raw mode, input, frames, restore.
