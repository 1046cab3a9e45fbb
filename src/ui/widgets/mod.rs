//! Parts that views are made of: a document that folds and scrolls, a search, bars, a log's ring and its colours.
//!
//! A part keeps state and draws into a buffer. It knows no cluster and no command: the view says what a key means.

pub mod ansi;
pub mod bar;
pub mod document;
pub mod log_ring;
pub mod pager;
pub mod pattern;
pub mod sheet;
pub mod spark;
