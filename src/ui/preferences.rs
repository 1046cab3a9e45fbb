//! What a user prefers, as far as views are concerned.

use std::collections::BTreeMap;

/// What a user prefers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    /// Tables start in wide mode.
    pub wide: bool,
    /// By view: its columns from left to right.
    pub columns: BTreeMap<String, Vec<String>>,
    /// How logs are read.
    pub logs: LogPreferences,
}

/// How logs are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogPreferences {
    /// How many last lines of each container are read at first.
    pub tail: u32,
    /// How many bytes of lines are kept.
    pub bytes: usize,
    /// Show when each line was written.
    pub times: bool,
    /// Show long lines on several rows.
    pub wraps: bool,
}

impl Default for LogPreferences {
    fn default() -> Self {
        Self { tail: 500, bytes: 8 << 20, times: false, wraps: true }
    }
}
