//! Listening: one task per cluster and kind, started by interest.
